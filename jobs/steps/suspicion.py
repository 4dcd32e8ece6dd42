"""What makes a page view look like a program's (METRICS 5): five reasons, each a flag per page view.

Rules on samples speak of a cursor: on touch, where two fingers alternate in one stream, they never hold.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from jobs.config import Settings
from jobs.steps.cursor import Clicks, Samples
from jobs.steps.gestures import Steps
from jobs.steps.intervals import Bools, Ints, pack, run_starts
from jobs.steps.timeline import Timeline

HOUR_MS, HOURS = 3_600_000, 24


def fast_steps(steps: Steps, settings: Settings, view_count: int) -> Bools:
    """At least bot_fast_steps steps that take time and are faster than bot_speed_px_per_s."""
    reach_px = settings.bot_speed_px_per_s * steps.dt_ms / 1000
    is_fast = (steps.dt_ms > 0) & (steps.dx_px**2 + steps.dy_px**2 > reach_px**2)
    return np.bincount(steps.view[is_fast], minlength=view_count) >= settings.bot_fast_steps


def constant_interval(steps: Steps, settings: Settings, view_count: int) -> Bools:
    """At least bot_interval_samples consecutive samples one and the same time apart, which is not 0."""
    runs = run_starts(steps.run, steps.dt_ms)
    samples = np.diff(np.append(runs, len(steps))) + 1
    is_long = (samples >= settings.bot_interval_samples) & (steps.dt_ms[runs] > 0)
    return _any(steps.view[runs[is_long]], view_count)


def collinear_steps(steps: Steps, settings: Settings, view_count: int) -> Bools:
    """At least bot_line_steps consecutive non-zero steps of one direction and length: a line drawn by computing.

    Each equals the one before within bot_line_slack_px per axis. Steps to and fro are no line. Steps of length zero
    are passed over: trackers write one after every scroll.
    """
    moves = steps.where((steps.dx_px != 0) | (steps.dy_px != 0))
    slack = settings.bot_line_slack_px
    is_bent = (np.abs(np.diff(moves.dx_px)) > slack) | (np.abs(np.diff(moves.dy_px)) > slack)
    bends = np.cumsum(np.concatenate(([True], is_bent))[: len(moves)])
    runs = run_starts(moves.run, bends)
    lengths = np.diff(np.append(runs, len(moves)))
    return _any(moves.view[runs[lengths >= settings.bot_line_steps]], view_count)


def clicks_without_samples(
    clicks: Clicks, samples: Samples, is_mouse_measured: Bools, time: Timeline, settings: Settings
) -> Bools:
    """On a mouse with a pointer stream: at least bot_clicks clicks that no sample precedes.

    A click at (0, 0) comes from the keyboard, one without a known position may: neither counts. A sample at a click's
    own millisecond does not precede it.
    """
    first_sample = np.full(len(time.base), np.iinfo(np.int64).max)
    np.minimum.at(first_sample, samples.view, samples.x)
    counts = clicks.is_known & ((clicks.px != 0) | (clicks.py != 0)) & (clicks.x <= first_sample[clicks.view])
    return is_mouse_measured & (np.bincount(clicks.view[counts], minlength=len(time.base)) >= settings.bot_clicks)


def input_every_hour(
    inputs: Sequence[tuple[Ints, Ints]],
    start_ms: Ints,
    visitor: Ints,
    event_day: Ints,
    time: Timeline,
    least_hours: int,
) -> Bools:
    """Whether the visitor's inputs (view, axis position) touch at least `least_hours` hours of the view's event date.

    Taken over all page views of one visitor and one event date, and over inputs that fall on that UTC date: what a
    view that began on it sees after midnight does not count, nor does a view that began the day before.
    """
    view = np.concatenate([of for of, _ in inputs])
    instant = np.concatenate([x for _, x in inputs]) + (start_ms - time.base)[view]
    hour = instant // HOUR_MS - event_day[view] * HOURS
    day_of_visitor = np.unique(pack(visitor, event_day), return_inverse=True)[1].astype(np.int64)
    is_today = hour < HOURS
    touched = np.unique(day_of_visitor[view[is_today]] * HOURS + hour[is_today])
    return (np.bincount(touched // HOURS, minlength=len(visitor)) >= least_hours)[day_of_visitor]


def _any(view: Ints, view_count: int) -> Bools:
    flags = np.zeros(view_count, bool)
    flags[view] = True
    return flags
