"""`hoverlake plot trend`: one number by event date, a line for each device."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import duckdb

from jobs.errors import UsageError
from jobs.heatmap_groups import named
from jobs.io.releases import Release
from jobs.plots.asked import CURSOR, SCREEN, Question, Rows, Stand, keys_in_words, rows_of
from jobs.plots.chart import (
    MAX_SERIES,
    Axis,
    Chart,
    Mark,
    Panel,
    Series,
    Shape,
    count_axis,
    highest,
    share_axis,
    time_axis,
)
from jobs.report.words import duration, number, ratio, share

FEED, SESSIONS, HEAT, REACH = (
    "mart.feed_attention_daily",
    "mart.session_attention_daily",
    "mart.hover_heatmap_daily",
    "mart.reach_daily",
)
MAX_TICKS = 8
#: With more dates than this, points would touch.
MOST_POINTS = 62


@dataclass(frozen=True)
class Measure:
    """A number of a date: a sum of `part`, or over `whole` if there is one, of rows for which `where` holds."""

    table: str
    title: str
    part: str
    whole: str | None
    #: What `whole` counts, or `part` where there is none.
    nouns: str
    kind: str
    caution: str
    where: str = "true"
    options: tuple[str, ...] = ("surface", "device", "item_type")


MEASURES = {
    "viewable": Measure(
        FEED, "Viewable, of measurable item views", "measurable_viewable_count", "measurable_count",
        "measurable item views", "share", SCREEN,
    ),
    "visible_ms": Measure(
        FEED, "Time at least half in view per impression", "visible_ms", "impressions", "impressions", "time", SCREEN
    ),
    "impressions": Measure(FEED, "Impressions", "impressions", None, "impressions", "count", SCREEN),
    "hovered": Measure(
        FEED, "Hovered over, of item views on which hover is measured", "hovered_count", "hover_measured_count",
        "item views with hover measured", "share", CURSOR,
    ),
    "dwell_ms": Measure(
        HEAT, "Cursor time", "dwell_ms", None, "cursor time", "time", CURSOR, "space = 'document'",
        ("surface", "device", "layout"),
    ),
    "sessions": Measure(SESSIONS, "Sessions", "session_count", None, "sessions", "count", SCREEN, options=("device",)),
    "engaged_ms": Measure(
        SESSIONS, "Engaged time per session", "engaged_ms", "engaged_measured_count", "sessions with engaged time measured",
        "time", SCREEN, options=("device",),
    ),
    "visitors": Measure(
        REACH, "Visitors of the date, rounded to 10", "visitors_1d", None, "visitors", "count", SCREEN,
        options=("surface", "device"),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Day:
    """A date's number: `part` over `base`, or `part` itself; None where the date has no measured row."""

    date: dt.date
    part: int | None
    base: int | None
    visitors: int


@dataclass(frozen=True)
class Trend:
    """Days of each device, by date."""

    title: str
    measure: Measure
    devices: dict[str, tuple[Day, ...]]
    stand: Stand


def trend(connection: duckdb.DuckDBPyConnection, release: Release, question: Question) -> Trend:
    """All rows of a device, those of its own remainders too: sums stay whole. What is published without a device is not in it.

    UsageError for what is not there, and where no device is published.
    """
    measure = MEASURES[question.measured(*MEASURES)]
    question = question.only(*measure.options, of=measure.table)
    rows = rows_of(connection, release, measure.table, question, *measure.options)
    amount = measure.whole or measure.part
    if "surface" in measure.options and "surface" not in rows.keys:
        rows = rows.but(surface=_first(rows.largest("surface", amount, measure.where), measure))
    names = rows.largest("device_type", amount, measure.where)
    _first(names, measure)
    devices = {name: _days(rows.but(device_type=name), measure) for name in names[:MAX_SERIES]}
    title = " · ".join(filter(None, [measure.title, keys_in_words(rows)]))
    return Trend(title, measure, devices, _stand(release, rows, measure, devices))


