"""Eight weeks of a date's numbers, from `ops.dq_profile`, with what the audit said of the last one."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import duckdb

from expectations.results import Result
from jobs.against_past import NOT_ENOUGH, value_of
from jobs.report.verdict import Run
from jobs.report.words import metric, number
from jobs.steps.profile import Measured
from warehouse_schema.ops.profile import ALL, DQ_PROFILE

WEEKS = 8
#: What is shown of each surface, and in which words.
SHOWN = {
    "page_views": "Page views, with bots",
    "beacons_missing": "Beacons that never came",
    "bots": "Page views of bots",
    "scrolled": "Page views scrolled",
    "hovered": "Page views with a hover",
    "viewable": "Viewable item views",
    "dwell_ms": "Hover time, mean",
    "dwell_p90_ms": "Hover time, p90",
}
#: What is shown of raw lines, which nobody knows the surface of.
OF_LINES = {"lines_rejected": "Raw lines refused"}
#: Surfaces shown, the busiest first; the others are named.
SURFACES = 3


@dataclass(frozen=True)
class Trend:
    """One number over the weeks; values by date, dates without one are missing."""

    metric: str
    title: str
    values: Mapping[dt.date, float]
    last: dt.date
    #: Median of the same weekdays before; None with fewer than two.
    usual: float | None
    #: What the audit said of the last value.
    said: str
    tone: str
    #: Who or what stands behind the last value, in words: visitors, or lines.
    behind: str | None

    @property
    def alone(self) -> str | None:
        """The date's number in words if it has no past at all: a chart would be of one dot."""
        return metric(self.metric, self.values[self.last]) if list(self.values) == [self.last] else None


@dataclass(frozen=True)
class SurfaceTrends:
    """The trends of one kind of page."""

    surface: str
    trends: tuple[Trend, ...]


def trends_of(
    connection: duckdb.DuckDBPyConnection, date: dt.date, judged: Run | None, last_run: str, checks: Sequence[Result]
) -> tuple[list[SurfaceTrends], list[str]]:
    """Trends of the busiest surfaces, and the names of the others."""
    measured = _measured(connection, date, judged, last_run)
    by_key: dict[tuple[str, str], dict[dt.date, Measured]] = defaultdict(dict)
    for m in measured:
        by_key[m.surface, m.metric][m.event_date] = m
    surfaces = _by_size(by_key)
    found = [SurfaceTrends(name, tuple(_trends(by_key, name, SHOWN, date, checks))) for name in surfaces[:SURFACES]]
    if any(surface == ALL for surface, _ in by_key):
        found.append(
            SurfaceTrends("raw lines of the landing date", tuple(_trends(by_key, ALL, OF_LINES, date, checks)))
        )
    return found, surfaces[SURFACES:]


def _measured(
    connection: duckdb.DuckDBPyConnection, date: dt.date, judged: Run | None, last_run: str
) -> list[Measured]:
    """The newest published numbers of each date; of `date` itself those of the run that judged it.

    Raw lines are of landing dates, and have been counted by the run that landed them.
    """
    rows = connection.execute(
        f"""
        select table_name, event_date, surface, metric, amount, base, visitor_count from {DQ_PROFILE.name}
        where class = ? and list_contains(?, metric) and event_date between ? and ?
            and (case when event_date = ? and surface <> ? then run_id = ? else is_published and run_id <= ? end)
        qualify row_number() over (partition by table_name, event_date, surface, metric order by run_id desc) = 1
        """,
        [
            ALL,
            [*SHOWN, *OF_LINES],
            date - dt.timedelta(weeks=WEEKS),
            date,
            date,
            ALL,
            judged.run_id if judged else "",
            last_run,
        ],
    ).fetchall()
    return [Measured(*row) for row in rows]


def _by_size(by_key: Mapping[tuple[str, str], Mapping[dt.date, Measured]]) -> list[str]:
    """Surfaces by their page views over the weeks, the largest first."""
    sizes = {
        surface: sum(m.amount for m in dates.values())
        for (surface, name), dates in by_key.items()
        if name == "page_views"
    }
    return sorted(sizes, key=lambda surface: (-sizes[surface], surface))


def _trends(
    by_key: Mapping[tuple[str, str], Mapping[dt.date, Measured]],
    surface: str,
    shown: Mapping[str, str],
    date: dt.date,
    checks: Sequence[Result],
) -> Iterable[Trend]:
    for name, title in shown.items():
        dates = by_key.get((surface, name), {})
        said, tone = _said(name, surface, checks)
        last = dates.get(date)
        yield Trend(
            metric=name,
            title=title,
            values={day: value_of(m) for day, m in sorted(dates.items())},
            last=date,
            usual=_usual(dates, date),
            said=said if last else "not measured on this date, or of too few visitors",
            tone=tone if last else "open",
            behind=_behind(last) if last else None,
        )


def _behind(m: Measured) -> str:
    return f"{number(m.visitor_count)} visitors" if m.visitor_count else f"{number(m.base)} lines"


def _usual(dates: Mapping[dt.date, Measured], date: dt.date) -> float | None:
    before = [value_of(m) for day, m in dates.items() if day < date and day.weekday() == date.weekday()]
    return median(before) if len(before) > 1 else None


def _said(name: str, surface: str, checks: Sequence[Result]) -> tuple[str, str]:
    """The audit's word on the number: usual, unusual, or not to be judged."""
    check = next((c for c in checks if c.expectation == f"past_{name}_z" and c.column_name == surface), None)
    if check is None:
        return "not compared with the past by this run", "open"
    if check.success is None:
        return f"{NOT_ENOUGH}{(check.observed or '').partition(NOT_ENOUGH)[2]}", "open"
    if check.success:
        return "as usual", "good"
    return ("far from usual: refused", "bad") if check.is_critical_failure else ("unusual: noted", "note")
