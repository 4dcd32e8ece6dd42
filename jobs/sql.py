"""`hoverlake sql`: one query on the warehouse's tables as the newest release pins them, without Java.

Each table is a view `layer.name` on the Parquet files of its pinned version, so that all tables of a query belong to
one night. ops and restricted tables are read at their latest version. Nested columns of clean.page_views have flat views
(jobs/sql_views.py), `_hist` columns have macros (jobs/sql_macros.py). A query reads the tables' files and nothing else:
no other file, no network, no statement that writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
from deltalake.exceptions import DeltaError

from jobs.errors import InfrastructureFailed, UsageError
from jobs.io import releases
from jobs.io.store import Store, local_path
from jobs.io.warehouse import check_root, open_table
from jobs.sql_errors import NAMES, explained, unknown_table, unreadable, void_layer
from jobs.sql_macros import macros
from jobs.sql_output import Format, written
from jobs.sql_views import FLAT_VIEWS, flat_view, one_row_per, source_of
from warehouse_schema import PINNED, TABLES, Table
from warehouse_schema.derive import sql_type

if TYPE_CHECKING:
    from deltalake import DeltaTable

    from jobs.io.releases import Release

PINNED_NAMES = frozenset(table.name for table in PINNED)
SHOW_TABLES = re.compile(r"\s*show\s+(all\s+)?tables\s*;?\s*", re.I)
#: What SHOW TABLES answers here: DuckDB's own knows nothing of layers or meanings.
LISTING = """select schema_name || '.' || view_name as "table", comment as one_row_per
from duckdb_views() where not internal order by 1"""
QUESTIONS = (duckdb.StatementType.SELECT, duckdb.StatementType.MULTI)
EXPLAIN = re.compile(r"\s*explain\s+(analyze\s+)?(\([^)]*\)\s*)?", re.I)


def run_sql(
    warehouse: str,
    query: str,
    format: Format = "table",
    output: Path | None = None,
    release_number: int | None = None,
) -> str | None:
    """The query's answer as text, or None once it is in `output` (needed for parquet). Without a number: the newest release.

    UsageError for an unknown table, column or release, broken SQL, a writing statement, or a layer that may not be read.
    """
    if format == "parquet" and output is None:
        raise UsageError("parquet cannot be printed. Give a file: --output answer.parquet.")
    query = _read_only(query)
    connection = connect(warehouse, named_tables(query), release_number)
    try:
        return written(connection, LISTING if SHOW_TABLES.fullmatch(query) else query, format, output)
    except duckdb.Error as error:
        raise explained(error, warehouse) from error
    finally:
        connection.close()


def connect(
    warehouse: str, tables: Iterable[str] | None = None, release_number: int | None = None
) -> duckdb.DuckDBPyConnection:
    """A connection in UTC with a view for each of `tables`, flat views among them; None: all that the caller may read.

    A table without a pin, or not yet written, is empty. Nothing but the views' files can be read, and no setting can
    be changed. UsageError if nothing is published, or a named table is unknown or may not be read.
    """
    names = NAMES if tables is None else tuple(tables)
    wanted = [_declared(name) for name in dict.fromkeys(map(source_of, names))]
    is_needed = tables is None or release_number is not None or any(table.name in PINNED_NAMES for table in wanted)
    release = opened_release(warehouse, release_number, is_needed)
    pins = release.tables if release else {}
    is_void = release is not None and release_number is not None and _is_void(warehouse, release)
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'; SET python_enable_replacements = false")
    files: list[str] = []
    made: set[str] = set()
    for table in wanted:
        try:
            if is_void and table.layer == "clean":
                raise void_layer(warehouse, table, release_number)
            files += _add_view(connection, warehouse, table, pins.get(table.name))
            made.add(table.name)
        except (UsageError, DeltaError, duckdb.Error, OSError) as error:
            problem = unreadable(error, warehouse, table)
            if tables is not None or not isinstance(problem, UsageError):
                raise problem from error
    _add_flat_views(connection, [name for name in names if name in FLAT_VIEWS and source_of(name) in made])
    for macro in macros(release) if release else ():
        connection.execute(macro)
    _lock(connection, files)
    return connection


def opened_release(warehouse: str, number: int | None = None, is_needed: bool = True) -> Release | None:
    """Release `number`, or the newest; None if nothing is published and none `is_needed`, UsageError otherwise."""
    check_root(warehouse)
    root = local_path(warehouse)
    is_there = root is None or root.is_dir()
    newest = releases.newest(Store(warehouse)) if is_there else None
    if newest is None and (is_needed or not is_there):
        raise UsageError(f"nothing published in {warehouse}; run hoverlake nightly --warehouse {warehouse}.")
    if newest is None or number is None or number == newest.number:
        return newest
    release = releases.read(Store(warehouse), number)
    if release is None:
        raise UsageError(f"there is no release {number} in {warehouse}; the newest is {newest.number}.")
    return release


def _is_void(warehouse: str, release: Release) -> bool:
    """Whether people were erased since: then the files of its clean tables are gone."""
    newest = releases.newest(Store(warehouse))
    return newest is not None and release.erasures < newest.erasures


def named_tables(query: str) -> list[str] | None:
    """Tables and flat views whose `layer.name` occurs in the query, quoted or not; None if there are none, as for SHOW TABLES.

    By the text, because DuckDB's own list of names needs the tables to be there already (for USING) and knows no
    PIVOT. A name within a string or a comment only costs the opening of its table.
    """
    return [name for name in NAMES if _reference(name).search(query)] or None


def _reference(name: str) -> re.Pattern[str]:
    layer, table = name.split(".")
    return re.compile(rf'(?<![\w.]){layer}"?\s*\.\s*"?{table}\b', re.I)


def _read_only(query: str) -> str:
    """The one statement of `query`, which must be a question."""
    try:
        statements = duckdb.extract_statements(query)
        asked = statements
        if len(statements) == 1 and statements[0].type == duckdb.StatementType.EXPLAIN:
            # EXPLAIN ANALYZE runs what it explains.
            asked = duckdb.extract_statements(EXPLAIN.sub("", statements[0].query, count=1))
    except duckdb.Error as error:
        raise UsageError(f"the query cannot be parsed: {error}\nMend it and ask again.") from error
    if len(statements) != 1:
        raise UsageError(f"the query has {len(statements)} statements. Ask one question at a time.")
    if len(asked) != 1 or asked[0].type not in QUESTIONS:
        raise UsageError(
            f"{asked[0].type.name if asked else 'EXPLAIN'} is no question: the warehouse is only read here. Use SELECT."
        )
    return str(statements[0].query)


def _declared(name: str) -> Table:
    if name not in TABLES:
        raise unknown_table(name)
    return TABLES[name]


def _add_view(connection: duckdb.DuckDBPyConnection, warehouse: str, table: Table, pinned: int | None) -> list[str]:
    """Make the table's view, with the declared columns, order and types; returns the local files it reads."""
    is_wanted = pinned is not None or table.name not in PINNED_NAMES
    delta = open_table(warehouse, table, pinned) if is_wanted else None
    if delta is None and pinned is not None:
        raise InfrastructureFailed(
            f"{table.name} in {warehouse} is missing, but version {pinned} is released. Restore it."
        )
    files: list[str] = []
    source = None
    if delta is not None:
        files = _local_files(warehouse, table, delta)
        source = _parquet_scan(table, files) if files else _dataset(connection, warehouse, table, delta)
    has = {field.name for field in delta.schema().fields} if delta is not None and source else set()
    columns = ", ".join(
        f"CAST({c.name if c.name in has else 'NULL'} AS {sql_type(c.type, 'duckdb')}) AS {c.name}"
        for c in table.columns
    )
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {table.layer}")
    connection.execute(f"CREATE VIEW {table.name} AS SELECT {columns} {f'FROM {source}' if source else 'WHERE false'}")
    connection.execute(f"COMMENT ON VIEW {table.name} IS {quoted(table.one_row_per)}")
    return files