def _first(values: list[str], measure: Measure) -> str:
    if not values:
        raise UsageError(
            f"nothing of this question is published in {measure.table}: not measured (touch has no hover), or every group was too "
            "small. Ask for more dates, or leave out a choice."
        )
    return values[0]


def _days(rows: Rows, measure: Measure) -> tuple[Day, ...]:
    whole = measure.whole or "NULL"
    found = rows.select(
        f"event_date, sum({measure.part}), sum({whole}), max(visitor_count)", measure.where, "group by 1 order by 1"
    )
    return tuple(Day(date, _int(part), _int(base), int(visitors)) for date, part, base, visitors in found)


def _int(value: Any) -> int | None:
    return None if value is None else int(value)


def _stand(release: Release, rows: Rows, measure: Measure, devices: dict[str, tuple[Day, ...]]) -> Stand:
    days = [day for days in devices.values() for day in days]
    amount = measure.whole or measure.part
    more = ["One date is one point: no trend can be read from it."] if len(rows.dates) == 1 else []
    if measure.table == REACH:
        more.append("Visitors do not add up: not over dates, not over devices.")
    more.append(
        "Lines hold all that is published of a device, its own remainders too; a break in a line is a date without a number."
    )
    return Stand(
        release=release,
        rows=rows,
        n=_n(measure, days),
        visitors=max(day.visitors for day in days),
        unit={"share": f"share of {measure.nouns}", "time": "time", "count": measure.nouns}[measure.kind],
        folded=rows.folded_share(amount, measure.where, "device_type is null"),
        folded_of=measure.nouns,
        caution=measure.caution,
        more=tuple(more),
        left_out="of which those that lost their device are not drawn",
    )


def _n(measure: Measure, days: list[Day]) -> str:
    amounts = [(day.base if measure.whole else day.part) or 0 for day in days]
    if measure.table == REACH:
        return f"up to {number(max(amounts))} visitors of a date and device"
    if measure.table == HEAT:
        return f"{duration(sum(amounts))} of {measure.nouns}"
    return f"{number(sum(amounts))} {measure.nouns}"


def chart_of(made: Trend) -> Chart:
    """The number by date, from zero."""
    first, last = made.stand.rows.dates[0], made.stand.rows.dates[-1]
    dates = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
    series = tuple(Series(named(name), _marks(days, made.measure, dates)) for name, days in made.devices.items())
    axis = {"share": lambda: share_axis("share"), "time": lambda: time_axis("time", highest(series))}
    y = axis.get(made.measure.kind, lambda: count_axis(made.measure.nouns, highest(series)))()
    step = -(-len(dates) // MAX_TICKS)
    ticks = tuple((float(n), str(dates[n])) for n in range(0, len(dates), step))
    x = Axis("event date, UTC", -0.5, len(dates) - 0.5, ticks)
    headings = {float(n): f"{date:%A}, {date}" for n, date in enumerate(dates)}
    shape: Shape = "points" if len(dates) <= MOST_POINTS else "dense"
    panel = Panel("By event date, a line for each device", shape, x, y, series, headings)
    return Chart(made.title, made.stand.subtitle, (panel,), made.stand.notes)


def _marks(days: tuple[Day, ...], measure: Measure, dates: list[dt.date]) -> tuple[Mark, ...]:
    by_date = {day.date: day for day in days}
    marks = []
    for n, date in enumerate(dates):
        day = by_date.get(date)
        value = None if day is None else ratio(day.part, day.base) if measure.whole else day.part
        said = "not published" if day is None else "not measured" if value is None else _said(day, value, measure)
        marks.append(Mark(float(n), None if value is None else float(value), said))
    return tuple(marks)


def _said(day: Day, value: float, measure: Measure) -> str:
    worded = {"share": share, "time": duration}.get(measure.kind, number)(value)
    return f"{worded} of {number(day.base)} {measure.nouns}" if measure.whole else f"{worded} {measure.nouns}"
