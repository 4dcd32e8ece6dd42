"""Sums over columns of a table, held against plain Python."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from deltalake import DeltaTable, write_deltalake

from jobs.io.sums import ROW_COUNT, group_sums
from warehouse_schema.clean.page_views import PAGE_VIEWS

DAYS = [dt.date(2026, 11, day) for day in (20, 21, 22)]
#: What else rows have: a text that may be missing, and an amount that may be too.
Row = tuple[dt.date, str | None, int | None]


def _written(warehouse: Path, rows: list[Row]) -> None:
    """The rows in two commits, a file per date."""
    schema = pa.schema([("event_date", pa.date32()), ("surface", pa.string()), ("beacons_received", pa.int64())])
    for part in (rows[::2], rows[1::2]):
        columns = zip(*part, strict=True) if part else [(), (), ()]
        table = pa.table([list(values) for values in columns], schema)
        write_deltalake(str(warehouse / PAGE_VIEWS.path), table, mode="append", partition_by=["event_date"])


@pytest.mark.parametrize("seed", range(3))
def test_sums_of_groups_are_those_of_plain_python(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    rows: list[Row] = [
        (chance.choice(DAYS), chance.choice(["feed", "story", None]), chance.choice([None, 0, 1, 2**40]))
        for _ in range(500)
    ]
    _written(tmp_path, rows)

    is_wanted = pc.field("event_date").isin(DAYS[:2]) & (pc.field("surface") != "story")
    found = group_sums(str(tmp_path), PAGE_VIEWS, ["event_date", "surface"], is_wanted, ["beacons_received"])

    wanted = [(day, amount) for day, surface, amount in rows if day in DAYS[:2] and surface == "feed"]
    counts, sums = Counter(day for day, _ in wanted), Counter[dt.date]()
    for day, amount in wanted:
        sums[day] += amount or 0
    assert found == [
        {"event_date": day, "surface": "feed", ROW_COUNT: counts[day], "beacons_received": sums[day]}
        for day in DAYS[:2]
    ]


def test_column_that_the_table_does_not_have_sums_to_nothing(tmp_path: Path) -> None:
    _written(tmp_path, [(DAYS[0], "feed", 3), (DAYS[0], None, 4)])

    names = ["beacons_received", "beacons_conflicting"]
    found = group_sums(str(tmp_path), PAGE_VIEWS, ["event_date"], pc.scalar(True), names)

    assert found == [{"event_date": DAYS[0], ROW_COUNT: 2, "beacons_received": 7, "beacons_conflicting": 0}]


def test_no_table_no_files_and_no_such_rows_have_no_groups(tmp_path: Path) -> None:
    every, other = pc.scalar(True), pc.field("event_date").isin(DAYS[1:])

    assert group_sums(str(tmp_path), PAGE_VIEWS, ["event_date"], every) == []
    _written(tmp_path, [(DAYS[0], "feed", 3)])
    assert group_sums(str(tmp_path), PAGE_VIEWS, ["event_date"], other) == []
    DeltaTable(str(tmp_path / PAGE_VIEWS.path)).delete()
    assert group_sums(str(tmp_path), PAGE_VIEWS, ["event_date"], every) == []
