"""`hoverlake plot position-curve`: what is seen at each place of the feed, from `mart.feed_attention_daily`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import duckdb

from jobs.errors import UsageError
from jobs.heatmap_groups import named
from jobs.heatmap_notes import percent
from jobs.io.releases import Release
from jobs.plots.asked import CURSOR, SCREEN, Question, Rows, Stand, keys_in_words, rows_of
from jobs.plots.chart import MAX_SERIES, Axis, Chart, Mark, Panel, Series, highest, share_axis, time_axis
from jobs.report.words import duration, number, ratio, share
from warehouse_schema.mart.feed_attention_daily import FEED_ATTENTION_DAILY
from warehouse_schema.shared import FEED_RANK_BUCKETS, MISSING

TABLE = FEED_ATTENTION_DAILY.name
BUCKETS = tuple(FEED_RANK_BUCKETS)
MEASURES = ("viewable", "visible_ms", "hovered")
CHOSEN = "What the feed puts on top is chosen: the curve shows place and choice together, not the effect of the place."
PLACES = Axis(
    "place in the feed, 1 at the top (classes)",
    -0.4,
    len(BUCKETS) - 0.6,
    tuple((float(n), bucket) for n, bucket in enumerate(BUCKETS)),
)


@dataclass(frozen=True)
class Place:
    """Item views at one place of the feed."""

    bucket: str
    impressions: int
    visitors: int
    measurable: int
    viewable: int
    #: NULL where no item view measured it.
    median_ms: int | None
    hover_measured: int
    hovered: int


@dataclass(frozen=True)
class PositionCurve:
    """Places of each series, by place; a place that is not published has no entry."""

    title: str
    series: dict[str, tuple[Place, ...]]
    stand: Stand


def position_curve(connection: duckdb.DuckDBPyConnection, release: Release, question: Question) -> PositionCurve:
    """A line for each device, of the item type with most impressions; or, of one device, for each item type.

    UsageError for what is not there, and where no place is published.
    """
    question = question.only("surface", "device", "item_type", of=TABLE)
    rows = rows_of(connection, release, TABLE, question, "surface", "device", "item_type")
    drawn = f"not is_remainder and feed_rank_bucket <> '{MISSING}'"
    if "surface" not in rows.keys:
        rows = rows.but(surface=_first(rows.largest("surface", "impressions", drawn)))
    if question.device is None and question.item_type is None:
        rows = rows.but(item_type=_first(rows.largest("item_type", "impressions", drawn)))
    by = "device_type" if question.device is None else "item_type"
    names = rows.largest(by, "impressions", drawn)
    _first(names)
    series = {name: _places(rows.but(**{by: name}), drawn) for name in names[:MAX_SERIES]}
    return PositionCurve(
        f"Place in the feed · {keys_in_words(rows)}", series, _stand(release, rows, series, names, drawn)
    )


def _first(values: Sequence[str]) -> str:
    if not values:
        raise UsageError(
            f"no place in the feed is published for this question in {TABLE}: nothing was seen, or every group was too small. "
            "Ask for more dates, or leave out a choice."
        )
    return values[0]


def _places(rows: Rows, drawn: str) -> tuple[Place, ...]:
    found = rows.select(
        "feed_rank_bucket, sum(impressions), max(visitor_count), sum(measurable_count), sum(measurable_viewable_count), "
        "hist_p50(hist_sum(visible_ms_hist)), sum(hover_measured_count), sum(hovered_count)",
        drawn,
        "group by 1",
    )
    places = [
        Place(
            bucket, int(seen), int(visitors), int(measurable), int(viewable), median, int(hover_measured), int(hovered)
        )
        for bucket, seen, visitors, measurable, viewable, median, hover_measured, hovered in found
    ]
    return tuple(sorted(places, key=lambda place: BUCKETS.index(place.bucket)))


def _stand(
    release: Release, rows: Rows, series: dict[str, tuple[Place, ...]], names: Sequence[str], drawn: str
) -> Stand:
    places = [place for places in series.values() for place in places]
    without, total = rows.one(
        f"sum(impressions) filter (feed_rank_bucket = '{MISSING}'), sum(impressions)", "not is_remainder"
    )
    more = [CHOSEN]
    if without:
        more.append(f"{percent(without / total)} of published impressions have no place: the tracker did not say it.")
    if len(names) > MAX_SERIES:
        more.append(f"Not drawn, of fewer impressions: {', '.join(map(named, names[MAX_SERIES:]))}.")
    return Stand(
        release=release,
        rows=rows,
        n=f"{number(sum(place.impressions for place in places))} impressions",
        visitors=max(place.visitors for place in places),
        unit="share of item views; time at least half in view per impression",
        folded=rows.folded_share("impressions"),
        folded_of="impressions",
        caution=SCREEN,
        more=tuple(more),
    )


def chart_of(curve: PositionCurve, measure: str | None = None) -> Chart:
    """Viewable share and median time in view; or the one measure."""
    panels = {"viewable": _viewable, "visible_ms": _time, "hovered": _hovered}
    shown = ("viewable", "visible_ms") if measure is None else (measure,)
    caution = f"{CURSOR} {SCREEN}" if measure == "hovered" else SCREEN
    made = tuple(panels[name](curve) for name in shown)
    if not any(mark.y is not None for panel in made for one in panel.series for mark in one.marks):
        raise UsageError(
            f"{measure} was not measured at any place: touch has no hover. Choose another --measure or --device."
        )
    return Chart(curve.title, curve.stand.subtitle, made, (*curve.stand.notes[:-1], caution))


def _viewable(curve: PositionCurve) -> Panel:
    def mark(place: Place) -> tuple[float | None, str]:
        value = ratio(place.viewable, place.measurable)
        return value, f"{share(value)}, {number(place.viewable)} of {number(place.measurable)} measurable item views"

    series = _series(curve, mark)
    return _panel("Viewable, of measurable item views", share_axis("share viewable"), series)


def _time(curve: PositionCurve) -> Panel:
    def mark(place: Place) -> tuple[float | None, str]:
        return place.median_ms, f"{duration(place.median_ms)}, median of {number(place.impressions)} impressions"

    series = _series(curve, mark)
    return _panel(
        "Time at least half in view, median of impressions", time_axis("median time", highest(series)), series
    )


def _hovered(curve: PositionCurve) -> Panel:
    def mark(place: Place) -> tuple[float | None, str]:
        value = ratio(place.hovered, place.hover_measured)
        return (
            value,
            f"{share(value)}, {number(place.hovered)} of {number(place.hover_measured)} item views with hover measured",
        )

    series = _series(curve, mark)
    return _panel("Hovered over, of item views on which hover is measured", share_axis("share hovered over"), series)


def _series(curve: PositionCurve, mark: Callable[[Place], tuple[float | None, str]]) -> tuple[Series, ...]:
    made = []
    for name, places in curve.series.items():
        by_bucket = {place.bucket: place for place in places}
        marks = [
            Mark(float(n), *(mark(by_bucket[bucket]) if bucket in by_bucket else (None, "not published")))
            for n, bucket in enumerate(BUCKETS)
        ]
        made.append(Series(named(name), tuple(marks)))
    return tuple(made)


def _panel(title: str, y: Axis, series: tuple[Series, ...]) -> Panel:
    headings = {float(n): f"place {bucket}" for n, bucket in enumerate(BUCKETS)}
    return Panel(title, "points", PLACES, y, series, headings)
