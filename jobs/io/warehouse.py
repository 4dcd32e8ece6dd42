"""The tables of a warehouse as a release pins them, read without Java."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError, TableNotFoundError

from jobs.errors import UsageError
from jobs.io.s3 import delta_options, is_s3, object_uri
from jobs.io.store import local_path, table_uri
from warehouse_schema.table import Table

_MISREAD = re.compile(r"%[0-9A-Fa-f]{2}|\\")


def check_root(warehouse: str) -> None:
    """UsageError for a local root whose name the reader of Delta tables (delta-rs) takes for another one.

    It decodes `%20` in a path however the path is given, and takes a backslash for a slash: such a warehouse could be
    written and never read.
    """
    misread = _MISREAD.search(str(local_path(warehouse) or ""))
    if misread:
        raise UsageError(
            f"the warehouse {warehouse} cannot have {misread[0]} in its path: readers of Delta tables take it for "
            "another character. Choose another folder."
        )


def open_table(warehouse: str, table: Table, version: int | None = None) -> DeltaTable | None:
    """The Delta table at `version` (None: the latest), None if it does not exist yet.

    UsageError if the table, or a folder on the way to it, is closed to the caller.
    """
    local = local_path(warehouse)
    try:
        uri = table_uri(warehouse, table.path)
        return DeltaTable(object_uri(uri), version=version, storage_options=delta_options() if is_s3(uri) else None)
    except TableNotFoundError as error:
        if local and _is_closed(local / table.path):
            raise closed_layer(warehouse, table) from error
        return None
    except (DeltaError, OSError) as error:
        if is_permission_error(error):
            raise closed_layer(warehouse, table) from error
        raise


@dataclass(frozen=True)
class DataFile:
    """A data file of a table that is partitioned by a date: its path below the warehouse."""

    path: str
    partition: str
    date: dt.date
    size_bytes: int


def data_files(warehouse: str, table: Table, dates: Collection[dt.date]) -> list[DataFile]:
    """The data files of the latest version that hold `dates`."""
    found = open_table(warehouse, table)
    if found is None:
        return []
    (by, *_), actions = table.partition_by, found.get_add_actions(flatten=True)
    columns = [actions[name].to_pylist() for name in ("path", f"partition.{by}", "size_bytes")]
    files = [DataFile(f"{table.path}/{path}", by, date, size) for path, date, size in zip(*columns, strict=True)]
    return [file for file in files if file.date in dates]


def stored_bytes(warehouse: str, table: Table, dates: Collection[dt.date]) -> int:
    """Their size."""
    return sum(file.size_bytes for file in data_files(warehouse, table, dates))


def _is_closed(folder: Path) -> bool:
    """True if permission is what hides the table: delta-rs says of a closed folder that there is no table in it."""
    try:
        next((folder / "_delta_log").iterdir(), None)
    except PermissionError:
        return True
    except OSError:
        return False
    return False


def closed_layer(warehouse: str, table: Table) -> UsageError:
    """What to say to a caller whom the store refused a table."""
    return UsageError(
        f"{table.name} in {warehouse} may not be read by you. Ask for permission on the layer {table.layer}, "
        "or leave the table out."
    )


def is_permission_error(error: Exception) -> bool:
    """True if a store refused: each engine has its own words for it."""
    words = str(error).lower()
    return (
        isinstance(error, PermissionError)
        or "permission denied" in words
        or "accessdenied" in words
        or "forbidden" in words
    )
