"""What a plot is made of, before anybody draws it: panels of series over one axis, with every number in words too."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from jobs.report.words import duration, number, percent

#: Lines: `points` have a mark each, `dense` ones do not, `steps` are bins as wide as one.
Shape = Literal["points", "dense", "steps"]
#: Steps of an axis of time, in ms.
TIME_STEPS_MS = (
    *(1, 2, 5, 10, 20, 50, 100, 200, 500),
    *(1000 * s for s in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800)),
    *(3_600_000 * h for h in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)),
)
#: Series that can be told apart by colour and mark.
MAX_SERIES = 5
STEPS = 4


@dataclass(frozen=True)
class Mark:
    """A number at a place of the x axis, and what is behind it in words; `y` is None where nothing is published."""

    x: float
    y: float | None
    said: str


@dataclass(frozen=True)
class Series:
    """A line, its name, and what the key says beside the name."""

    name: str
    marks: tuple[Mark, ...]
    detail: str = ""

    @property
    def title(self) -> str:
        """Name and detail."""
        return f"{self.name}: {self.detail}" if self.detail else self.name


@dataclass(frozen=True)
class Axis:
    """An axis from `low` to `high`, with ticks in words. All axes are linear; bins of equal ratio say so in the title."""

    title: str
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Panel:
    """One drawing. `headings` say what each x is; `gap` says what a stretch of the x axis without any number means."""

    title: str
    shape: Shape
    x: Axis
    y: Axis
    series: tuple[Series, ...]
    headings: Mapping[float, str] = field(default_factory=dict)
    gap: str = ""

    @property
    def gaps(self) -> list[tuple[float, float]]:
        """Stretches of the x axis, in steps of one heading, where no series has a number."""
        places = sorted(self.headings)
        if not self.gap or len(places) < 2:
            return []
        step = min(b - a for a, b in pairwise(places))
        known = {mark.x for one in self.series for mark in one.marks if mark.y is not None}
        found: list[tuple[float, float]] = []
        for place in places:
            if place in known:
                continue
            if found and found[-1][1] >= place:
                found[-1] = (found[-1][0], place + step)
            else:
                found.append((place, place + step))
        return found


@dataclass(frozen=True)
class Chart:
    """A whole picture: title, subtitle, panels, and what its reader must know, the caution last."""

    title: str
    subtitle: str
    panels: tuple[Panel, ...]
    notes: tuple[str, ...]

    @property
    def words(self) -> str:
        """The chart in lines of text."""
        return "\n".join([f"{self.title}; {self.subtitle}", *self.notes])


def share_axis(title: str, highest: float = 1.0) -> Axis:
    """From 0 to a round share."""
    top = 1.0 if highest > 0.5 else round_up(highest)
    worded = percent if top >= 0.04 else _tenths
    return Axis(title, 0.0, top, tuple((top * part / STEPS, worded(top * part / STEPS)) for part in range(STEPS + 1)))


def _tenths(value: float | None) -> str:
    return f"{100 * (value or 0):.1f} %"


def count_axis(title: str, highest: float) -> Axis:
    """From 0 to a round number."""
    top = max(float(STEPS), round_up(highest))
    return Axis(title, 0.0, top, tuple((top * part / STEPS, number(top * part / STEPS)) for part in range(STEPS + 1)))


def time_axis(title: str, highest_ms: float) -> Axis:
    """From 0 to a round time."""
    step = next((step for step in TIME_STEPS_MS if highest_ms <= 5 * step), TIME_STEPS_MS[-1])
    count = max(1, math.ceil(highest_ms / step))
    return Axis(
        title, 0.0, float(step * count), tuple((step * n, duration(step * n) if n else "0") for n in range(count + 1))
    )


def round_up(value: float) -> float:
    """The next value that four equal steps divide into round numbers."""
    if value <= 0:
        return float(STEPS)
    unit = 10.0 ** math.floor(math.log10(value / STEPS))
    return next(STEPS * unit * step for step in (1, 2, 2.5, 5, 10) if STEPS * unit * step >= value * (1 - 1e-9))


def highest(series: Sequence[Series]) -> float:
    """The largest number of any series."""
    return max((mark.y for one in series for mark in one.marks if mark.y is not None), default=0.0)
