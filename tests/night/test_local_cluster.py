"""A night on executors that are processes of their own: the tables are those of a night in one process."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.night.local_cluster import start_nightly
from tests.night.warehouses import beacon, newest_release, night, page_views, published, write_lines

pytestmark = pytest.mark.spark
#: Measured 89 s with the night beside it, on two cores that five other processes shared.
NIGHT_S = 240


def test_a_night_on_two_executors_publishes_the_tables_of_one_process(spark: object, tmp_path: Path) -> None:
    raw, warehouse = tmp_path / "raw", tmp_path / "warehouse"
    lines = [beacon(beacon_id=f"b-{n}", page_view_id=f"pv-{n}", visitor_id=f"v-{n % 5}") for n in range(40)]
    for number in range(4):
        write_lines(raw, [*lines[number::4], lines[0], b"no beacon"], name=f"{number}.gz")
    night(raw, tmp_path / "one_process")
    shutil.copy(tmp_path / "one_process.key", tmp_path / "warehouse.key")

    run = start_nightly(raw, warehouse, tmp_path, executor_java=os.environ["HOVERLAKE_JAVA_OPTIONS"])
    said = run.communicate(timeout=NIGHT_S)[1]

    assert run.returncode == 0, said
    assert newest_release(warehouse).number == 1
    assert page_views(warehouse) == page_views(tmp_path / "one_process")
    assert published(warehouse) == published(tmp_path / "one_process")
    assert list((tmp_path / "spark" / "work").glob("app-*/[01]/stderr")), "no executor was a process of its own"