def _add_flat_views(connection: duckdb.DuckDBPyConnection, names: Iterable[str]) -> None:
    for name in names:
        connection.execute(flat_view(name))
        connection.execute(f"COMMENT ON VIEW {name} IS {quoted(one_row_per(name))}")


def _local_files(warehouse: str, table: Table, delta: DeltaTable) -> list[str]:
    """Files of this version on local disk; none for an object store, or where a file list is not the whole truth."""
    root = local_path(warehouse)
    # From reader version 2 on, files may hold deleted rows or renamed columns.
    if root is None or delta.protocol().min_reader_version > 1:
        return []
    # Not file_uris(): those are percent-encoded.
    return [str(root / table.path / path) for path in delta.get_add_actions()["path"].to_pylist()]


def _parquet_scan(table: Table, files: list[str]) -> str:
    """DuckDB's own reader: faster than an Arrow dataset, and it skips partitions. Files may lack columns added later."""
    partitions = ", ".join(
        f"{quoted(name)}: {sql_type(table.column(name).type, 'duckdb')}" for name in table.partition_by
    )
    hive = f", hive_partitioning = true, hive_types = {{{partitions}}}" if partitions else ", hive_partitioning = false"
    return f"read_parquet([{', '.join(map(quoted, files))}], union_by_name = true{hive})"


def _dataset(connection: duckdb.DuckDBPyConnection, warehouse: str, table: Table, delta: DeltaTable) -> str | None:
    """The version as an Arrow dataset, registered under a name of its own; None if it has no files."""
    if not delta.file_uris():
        return None
    name = f"dataset_{table.name.replace('.', '_')}"
    connection.register(name, delta.to_pyarrow_dataset())
    return name


def _lock(connection: duckdb.DuckDBPyConnection, files: list[str]) -> None:
    """From here on the views' files can be read, and nothing else."""
    connection.execute(f"SET allowed_paths = [{', '.join(map(quoted, files))}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def quoted(text: str) -> str:
    """The text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"
