"""The tables of a warehouse as a release pins them, read without Java."""

from __future__ import annotations

from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError

from jobs.io.store import table_uri
from warehouse_schema.table import Table


def open_table(warehouse: str, table: Table, version: int | None = None) -> DeltaTable | None:
    """The Delta table at `version` (None: the latest), None if it does not exist yet."""
    try:
        return DeltaTable(table_uri(warehouse, table.path), version=version)
    except TableNotFoundError:
        return None
