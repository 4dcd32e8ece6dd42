"""`hoverlake.open_warehouse`: published tables in Python, as one release pins them.

A warehouse that is open serves one release until it is opened anew: what a notebook reads at its top and at its end
belongs to one night. ops and restricted tables are pinned by no release and read at their latest version.
"""

from __future__ import annotations

import datetime as dt
import difflib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jobs.errors import UsageError
from jobs.io import releases
from jobs.io.store import Store
from jobs.pinned import PINNED_NAMES, check_shown, declared, is_void, open_pinned, opened_release
from jobs.reading_dates import Dates, asked_dates, check_has_dates, dates_in
from jobs.reading_rows import Answer, Reading
from jobs.sql import read_only, values_of
from warehouse_schema import TABLES, Table

if TYPE_CHECKING:
    from jobs.io.releases import Release


def open_warehouse(uri: str | os.PathLike[str], release: int | None = None) -> Warehouse:
    """The warehouse at `uri` (a folder or s3a://...) as its newest release, or `release`, pins its tables.

    UsageError if there is no such warehouse or release. Where nothing is published yet, ops tables can be read.
    """
    found = opened_release(os.fspath(uri), release, is_needed=release is not None)
    return Warehouse(os.fspath(uri), found.number if found else None)


@dataclass(frozen=True)
class Warehouse:
    """A warehouse as release number `release` pins it; None if nothing is published yet."""

    uri: str
    release: int | None

    def table(
        self, name: str, dates: Dates | None = None, release: int | None = None, columns: Sequence[str] | None = None
    ) -> Reading:
        """Rows of a table, in no order; they are read when a method such as `.pandas()` is called.

        `dates` are event dates: one, a tuple of the first and the last, or a list; each a date or its text. None: all.
        Within a tuple, dates that are not published are passed over. `columns` come in the order given; None: all, as
        declared. UsageError for a table, date, column or release that there is not, and for what may not be read.
        """
        table = declared(name)
        opened = self._opened(release, is_needed=table.name in PINNED_NAMES)
        asked = asked_dates(dates)
        if asked is not None:
            check_has_dates(table)
            if opened is not None and table.name in PINNED_NAMES:
                shown = [date for date in map(dt.date.fromisoformat, opened.event_dates) if asked.has(date)]
                check_shown(self.uri, table, opened, asked.each or shown or [asked.first])
        void = opened is not None and is_void(self.uri, opened)
        open_pinned(self.uri, table, opened, void)
        return Reading(self.uri, table, opened.number if opened else None, asked, _known(table, columns))

    def sql(self, query: str, parameters: Mapping[str, Any] | None = None, release: int | None = None) -> Answer:
        """The answer to a question, as `hoverlake sql` gives it; it is asked when a method such as `.pandas()` is called.

        `parameters` are the values of the query's `$name`s. UsageError for what is no question; for what the engine
        refuses, when it is asked.
        """
        opened = self._opened(release, is_needed=False)
        statement = read_only(query)
        return Answer(self.uri, statement, opened.number if opened else None, values_of(statement, parameters or {}))

    def tables(self) -> list[str]:
        """Names of the tables that the caller may read, in the order in which a night writes them."""
        opened = self._opened(None, is_needed=False)
        return [table.name for table in TABLES.values() if _is_open(self.uri, table, opened)]

    def releases(self) -> list[Release]:
        """Records of all releases, the newest first, each with its number, when it was made, and what it pins."""
        return releases.every(Store(self.uri))

    def dates(self, name: str | None = None, release: int | None = None) -> list[dt.date]:
        """Event dates of which the table has rows, in order; without a name, those that the release shows."""
        opened = self._opened(release, is_needed=True)
        assert opened is not None
        if name is None:
            return sorted(dt.date.fromisoformat(date) for date in opened.event_dates if opened.is_shown(date))
        table = declared(name)
        check_has_dates(table)
        return dates_in(self.uri, table, opened)

    def _opened(self, release: int | None, is_needed: bool) -> Release | None:
        number = release if release is not None else self.release
        return opened_release(self.uri, number, is_needed or number is not None)


def _is_open(warehouse: str, table: Table, release: Release | None) -> bool:
    try:
        open_pinned(warehouse, table, release)
    except UsageError:
        return False
    return True


def _known(table: Table, columns: Sequence[str] | None) -> tuple[str, ...]:
    """The columns asked for, all if None; UsageError for one that the table does not have."""
    if isinstance(columns, str):
        raise UsageError(f"columns is {columns!r}: give a list, such as [{columns!r}].")
    if columns is not None and not len(columns):
        raise UsageError("columns is an empty list. Give at least one column, or None for all.")
    for name in columns or ():
        if name not in table.column_names:
            close = difflib.get_close_matches(name, table.column_names, n=1)
            hint = f" Did you mean {close[0]}?" if close else ""
            raise UsageError(f"{table.name} has no column {name}.{hint} It has: {', '.join(table.column_names)}.")
    return tuple(table.column_names if columns is None else columns)
