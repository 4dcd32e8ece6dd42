"""`hoverlake explain --date D`: from raw files to published rows, how much of an event date came through each step.

Each step is an equation of the night that built the date (invariant 2), with the shares of its parts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from jobs.errors import UsageError
from jobs.io import releases
from jobs.io.releases import Release
from jobs.io.store import Store
from jobs.publication import closes_on
from jobs.sql import connect, opened_release
from jobs.text_grid import grid
from warehouse_schema import MARTS, Table
from warehouse_schema.clean.beacons import BEACONS
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.ops import tables as ops

HEAD = ("step", "part", "count", "share")
SHOWN, REMAINDER = "shown", "shown as remainder of small groups"
#: Words for parts of equations that say too little by their name.
WORDS = {
    "published": SHOWN,
    "remainder": REMAINDER,
    "unpublished": "suppressed: group too small",
    "set_aside": "set aside",
    "held_back": "held back by data quality",
    "awaits_final_build": "late: await the final build",
    "awaits_publication": "not shown before the window closes",
    "in_universe": "counted",
    "not_measured": "not counted: not measured",
    "without_entries": "not counted: nothing to count",
    "without_ads_purpose": "not counted: without the purpose ads",
}
#: What the chain reads beside marts: layers that need a permission of their own, and ops.
RESTRICTED = (BEACONS, PAGE_VIEWS)
OPEN = (ops.RUNS, ops.INPUT_FILES, ops.RECONCILIATION)
#: Runs that stand behind what is published: none that was blocked, and none that was rolled back.
PUBLISHED = f"(select run_id from {ops.RUNS.name} where exit_code = 0 and run_id <= ?)"


@dataclass(frozen=True)
class Step:
    """One step of the chain: what went in, and what became of it."""

    name: str
    whole: str
    count: int
    parts: dict[str, int]

    @property
    def adds_up(self) -> bool:
        """Whether the parts are the whole."""
        return self.count == sum(self.parts.values())

    def rows(self) -> Iterator[tuple[str, str, int, str]]:
        """Rows of the report; shares are of this step's whole."""
        yield self.name, self.whole, self.count, ""
        for part, count in self.parts.items():
            yield "", f"  {part}", count, f"{100 * count / self.count:.2f} %" if self.count else ""


def explain_date(warehouse: str, date: dt.date, table: str | None = None) -> str:
    """The chain of event date `date` in the newest release, for one mart or all of them.

    How much of a measure is shown and how much suppressed is told to those who may read restricted.reconciliation.
    UsageError for a date that is not published, a table that is no mart, or a layer that may not be read.
    """
    marts = [mart for mart in MARTS if table in (None, mart.name, mart.name.removeprefix("mart."))]
    if not marts:
        raise UsageError(f"{table} is no mart. There are: {', '.join(mart.name for mart in MARTS)}.")
    release = opened_release(warehouse)
    state = release.event_dates.get(str(date)) if release else None
    if release is None or state is None:
        known = ", ".join(release.event_dates) if release else "none"
        raise UsageError(f"event date {date} is not in the newest release of {warehouse}. Published: {known}.")
    steps = steps_of(warehouse, date, marts, release)
    wrong = [f"{step.whole} of {step.name}" for step in steps if not step.adds_up]
    verdict = f"It does not add up: {', '.join(wrong)}." if wrong else "Every step adds up."
    report = grid(HEAD, [row for step in steps for row in step.rows()])
    return f"event date {date}, {state.status}{_stays(release, str(date))}, release {release.number}\n\n{report}\n{verdict}\n"


def _stays(release: Release, date: str) -> str:
    """Why the date is still as it was published before, or not published, although newer input is landed."""
    held = ", held back by data quality: as published before" if date in release.held_back else ""
    late = ", late beacons await its final build" if date in release.awaiting_final else ""
    if date not in release.awaiting_publication:
        changed = ", changed since it was published for good" if date in release.changed_since_published else ""
        return held + late + changed
    closes = closes_on(dt.date.fromisoformat(date), release.configuration)
    return f"{held}{late}, published when its window closes, on {closes}"


def steps_of(
    warehouse: str, date: dt.date, marts: Sequence[Table], release: Release, *, is_for_everyone: bool = False
) -> list[Step]:
    """The steps of a date of the release, those of each mart last; UsageError for a layer that may not be read.

    `is_for_everyone` leaves out what marts and ops do not say: classes of page views, and amounts.
    """
    connection = _open_to_everyone(warehouse, marts) if is_for_everyone else _connection(warehouse, marts)
    chain = _Chain(connection, date, release, releases.origin(Store(warehouse), release).run_id)
    with chain.connection:
        return [*chain.clean_steps(), *(step for mart in marts for step in chain.mart_steps(mart))]


def _connection(warehouse: str, marts: Sequence[Table]) -> duckdb.DuckDBPyConnection:
    """All that the chain reads; amounts are an empty table for who may not read them."""
    names = [table.name for table in (*RESTRICTED, *OPEN, *marts)]
    try:
        return connect(warehouse, [*names, ops.RECONCILIATION_AMOUNTS.name])
    except UsageError:
        return _without(connect(warehouse, names), [ops.RECONCILIATION_AMOUNTS])


