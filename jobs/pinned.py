"""Tables as one release pins them: which release, which version of a table, which dates it shows.

`hoverlake sql` and whoever reads from Python, a notebook or Spark ask here, so that all see the same rows and are
refused in the same words. ops and restricted tables are pinned by no release and read at their latest version.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from deltalake.exceptions import DeltaError

from jobs.errors import InfrastructureFailed, UsageError
from jobs.io import releases
from jobs.io.store import Store, local_path
from jobs.io.warehouse import check_root, open_table
from jobs.sql_errors import unknown_table, unreadable, void_layer
from jobs.sql_output import printable
from warehouse_schema import PINNED, TABLES, Table

if TYPE_CHECKING:
    from deltalake import DeltaTable

    from jobs.io.releases import Release

PINNED_NAMES = frozenset(table.name for table in PINNED)
DATE = "event_date"
#: More names than these are no help to who mistyped one.
_MOST_LISTED = 20


def declared(name: str) -> Table:
    """The table called `name`; UsageError, with the name that was probably meant, if there is none."""
    if name not in TABLES:
        raise unknown_table(name)
    return TABLES[name]


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


def is_void(warehouse: str, release: Release) -> bool:
    """Whether people were erased since: then the files of its clean tables are gone."""
    newest = releases.newest(Store(warehouse))
    return newest is not None and release.erasures < newest.erasures


def open_pinned(warehouse: str, table: Table, release: Release | None, is_void: bool = False) -> DeltaTable | None:
    """The table at the version that `release` pins, or at its latest if releases pin none; None if it has no rows yet.

    UsageError if it may not be read, or if the release is void (people were erased since) and this a clean table.
    InfrastructureFailed if a pinned version cannot be read.
    """
    pinned = release.tables.get(table.name) if release else None
    if pinned is None and table.name in PINNED_NAMES:
        return None
    if is_void and release is not None and table.layer == "clean":
        raise void_layer(warehouse, table, release.number)
    try:
        delta = open_table(warehouse, table, pinned)
    except (UsageError, DeltaError, OSError) as error:
        raise unreadable(error, warehouse, table) from error
    if delta is None and pinned is not None:
        raise InfrastructureFailed(
            f"{table.name} in {warehouse} is missing, but version {pinned} is released. Restore it."
        )
    return delta


def check_shown(warehouse: str, table: Table, release: Release, dates: Sequence[dt.date]) -> None:
    """UsageError unless `release` shows each of `dates` in this pinned table."""
    for date in dates:
        if str(date) not in release.event_dates:
            raise not_published(warehouse, release, date)
        check_not_awaited(table, release, date)


def check_not_awaited(table: Table, release: Release, date: dt.date) -> None:
    """UsageError for a date that is built, and that the table does not show yet."""
    from jobs.publication import closes_on

    if str(date) in release.awaiting_publication and table.layer == "mart" and not _is_shown_early(table, release):
        raise UsageError(
            f"event date {date} is not shown by {table.name} yet: it is published when its window closes, on "
            f"{closes_on(date, release.configuration)}. Ask for an earlier date."
        )


def not_published(warehouse: str, release: Release | None, date: dt.date) -> UsageError:
    """What to say of an event date that the release does not have."""
    newest = releases.newest_number(Store(warehouse))
    which = "the newest release" if release is None or release.number == newest else f"release {release.number}"
    known = listed(sorted(release.event_dates)) if release else "none"
    return UsageError(f"event date {date} is not in {which} of {warehouse}. Published: {known}.")


def listed(values: Sequence[Any]) -> str:
    """The last of the values, for a message."""
    last = [printable(str(value)) for value in values[-_MOST_LISTED:]]
    return ("... " if len(values) > _MOST_LISTED else "") + (", ".join(last) or "nothing")


def _is_shown_early(table: Table, release: Release) -> bool:
    return table.is_total and release.configuration.get("publish_provisional") == "totals"
