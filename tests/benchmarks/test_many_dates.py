"""A warehouse of many dates is made of one night's tables: what `make bench-history` lands a night into."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable

from benchmarks.many_dates import CLEAN_DATES, many_dates, rows_on
from jobs.io import releases
from jobs.io.releases import InputFile
from jobs.io.store import Store
from tests.reading.small_warehouse import publish_release, write_table
from warehouse_schema import TABLES
from warehouse_schema.derive import rows

LAST = dt.date(2026, 11, 20)
DATES = [dt.date(2026, 10, 1) + dt.timedelta(days=n) for n in range(CLEAN_DATES + 3)]
DECLARED = {"delta.logRetentionDuration": "interval 7 days"}
REACH, REJECTED, RUNS = TABLES["mart.reach_daily"], TABLES["clean.rejected_beacons"], TABLES["ops.runs"]


def test_dates_instants_and_ids_of_one_date_move_and_nothing_else_does() -> None:
    instant = pa.scalar(dt.datetime(2026, 11, 20, 23, 59), pa.timestamp("us", "UTC"))
    columns = {
        "event_date": pa.array([LAST]),
        "started_at": pa.array([instant.as_py()], instant.type),
        "page_view_id": pa.array(["a"]),
        "visitor_key": pa.array(["v"]),
        "seq": pa.array([3]),
    }

    (moved,) = rows_on(pa.table(columns), LAST - dt.timedelta(days=2), LAST).to_pylist()

    assert moved == {
        "event_date": dt.date(2026, 11, 18),
        "started_at": dt.datetime(2026, 11, 18, 23, 59, tzinfo=dt.UTC),
        "page_view_id": "a-2026-11-18",
        "visitor_key": "v",
        "seq": 3,
    }


def test_marts_and_ops_have_every_date_clean_the_last_ones_and_each_release_its_own_raw_files(tmp_path: Path) -> None:
    source, target = str(tmp_path / "one"), str(tmp_path / "many")
    of_reach = rows(REACH, {"event_date": LAST}, {"event_date": LAST - dt.timedelta(days=1)})
    tables = {REACH.name: write_table(source, REACH.name, of_reach)}
    tables[REJECTED.name] = write_table(source, REJECTED.name, rows(REJECTED, {"landing_date": LAST}))
    write_table(source, RUNS.name, rows(RUNS, {"run_id": "r"}))
    DeltaTable(f"{source}/{RUNS.path}").alter.set_table_properties(DECLARED)
    raw = InputFile("landing_date=2026-11-20/a.ndjson", 1, "e", "0" * 64, 1, "2026-11-20")
    publish_release(source, tables, files={raw.path: raw})

    many_dates(source, target, DATES, [REACH, REJECTED, RUNS])

    def dates(name: str, column: str) -> list[object]:
        return sorted(DeltaTable(f"{target}/{TABLES[name].path}").to_pyarrow_table()[column].to_pylist())

    assert dates(REACH.name, "event_date") == DATES
    assert dates(REJECTED.name, "landing_date") == DATES[3:]
    assert DeltaTable(f"{target}/{RUNS.path}").metadata().configuration == DECLARED
    assert dates(RUNS.name, "run_id") == [f"r-{date}" for date in DATES]
    first, newest = (releases.read(Store(target), number) for number in (1, len(DATES)))
    assert first is not None and newest is not None
    assert (first.tables, newest.tables) == (
        {REACH.name: 0},
        {REACH.name: len(DATES) - 1, REJECTED.name: CLEAN_DATES - 1},
    )
    assert len(releases.manifest(Store(target), len(DATES))) == len(DATES)
