"""A version of a Delta table as DuckDB reads it: a view with the declared columns on the version's Parquet files."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from jobs.io.store import local_path
from warehouse_schema import Table
from warehouse_schema.derive import sql_type

if TYPE_CHECKING:
    import duckdb
    from deltalake import DeltaTable

#: Of the event dates that a table has, those that a question can touch.
Keep = Callable[[Collection[dt.date]], Collection[dt.date]]
PARTITION = re.compile(r"(?:^|/)event_date=(\d{4}-\d{2}-\d{2})/")


def add_view(
    connection: duckdb.DuckDBPyConnection,
    warehouse: str,
    table: Table,
    delta: DeltaTable | None,
    keep: Keep | None = None,
) -> list[str]:
    """Make the table's view, with the declared columns, order and types; returns the local files it reads.

    Without `delta` it is empty. With `keep`, files of other event dates are not part of it: not even their footers are read.
    """
    files: list[str] = []
    source = None
    if delta is not None:
        paths = local_paths(warehouse, delta)
        root = local_path(warehouse)
        files = [f"{root}/{table.path}/{path}" for path in (of_dates(paths, keep) if keep else paths)]
        source = parquet_scan(table, files) if files else None if paths else _dataset(connection, table, delta)
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {table.layer}")
    connection.execute(f"CREATE VIEW {table.name} AS {declared_columns(table, source, stored_columns(delta))}")
    connection.execute(f"COMMENT ON VIEW {table.name} IS {quoted(table.one_row_per)}")
    return files


def stored_columns(delta: DeltaTable | None) -> set[str]:
    """Names of the columns that this version has."""
    return set() if delta is None else {field.name for field in delta.schema().fields}


def declared_columns(table: Table, source: str | None, stored: Collection[str]) -> str:
    """The query for all declared columns, in their order and of their types; NULL for those that are not `stored`.

    No rows without a `source`.
    """
    has = stored if source else ()
    columns = ", ".join(
        f"CAST({c.name if c.name in has else 'NULL'} AS {sql_type(c.type, 'duckdb')}) AS {c.name}"
        for c in table.columns
    )
    return f"SELECT {columns} {f'FROM {source}' if source else 'WHERE false'}"


def local_paths(warehouse: str, delta: DeltaTable) -> list[str]:
    """Files of this version on local disk, below the table's folder; none for an object store, or where a file list is
    not the whole truth."""
    # From reader version 2 on, files may hold deleted rows or renamed columns.
    if local_path(warehouse) is None or delta.protocol().min_reader_version > 1:
        return []
    # Not file_uris(): those are percent-encoded.
    return paths_of(delta)


def paths_of(delta: DeltaTable) -> list[str]:
    """Files of this version, below the table's folder."""
    return [str(path) for path in delta.get_add_actions()["path"].to_pylist()]


def event_date_of(path: str) -> dt.date | None:
    """The event date whose rows alone the file holds, by its folder; None if that does not say."""
    found = PARTITION.search(path)
    return dt.date.fromisoformat(found[1]) if found else None


def of_dates(files: Collection[str], keep: Keep) -> list[str]:
    """Files that can hold rows of the event dates to keep."""
    dates = {path: event_date_of(path) for path in files}
    kept = set(keep({date for date in dates.values() if date is not None}))
    return [path for path, date in dates.items() if date is None or date in kept]


def parquet_scan(table: Table, files: list[str]) -> str:
    """DuckDB's own reader: faster than an Arrow dataset, and it skips partitions. Files may lack columns added later."""
    partitions = ", ".join(
        f"{quoted(name)}: {sql_type(table.column(name).type, 'duckdb')}" for name in table.partition_by
    )
    hive = f", hive_partitioning = true, hive_types = {{{partitions}}}" if partitions else ", hive_partitioning = false"
    return f"read_parquet([{', '.join(map(quoted, files))}], union_by_name = true{hive})"


def _dataset(connection: duckdb.DuckDBPyConnection, table: Table, delta: DeltaTable) -> str | None:
    """The version as an Arrow dataset, which skips partitions too, under a name of its own; None if it has no files."""
    if not delta.file_uris():
        return None
    name = f"dataset_{table.name.replace('.', '_')}"
    connection.register(name, delta.to_pyarrow_dataset())
    return name


def quoted(text: str) -> str:
    """The text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"
