"""Published tables are a function of the set of raw files: not of their order, cut, duplicates, reruns or crashes."""

from __future__ import annotations

import gzip
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from jobs.errors import InputUnreadable, NothingNew
from jobs.stages import Stages
from tests.conftest import LAST_LANDING, Demo
from tests.night.warehouses import (
    DATE,
    beacon,
    newest_release,
    night,
    page_views,
    published,
    query,
    versions,
    write_lines,
)

pytestmark = pytest.mark.spark


def _lines_by_date(raw: Path) -> dict[str, list[bytes]]:
    """Lines of a simulated log by landing date, its zstd files left out."""
    lines: dict[str, list[bytes]] = {}
    for path in sorted(raw.rglob("*.gz")):
        lines.setdefault(path.parent.name.removeprefix("landing_date="), []).extend(
            gzip.decompress(path.read_bytes()).splitlines()
        )
    return lines


@pytest.fixture(scope="module")
def part_of_demo(demo_warehouse: Demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A raw log of 1,500 lines in one file per landing date, and its warehouse."""
    root = tmp_path_factory.mktemp("part")
    for date, lines in _lines_by_date(demo_warehouse.raw).items():
        path = root / "raw" / f"landing_date={date}" / "all.ndjson"
        path.parent.mkdir(parents=True)
        path.write_bytes(b"".join(line + b"\n" for line in lines[:1500]))
    night(root / "raw", root / "warehouse", LAST_LANDING, min_visitors=5)
    return root


def test_files_in_another_order_and_cut_with_a_duplicate_a_day_later_give_equal_marts(
    part_of_demo: Path, tmp_path: Path
) -> None:
    shutil.copy(part_of_demo / "warehouse.key", tmp_path / "warehouse.key")
    shuffled = random.Random(3)
    for folder in sorted((part_of_demo / "raw").iterdir()):
        lines = (folder / "all.ndjson").read_bytes().splitlines()
        shuffled.shuffle(lines)
        for part in range(3):
            path = tmp_path / "raw" / folder.name / f"sub/{9 - part}.ndjson.gz"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(gzip.compress(b"\n".join(lines[part::3])))
    accepted = query(part_of_demo / "warehouse", "select line_sha256 from clean.beacons order by all limit 1")
    first_line = next(line for line in _all_lines(part_of_demo / "raw") if _sha256(line) == accepted[0][0])
    write_lines(tmp_path / "raw", [first_line], date=LAST_LANDING, name="again.ndjson")

    night(tmp_path / "raw", tmp_path / "warehouse", LAST_LANDING, min_visitors=5)

    assert published(tmp_path / "warehouse") == published(part_of_demo / "warehouse")
    duplicates = "select sum(beacons_duplicate) from clean.page_views"
    ((before,),), ((after,),) = query(part_of_demo / "warehouse", duplicates), query(tmp_path / "warehouse", duplicates)
    assert after == before + 1


def _all_lines(raw: Path) -> list[bytes]:
    return [line for path in raw.rglob("*.ndjson") for line in path.read_bytes().splitlines()]


def _sha256(line: bytes) -> str:
    import hashlib

    return hashlib.sha256(line).hexdigest()


def test_the_same_night_again_finds_nothing_new_and_changes_nothing(part_of_demo: Path) -> None:
    before = versions(part_of_demo / "warehouse")
    command = [sys.executable, "-m", "jobs.cli", "nightly", "--date", str(LAST_LANDING)]
    command += ["--raw", str(part_of_demo / "raw"), "--warehouse", str(part_of_demo / "warehouse")]

    again = subprocess.run(command, capture_output=True, text=True, check=False)

    assert again.returncode == 10
    assert "nothing new" in again.stderr.splitlines()[-1]
    assert versions(part_of_demo / "warehouse") == before
    with pytest.raises(NothingNew):
        night(part_of_demo / "raw", part_of_demo / "warehouse", LAST_LANDING)


class Killed(BaseException):
    """A process that ends without a word."""


def _die(*_: Any) -> None:
    raise Killed


@pytest.mark.slow
def test_a_forced_rebuild_gives_equal_tables_even_after_one_that_died_on_its_way(
    part_of_demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marts, views = published(part_of_demo / "warehouse"), page_views(part_of_demo / "warehouse")
    count = "select count(*) from clean.beacons union all select count(*) from clean.rejected_beacons"
    beacons = query(part_of_demo / "warehouse", count)

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr("jobs.stages.stage_marts", _die)
        night(part_of_demo / "raw", part_of_demo / "warehouse", DATE, rebuild=True, min_visitors=5)

    latest, pinned = versions(part_of_demo / "warehouse"), newest_release(part_of_demo / "warehouse").tables
    assert latest["clean.page_views"] > pinned["clean.page_views"]
    assert published(part_of_demo / "warehouse") == marts

    night(part_of_demo / "raw", part_of_demo / "warehouse", DATE, rebuild=True, min_visitors=5)

    assert newest_release(part_of_demo / "warehouse").number == 2
    assert published(part_of_demo / "warehouse") == marts
    assert page_views(part_of_demo / "warehouse") == views
    assert query(part_of_demo / "warehouse", count) == beacons


@pytest.mark.slow
def test_a_night_stopped_after_its_clean_tables_is_undone_by_the_next(
    spark: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw, warehouse = tmp_path / "raw", tmp_path / "warehouse"
    write_lines(raw, [beacon()], name="1.ndjson")
    night(raw, warehouse)
    first = published(warehouse)
    write_lines(raw, [beacon(page_view_id="pv-2", visitor_id="v-2")], name="2.ndjson")

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(Stages, "audit", _die)
        night(raw, warehouse)

    assert published(warehouse) == first
    assert versions(warehouse)["clean.page_views"] > newest_release(warehouse).tables["clean.page_views"]

    night(raw, warehouse)

    assert newest_release(warehouse).number == 2
    assert query(warehouse, "select page_view_id from clean.page_views order by 1") == [("pv-1",), ("pv-2",)]
    assert query(warehouse, "select count(*) from clean.beacons") == [(2,)]
    assert query(warehouse, "select sum(page_view_count) from mart.story_attention_daily") == [(2,)]


@pytest.mark.slow
def test_a_killed_first_night_leaves_no_release_and_the_next_one_publishes(tmp_path: Path) -> None:
    raw, warehouse = tmp_path / "raw", tmp_path / "warehouse"
    write_lines(raw, [beacon()])
    command = [sys.executable, "-m", "jobs.cli", "nightly", "--date", str(DATE), "--set", "min_visitors=1"]
    command += ["--raw", str(raw), "--warehouse", str(warehouse)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
    written = warehouse / "clean/page_views/_delta_log/00000000000000000000.json"
    deadline = time.monotonic() + 300
    while not written.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()

    assert written.exists()
    assert not (warehouse / "_releases").exists()

    night(raw, warehouse)

    assert newest_release(warehouse).number == 1
    assert query(warehouse, "select count(*) from clean.beacons") == [(1,)]
    assert query(warehouse, "select count(*) from clean.page_views") == [(1,)]


def test_a_rewritten_file_is_refused_by_name_and_a_deleted_one_changes_nothing(
    part_of_demo: Path, tmp_path: Path
) -> None:
    for name in ("raw", "warehouse"):
        shutil.copytree(part_of_demo / name, tmp_path / name)
    shutil.copy(part_of_demo / "warehouse.key", tmp_path / "warehouse.key")
    path = tmp_path / "raw" / f"landing_date={DATE}" / "all.ndjson"
    content = path.read_bytes()

    path.write_bytes(content.replace(b'"seq":0', b'"seq":1', 1))
    with pytest.raises(InputUnreadable, match=r"rewritten .*all\.ndjson"):
        night(tmp_path / "raw", tmp_path / "warehouse", LAST_LANDING)

    path.unlink()
    with pytest.raises(NothingNew):
        night(tmp_path / "raw", tmp_path / "warehouse", LAST_LANDING)


@pytest.mark.slow
def test_a_page_view_moves_to_the_date_of_its_lowest_beacon_when_that_comes_last(spark: object, tmp_path: Path) -> None:
    raw, warehouse = tmp_path / "raw", tmp_path / "warehouse"
    start = 1_795_219_199_000  # 2026-11-20T23:59:59Z
    clocks = {"started_at_ms": start, "sent_at_ms": start + 5000}
    first = beacon(seq=0, beacon_id="b-0", received_at_ms=start + 5000, is_last=False, **clocks)
    second = beacon(seq=1, beacon_id="b-1", received_at_ms=start + 7000, **clocks)  # a slower way: starts a day later
    write_lines(raw, [second], date=DATE.replace(day=21))
    night(raw, warehouse, DATE.replace(day=21))
    assert query(warehouse, "select event_date::varchar, beacons_missing from clean.page_views") == [("2026-11-21", 1)]

    write_lines(raw, [first], date=DATE.replace(day=22))
    night(raw, warehouse, DATE.replace(day=22))

    rows = query(warehouse, "select event_date::varchar, beacons_received, beacons_missing from clean.page_views")
    assert rows == [("2026-11-20", 2, 0)]
    assert query(warehouse, "select distinct event_date::varchar from mart.story_attention_daily") == [("2026-11-20",)]
