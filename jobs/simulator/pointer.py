"""Where the cursor goes: moves with the speed profile of a hand, rests on things, ways out of the window; and taps.

All vectors run over the samples of one page view, in activity time (see `behaviour.Timeline`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jobs.simulator.feed import NAV_PX, Feed
from jobs.simulator.people import Visitor

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

MEDIAN_REST_MS = 550
LEAVE_SHARE = 0.03
CLICK_SHARE = 0.06
MEAN_MS_BETWEEN_TAPS = 14_000


@dataclass(frozen=True)
class Trace:
    """Pointer samples and clicks before targets are known; `is_out` marks the record of the pointer leaving."""

    t_ms: Ints
    x_px: Floats
    y_px: Floats
    is_out: Bools
    click_t_ms: Ints
    click_x_px: Floats
    click_y_px: Floats


def cursor_trace(rng: np.random.Generator, visitor: Visitor, feed: Feed, visit_ms: int, scroll_t_ms: Ints) -> Trace:
    """Moves and rests of a mouse, with one more sample right after every scroll while the cursor is inside."""
    count = max(2, visit_ms // 700)
    x, y, is_out = _destinations(rng, visitor, feed, count)
    distance = np.hypot(np.diff(x), np.diff(y))
    move_ms = 180 + 0.7 * distance
    rests = MEDIAN_REST_MS * np.exp(rng.standard_normal(count - 1))
    starts = np.cumsum(rests + np.concatenate(([0.0], move_ms[:-1])))
    count = max(1, int(np.searchsorted(starts, visit_ms)))
    t_ms, sample_x, sample_y, last = _along(
        rng, visitor.sample_ms, x[: count + 1], y[: count + 1], starts[:count], move_ms[:count]
    )
    sample_out = np.zeros(len(t_ms), dtype=bool)
    sample_out[last] = is_out[1 : count + 1]
    clicks = last[(rng.random(count) < CLICK_SHARE) & ~is_out[1 : count + 1]]
    click_t = np.sort(_with_rage(rng, t_ms[clicks] + rng.integers(40, 200, len(clicks))))
    before_click = np.searchsorted(t_ms, click_t, side="right") - 1
    trace = _with_scroll_samples(rng, t_ms, sample_x, sample_y, sample_out, scroll_t_ms)
    return Trace(*trace, click_t, sample_x[before_click], sample_y[before_click])


def touch_trace(rng: np.random.Generator, visitor: Visitor, visit_ms: int) -> Trace:
    """Taps of a finger; a browser reports each also as a pointer sample."""
    count = int(rng.poisson(visit_ms / MEAN_MS_BETWEEN_TAPS))
    t_ms = np.sort(rng.integers(300, max(301, visit_ms), count))
    x = np.round(rng.uniform(0, visitor.viewport_w_px, count))
    y = np.round(rng.uniform(NAV_PX, visitor.viewport_h_px, count))
    return Trace(t_ms, x, y, np.zeros(count, dtype=bool), t_ms, x, y)


def _destinations(rng: np.random.Generator, visitor: Visitor, feed: Feed, count: int) -> tuple[Floats, Floats, Bools]:
    """Where each move ends: mostly on the column of stories, also on navigation, sidebar, margins, or out of the window."""
    width, height = visitor.viewport_w_px, visitor.viewport_h_px
    layout = feed.layout
    dice = rng.random(count)
    x = layout.column_left_px + layout.column_width_px * rng.random(count)
    y = NAV_PX + (height - NAV_PX) * rng.beta(2.0, 2.2, count)
    to_nav = dice < 0.08
    y[to_nav] = NAV_PX * rng.random(int(to_nav.sum()))
    to_margin = (dice > 0.08) & (dice < 0.2)
    x[to_margin] = width * rng.random(int(to_margin.sum()))
    is_out = rng.random(count) < LEAVE_SHARE
    y[is_out] = -4.0  # out over the upper edge, to the tabs
    return x, y, is_out


def _along(
    rng: np.random.Generator, sample_ms: int, x: Floats, y: Floats, starts: Floats, move_ms: Floats
) -> tuple[Ints, Floats, Floats, Ints]:
    """Samples of all moves, one after the other: position = from + (to - from) (10 u^3 - 15 u^4 + 6 u^5), bent a little.

    The quintic is the least jerky movement between two rests. Also returns the index of each move's last sample.
    """
    per_move = np.maximum(2, (move_ms / sample_ms).astype(np.int64))
    last = np.cumsum(per_move) - 1
    first = last - per_move + 1
    within = np.arange(int(per_move.sum())) - np.repeat(first, per_move)
    u = (within + 1) / np.repeat(per_move, per_move)
    eased = u**3 * (10 - 15 * u + 6 * u * u)
    bend = np.repeat(rng.normal(0, 0.06, len(per_move)), per_move) * np.sin(np.pi * u)
    step_x, step_y = np.repeat(np.diff(x), per_move), np.repeat(np.diff(y), per_move)
    ticks = np.cumsum(rng.integers(sample_ms - 2, sample_ms + 3, len(u)))
    t_ms = np.repeat(starts - ticks[first], per_move) + ticks
    sample_x = np.repeat(x[:-1], per_move) + step_x * eased - step_y * bend
    sample_y = np.repeat(y[:-1], per_move) + step_y * eased + step_x * bend
    return np.maximum.accumulate(t_ms.astype(np.int64)), sample_x, sample_y, last


def _with_rage(rng: np.random.Generator, click_t: Ints) -> Ints:
    """Now and then a click is followed by three impatient ones."""
    if len(click_t) and rng.random() < 0.02:
        return np.concatenate((click_t, click_t[0] + np.array([160, 330, 520])))
    return click_t


def _with_scroll_samples(
    rng: np.random.Generator, t_ms: Ints, x: Floats, y: Floats, is_out: Bools, scroll_t_ms: Ints
) -> tuple[Ints, Floats, Floats, Bools]:
    resting_on = np.searchsorted(t_ms, scroll_t_ms, side="right") - 1
    inside = (resting_on >= 0) & ~is_out[np.maximum(resting_on, 0)]
    extra_t = scroll_t_ms[inside] + rng.integers(0, 3, int(inside.sum()))
    source = np.concatenate((np.arange(len(t_ms)), resting_on[inside]))
    all_t = np.concatenate((t_ms, extra_t))
    order = np.argsort(all_t, kind="stable")
    source = source[order]
    return all_t[order], x[source], y[source], is_out[source] & (order < len(t_ms))
