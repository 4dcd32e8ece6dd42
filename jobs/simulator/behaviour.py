"""What people do on a page: read and scroll in bursts, look away, switch tabs, leave the device lying."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jobs.simulator.people import Visitor

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

MEDIAN_VISIT_MS = 34_000
LONGEST_VISIT_MS = 600_000
SHORTEST_VISIT_MS = 2_000
READING_PAUSE_MS = 1_900
SCROLL_EVENT_MS = 50
_NOTHING: Ints = np.zeros(0, dtype=np.int64)
EVENTS_PER_BURST = 8
#: Cumulative shares of page views with 0, 1, 2 absences; the rest have 3.
ABSENCES = (0.74, 0.91, 0.97)
FORGOTTEN_SHARE = 0.06
GAP_MS = (31 * 60_000, 80 * 60_000)  # longer than the 30 min after which a page view is not looked at


def draw_visit_ms(rng: np.random.Generator) -> int:
    """How long a page is looked at, without the time away."""
    visit = MEDIAN_VISIT_MS * np.exp(0.85 * rng.standard_normal())
    return int(np.clip(visit, SHORTEST_VISIT_MS, LONGEST_VISIT_MS))


def scroll_bursts(rng: np.random.Generator, visit_ms: int, is_touch: bool) -> tuple[Ints, Floats]:
    """Instants and offsets of scroll events: a reading pause, then a burst that gathers and loses speed.

    Offsets start at 0 and are not yet held within the document; one burst in eight goes back up.
    """
    count = visit_ms // (READING_PAUSE_MS // 2) + 2
    pauses = READING_PAUSE_MS * np.exp(0.9 * rng.standard_normal(count))
    starts = np.cumsum(pauses + EVENTS_PER_BURST * SCROLL_EVENT_MS)
    count = int(np.searchsorted(starts, visit_ms))
    distance = rng.gamma(2.0, 230.0 if is_touch else 180.0, count)
    distance[rng.random(count) < 0.12] *= -0.7
    steps = np.arange(1, EVENTS_PER_BURST + 1)
    progress = np.sin(np.pi / 2 * steps / EVENTS_PER_BURST)
    before = np.concatenate(([0.0], np.cumsum(distance)[:-1]))[:count]
    instants = (starts[:count, None] + (steps - EVENTS_PER_BURST)[None, :] * SCROLL_EVENT_MS).astype(np.int64)
    jitter = rng.integers(-9, 10, instants.shape)
    offsets = before[:, None] + distance[:, None] * progress[None, :]
    return (instants + jitter).ravel(), offsets.ravel()


def hold_in_document(instants: Ints, offsets: Floats, lowest_px: float, highest_px: float) -> tuple[Ints, Floats]:
    """The events that move the page, with whole px within the document."""
    held = np.round(np.clip(offsets, lowest_px, max(0.0, highest_px)))
    moves = np.diff(held, prepend=0.0) != 0
    return instants[moves], held[moves]


@dataclass(frozen=True)
class Timeline:
    """From activity time, in which nobody ever looks away, to time since the page view's start.

    After each of `leaves` the clock runs on by the matching entry of `aways` before the activity continues.
    `states` are the records of the state stream, in order.
    """

    leaves: Ints
    aways: Ints
    states: list[tuple[int, str]]

    def stretch(self, instants: Ints) -> Ints:
        """Activity instants as instants since the start."""
        if not len(self.leaves):
            return instants
        totals = np.concatenate(([0], np.cumsum(self.aways)))
        stretched: Ints = instants + totals[np.searchsorted(self.leaves, instants)]
        return stretched


def draw_timeline(rng: np.random.Generator, visitor: Visitor, visit_ms: int) -> Timeline:
    """Tab switches, windows that lose the focus, apps in the background, dark screens, and forgotten pages."""
    count = bisect_right(ABSENCES, rng.random())
    if count == 0:
        return Timeline(_NOTHING, _NOTHING, _at_start_and_unfocused(rng, visitor, visit_ms))
    leaves = np.sort(rng.integers(500, max(501, visit_ms), count))
    aways = (9000 * np.exp(1.2 * rng.standard_normal(count))).astype(np.int64) + 200
    is_forgotten = rng.random(count) < FORGOTTEN_SHARE
    aways[is_forgotten] = rng.integers(*GAP_MS, int(is_forgotten.sum()))
    timeline = Timeline(leaves, aways, [])
    states = _at_start_and_unfocused(rng, visitor, int(timeline.stretch(np.array([visit_ms]))[0]))
    left_at = timeline.stretch(leaves).tolist()
    for left, away, forgotten in zip(left_at, aways.tolist(), is_forgotten.tolist(), strict=True):
        if not forgotten or rng.random() < 0.5:
            states += _away(rng, visitor, left, away)
    return Timeline(leaves, aways, sorted(states, key=lambda state: state[0]))


def _at_start_and_unfocused(rng: np.random.Generator, visitor: Visitor, end_ms: int) -> list[tuple[int, str]]:
    """What every second tracker says at the start; now and then a window that loses the focus but stays in sight."""
    speaks, loses = rng.random(2).tolist()
    states = [(0, "foreground" if visitor.is_app else "visible")] if speaks < 0.5 else []
    if not visitor.is_app and loses < 0.12:
        blurred, focused = sorted(rng.integers(end_ms, size=2).tolist())
        states += [(blurred, "blurred"), (focused, "focused")]
    return states


def _away(rng: np.random.Generator, visitor: Visitor, left: int, away: int) -> list[tuple[int, str]]:
    """The state records of one absence; it may be noticed before the last movements, which then lie outside V."""
    seen_at = max(0, left - int(rng.choice((0, 0, 0, 300))))
    back = left + away
    if visitor.is_app:
        return [(seen_at, "screen_off" if rng.random() < 0.3 else "background"), (back, "foreground")]
    if rng.random() < 0.4:
        return [(seen_at, "blurred"), (seen_at, "hidden"), (back, "visible"), (back, "focused")]
    return [(seen_at, "hidden"), (back, "visible")]
