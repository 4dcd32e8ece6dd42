"""Event dates that a reader asks for: one, a span, or a list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from jobs.dates import iso_date
from jobs.errors import UsageError
from jobs.pinned import DATE, open_pinned
from jobs.sql import connect
from jobs.sql_errors import explained
from jobs.sql_sources import event_date_of, paths_of
from warehouse_schema import Table

if TYPE_CHECKING:
    from jobs.io.releases import Release

#: A date, or its text such as 2026-11-20.
Date = dt.date | str
#: One date, the first and the last of a span, or a list of dates.
Dates = Date | tuple[Date, Date] | Sequence[Date]


@dataclass(frozen=True)
class Asked:
    """The dates from `first` to `last`; if `each` is not empty, these only."""

    first: dt.date
    last: dt.date
    each: tuple[dt.date, ...] = ()

    def has(self, date: dt.date) -> bool:
        """Whether the date is asked for."""
        return date in self.each if self.each else self.first <= date <= self.last

    def keep(self, dates: Collection[dt.date]) -> list[dt.date]:
        """Those of `dates` that are asked for."""
        return [date for date in dates if self.has(date)]

    @property
    def condition(self) -> str:
        """The same in SQL."""
        if self.each:
            literals = [f"date '{date}'" for date in self.each]
            return f"{DATE} in ({', '.join(literals)})"
        return f"{DATE} between date '{self.first}' and date '{self.last}'"

    def __str__(self) -> str:
        return ", ".join(map(str, self.each)) if self.each else f"{self.first} to {self.last}"


def asked_dates(dates: Dates | None) -> Asked | None:
    """The dates as given to `table`; UsageError for what is no date, no span and no list."""
    if dates is None:
        return None
    if isinstance(dates, tuple):
        if len(dates) != 2:
            raise UsageError(f"dates has {len(dates)} entries: a tuple is (first, last); give single dates as a list.")
        first, last = map(_date, dates)
        if first > last:
            raise UsageError(f"dates ends on {last} before it begins on {first}. Give (first, last).")
        return Asked(first, last)
    if not isinstance(dates, dt.date | str | Iterable):
        raise UsageError(f"dates is {dates!r}: give a date, a tuple (first, last), or a list of dates.")
    each = tuple(map(_date, [dates] if isinstance(dates, dt.date | str) else dates))
    if not each:
        raise UsageError("dates is an empty list. Give at least one date, or None for all.")
    return Asked(min(each), max(each), each)


def _date(value: Date) -> dt.date:
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date()
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    date = iso_date(str(value))
    if date is None:
        raise UsageError(f"{value!r} is no date. Give YYYY-MM-DD, for example '2026-11-20', or a datetime.date.")
    return date


def check_has_dates(table: Table) -> None:
    """UsageError for a table whose rows are of no event date."""
    if DATE not in table.column_names:
        others = [c.name for c in table.columns if c.type in ("date", "timestamp")]
        raise UsageError(f"{table.name} has no {DATE}: leave out dates, and choose rows by its {' or '.join(others)}.")


def dates_in(warehouse: str, table: Table, release: Release) -> list[dt.date]:
    """Event dates of which the table has rows."""
    delta = open_pinned(warehouse, table, release)
    if delta is None:
        return []
    if table.partition_by == (DATE,):
        # The log knows: no file is opened.
        return sorted({date for date in map(event_date_of, paths_of(delta)) if date is not None})
    try:
        with connect(warehouse, [table.name], release.number) as connection:
            found = connection.execute(f"select distinct {DATE} from {table.name} where {DATE} is not null").fetchall()
    except duckdb.Error as error:
        raise explained(error, warehouse) from error
    return sorted(date for (date,) in found)
