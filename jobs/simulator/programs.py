"""Programs that pretend to be people: an ordinary browser's name, a cursor that gives itself away (METRICS 5)."""

from __future__ import annotations

import numpy as np

from jobs.simulator.feed import NAV_PX
from jobs.simulator.people import Visitor
from jobs.simulator.pointer import Floats, Ints, Trace, eased, with_scroll_samples

FIRST_SAMPLE_MS = 1000
CLICKS_MS = (300, 450, 620, 800)  # one more than it takes: the first may lack a position
#: Nine legs of 50 samples: one absence in the middle still leaves 200 in a row.
LEGS, SAMPLES_PER_LEG = 9, 50
GRID_PX = SAMPLES_PER_LEG  # legs between multiples of it have steps of whole px
#: Programs move first and scroll afterwards, or the samples after scrolls would disturb the rhythm.
MOVES_FOR_MS = 10_000


def program_trace(rng: np.random.Generator, visitor: Visitor, scroll_t_ms: Ints) -> Trace:
    """Nine legs across the window, with the habits of `visitor`; what is no habit of it, it does like a hand."""
    habits = visitor.habits
    corners = _corners(rng, visitor, LEGS + 1)
    start, end = corners[:-1], corners[1:]
    if "fast_steps" in habits:  # every leg begins somewhere else
        start = _corners(rng, visitor, LEGS)
    u = np.arange(1, SAMPLES_PER_LEG + 1) / SAMPLES_PER_LEG
    progress = u if "collinear_steps" in habits else eased(u)
    path = start[:, None, :] + (end - start)[:, None, :] * progress[None, :, None]
    x, y = path[..., 0].ravel(), path[..., 1].ravel()
    wobble = 0 if "constant_interval" in habits else rng.integers(-2, 3, len(x))
    t_ms = FIRST_SAMPLE_MS + np.cumsum(visitor.sample_ms + np.zeros(len(x), dtype=np.int64) + wobble)
    moved = with_scroll_samples(rng, visitor.sample_ms, (t_ms, x, y, np.zeros(len(x), dtype=bool)), scroll_t_ms)
    if "clicks_without_samples" in habits:
        return Trace(*moved, np.array(CLICKS_MS), *corners[: len(CLICKS_MS)].T)
    arrived = np.flatnonzero(rng.random(LEGS) < 0.2) * SAMPLES_PER_LEG + SAMPLES_PER_LEG - 1
    return Trace(*moved, t_ms[arrived] + 60, x[arrived], y[arrived])


def _corners(rng: np.random.Generator, visitor: Visitor, count: int) -> Floats:
    """Points of the grid inside the window, below the navigation, as (x, y)."""
    x = rng.integers(1, visitor.viewport_w_px // GRID_PX, count)
    y = rng.integers(NAV_PX // GRID_PX + 1, visitor.viewport_h_px // GRID_PX, count)
    corners: Floats = GRID_PX * np.stack((x, y), axis=1).astype(np.float64)
    return corners
