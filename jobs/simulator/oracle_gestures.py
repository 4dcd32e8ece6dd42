"""The oracle's gestures and signs of a program (METRICS 4 and 5), click by click and sample by sample."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from jobs.simulator.merge import MergedView, date_of
from jobs.simulator.oracle_cursor import measures_hover
from jobs.simulator.oracle_time import input_instants, is_known

RAGE_CLICKS, RAGE_PX, RAGE_MS = 3, 30, 1000
THRASH_REVERSALS, THRASH_MS = 10, 2000
FAST_PX_PER_S, FAST_STEPS = 10_000, 3
INTERVAL_SAMPLES = 200
LINE_STEPS, LINE_SLACK_PX = 20, 1e-6
BOT_CLICKS = 3
BOT_HOURS = 24
BOT_REASONS = 2
HOUR_MS = 3_600_000


class Known(NamedTuple):
    """A click or a sample with a known position."""

    t_ms: int
    x_px: float
    y_px: float


class Step(NamedTuple):
    """From one sample to the next, which comes at `t_ms`."""

    t_ms: int
    dt_ms: int
    dx_px: float
    dy_px: float


def known_clicks(view: MergedView) -> list[Known]:
    """Clicks with a known position, in order."""
    return [
        Known(c.t_ms, c.x_px, c.y_px)
        for c in view.clicks or []
        if c.x_px is not None and c.y_px is not None and is_known(c.x_px, c.y_px)
    ]


def strokes_of(view: MergedView) -> list[list[Step]]:
    """Steps from sample to sample, in strokes: a record without a known position ends one, for nobody knows where the
    pointer went."""
    strokes: list[list[Step]] = [[]]
    before: Known | None = None
    for record in view.pointer or []:
        x, y = record.x_px, record.y_px
        if x is None or y is None or not is_known(x, y):
            strokes.append([])
            before = None
            continue
        if before is not None:
            strokes[-1].append(Step(record.t_ms, record.t_ms - before.t_ms, x - before.x_px, y - before.y_px))
        before = Known(record.t_ms, x, y)
    return strokes


def rage_count(view: MergedView) -> int | None:
    """Bursts of 3 or more clicks, each near the one before in place and time; None if clicks are not measured."""
    if view.clicks is None:
        return None
    bursts = 0
    length = 0
    previous: Known | None = None
    for click in known_clicks(view):
        length = length + 1 if previous is not None and _is_near(previous, click) else 1
        if length == RAGE_CLICKS:  # a longer burst is still one
            bursts += 1
        previous = click
    return bursts


def _is_near(a: Known, b: Known) -> bool:
    return abs(b.x_px - a.x_px) + abs(b.y_px - a.y_px) < RAGE_PX and b.t_ms - a.t_ms < RAGE_MS


def thrash_count(view: MergedView, strokes: Sequence[Sequence[Step]]) -> int | None:
    """Events of shaking the cursor, whose steps are `strokes`; None if no cursor is measured."""
    if not measures_hover(view):
        return None
    windows: list[tuple[int, int]] = []
    for axis in ("dx_px", "dy_px"):
        reversals = [t for steps in strokes for t in _reversals(steps, axis)]
        for index, first in enumerate(reversals):
            if index + THRASH_REVERSALS <= len(reversals):
                last = reversals[index + THRASH_REVERSALS - 1]
                if last - first < THRASH_MS:
                    windows.append((first, last))
    events = 0
    latest: int | None = None
    for first, last in sorted(windows):
        if latest is None or first - latest >= THRASH_MS:
            events += 1
        latest = last if latest is None else max(latest, last)
    return events


def _reversals(steps: Iterable[Step], axis: str) -> Iterator[int]:
    """When the movement along one axis turned round; standing still on the axis is no turn."""
    before = 0.0
    for step in steps:
        along = getattr(step, axis)
        if along == 0:
            continue
        if before * along < 0:
            yield step.t_ms
        before = 1.0 if along > 0 else -1.0


def cursor_reasons(view: MergedView, strokes: Sequence[Sequence[Step]]) -> set[str]:
    """What on this page view alone looks like a program's doing; the steps of a finger say nothing."""
    found = set()
    if measures_hover(view):
        if sum(_is_fast(step) for steps in strokes for step in steps) >= FAST_STEPS:
            found.add("fast_steps")
        if any(_longest_rhythm(steps) >= INTERVAL_SAMPLES for steps in strokes):
            found.add("constant_interval")
        if any(_longest_line(steps) >= LINE_STEPS for steps in strokes):
            found.add("collinear_steps")
    if _clicks_without_samples(view):
        found.add("clicks_without_samples")
    return found


def _is_fast(step: Step) -> bool:
    """Faster than 10,000 px/s, asked without a root: dx2 + dy2 > (10,000 px/s dt)2."""
    if step.dt_ms == 0:
        return False
    reach_px = FAST_PX_PER_S * step.dt_ms / 1000
    return step.dx_px * step.dx_px + step.dy_px * step.dy_px > reach_px * reach_px


def _longest_rhythm(steps: Sequence[Step]) -> int:
    """The most samples in a row that come one and the same time apart, which is not 0."""
    longest = length = 1
    for index, step in enumerate(steps):
        goes_on = index > 0 and steps[index - 1].dt_ms == step.dt_ms
        length = length + 1 if goes_on else 2
        if step.dt_ms > 0:
            longest = max(longest, length)
    return longest


def _longest_line(steps: Sequence[Step]) -> int:
    """The most equal steps in a row, those of length zero left out."""
    longest = length = 0
    before: Step | None = None
    for step in steps:
        if step.dx_px == 0 and step.dy_px == 0:
            continue
        length = length + 1 if before is not None and _is_equal(before, step) else 1
        longest = max(longest, length)
        before = step
    return longest


def _is_equal(a: Step, b: Step) -> bool:
    return abs(b.dx_px - a.dx_px) <= LINE_SLACK_PX and abs(b.dy_px - a.dy_px) <= LINE_SLACK_PX


def _clicks_without_samples(view: MergedView) -> bool:
    """Three clicks of a mouse that its pointer never came to; a click at (0, 0) is the keyboard's."""
    if view.pointer is None or view.device.get("pointer") != "mouse":
        return False
    clicks = [c.t_ms for c in known_clicks(view) if (c.x_px, c.y_px) != (0, 0)]
    if len(clicks) < BOT_CLICKS:
        return False
    samples = [p.t_ms for p in view.pointer if is_known(p.x_px, p.y_px)]
    return sum(not any(sample < click for sample in samples) for click in clicks) >= BOT_CLICKS


def hours_with_input(views: Iterable[MergedView]) -> dict[tuple[str, dt.date], set[int]]:
    """Per visitor and event date: the hours of that UTC date in which one of the date's page views had an input."""
    hours: dict[tuple[str, dt.date], set[int]] = {}
    for view in views:
        event_date = date_of(view.started_ms)
        mine = hours.setdefault((view.visitor_id, event_date), set())
        touched = {(view.started_ms + t) // HOUR_MS for t in input_instants(view)}
        mine |= {hour % 24 for hour in touched if date_of(hour * HOUR_MS) == event_date}
    return hours
