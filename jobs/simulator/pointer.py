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
    trace = with_scroll_samples(rng, visitor.sample_ms, (t_ms, sample_x, sample_y, sample_out), scroll_t_ms)
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
    """Samples of all moves, one after the other: position = from + (to - from) eased(u), bent a little.

    Also returns the index of each move's last sample.
    """
    per_move = np.maximum(2, (move_ms / sample_ms).astype(np.int64))
    last = np.cumsum(per_move) - 1
    first = last - per_move + 1
    within = np.arange(int(per_move.sum())) - np.repeat(first, per_move)
    u = (within + 1) / np.repeat(per_move, per_move)
    along = eased(u)
    bend = np.repeat(rng.normal(0, 0.06, len(per_move)), per_move) * np.sin(np.pi * u)
    step_x, step_y = np.repeat(np.diff(x), per_move), np.repeat(np.diff(y), per_move)
    ticks = np.cumsum(rng.integers(sample_ms - 2, sample_ms + 3, len(u)))
    t_ms = np.repeat(starts - ticks[first], per_move) + ticks
    sample_x = np.repeat(x[:-1], per_move) + step_x * along - step_y * bend
    sample_y = np.repeat(y[:-1], per_move) + step_y * along + step_x * bend
    return np.maximum.accumulate(t_ms.astype(np.int64)), sample_x, sample_y, last


def eased(u: Floats) -> Floats:
    """How much of a move is done after the share `u` of its time: 10 u^3 - 15 u^4 + 6 u^5.

    The quintic is the least jerky movement between two rests.
    """
    return u**3 * (10 - 15 * u + 6 * u * u)


def _with_rage(rng: np.random.Generator, click_t: Ints) -> Ints:
    """Now and then a click is followed by three impatient ones."""
    if len(click_t) and rng.random() < 0.02:
        return np.concatenate((click_t, click_t[0] + np.array([160, 330, 520])))
    return click_t


def with_scroll_samples(
    rng: np.random.Generator, sample_ms: int, samples: tuple[Ints, Floats, Floats, Bools], scroll_t_ms: Ints
) -> tuple[Ints, Floats, Floats, Bools]:
    """The samples (t, x, y, is out) and one more right after each scroll, where the cursor then is.

    A hand in motion is on its way to the next sample, for `sample_ms` before it: were it still at the last one, the
    rest of the way would take a millisecond or two, and people would look like programs.
    """
    t_ms, x, y, is_out = samples
    extra_t = scroll_t_ms + rng.integers(0, 3, len(scroll_t_ms))
    before = np.searchsorted(t_ms, extra_t, side="right") - 1
    inside = (before >= 0) & ~is_out[np.maximum(before, 0)]
    extra_t, before = extra_t[inside], before[inside]
    after = np.minimum(before + 1, len(t_ms) - 1)
    way_ms = np.clip(t_ms[after] - t_ms[before], 1, sample_ms)
    done = np.clip(1 - (t_ms[after] - extra_t) / way_ms, 0.0, 1.0)
    all_t = np.concatenate((t_ms, extra_t))
    order = np.argsort(all_t, kind="stable")
    all_x = np.concatenate((x, x[before] + (x[after] - x[before]) * done))
    all_y = np.concatenate((y, y[before] + (y[after] - y[before]) * done))
    return all_t[order], all_x[order], all_y[order], np.concatenate((is_out, np.zeros(len(extra_t), bool)))[order]