def _open_to_everyone(warehouse: str, marts: Sequence[Table]) -> duckdb.DuckDBPyConnection:
    """Marts and ops; everything else that the chain reads is empty."""
    connection = connect(warehouse, [table.name for table in (*OPEN, *marts)])
    return _without(connection, [*RESTRICTED, ops.RECONCILIATION_AMOUNTS])


def _without(connection: duckdb.DuckDBPyConnection, tables: Sequence[Table]) -> duckdb.DuckDBPyConnection:
    """The connection with `tables` as empty ones."""
    for table in tables:
        columns = ", ".join(f"NULL AS {column}" for column in table.column_names)
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {table.layer}")
        connection.execute(f"CREATE VIEW {table.name} AS SELECT {columns} WHERE FALSE")
    return connection


@dataclass(frozen=True)
class _Chain:
    """The steps of one event date; `last_run` is the newest run behind the release."""

    connection: duckdb.DuckDBPyConnection
    date: dt.date
    release: Release
    last_run: str

    def clean_steps(self) -> Iterator[Step]:
        """From files to page views."""
        for landing in self._landing_dates():
            yield from self._landed(landing)
        yield from self._equation(f"event date {self.date}", "beacons", PAGE_VIEWS.name)
        classes = (
            f"select traffic_class, count(*) from {PAGE_VIEWS.name} where event_date = ? group by 1 order by 2 desc, 1"
        )
        parts = dict(self._rows(classes, self.date))
        if parts:
            yield Step(f"event date {self.date}", "page views", sum(parts.values()), parts)

    def mart_steps(self, mart: Table) -> Iterator[Step]:
        """Page views that count, what of the mart's first measure is shown, and its rows."""
        yield from self._equation(mart.name, "page views", mart.name)
        yield from self._amounts(mart)
        query = f"select is_remainder, count(*) from {mart.name} where event_date = ? group by 1 order by 1"
        rows = {REMAINDER if is_remainder else SHOWN: count for is_remainder, count in self._rows(query, self.date)}
        yield Step(mart.name, "rows", sum(rows.values()), rows)

    def _landing_dates(self) -> list[dt.date]:
        """Landing dates that brought beacons of the date; once clean has let them go, those that could have."""
        query = f"select distinct landing_date from {BEACONS.name} where start_date = ? order by 1"
        found = self._rows(query, self.date)
        if not found:
            last = self.date + dt.timedelta(days=int(self.release.configuration.get("late_window_days", 0)))
            query = f"select distinct landing_date from {ops.INPUT_FILES.name} where landing_date between ? and ? order by 1"
            found = self._rows(query, self.date, last)
        return [landing for (landing,) in found]

    def _landed(self, landing: dt.date) -> Iterator[Step]:
        """Files and lines of a landing date, of every file as the last run found it."""
        last = f"""
            select raw_file, max_by(outcome, run_id) as outcome, max(run_id) as run_id
            from {ops.INPUT_FILES.name} where landing_date = ? and run_id in {PUBLISHED} group by raw_file
        """
        files = self._rows(f"select outcome, count(*) from ({last}) group by 1 order by 1", landing, self.last_run)
        yield _step(f"landing date {landing}", "files", files, sum(count for _, count in files))
        lines = f"""
            select reason, sum(row_count)::bigint from {ops.RECONCILIATION.name}
            where quantity = 'lines' and date = ? and run_id in (select run_id from ({last})) group by 1 order by 2 desc, 1
        """
        yield _step(f"landing date {landing}", "lines", self._rows(lines, landing, landing, self.last_run))

    def _equation(self, name: str, whole: str, table: str) -> Iterator[Step]:
        """The table's equation in the last run that built the date."""
        query = f"""
            with own as (
                select * from {ops.RECONCILIATION.name} where table_name = ? and date = ? and run_id in {PUBLISHED}
            )
            select reason, row_count from own where run_id = (select max(run_id) from own) order by row_count desc, reason
        """
        parts = self._rows(query, table, self.date, self.last_run)
        if parts:
            yield _step(name, whole, parts)

    def _amounts(self, mart: Table) -> Iterator[Step]:
        """The mart's first measure in the last run that built the date."""
        query = f"""
            with own as (
                select * from {ops.RECONCILIATION_AMOUNTS.name}
                where table_name = ? and date = ? and run_id in {PUBLISHED}
            )
            select measure, part, amount from own where run_id = (select max(run_id) from own) order by amount desc, part
        """
        found = self._rows(query, mart.name, self.date, self.last_run)
        measures = {measure for measure, _, _ in found}
        first = next((name for name in mart.column_names if name in measures), None)
        if first:
            yield _step(mart.name, first, [(part, amount) for measure, part, amount in found if measure == first])

    def _rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.connection.execute(query, list(values)).fetchall()


def _step(name: str, whole: str, parts: Sequence[tuple[Any, ...]], count: int | None = None) -> Step:
    """A step of parts as the equations name them; what went in is one of them unless `count` is given."""
    amounts: dict[str, int] = {str(part): int(amount) for part, amount in parts}
    if count is None:
        count = amounts.pop("input", 0) + amounts.pop("clean", 0)
    return Step(name, whole, count, {WORDS.get(part, part): amount for part, amount in amounts.items()})
