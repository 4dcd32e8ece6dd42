"""Small charts as inline SVG: no script, no file; colours are variables of the page, so that they follow light and dark.

Every text goes through `Markup.format`, which escapes it.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable, Sequence

from markupsafe import Markup

from jobs.report.attention import Place, PositionCurve
from jobs.report.trends import WEEKS, Trend
from jobs.report.words import duration, metric, percent

Point = tuple[float, float]
#: A trend's drawing, in units of about one CSS px.
WIDTH, HEIGHT, TOP, BOTTOM, RIGHT = 260, 112, 20, 18, 74
#: The position curve's.
CURVE_WIDTH, CURVE_HEIGHT, CURVE_LEFT, CURVE_RIGHT, CURVE_TOP, CURVE_BOTTOM = 360, 220, 44, 66, 14, 40
#: Texts at the right edge are this far apart at least.
LABEL_GAP = 14
#: Room above the largest value.
HEADROOM = 1.12


def trend_chart(trend: Trend) -> Markup:
    """The number over eight weeks: a line, the same weekdays as dots, their median dashed, the date itself large."""
    first = trend.last - dt.timedelta(weeks=WEEKS)
    top = HEADROOM * max([*trend.values.values(), trend.usual or 0]) or 1.0

    def x(day: dt.date) -> float:
        return 4 + (WIDTH - RIGHT - 4) * (day - first).days / (7 * WEEKS)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * value / top

    parts = [_axis(trend, first, top)]
    if trend.usual is not None:
        parts.append(line((4, y(trend.usual)), (WIDTH - RIGHT, y(trend.usual)), "usual"))
    for run in _runs(trend.values):
        parts.append(_path([(x(day), y(trend.values[day])) for day in run], "line"))
    for day, value in trend.values.items():
        if day != trend.last and day.weekday() == trend.last.weekday():
            parts.append(_dot(x(day), y(value), 2.2, "weekday"))
    if trend.last in trend.values:
        value = trend.values[trend.last]
        parts.append(_dot(x(trend.last), y(value), 4, f"now {trend.tone}"))
        parts.append(text(x(trend.last) + 8, y(value) + 4, metric(trend.metric, value), "value"))
    return svg(WIDTH, HEIGHT, trend.title, _summary(trend), parts)


def _summary(trend: Trend) -> str:
    """The chart in words, for who does not see it."""
    now = metric(trend.metric, trend.values.get(trend.last))
    usual = f"; median of the same weekdays {metric(trend.metric, trend.usual)}" if trend.usual is not None else ""
    return f"{trend.title}: {now} on {trend.last}, {trend.said}{usual}; {len(trend.values)} dates in {WEEKS} weeks."


def _axis(trend: Trend, first: dt.date, top: float) -> Markup:
    base = HEIGHT - BOTTOM
    ends = [
        text(4, HEIGHT - 4, f"{first.day} {first:%b}", "tick"),
        text(WIDTH - RIGHT, HEIGHT - 4, f"{trend.last.day} {trend.last:%b}", "tick end"),
        text(4, 11, metric(trend.metric, top / HEADROOM) if trend.values else "", "tick"),
    ]
    level = TOP + (base - TOP) * (1 - 1 / HEADROOM)
    return Markup("").join(
        [line((4, base), (WIDTH - RIGHT, base), "axis"), line((4, level), (WIDTH - RIGHT, level), "grid"), *ends]
    )


def _runs(days: Iterable[dt.date]) -> list[list[dt.date]]:
    """Days in a row: a day without a number breaks the line."""
    runs: list[list[dt.date]] = []
    for day in sorted(days):
        if runs and (day - runs[-1][-1]).days == 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs


def viewable_chart(curve: PositionCurve) -> Markup:
    """Share of measurable impressions that were viewable, by place."""
    return _curve_chart(curve, lambda place: place.viewable, 1.0, percent, "Viewable share by place in the feed")


def time_chart(curve: PositionCurve) -> Markup:
    """Median time in view by place."""
    times = [place.median_ms or 0 for places in curve.places.values() for place in places]
    return _curve_chart(
        curve,
        lambda place: place.median_ms,
        _round_up(max(times, default=0)),
        duration,
        "Median time in view by place in the feed",
    )


def _round_up(value: float) -> float:
    """The next value that four equal steps divide into round numbers."""
    if value <= 0:
        return 4.0
    unit = 10 ** math.floor(math.log10(value / 4))
    return float(next(4 * unit * step for step in (1, 2, 2.5, 5, 10) if 4 * unit * step >= value))


def _curve_chart(
    curve: PositionCurve,
    value_of: Callable[[Place], float | None],
    top: float,
    worded: Callable[[float | None], str],
    title: str,
) -> Markup:
    buckets = list(dict.fromkeys(place.bucket for places in curve.places.values() for place in places))
    buckets.sort(key=lambda bucket: int(bucket.rstrip("+").split("-")[0]))
    step = (CURVE_WIDTH - CURVE_LEFT - CURVE_RIGHT) / max(1, len(buckets) - 1)
    base = CURVE_HEIGHT - CURVE_BOTTOM

    def at(place: Place, value: float) -> Point:
        return CURVE_LEFT + step * buckets.index(place.bucket), base - (base - CURVE_TOP) * value / top

    parts = _curve_axes(buckets, step, [(part / 4, worded(top * part / 4)) for part in range(5)])
    ends: list[tuple[float, str, int]] = []
    for number, (device, places) in enumerate(curve.places.items()):
        points = [at(place, value) for place in places if (value := value_of(place)) is not None]
        parts += [_path(points, f"line series-{number}"), *(_mark(point, number) for point in points)]
        if points:
            ends.append((points[-1][1], device, number))
    parts += [text(CURVE_WIDTH - CURVE_RIGHT + 9, y + 4, device, f"value series-{n}") for y, device, n in _apart(ends)]
    return svg(CURVE_WIDTH, CURVE_HEIGHT, title, f"{_curve_words(curve, value_of, worded)}.", parts)


def _curve_words(
    curve: PositionCurve, value_of: Callable[[Place], float | None], worded: Callable[[float | None], str]
) -> str:
    return "; ".join(
        f"{device} {', '.join(f'{place.bucket}: {worded(value_of(place))}' for place in places)}"
        for device, places in curve.places.items()
    )


def _curve_axes(buckets: Sequence[str], step: float, levels: Sequence[tuple[float, str]]) -> list[Markup]:
    base, right = CURVE_HEIGHT - CURVE_BOTTOM, CURVE_WIDTH - CURVE_RIGHT
    parts = []
    for part, words in levels:
        y = base - (base - CURVE_TOP) * part
        parts += [
            line((CURVE_LEFT, y), (right, y), "grid" if part else "axis"),
            text(CURVE_LEFT - 6, y + 4, words, "tick end"),
        ]
    parts += [text(CURVE_LEFT + step * n, base + 15, bucket, "tick middle") for n, bucket in enumerate(buckets)]
    return [*parts, text((CURVE_LEFT + right) / 2, CURVE_HEIGHT - 6, "place in the feed, 1 at the top", "tick middle")]


def _apart(ends: Sequence[tuple[float, str, int]]) -> list[tuple[float, str, int]]:
    """Labels from the top down, each at least a line below the one before."""
    placed = sorted(ends)
    ys = [y for y, *_ in placed]
    for n in range(1, len(ys)):
        ys[n] = max(ys[n], ys[n - 1] + LABEL_GAP)
    return [(y, device, number) for y, (_, device, number) in zip(ys, placed, strict=True)]


def bar(parts: Sequence[tuple[float, str]]) -> Markup:
    """A whole of shares from left to right, each of its kind; stretched to the width it is given."""
    drawn, left = list[Markup](), 0.0
    for share_, kind in parts:
        drawn.append(
            Markup('<rect x="{:.3f}" y="0" width="{:.3f}" height="10" class="kind-{}"/>').format(
                100 * left, 100 * share_, kind
            )
        )
        left += share_
    return _stretched(10, drawn)


def funnel(goes_on: float) -> Markup:
    """What goes on of one bar becomes the whole of the next."""
    shape = Markup('<polygon points="0,0 {:.3f},0 100,10 0,10" class="funnel"/>').format(100 * goes_on)
    return _stretched(10, [shape])


def _stretched(height: int, parts: Sequence[Markup]) -> Markup:
    return Markup('<svg viewBox="0 0 100 {}" preserveAspectRatio="none" aria-hidden="true">{}</svg>').format(
        height, Markup("").join(parts)
    )


def svg(width: int, height: int, title: str, told: str, parts: Sequence[Markup]) -> Markup:
    """A drawing with its title and, for who does not see it, what it shows in words."""
    return Markup('<svg viewBox="0 0 {} {}" role="img"><title>{}</title><desc>{}</desc>{}</svg>').format(
        width, height, title, told, Markup("").join(parts)
    )


def _path(points: Sequence[Point], kind: str) -> Markup:
    if len(points) < 2:
        return Markup("")
    places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return Markup('<polyline points="{}" class="{}"/>').format(places, kind)


def line(start: Point, end: Point, kind: str) -> Markup:
    """A straight line, styled by `kind`."""
    return Markup('<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" class="{}"/>').format(*start, *end, kind)


def _dot(x: float, y: float, radius: float, kind: str) -> Markup:
    return Markup('<circle cx="{:.1f}" cy="{:.1f}" r="{}" class="{}"/>').format(x, y, radius, kind)


def _mark(point: Point, number: int) -> Markup:
    """A mark that tells series apart without colour: circle, square, triangle."""
    x, y = point
    if number == 0:
        return _dot(x, y, 3.5, "mark series-0")
    corners = ((-3, -3), (3, -3), (3, 3), (-3, 3)) if number == 1 else ((0, -4), (4, 3), (-4, 3))
    places = " ".join(f"{x + a:.1f},{y + b:.1f}" for a, b in corners)
    return Markup('<polygon points="{}" class="mark series-{}"/>').format(places, number)


def text(x: float, y: float, words: str, kind: str) -> Markup:
    """A text, styled by `kind`."""
    return Markup('<text x="{:.1f}" y="{:.1f}" class="{}">{}</text>').format(x, y, kind, words)
