"""The oracle's time base (METRICS 1 and 4): end of view, gaps, visible and focused time, engaged time.

Instants and lengths are whole milliseconds since the page view's start; an interval is half-open.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from jobs.simulator.merge import MergedView, Point, Scroll, StateChange

MAX_GAP_MS = 30 * 60_000
ENGAGED_MS = 5000
UNKNOWN_COORDINATE = 65535
MAX_COORDINATE_PX = 100_000
MAX_OFFSET_PX = 1e9

Interval = tuple[int, int]


class Flags(NamedTuple):
    """What the state stream says at an instant; `away` tells background from screen_off."""

    shown: bool = True
    foreground: bool = True
    focused: bool = True
    away: str = "background"


def is_known(x_px: float | None, y_px: float | None) -> bool:
    """True if both coordinates are real positions; outside the viewport is allowed."""
    return _is_position(x_px) and _is_position(y_px)


def _is_position(px: float | None) -> bool:
    return px is not None and math.isfinite(px) and px != UNKNOWN_COORDINATE and abs(px) <= MAX_COORDINATE_PX


def has_offset(record: Scroll) -> bool:
    """True if the scroll record says where the viewport is; no page is longer than MAX_OFFSET_PX."""
    return record.y_px is not None and math.isfinite(record.y_px) and abs(record.y_px) <= MAX_OFFSET_PX


class ScrollPath:
    """Where the viewport's top lies at each instant; 0 before the first known record."""

    def __init__(self, records: Sequence[Scroll] | None) -> None:
        """Keep the last of several records at one instant."""
        known = {r.t_ms: float(r.y_px) for r in records or [] if r.y_px is not None and has_offset(r)}
        self.instants = sorted(known)
        self.offsets = [known[t] for t in self.instants]

    def at(self, t_ms: int) -> float:
        """The offset in force at `t_ms`."""
        index = bisect_right(self.instants, t_ms)
        return self.offsets[index - 1] if index else 0.0

    def after(self, t_ms: int, until_ms: int) -> list[int]:
        """Instants of scroll records strictly after `t_ms` and before `until_ms`."""
        index = bisect_right(self.instants, t_ms)
        found = []
        while index < len(self.instants) and self.instants[index] < until_ms:
            found.append(self.instants[index])
            index += 1
        return found


def event_instants(view: MergedView) -> list[int]:
    """Every record of every stream, and the start, in order."""
    streams: list[Iterable[Point | Scroll | StateChange]] = [view.pointer or [], view.clicks or [], view.scroll or []]
    instants = {0} | {record.t_ms for stream in streams for record in stream}
    instants |= {record.t_ms for record in view.items or []}
    instants |= {record.t_ms for record in view.state or []}
    return sorted(instants)


def end_of_view(events: Sequence[int], observed_until_ms: int | None) -> int:
    """The last sign of life; watching is believed for at most 30 min after the last event."""
    last_event = events[-1]
    if observed_until_ms is None:
        return last_event
    return max(last_event, min(observed_until_ms, last_event + MAX_GAP_MS))


def gaps_between(events: Sequence[int]) -> list[Interval]:
    """Stretches of more than 30 min without any event."""
    return [(a, b) for a, b in pairwise(events) if b - a > MAX_GAP_MS]


def flags_at(states: Sequence[StateChange] | None, t_ms: int) -> Flags:
    """The flags in force at `t_ms`: of several states at one instant the last of each flag holds."""
    flags = Flags()
    for change in states or []:
        if change.t_ms > t_ms:
            break
        flags = _changed(flags, change.state)
    return flags


def _changed(flags: Flags, state: str | None) -> Flags:
    if state in ("visible", "hidden"):
        return flags._replace(shown=state == "visible")
    if state in ("focused", "blurred"):
        return flags._replace(focused=state == "focused")
    if state == "foreground":
        return flags._replace(foreground=True)
    if state in ("background", "screen_off"):
        return flags._replace(foreground=False, away=state)
    return flags  # a state that this contract does not know is an event and nothing more


def visible_time(view: MergedView, end: int, gaps: Sequence[Interval], must_focus: bool = False) -> list[Interval]:
    """V, or F with `must_focus`: the maximal intervals in which the page is shown, in the foreground and looked at."""
    instants = {0, end, *(c.t_ms for c in view.state or []), *(t for gap in gaps for t in gap)}
    cuts = sorted(t for t in instants if 0 <= t <= end)
    kept = []
    for a, b in pairwise(cuts):
        flags = flags_at(view.state, a)
        in_gap = any(start <= a < stop for start, stop in gaps)
        if flags.shown and flags.foreground and (flags.focused or not must_focus) and not in_gap:
            kept.append((a, b))
    return join_touching(kept)


def join_touching(intervals: Iterable[Interval]) -> list[Interval]:
    """The same instants as maximal intervals; overlapping and touching ones become one, empty ones vanish."""
    joined: list[Interval] = []
    for a, b in sorted(intervals):
        if a >= b:
            continue
        if joined and a <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(b, joined[-1][1]))
        else:
            joined.append((a, b))
    return joined


def clip(a: int, b: int, within: Sequence[Interval]) -> list[Interval]:
    """The parts of [a, b) inside the intervals `within`."""
    return [(max(a, c), min(b, d)) for c, d in within if max(a, c) < min(b, d)]


def length_inside(a: int, b: int, within: Sequence[Interval]) -> int:
    """How much of [a, b) lies inside the intervals `within`; nothing if b is not after a."""
    length = 0
    for c, d in within:
        length += max(0, min(b, d) - max(a, c))
    return length


def total(intervals: Iterable[Interval]) -> int:
    """Length of all intervals together; they must not overlap."""
    return sum(b - a for a, b in intervals)


def end_reason(view: MergedView, t_ms: int, end: int) -> str:
    """Why a visible interval ends at `t_ms`: hidden before background before screen_off before gap."""
    if t_ms == end:
        return "closed" if view.is_closed else "last_seen"
    flags = flags_at(view.state, t_ms)
    if not flags.shown:
        return "hidden"
    if not flags.foreground:
        return flags.away
    return "gap"


def engaged_time(view: MergedView, focused: Sequence[Interval]) -> list[Interval] | None:
    """Instants within 5 s after an input while focused; None if no stream of inputs is measured."""
    if view.pointer is None and view.clicks is None and view.scroll is None:
        return None
    windows = join_touching((t, t + ENGAGED_MS) for t in input_instants(view))
    return [part for a, b in windows for part in clip(a, b, focused)]


def input_instants(view: MergedView) -> list[int]:
    """When somebody did something: samples (a finger's too) and clicks of known position, scrolls of known offset."""
    instants = [p.t_ms for p in (view.pointer or []) if is_known(p.x_px, p.y_px)]
    instants += [c.t_ms for c in (view.clicks or []) if is_known(c.x_px, c.y_px)]
    return instants + [s.t_ms for s in (view.scroll or []) if has_offset(s)]
