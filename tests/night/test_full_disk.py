"""A disk that runs full under the warehouse: the last release stays, and the next run on a larger disk finishes."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.errors import InfrastructureFailed
from tests.night.warehouses import beacon, newest_release, night, page_views, published, query, write_lines

pytestmark = [pytest.mark.spark, pytest.mark.slow]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MB in memory."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {mounted.stderr.strip()}")
    yield disk
    # Spark may still have a file of it open.
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


@pytest.mark.parametrize("free_kb", [0, 24, 200, 500])
def test_a_night_on_a_full_disk_publishes_nothing_and_the_next_one_finishes(
    spark: object, small_disk: Path, tmp_path: Path, free_kb: int
) -> None:
    raw, warehouse = tmp_path / "raw", small_disk / "warehouse"
    write_lines(raw, [beacon()], name="a.ndjson")
    night(raw, warehouse)
    first = published(warehouse)
    write_lines(raw, [beacon(beacon_id="b-2", page_view_id="pv-2", visitor_id="v-2")], name="b.ndjson")
    ballast = small_disk / "ballast"
    free = int(subprocess.check_output(["df", "--output=avail", "-k", str(small_disk)], text=True).split()[-1])
    ballast.write_bytes(b"\0" * max(0, free - free_kb) * 1024)

    with pytest.raises(InfrastructureFailed) as stopped:
        night(raw, warehouse)

    assert stopped.value.exit_code == 14
    assert newest_release(warehouse).number == 1
    assert published(warehouse) == first

    ballast.unlink()
    night(raw, warehouse)

    assert newest_release(warehouse).number == 2
    assert [row[0] for row in query(warehouse, "select page_view_id from clean.page_views order by 1")] == [
        "pv-1",
        "pv-2",
    ]
    assert len(page_views(warehouse)) == 2
