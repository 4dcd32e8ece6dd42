"""What `hoverlake sql` says when a query fails: the engine's words in the project's own, with what to do."""

from __future__ import annotations

import difflib
import re

import duckdb

from jobs.errors import HoverlakeError, InfrastructureFailed, UsageError
from jobs.io.warehouse import closed_layer, is_permission_error
from jobs.sql_views import FLAT_VIEWS
from warehouse_schema import TABLES, Table

#: All that a query can name.
NAMES = (*TABLES, *FLAT_VIEWS)
UNKNOWN_TABLE = re.compile(r'Table with name "?([^"\s!]+)"? does not exist')


def unreadable(error: Exception, warehouse: str, table: Table) -> HoverlakeError:
    """Why `table` cannot be opened: closed to the caller, or the store fails."""
    if isinstance(error, UsageError):
        return error
    if is_permission_error(error):
        return closed_layer(warehouse, table)
    return InfrastructureFailed(
        f"{table.name} in {warehouse} cannot be read: {short(error)} Check the store, then ask again."
    )


def void_layer(warehouse: str, table: Table, release_number: int | None) -> UsageError:
    """The release still pins the table, whose rows are gone since people were erased."""
    return UsageError(
        f"{table.name} of release {release_number} in {warehouse} is gone: people were erased from it since. Ask a newer release "
        "(hoverlake releases list), or the release's marts."
    )


def explained(error: duckdb.Error, warehouse: str) -> HoverlakeError:
    """The engine's words in ours; its hint with the query's line and caret stays."""
    unknown = UNKNOWN_TABLE.search(str(error))
    if unknown:
        return unknown_table(unknown[1])
    if is_permission_error(error) and not isinstance(error, duckdb.PermissionException):
        return UsageError(f"a file in {warehouse} may not be read by you. Ask for permission. ({short(error)})")
    if isinstance(error, duckdb.PermissionException):
        return UsageError(f"a query sees the warehouse's tables only, no other file. ({short(error)})")
    if isinstance(error, duckdb.IOException):
        return InfrastructureFailed(f"{warehouse} cannot be read: {short(error)} Check the store, then ask again.")
    return UsageError(f"the query failed: {error}\nMend it and ask again; DESCRIBE layer.table lists columns.")


def unknown_table(name: str) -> UsageError:
    """There is no table `name`, but perhaps one with a name close to it."""
    bare = {table.split(".")[1]: table for table in NAMES}
    close = difflib.get_close_matches(name, [*NAMES, *bare], n=1)
    hint = f" Did you mean {bare.get(close[0], close[0])}?" if close else ""
    return UsageError(f"there is no table {name}.{hint} Tables: {', '.join(sorted(NAMES))}.")


def short(error: BaseException) -> str:
    """The first line of an error, for the middle of a sentence."""
    return str(error).split("\n", 1)[0][:300]
