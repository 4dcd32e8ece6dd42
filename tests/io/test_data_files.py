"""Data files read by whoever needs their rows: what Spark would give of them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import write_deltalake

from jobs.io.data_files import read_all
from jobs.io.warehouse import DataFile, data_files, stored_bytes
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.derive import arrow_schema_of

DAY = dt.date(2026, 11, 20)
NEXT = DAY + dt.timedelta(days=1)


def test_files_are_those_of_the_newest_version_and_of_the_dates(tmp_path: Path) -> None:
    folder = tmp_path / PAGE_VIEWS.path
    rows = pa.table({"event_date": [DAY, NEXT], "page_view_id": ["a", "b"]})
    write_deltalake(folder, rows, partition_by=["event_date"])
    write_deltalake(
        folder, rows.slice(0, 1), partition_by=["event_date"], mode="overwrite", predicate=f"event_date = '{DAY}'"
    )

    (file,) = data_files(str(tmp_path), PAGE_VIEWS, [DAY])
    stored = tmp_path / file.path
    assert (file.partition, file.date, file.size_bytes) == ("event_date", DAY, stored.stat().st_size)
    assert stored_bytes(str(tmp_path), PAGE_VIEWS, [DAY]) == file.size_bytes
    assert {file.date for file in data_files(str(tmp_path), PAGE_VIEWS, [DAY, NEXT])} == {DAY, NEXT}
    assert data_files(str(tmp_path), PAGE_VIEWS, []) == data_files(str(tmp_path / "none"), PAGE_VIEWS, [DAY]) == []


def test_rows_have_their_date_and_null_for_columns_declared_since(tmp_path: Path) -> None:
    (tmp_path / "day").mkdir()
    pq.write_table(
        pa.table({"engaged_ms": [1, None, 3], "page_view_id": ["a", "b", "c"]}), tmp_path / "day/old.parquet"
    )
    names = ("page_view_id", "event_date", "engaged_ms", "clicks", "traffic_class")
    schema = arrow_schema_of({name: PAGE_VIEWS.column(name).type for name in names})

    files = [DataFile("day/old.parquet", "event_date", DAY, 1)] * 2
    found = pa.Table.from_batches(read_all(str(tmp_path), files, schema))
    assert found.schema == schema
    assert found.to_pylist() == 2 * [
        {"page_view_id": name, "event_date": DAY, "engaged_ms": ms, "clicks": None, "traffic_class": None}
        for name, ms in (("a", 1), ("b", None), ("c", 3))
    ]
