"""The first sentence of a page on a date: is the date published, by which run, and what did data quality say of it?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import duckdb

from expectations.results import Result
from expectations.rules import PIPELINE
from jobs.errors import UsageError
from jobs.io.releases import Release
from jobs.publication import closes_on
from jobs.report.words import counted
from warehouse_schema.ops import tables as ops

Tone = Literal["good", "note", "bad"]
BLOCKED = 11


@dataclass(frozen=True)
class Run:
    """A run that built the date, or tried to."""

    run_id: str
    landing_date: dt.date
    ended_at: dt.datetime
    exit_code: int
    code_version: str
    message: str
    #: Whether the run published the date; one that it held back is not among the dates it rebuilt.
    is_published: bool


@dataclass(frozen=True)
class Verdict:
    """What is said first: a headline, and what there is to add. `checks` are those of `judged`, the last run on the date."""

    tone: Tone
    headline: str
    details: tuple[str, ...]
    published: Run | None
    judged: Run | None
    checks: tuple[Result, ...]

    @property
    def failed(self) -> list[Result]:
        """Failed checks, the critical ones first."""
        return sorted((c for c in self.checks if c.is_failed), key=lambda c: (not c.is_critical_failure, c.table_name))

    @property
    def not_judged(self) -> int:
        """Checks for which there is not enough history."""
        return sum(1 for check in self.checks if check.success is None)


def verdict_on(
    connection: duckdb.DuckDBPyConnection,
    date: dt.date,
    release: Release,
    last_run: str,
    warehouse: str,
    *,
    is_newest: bool = True,
) -> Verdict:
    """The verdict on `date` of the release whose newest run is `last_run`; of an older release as it was then.

    UsageError, with the dates there are, for one that was neither published nor refused.
    """
    runs = [run for run in _runs(connection, date) if is_newest or run.run_id <= last_run]
    is_released, waits = release.is_shown(str(date)), str(date) in release.awaiting_publication
    published = next((run for run in runs if run.is_published and run.run_id <= last_run and is_released), None)
    judged = runs[0] if runs else None
    is_refused = judged is not None and not (judged.is_published and judged.run_id <= last_run)
    if not is_released and not is_refused and not waits:
        known = ", ".join(release.event_dates) or "none"
        raise UsageError(f"event date {date} is not in the newest release of {warehouse}. Published: {known}.")
    checks = tuple(_checks(connection, judged.run_id, date)) if judged else ()
    tone, headline, details = _worded(is_released, published, judged, checks, last_run)
    if waits and not is_refused:
        tone, headline, details = _waiting(is_released, closes_on(date, release.configuration), checks)
    return Verdict(tone, headline, tuple(details), published, judged, checks)


def refused_dates(connection: duckdb.DuckDBPyConnection, last_run: str, *, is_newest: bool = True) -> list[dt.date]:
    """Dates whose last run did not publish them up to `last_run`: of each there is a verdict, released or not."""
    rows = connection.execute(
        f"""
        with runs as (
            select run_id, event_dates, exit_code = 0 as is_published from {ops.RUNS.name}
            where exit_code in (0, {BLOCKED}) and (? or run_id <= ?)
        ), judged as (
            select run_id, is_published, try_cast(unnest(string_split(event_dates, ', ')) as date) as date from runs
            union all select run_id, false, event_date from {ops.DQ_RESULTS.name} semi join runs using (run_id)
            where success = false and severity = 'critical'
        ), of_run as (
            select date, run_id, max(is_published) and run_id <= ? as is_seen from judged group by 1, 2
        )
        select date from of_run where date is not null group by 1 having not arg_max(is_seen, run_id) order by 1
        """,
        [is_newest, last_run, last_run],
    ).fetchall()
    return [date for (date,) in rows]


def _runs(connection: duckdb.DuckDBPyConnection, date: dt.date) -> list[Run]:
    """Runs that rebuilt the date or held it back, the newest first."""
    rows = connection.execute(
        f"""
        with refused as (
            select distinct run_id from {ops.DQ_RESULTS.name}
            where event_date = ? and success = false and severity = 'critical'
        ), named as (
            select *, list_contains(string_split(event_dates, ', '), ?) as is_named from {ops.RUNS.name}
        )
        select run_id, landing_date, ended_at, exit_code, code_version, message, is_named and exit_code = 0
        from named where exit_code in (0, {BLOCKED}) and (is_named or run_id in (select run_id from refused))
        order by run_id desc
        """,
        [date, str(date)],
    ).fetchall()
    return [Run(*row) for row in rows]


def _checks(connection: duckdb.DuckDBPyConnection, run_id: str, date: dt.date) -> list[Result]:
    rows = connection.execute(
        f"""
        select table_name, event_date, expectation, column_name, severity, success, observed, threshold,
            unexpected_count, NULL AS row_count, meaning, coalesce(owner, '{PIPELINE}')
        from {ops.DQ_RESULTS.name} where run_id = ? and event_date = ? order by table_name, expectation, column_name
        """,
        [run_id, date],
    ).fetchall()
    return [Result(*row) for row in rows]


def _worded(
    is_released: bool, published: Run | None, judged: Run | None, checks: Sequence[Result], last_run: str
) -> tuple[Tone, str, list[str]]:
    """Tone, headline and details."""
    details = _told(checks)
    if judged is None:
        return "note", "Published, but no run tells of it", ["Rows of ops on this date have outlived their retention."]
    if judged == published:
        notes = sum(1 for check in checks if check.is_failed)
        headline = f"Published, with {counted(notes, 'warning')}" if notes else "Published: no check failed"
        return "note" if notes else "good", headline, details
    why, what = _refusal(judged, checks, last_run)
    if not is_released:
        return "bad", f"Not published: {why}", [what, "Nothing of this date can be read.", *details]
    before = (
        f"Readers see the date as run {published.run_id} published it." if published else "Readers see it as before."
    )
    return "note", f"Published as before: {why}", [what, before, *details]


def _waiting(is_shown: bool, closes: dt.date, checks: Sequence[Result]) -> tuple[Tone, str, list[str]]:
    """A date before its window closes, of which marts show nothing, or totals alone."""
    what = "Only totals are published" if is_shown else "Not published yet"
    when = f"Published with landing date {closes}, when no later night can change the date."
    return "note", f"{what}: the late window is open", [when, *_told(checks)]


def _refusal(judged: Run, checks: Sequence[Result], last_run: str) -> tuple[str, str]:
    """Why readers do not see what the last run on the date made of it, in short and in full."""
    if judged.exit_code == BLOCKED:
        if any(check.is_critical_failure for check in checks):
            return "the last run was blocked", f"Run {judged.run_id} was blocked by data quality on this date."
        return "the last run was blocked", f"Run {judged.run_id} was blocked for what it found on other dates."
    if judged.run_id > last_run:
        return "a later run was rolled back", f"Run {judged.run_id} published the date, and was rolled back."
    return "newer input is held back", f"Run {judged.run_id} held the date back. The next run tries it again."


def _told(checks: Sequence[Result]) -> list[str]:
    """How many checks held, in words; what could not be judged is neither."""
    critical = sum(1 for check in checks if check.is_critical_failure)
    failed = sum(1 for check in checks if check.is_failed)
    open_ = sum(1 for check in checks if check.success is None)
    held = f"{len(checks) - failed - open_:,} of {counted(len(checks), 'check')} held"
    if failed:
        held += f"; {critical:,} failed critically, {failed - critical:,} with a warning"
    told = [f"{held}."]
    if open_:
        told.append(f"{counted(open_, 'comparison')} with the past could not be judged: not enough history.")
    return told
