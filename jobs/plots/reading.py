"""How pictures read a warehouse: tables of one release, and the engine's failures in the project's words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import duckdb

from jobs.sql import connect
from jobs.sql_errors import explained


@contextmanager
def answering(warehouse: str, tables: Iterable[str], release: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to `tables` of the release. UsageError where they cannot answer, such as distributions of other bins."""
    with connect(warehouse, tables, release) as connection:
        try:
            yield connection
        except duckdb.Error as error:
            raise explained(error, warehouse) from error
