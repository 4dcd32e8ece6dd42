"""What a plot is asked for, and which rows of a mart answer: published ones of the release, of the dates that are there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb

from jobs.errors import UsageError
from jobs.heatmap_groups import named, nothing_there
from jobs.heatmap_notes import percent
from jobs.io.releases import Release
from jobs.pinned import listed
from jobs.publication import awaited
from jobs.report.words import number

#: Key columns by the option that names their value.
COLUMNS = {"surface": "surface", "layout": "layout_id", "device": "device_type", "item_type": "item_type"}
CURSOR, SCREEN = "The cursor, not the gaze.", "Time on screen is not reading."


@dataclass(frozen=True)
class Question:
    """Dates, both included, None for all there are; values of keys, None for any; and a measure, None for the usual one."""

    first: dt.date | None = None
    last: dt.date | None = None
    surface: str | None = None
    device: str | None = None
    layout: str | None = None
    item_type: str | None = None
    measure: str | None = None

    def only(self, *options: str, of: str) -> Question:
        """Itself; UsageError if another option is given, of which the table knows nothing."""
        for option in COLUMNS:
            if option not in options and getattr(self, option) is not None:
                raise UsageError(
                    f"{of} does not tell {option.replace('_', ' ')}s: leave out --{option.replace('_', '-')}."
                )
        return self

    def measured(self, *measures: str) -> str:
        """The measure, the first one if none is asked for; UsageError for one that the plot does not know."""
        if self.measure is not None and self.measure not in measures:
            raise UsageError(f"--measure {self.measure} is unknown here. Choose one of {', '.join(measures)}.")
        return self.measure or measures[0]


@dataclass(frozen=True)
class Rows:
    """Rows of a mart: of `dates`, and with the values of `keys`."""

    connection: duckdb.DuckDBPyConnection
    table: str
    dates: tuple[dt.date, ...]
    keys: Mapping[str, str] = field(default_factory=dict)

    def but(self, **keys: str) -> Rows:
        """The same with more keys."""
        return Rows(self.connection, self.table, self.dates, {**self.keys, **keys})

    def select(self, columns: str, more: str = "true", group: str = "", *values: Any) -> list[tuple[Any, ...]]:
        """Columns of the rows for which `more` holds."""
        conditions = " and ".join(["list_contains(?, event_date)", *(f"{name} = ?" for name in self.keys), more])
        query = f"select {columns} from {self.table} where {conditions} {group}"
        return self.connection.execute(query, [list(self.dates), *self.keys.values(), *values]).fetchall()

    def one(self, columns: str, more: str = "true") -> tuple[Any, ...]:
        """The one row of sums."""
        return self.select(columns, more)[0]

    def largest(self, column: str, amount: str, more: str = "true") -> list[str]:
        """Values of a key that have any amount, the largest first (ties: by name)."""
        rows = self.select(
            f"{column}, sum({amount})",
            f"{column} is not null and {more}",
            "group by 1 having sum(" + amount + ") > 0 order by 2 desc, 1",
        )
        return [row[0] for row in rows]

    def folded_share(self, amount: str, more: str = "true", left_out: str = "is_remainder") -> float | None:
        """Of the amount that may belong to these rows, the share `left_out`; None if there is none at all."""
        maybe = " and ".join(
            [
                "list_contains(?, event_date)",
                *(f"({name} = ? or is_remainder and {name} is null)" for name in self.keys),
            ]
        )
        row = self.connection.execute(
            f"select sum({amount}) filter ({left_out}), sum({amount}) from {self.table} where {maybe} and {more}",
            [list(self.dates), *self.keys.values()],
        ).fetchone()
        return None if row is None or not row[1] else float(row[0] or 0) / float(row[1])


def rows_of(
    connection: duckdb.DuckDBPyConnection, release: Release, table: str, question: Question, *options: str
) -> Rows:
    """Rows that the question is about; UsageError for dates or values that are not there: the message lists those that are."""
    where, values = "true", list[Any]()
    if question.first is not None and question.last is not None:
        where, values = "event_date between ? and ?", [question.first, question.last]
    found = connection.execute(f"select distinct event_date from {table} where {where} order by 1", values).fetchall()
    if not found:
        raise _no_date(connection, release, table, question)
    wanted = {COLUMNS[name]: value for name in options if (value := getattr(question, name)) is not None}
    rows = Rows(connection, table, tuple(row[0] for row in found), wanted)
    if not rows.one("count(*)")[0]:
        raise nothing_there(connection, table, wanted, where, values)
    return rows


def _no_date(connection: duckdb.DuckDBPyConnection, release: Release, table: str, question: Question) -> UsageError:
    there = connection.execute(f"select distinct event_date from {table} order by 1").fetchall()
    period = question.first if question.first == question.last else f"from {question.first} to {question.last}"
    waits = f" Not shown yet: {awaited(release)}." if release.awaiting_publication else ""
    return UsageError(
        f"there is no event date {period} in {table}. There is: {listed([row[0] for row in there])}.{waits}"
    )


@dataclass(frozen=True)
class Stand:
    """What every plot says of itself: how many, when, of which release, in which unit, and what is left out."""

    release: Release
    rows: Rows
    #: Such as "12,345 impressions".
    n: str
    visitors: int
    unit: str
    folded: float | None
    folded_of: str
    caution: str
    more: tuple[str, ...] = ()
    left_out: str = "which are not drawn"

    @property
    def subtitle(self) -> str:
        """Period and release."""
        return f"{self.period}, UTC, release {self.release.number}"

    @property
    def period(self) -> str:
        """The dates there are."""
        dates = self.rows.dates
        return str(dates[0]) if len(dates) == 1 else f"{len(dates)} dates from {dates[0]} to {dates[-1]}"

    @property
    def notes(self) -> tuple[str, ...]:
        """Lines below the picture, the caution last."""
        states = self.release.event_dates
        open_ = [date for date in self.rows.dates if (s := states.get(str(date))) and s.status == "provisional"]
        least = self.release.configuration.get("min_visitors", "too few")
        lines = [
            f"n = {self.n}; at least {number(self.visitors)} visitors (of the largest single row: visitors do not add up over rows).",
            f"Unit: {self.unit}.",
            f"Rows of fewer than {least} visitors are merged into remainders, {self.left_out}: {self._folded()}.",
            *self.more,
        ]
        if open_:
            lines.append(f"Provisional, late beacons may still come: {listed(open_)}.")
        return (*lines, self.caution)

    def _folded(self) -> str:
        if self.folded is None:
            return f"no {self.folded_of} are published"
        if not self.folded:
            return f"no published {self.folded_of} lie there"
        return f"{percent(self.folded)} of all published {self.folded_of} that may belong here"


def keys_in_words(rows: Rows) -> str:
    """The values of the keys, for a title."""
    return " · ".join(named(value) for value in rows.keys.values())
