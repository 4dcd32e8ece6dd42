"""`hoverlake plot feed-visibility`: on how many screens the feed was, minute by minute and platform by platform."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from jobs.errors import UsageError
from jobs.heatmap_groups import named
from jobs.io.releases import Release
from jobs.plots.asked import SCREEN, Question, Rows, Stand, rows_of
from jobs.plots.chart import Axis, Chart, Mark, Panel, Series, count_axis, highest, time_axis
from jobs.report.words import duration, number
from warehouse_schema.mart.feed_visibility_minutes import FEED_VISIBILITY_MINUTES

TABLE = FEED_VISIBILITY_MINUTES.name
MEASURES = ("page_view_count", "visible_ms")
MINUTES = 24 * 60
PHONE, FEED = "phone", "feed"
DAY = Axis("time of day, UTC", 0.0, float(MINUTES), tuple((60.0 * hour, f"{hour}:00") for hour in range(0, 25, 3)))


@dataclass(frozen=True)
class Minute:
    """The feed in one minute of the day: page views that showed it at any instant, and their visible time together."""

    minute: int
    page_views: int
    visible_ms: int
    visitors: int


@dataclass(frozen=True)
class FeedVisibility:
    """Published minutes of each platform; a minute without one had no visible feed, or too few visitors."""

    title: str
    platforms: dict[str, tuple[Minute, ...]]
    stand: Stand


def feed_visibility(connection: duckdb.DuckDBPyConnection, release: Release, question: Question) -> FeedVisibility:
    """The minutes of one date on one device, phones unless asked otherwise.

    UsageError for several dates, for what is not there, and where no minute is published.
    """
    question = question.only("surface", "device", of=TABLE)
    if question.surface not in (None, FEED):
        raise UsageError(f"{TABLE} is about the surface {FEED} alone: leave out --surface.")
    rows = rows_of(connection, release, TABLE, question, "device")
    if len(rows.dates) > 1:
        raise UsageError(f"feed-visibility draws the minutes of one date, not of {len(rows.dates)}. Give --date.")
    if "device_type" not in rows.keys:
        devices = rows.largest("device_type", "visible_ms")
        rows = rows.but(device_type=PHONE if PHONE in devices or not devices else devices[0])
    platforms = {name: minutes for name in rows.largest("platform", "visible_ms") if (minutes := _minutes(rows, name))}
    if not platforms:
        raise UsageError(
            f"no minute of {rows.dates[0]} on {named(rows.keys['device_type'])} is published: in each too few visitors had the feed "
            "on their screen. Draw a larger date, or another --device."
        )
    return FeedVisibility(
        f"Feed on screen · {named(rows.keys['device_type'])}", platforms, _stand(release, rows, platforms)
    )


def _minutes(rows: Rows, platform: str) -> tuple[Minute, ...]:
    found = rows.but(platform=platform).select(
        "cast(date_diff('minute', cast(event_date as timestamp), cast(minute as timestamp)) as integer), page_view_count, "
        "visible_ms, visitor_count",
        "minute is not null and not is_remainder",
        "order by 1",
    )
    return tuple(Minute(*map(int, row)) for row in found)


def _stand(release: Release, rows: Rows, platforms: dict[str, tuple[Minute, ...]]) -> Stand:
    minutes = [minute for minutes in platforms.values() for minute in minutes]
    published = ", ".join(f"{number(len(minutes))} on {named(name)}" for name, minutes in platforms.items())
    others = [name for name in rows.largest("platform", "visible_ms") if name not in platforms]
    more = [
        f"Published minutes, of {number(MINUTES)}: {published}. Grey: no minute is published, because nobody had the feed on screen, or too few had."
    ]
    if others:
        more.append(f"No minute published: {', '.join(map(named, others))}.")
    more.append("Without reports of the state all of a page view's time counts as visible.")
    return Stand(
        release=release,
        rows=rows,
        n=f"up to {number(max(minute.page_views for minute in minutes))} page views in a minute (they do not add up over minutes)",
        visitors=max(minute.visitors for minute in minutes),
        unit="page views with the feed on screen at any instant of the minute, or their visible time in the minute",
        folded=rows.folded_share("visible_ms"),
        folded_of="visible time",
        caution=SCREEN,
        more=tuple(more),
    )


def chart_of(visibility: FeedVisibility, measure: str = MEASURES[0]) -> Chart:
    """A panel for each platform, all on one common scale."""
    is_time = measure == "visible_ms"
    series = {name: _series(name, minutes, is_time) for name, minutes in visibility.platforms.items()}
    top = highest([*series.values()])
    y = time_axis("visible time per minute", top) if is_time else count_axis("page views per minute", top)
    headings = {float(minute): f"{minute // 60}:{minute % 60:02d} UTC" for minute in range(MINUTES)}
    gap = "no published minute"
    panels = tuple(Panel(one.name, "dense", DAY, y, (one,), headings, gap) for one in series.values())
    return Chart(visibility.title, visibility.stand.subtitle, panels, visibility.stand.notes)


def _series(name: str, minutes: Sequence[Minute], is_time: bool) -> Series:
    by_minute = {minute.minute: minute for minute in minutes}
    marks = []
    for place in range(MINUTES):
        minute = by_minute.get(place)
        if minute is None:
            marks.append(Mark(float(place), None, "no published minute"))
            continue
        said = f"{number(minute.page_views)} page views, {duration(minute.visible_ms)} visible, {number(minute.visitors)} visitors"
        marks.append(Mark(float(place), float(minute.visible_ms if is_time else minute.page_views), said))
    return Series(named(name), tuple(marks))
