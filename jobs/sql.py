"""`hoverlake sql`: one query on the warehouse's tables as the newest release pins them, without Java.

Each table is a view `layer.name` on the Parquet files of its pinned version, so that all tables of a query belong to
one night. ops and restricted tables are read at their latest version. Nested columns of clean.page_views have flat views
(jobs/sql_views.py), `_hist` columns have macros (jobs/sql_macros.py). A query reads the tables' files and nothing else:
no other file, no network, no statement that writes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import duckdb
from deltalake.exceptions import DeltaError

from jobs.errors import UsageError
from jobs.pinned import PINNED_NAMES, declared, is_void, open_pinned, opened_release
from jobs.sql_dates import dates_kept
from jobs.sql_errors import NAMES, explained, unreadable
from jobs.sql_macros import macros
from jobs.sql_output import Format, check_output, written
from jobs.sql_sources import Keep, add_view, quoted
from jobs.sql_views import FLAT_VIEWS, flat_view, one_row_per, source_of

__all__ = ["connect", "named_tables", "opened_release", "quoted", "run_sql"]

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
    parameters: Mapping[str, Any] | None = None,
    *,
    watch: Callable[[duckdb.DuckDBPyConnection], AbstractContextManager[object]] = nullcontext,
) -> str | None:
    """The query's answer as text, or None once it is in `output`. Without a number: the newest release.

    `parameters` are the values of the query's `$name`s, bound by the engine; others are ignored. `watch` holds the
    connection while it works, for who may interrupt it. UsageError for an unknown
    table, column, release or parameter, broken SQL, a writing statement, or a layer that may not be read.
    """
    check_output(format, output)
    query = read_only(query)
    values = values_of(query, parameters or {})
    connection = connect(warehouse, named_tables(query), release_number, dates_kept(EXPLAIN.sub("", query), values))
    try:
        with watch(connection):
            return written(connection, LISTING if SHOW_TABLES.fullmatch(query) else query, format, output, values)
    except duckdb.Error as error:
        raise explained(error, warehouse) from error
    finally:
        connection.close()


def connect(
    warehouse: str,
    tables: Iterable[str] | None = None,
    release_number: int | None = None,
    keep: Mapping[str, Keep] | None = None,
) -> duckdb.DuckDBPyConnection:
    """A connection in UTC with a view for each of `tables`, flat views among them; None: all that the caller may read.

    A table without a pin, or not yet written, is empty; one in `keep` has the rows of some of its event dates only, for
    a query that needs no others. Nothing but the views' files can be read, and no setting can be changed. UsageError if
    nothing is published, or a named table is unknown or may not be read.
    """
    names = NAMES if tables is None else tuple(tables)
    wanted = [declared(name) for name in dict.fromkeys(map(source_of, names))]
    is_needed = tables is None or release_number is not None or any(table.name in PINNED_NAMES for table in wanted)
    release = opened_release(warehouse, release_number, is_needed)
    void = release is not None and release_number is not None and is_void(warehouse, release)
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'; SET python_enable_replacements = false")
    files: list[str] = []
    made: set[str] = set()
    for table in wanted:
        try:
            delta = open_pinned(warehouse, table, release, void)
            files += add_view(connection, warehouse, table, delta, (keep or {}).get(table.name))
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


def named_tables(query: str) -> list[str] | None:
    """Tables and flat views whose `layer.name` occurs in the query, quoted or not; None if there are none, as for SHOW TABLES.

    By the text, because DuckDB's own list of names needs the tables to be there already (for USING) and knows no
    PIVOT. A name within a string or a comment only costs the opening of its table.
    """
    return [name for name in NAMES if _reference(name).search(query)] or None


def _reference(name: str) -> re.Pattern[str]:
    layer, table = name.split(".")
    return re.compile(rf'(?<![\w.]){layer}"?\s*\.\s*"?{table}\b', re.I)


def values_of(query: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Those of `parameters` that the statement names; UsageError for a `$name` without a value."""
    named = duckdb.extract_statements(query)[0].named_parameters
    missing = sorted(named - set(parameters))
    if missing:
        raise UsageError(f"the query's ${missing[0]} has no value. Give one: --param {missing[0]}=VALUE.")
    return {name: parameters[name] for name in sorted(named)}


def read_only(query: str) -> str:
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


def _add_flat_views(connection: duckdb.DuckDBPyConnection, names: Iterable[str]) -> None:
    for name in names:
        connection.execute(flat_view(name))
        connection.execute(f"COMMENT ON VIEW {name} IS {quoted(one_row_per(name))}")


def _lock(connection: duckdb.DuckDBPyConnection, files: list[str]) -> None:
    """From here on the views' files can be read, and nothing else."""
    connection.execute(f"SET allowed_paths = [{', '.join(map(quoted, files))}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
