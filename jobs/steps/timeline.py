"""The time base of a batch of page views: end of view, gaps, visible time V and focused time F (METRICS 1, 4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.steps.intervals import Bools, Intervals, Ints, max_at, run_starts, sum_at, union, where_total
from jobs.steps.streams import Stream

#: state -> (flag, value); background and screen_off both take the app from the foreground.
FLAGS = {
    "visible": ("shown", True),
    "hidden": ("shown", False),
    "foreground": ("foreground", True),
    "background": ("foreground", False),
    "screen_off": ("foreground", False),
    "focused": ("focused", True),
    "blurred": ("focused", False),
}


@dataclass(frozen=True)
class Timeline:
    """Page view v occupies [base[v], base[v] + end_ms[v]) of the axis; V and F are sets on that axis."""

    base: Ints
    end_ms: Ints
    gap_ms: Ints
    visible: Intervals
    focused: Intervals
    _shown: Intervals
    _foreground: Intervals
    _app_states: _FlagSteps

    @property
    def ends(self) -> Ints:
        """End of every page view on the axis."""
        return self.base + self.end_ms

    def at(self, view: Ints, t_ms: Ints) -> Ints:
        """Axis position of an instant of a page view."""
        return self.base[view] + t_ms

    def view_at(self, x: Ints) -> Ints:
        """The page view whose stretch an axis position lies in."""
        return np.searchsorted(self.base, x, side="right") - 1

    def end_reasons(self, is_closed: Bools) -> list[str]:
        """Why each interval of V ended; where several reasons meet: hidden, background or screen_off, gap."""
        ends = self.visible.ends
        view = self.view_at(self.visible.starts)
        at_end = ends == self.ends[view]
        hidden = ~self._shown.contains(ends)
        away = ~self._foreground.contains(ends)
        app_state = self._app_states.state_at(ends)
        reasons = np.where(away, app_state, "gap")
        reasons = np.where(hidden, "hidden", reasons)
        final = np.where(is_closed[view], "closed", "last_seen")
        result: list[str] = np.where(at_end, final, reasons).tolist()
        return result


@dataclass(frozen=True)
class _FlagSteps:
    """The records that set one flag, on the axis, the last of equal instants only."""

    x: Ints
    states: np.ndarray

    def state_at(self, x: Ints) -> np.ndarray:
        """The last state at or before x; empty text before the first of all."""
        if not len(self.x):
            return np.full(len(x), "", dtype="U16")
        index = np.searchsorted(self.x, x, side="right") - 1
        return np.where(index < 0, "", self.states[np.maximum(index, 0)])


def build_timeline(
    streams: Sequence[Stream], state: Stream, observed_until_ms: Ints, view_count: int, max_gap_ms: int
) -> Timeline:
    """Lay the page views side by side and find their visible and focused time.

    `streams` are all streams, `state` among them; `observed_until_ms` is -1 where no beacon said it.
    End of view = max(last event, min(observed_until, last event + max_gap_ms)); t = 0 is an event.
    """
    last_event = np.zeros(view_count, np.int64)
    for stream in streams:
        last_event = np.maximum(last_event, max_at(stream.view, stream.t_ms, view_count))
    end_ms = np.maximum(last_event, np.minimum(observed_until_ms, last_event + max_gap_ms))
    # A free millisecond between two stretches keeps their intervals from touching.
    base = np.concatenate(([0], np.cumsum(end_ms + 2)[:-1])) if view_count else np.zeros(0, np.int64)
    gaps = _gaps(streams, last_event, base, max_gap_ms)
    gap_view = np.searchsorted(base, gaps.starts, side="right") - 1
    gap_ms = sum_at(gap_view, gaps.ends - gaps.starts, view_count)
    steps = {flag: _flag_steps(state, base, flag) for flag in ("shown", "foreground", "focused")}
    on = {flag: _on_intervals(step, base, base + end_ms) for flag, step in steps.items()}
    visible = where_total([(on["shown"], 1), (on["foreground"], 1), (gaps, -1)], 2)
    focused = where_total([(visible, 1), (on["focused"], 1)], 2)
    return Timeline(base, end_ms, gap_ms, visible, focused, on["shown"], on["foreground"], steps["foreground"])


def _gaps(streams: Sequence[Stream], last_event: Ints, base: Ints, max_gap_ms: int) -> Intervals:
    """Times of more than max_gap_ms between consecutive events; only long page views can have one."""
    is_long = last_event > max_gap_ms
    if not is_long.any():
        return Intervals(np.zeros(0, np.int64), np.zeros(0, np.int64))
    events = [base[is_long]]
    for stream in streams:
        events.append((base[stream.view] + stream.t_ms)[is_long[stream.view]])
    x = np.sort(np.concatenate(events))
    wide = np.flatnonzero(x[1:] - x[:-1] > max_gap_ms)
    view = np.searchsorted(base, x, side="right") - 1
    wide = wide[view[wide] == view[wide + 1]]
    return union(x[wide], x[wide + 1])


def _flag_steps(state: Stream, base: Ints, flag: str) -> _FlagSteps:
    names = [name for name, (of, _) in FLAGS.items() if of == flag]
    mine = np.asarray(pc.is_in(state.columns["state"], pa.array(names, pa.string())), bool)
    x = (base[state.view] + state.t_ms)[mine]
    states = np.asarray(state.columns["state"].filter(pa.array(mine)).to_pylist(), dtype="U16")
    # Several states at one instant: the last holds.
    last = np.append(run_starts(x)[1:], len(x)) - 1 if len(x) else np.zeros(0, np.int64)
    return _FlagSteps(x[last], states[last])


def _on_intervals(steps: _FlagSteps, base: Ints, ends: Ints) -> Intervals:
    """Where a flag is true: true from the start of every page view until a record says otherwise."""
    x = np.concatenate((base, steps.x))
    is_on = np.concatenate((np.ones(len(base), bool), _is_on(steps.states)))
    order = np.argsort(x, kind="stable")
    x, is_on = x[order], is_on[order]
    view = np.searchsorted(base, x, side="right") - 1
    following = np.append(x[1:], np.iinfo(np.int64).max)
    until = np.minimum(following, ends[view]) if len(x) else x
    return union(x[is_on], until[is_on])


def _is_on(states: np.ndarray) -> Bools:
    on = [name for name, (_, value) in FLAGS.items() if value]
    return np.isin(states, on) if len(states) else np.zeros(0, bool)


def visible_ms(timeline: Timeline) -> Ints:
    """Length of V per page view."""
    return timeline.visible.length_within(timeline.base, timeline.ends)


def last_observed(view: Ints, observed_until_ms: Ints, view_count: int) -> Ints:
    """Largest observed_until per page view, -1 where none was sent."""
    return max_at(view, observed_until_ms, view_count, empty=-1)
