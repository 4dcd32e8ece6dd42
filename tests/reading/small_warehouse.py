"""Small warehouses for tests of what reads them: Delta tables by delta-rs, release records by the project itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from jobs.io import releases
from jobs.io.releases import EventDate, InputFile, Release
from jobs.io.store import Store, table_uri
from warehouse_schema import TABLES
from warehouse_schema.derive import arrow_schema


def write_table(
    warehouse: str,
    name: str,
    rows: Sequence[dict[str, Any]],
    *,
    without: Sequence[str] = (),
    schema_mode: Literal["merge", "overwrite"] | None = None,
) -> int:
    """Append rows to a table, partitioned as declared; returns its version. `without` leaves columns out of the file."""
    table = TABLES[name]
    columns = pa.Table.from_pylist(list(rows), schema=arrow_schema(table.columns)).drop_columns(list(without))
    uri = table_uri(warehouse, table.path)
    write_deltalake(uri, columns, partition_by=list(table.partition_by) or None, mode="append", schema_mode=schema_mode)
    return DeltaTable(uri).version()


def release(number: int, tables: dict[str, int]) -> Release:
    """A release record that pins `tables`."""
    event_dates = {"2026-11-20": EventDate("final", "0.1.0", "0" * 64)}
    return Release(
        number, f"run-{number}", "2026-11-21T03:00:00Z", "2026-11-20", tables, event_dates, {"min_visitors": 1}
    )


def publish_release(
    warehouse: str, tables: dict[str, int], *, number: int = 1, files: dict[str, InputFile] | None = None
) -> None:
    """Publish release `number`; AssertionError if the number is taken."""
    assert releases.publish(Store(warehouse, create=True), release(number, tables), files or {})
