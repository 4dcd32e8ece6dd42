"""Hypothesis strategies for gestures that single records seldom make: rage, shaking, lines, rhythms, days without sleep.

Each is drawn as a few numbers at their thresholds, and told as records of a stream.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

Records = list[tuple[Any, ...]]

HOUR_MS = 3_600_000
TARGETS = ("i1", "z1", "z1", "zone-of-its-own", None)
_LOST = (None, None, None)


@st.composite
def gestures(draw: st.DrawFn, instants: Sequence[int]) -> dict[str, Records]:
    """Records by stream, to be added to a page view whose other records lie at `instants`."""
    last = instants[-1] + 1
    start_ms = draw(st.sampled_from((last, last, last, *instants)))
    kind = draw(st.sampled_from((rages, shakes, lines, visits, visits, rounds_of_the_clock)))
    return draw(kind(start_ms))


@st.composite
def rages(draw: st.DrawFn, start_ms: int) -> dict[str, Records]:
    """Two to six clicks in one place, or each just too far from the one before."""
    gaps = draw(st.lists(st.sampled_from((0, 1, 999, 999, 1000)), min_size=1, max_size=5))
    dx, dy = draw(st.sampled_from(((0, 0), (29.5, 0), (-14.75, 15), (15, -15), (0, 30.5))))
    target = draw(st.sampled_from(TARGETS))
    clicks: Records = [(start_ms, 500, 300, target)]
    for number, gap_ms in enumerate(gaps):
        clicks.append((clicks[-1][0] + gap_ms, 500 + dx * (number + 1), 300 + dy * (number + 1), target))
    return {"clicks": _with_a_loss(draw, clicks)}


@st.composite
def shakes(draw: st.DrawFn, start_ms: int) -> dict[str, Records]:
    """To and fro along one axis: 12 samples have 11 steps and 10 reversals, the first at the second step's end. Often
    once more, about as long after as parts two events."""
    count = draw(st.sampled_from((11, 12, 12, 13, 40)))
    gap_ms = draw(st.sampled_from((0, 1, 50, 222, 222, 223)))
    by_x = draw(st.booleans())
    still = draw(st.sampled_from((1, 1, 2)))  # the tracker says every position so many times
    pause_ms = draw(st.sampled_from((None, 1999, 2000, 2001, 9000)))
    target = draw(st.sampled_from(TARGETS))
    instants = [start_ms + number * gap_ms for number in range(count)]
    if pause_ms is not None:
        instants += [instants[-1] + pause_ms - 2 * gap_ms + t - start_ms for t in instants]
    samples: Records = []
    for number, t_ms in enumerate(instants):
        swing = 8.5 * (number % 2)
        position = (600 + swing, 400) if by_x else (600, 400 + swing)
        samples += [(t_ms, *position, target)] * still
    return {"pointer": _with_a_loss(draw, samples)}


@st.composite
def lines(draw: st.DrawFn, start_ms: int) -> dict[str, Records]:
    """Samples at a constant interval along a straight line; 10 px in 1 ms are just not over 10,000 px/s."""
    count = draw(st.sampled_from((3, 4, 20, 21, 199, 200, 200, 201)))
    gap_ms = draw(st.sampled_from((0, 1, 1, 1, 8)))
    dx, dy = draw(st.sampled_from(((0, 0), (0.1, 0.2), (6, 8), (10.5, 0), (-70, 90))))
    bend = draw(st.sampled_from((0, 0, 0, 1e-7, 0.5)))  # of every second step
    target = draw(st.sampled_from(TARGETS))
    samples = [
        (start_ms + number * gap_ms, 40 + number * dx, 50 + number * dy + bend * (number % 2), target)
        for number in range(count)
    ]
    return {"pointer": _with_a_loss(draw, samples)}


@st.composite
def visits(draw: st.DrawFn, start_ms: int) -> dict[str, Records]:
    """The cursor goes from target to target, rests on each about as long as a hover takes, and clicks on some."""
    pointer: Records = []
    clicks: Records = []
    now_ms = start_ms
    for number in range(draw(st.integers(2, 5))):
        target = draw(st.sampled_from(TARGETS))
        pointer.append((now_ms, 100 + 40 * number, 90, target))
        if draw(st.booleans()):
            clicks.append((now_ms + draw(st.sampled_from((0, 30, 148, 2500))), 100, 90, target))
        now_ms += draw(st.sampled_from((149, 150, 150, 499, 500, 1600)))
    pointer.append((now_ms, 3, 3, None))
    return {"pointer": pointer} | ({"clicks": clicks} if clicks else {})


@st.composite
def rounds_of_the_clock(draw: st.DrawFn, start_ms: int) -> dict[str, Records]:
    """One input in every hour of a day, or in so many that another page view may add the rest."""
    every = range(24)
    hours = draw(st.sampled_from((every, every, every[:23], every[23:], every[::2], every[1::2])))
    stream = draw(st.sampled_from(("scroll", "scroll", "pointer", "clicks")))
    values: tuple[Any, ...] = (64,) if stream == "scroll" else (700, 500, None)
    return {stream: [(hour * HOUR_MS + start_ms % HOUR_MS, *values) for hour in hours]}


@st.composite
def unprepared_clicks(draw: st.DrawFn) -> dict[str, Records]:
    """All clicks and samples of a page view on which samples come late or never; (0, 0) is the keyboard's."""
    places = st.sampled_from(((5, 9), (700, 500), (700, 500), (0, 9), (0, 0), (None, 4)))
    clicks = [(t * 1200, *draw(places), draw(st.sampled_from(TARGETS))) for t in range(draw(st.integers(2, 5)))]
    late = draw(st.sampled_from(([], [], [1200], [2400], [2401], [9000])))
    return {"clicks": clicks, "pointer": [(t, 700, 500, None) for t in late]}


def _with_a_loss(draw: st.DrawFn, records: Records) -> Records:
    """Now and then one record more, in the midst of the others, that knows no position."""
    if draw(st.integers(0, 4)):
        return records
    at = draw(st.integers(1, len(records) - 1))
    return [*records[:at], (records[at][0], *_LOST), *records[at:]]
