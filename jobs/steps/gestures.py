"""Steps of the cursor, and the two gestures of annoyance: rage clicks and thrashing (METRICS 4).

A step leads from one sample to the next. It exists where both follow each other without a record of unknown position
between them: where the pointer went in between is not known, so neither a reversal nor a run of steps reaches across.
A pause or hidden time cuts nothing: a still cursor sends nothing, gestures bound their own time, and only durations
are clipped to V.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jobs.config import Settings
from jobs.steps.cursor import Clicks, Samples
from jobs.steps.intervals import Bools, Floats, Ints, run_starts


@dataclass(frozen=True)
class Steps:
    """Steps in order; `x` is the axis position at which a step ends, `run` numbers stretches of a known pointer."""

    view: Ints
    run: Ints
    x: Ints
    dt_ms: Ints
    dx_px: Floats
    dy_px: Floats

    def where(self, kept: Bools) -> Steps:
        """Only some of the steps."""
        return Steps(*(getattr(self, name)[kept] for name in Steps.__dataclass_fields__))

    def __len__(self) -> int:
        return len(self.x)


def steps_of(samples: Samples) -> Steps:
    """All steps between samples that follow each other directly."""
    run = np.cumsum(~samples.follows, dtype=np.int64)
    steps = Steps(samples.view[1:], run[1:], samples.x[1:], *map(np.diff, (samples.x, samples.px, samples.py)))
    return steps.where(samples.follows[1:])


def rage_count(clicks: Clicks, settings: Settings, view_count: int) -> Ints:
    """Per page view: maximal bursts of at least rage_clicks clicks, each less than rage_px (|dx| + |dy|) and less than
    rage_ms from the one before [PostHog]. A click without a known position is no part of a burst and ends none."""
    known = clicks.is_known
    view, x, px, py = clicks.view[known], clicks.x[known], clicks.px[known], clicks.py[known]
    is_near = np.abs(np.diff(px)) + np.abs(np.diff(py)) < settings.rage_px
    continues = is_near & (np.diff(x) < settings.rage_ms) & (view[1:] == view[:-1])
    bursts = run_starts(np.cumsum(np.concatenate(([True], ~continues))[: len(x)]))
    lengths = np.diff(np.append(bursts, len(x)))
    return np.bincount(view[bursts[lengths >= settings.rage_clicks]], minlength=view_count)


def thrash_count(steps: Steps, settings: Settings, view_count: int) -> Ints:
    """Per page view: events of shaking the cursor [Amplitude].

    A reversal on one axis is a change of sign between consecutive non-zero steps, at the instant at which the later
    step ends. thrash_reversals of them on one axis within less than thrash_ms are a window; windows of either axis
    that begin less than thrash_ms after the end of all before them belong to one event.
    """
    windows = [_windows(steps, d, settings) for d in (steps.dx_px, steps.dy_px)]
    view, start, end = (np.concatenate(parts) for parts in zip(*windows, strict=True))
    order = np.argsort(start, kind="stable")
    view, start, end = view[order], start[order], np.maximum.accumulate(end[order])
    is_new = np.ones(len(view), bool)
    is_new[1:] = (view[1:] != view[:-1]) | (start[1:] - end[:-1] >= settings.thrash_ms)
    return np.bincount(view[is_new], minlength=view_count)


def _windows(steps: Steps, d_px: Floats, settings: Settings) -> tuple[Ints, Ints, Ints]:
    """Windows (view, first reversal, last reversal) on the axis along which steps are `d_px` long."""
    moving = d_px != 0
    moves, is_up = steps.where(moving), d_px[moving] > 0
    turns = np.flatnonzero((is_up[1:] != is_up[:-1]) & (moves.run[1:] == moves.run[:-1])) + 1
    view, at = moves.view[turns], moves.x[turns]
    more = settings.thrash_reversals - 1
    first, last = np.arange(max(len(at) - more, 0)), np.arange(more, max(len(at), more))
    kept = (view[first] == view[last]) & (at[last] - at[first] < settings.thrash_ms)
    return view[first][kept], at[first][kept], at[last][kept]
