"""How much a table holds of some dates: by it the night's settings are chosen before it builds them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow as pa
from deltalake import write_deltalake

from jobs.io.warehouse import stored_bytes
from warehouse_schema.clean.page_views import PAGE_VIEWS

FIRST, SECOND, THIRD = (dt.date(2026, 11, day) for day in (22, 23, 24))


def _written(warehouse: Path, date: dt.date, rows: int) -> None:
    values = pa.table({"event_date": pa.array([date] * rows, pa.date32()), "url": [f"/{n}" for n in range(rows)]})
    write_deltalake(str(warehouse / PAGE_VIEWS.path), values, partition_by=["event_date"], mode="append")


def _bytes(warehouse: Path, date: dt.date) -> int:
    folder = warehouse / PAGE_VIEWS.path / f"event_date={date}"
    return sum(file.stat().st_size for file in folder.glob("*.parquet"))


def test_only_files_of_the_dates_count(tmp_path: Path) -> None:
    for date, rows in ((FIRST, 10), (SECOND, 1000), (THIRD, 100), (THIRD, 7)):
        _written(tmp_path, date, rows)

    found = stored_bytes(str(tmp_path), PAGE_VIEWS, {FIRST, THIRD})

    assert found == _bytes(tmp_path, FIRST) + _bytes(tmp_path, THIRD) > 0


def test_dates_without_rows_and_tables_that_do_not_exist_have_none(tmp_path: Path) -> None:
    assert stored_bytes(str(tmp_path), PAGE_VIEWS, {FIRST}) == 0

    _written(tmp_path, FIRST, 3)

    assert stored_bytes(str(tmp_path), PAGE_VIEWS, {SECOND}) == 0
    assert stored_bytes(str(tmp_path), PAGE_VIEWS, set()) == 0
