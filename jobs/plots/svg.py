"""Charts as inline SVG for pages: colours are variables of the page, so that they follow light and dark.

Every text goes through `Markup.format`, which escapes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from jobs.plots.chart import Mark, Panel, Series

#: A drawing on a screen and on a phone, in units of about one CSS px: each is shown where it is the one to be read.
WIDE, NARROW = 760, 360
HEIGHT, LOW_HEIGHT = 260, 170
LEFT, RIGHT, TOP, BOTTOM = 78, 18, 12, 44
#: Width of a letter, about, and the least distance of two ticks' words.
LETTER, APART = 6.6, 8
DASHES = ("none", "9 3", "3 2", "9 3 2 3", "1.5 1.5")
Point = tuple[float, float]


class Plane:
    """Where numbers lie in the drawing."""

    def __init__(self, panel: Panel, height: int = HEIGHT, width: int = WIDE) -> None:
        self.panel, self.height, self.width = panel, height, width
        self.base, self.right = height - BOTTOM, width - RIGHT

    def x(self, value: float) -> float:
        """From the left, in units of the drawing."""
        axis = self.panel.x
        return LEFT + (self.right - LEFT) * (value - axis.low) / (axis.high - axis.low)

    def y(self, value: float) -> float:
        """From the top."""
        axis = self.panel.y
        return self.base - (self.base - TOP) * (value - axis.low) / (axis.high - axis.low)


def drawn(panel: Panel, height: int = HEIGHT, width: int = WIDE) -> Markup:
    """The panel as an SVG element, without its title and key."""
    plane = Plane(panel, height, width)
    parts = [*_gaps(plane), *_axes(plane)]
    for number, one in enumerate(panel.series):
        parts += _line(plane, number, one)
    parts.append(Markup('<line class="cursor" x1="0" x2="0" y1="{}" y2="{:.1f}"/>').format(TOP, plane.base))
    return Markup(
        '<svg class="chart {}" viewBox="0 0 {} {}" data-left="{}" data-right="{}" data-width="{}" aria-hidden="true">{}</svg>'
    ).format("wide" if width == WIDE else "narrow", width, height, LEFT, plane.right, width, Markup("").join(parts))


def share_of_width(panel: Panel, place: float) -> float:
    """Where a place is read along the x axis, 0 to 1: of a bin in its middle."""
    middle = place + 0.5 if panel.shape == "steps" else place
    return (middle - panel.x.low) / (panel.x.high - panel.x.low)


def key(number: int, shape: str) -> Markup:
    """How the line is drawn, beside its name."""
    mark = _mark((24, 8), number) if shape == "points" else Markup("")
    return Markup(
        '<svg viewBox="0 0 48 16" aria-hidden="true"><line x1="0" y1="8" x2="48" y2="8" class="line series-{}" '
        'stroke-dasharray="{}"/>{}</svg>'
    ).format(number, DASHES[number], mark)


def _gaps(plane: Plane) -> Iterator[Markup]:
    for low, high in plane.panel.gaps:
        left, right = plane.x(low), plane.x(min(high, plane.panel.x.high))
        yield Markup('<rect class="gap" x="{:.1f}" y="{}" width="{:.1f}" height="{:.1f}"/>').format(
            left, TOP, right - left, plane.base - TOP
        )


def _axes(plane: Plane) -> Iterator[Markup]:
    panel = plane.panel
    for value, words in panel.y.ticks:
        y = plane.y(value)
        kind = "axis" if value == panel.y.low else "grid"
        yield Markup('<line class="{}" x1="{}" y1="{:.1f}" x2="{}" y2="{:.1f}"/>').format(kind, LEFT, y, plane.right, y)
        yield _text(LEFT - 7, y + 4, words, "end")
    for value, words in _readable(plane):
        x = plane.x(value)
        yield Markup('<line class="axis" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>').format(
            x, plane.base, x, plane.base + 4
        )
        yield _text(x, plane.base + 17, words, "end" if x + LETTER * len(words) / 2 > plane.width else "middle")
    yield _text((LEFT + plane.right) / 2, plane.height - 6, panel.x.title, "middle")
    middle = (TOP + plane.base) / 2
    yield Markup('<text transform="translate(14 {:.1f}) rotate(-90)" class="middle">{}</text>').format(
        middle, panel.y.title
    )


def _readable(plane: Plane) -> Iterator[tuple[float, str]]:
    """Ticks of the x axis whose words do not touch."""
    until = -1.0
    for value, words in plane.panel.x.ticks:
        half = LETTER * len(words) / 2
        if plane.x(value) - half >= until:
            yield value, words
            until = plane.x(value) + half + APART


def _line(plane: Plane, number: int, one: Series) -> Iterator[Markup]:
    for run in _runs(one.marks):
        points = list(_outline(plane, run))
        places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        if len(points) > 1:
            yield Markup('<polyline class="line series-{}" stroke-dasharray="{}" points="{}"/>').format(
                number, DASHES[number], places
            )
        elif plane.panel.shape == "dense":
            yield Markup('<circle class="series-{}" cx="{:.1f}" cy="{:.1f}" r="1"/>').format(number, *points[0])
    if plane.panel.shape == "points":
        yield from (_mark((plane.x(mark.x), plane.y(mark.y)), number) for mark in one.marks if mark.y is not None)


def _outline(plane: Plane, run: Sequence[Mark]) -> Iterator[Point]:
    is_steps = plane.panel.shape == "steps"
    if is_steps:
        yield plane.x(run[0].x), plane.base
    for mark in run:
        height = plane.y(mark.y or 0.0)
        yield plane.x(mark.x), height
        if is_steps:
            yield plane.x(mark.x + 1), height
    if is_steps:
        yield plane.x(run[-1].x + 1), plane.base


def _runs(marks: Sequence[Mark]) -> list[list[Mark]]:
    """Marks in a row: a place without a number breaks the line."""
    runs: list[list[Mark]] = [[]]
    for mark in marks:
        if mark.y is None:
            runs.append([])
        else:
            runs[-1].append(mark)
    return [run for run in runs if run]


def _mark(point: Point, number: int) -> Markup:
    """Circle, square, triangle, diamond, triangle upside down: series differ without colour too."""
    x, y = point
    if number == 0:
        return Markup('<circle class="point series-0" cx="{:.1f}" cy="{:.1f}" r="4"/>').format(x, y)
    shapes = (
        ((-4, -4), (4, -4), (4, 4), (-4, 4)),
        ((0, -5), (5, 4), (-5, 4)),
        ((0, -5), (5, 0), (0, 5), (-5, 0)),
        ((0, 5), (5, -4), (-5, -4)),
    )
    places = " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in shapes[number - 1])
    return Markup('<polygon class="point series-{}" points="{}"/>').format(number, places)


def _text(x: float, y: float, words: str, kind: str) -> Markup:
    return Markup('<text x="{:.1f}" y="{:.1f}" class="{}">{}</text>').format(x, y, kind, words)
