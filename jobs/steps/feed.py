"""What of the feed was seen: items as step functions, spells, viewability, hover next to it, attended time (METRICS 3).

A slot is one item of one page view. Items overlap on the screen, so each slot has a stretch of an axis of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jobs.config import Settings
from jobs.steps.cursor import Clicks, Samples
from jobs.steps.hover import Hovers, TargetDwell
from jobs.steps.intervals import Bools, Floats, Groups, Intervals, Ints, expand, max_at, pack, run_starts, sum_at, union
from jobs.steps.timeline import Timeline

#: Shares of the viewport become integers of this many parts, so that sums of them are exact.
SHARE_PARTS = float(2**45)


@dataclass(frozen=True)
class Slots:
    """Items of page views, sorted by (view, item code)."""

    view: Ints
    item: Ints
    _key: Ints

    @classmethod
    def of(cls, view: Ints, item: Ints) -> Slots:
        """Distinct pairs of page view and item."""
        groups = Groups.of(pack(view, item))
        view, item = groups.first(view), groups.first(item)
        return cls(view, item, cls._pair(view, item))

    @staticmethod
    def _pair(view: Ints, item: Ints) -> Ints:
        return (view << 31) | item

    def find(self, view: Ints, item: Ints) -> Ints:
        """The slot of each pair, -1 if there is none (or the item is null)."""
        if not len(self._key):
            return np.full(len(view), -1, np.int64)
        key = self._pair(view, np.maximum(item, 0))
        index = np.minimum(np.searchsorted(self._key, key), len(self._key) - 1)
        return np.where((self._key[index] == key) & (item >= 0), index, -1)

    def __len__(self) -> int:
        return len(self.view)


@dataclass(frozen=True)
class ItemStates:
    """Step functions of slots: each state holds on [start, stop) of the page views' axis. Unknown shares are NaN."""

    slot: Ints
    start: Ints
    stop: Ints
    visible_share: Floats
    viewport_share: Floats


def item_states(
    slots: Slots, view: Ints, item: Ints, t_ms: Ints, visible_share: Floats, viewport_share: Floats, timeline: Timeline
) -> ItemStates:
    """States from records in (t_ms, seq, position) order; of equal t the last holds, since the others last 0 ms."""
    slot = slots.find(view, item)
    order = np.argsort(slot, kind="stable")
    order = order[slot[order] >= 0]
    slot, start = slot[order], timeline.at(view, t_ms)[order]
    ends = timeline.ends[slots.view[slot]]
    is_last = np.append(slot[1:] != slot[:-1], True) if len(slot) else np.zeros(0, bool)
    stop = np.where(is_last, ends, np.append(start[1:], 0)) if len(slot) else start
    return ItemStates(slot, start, stop, visible_share[order], viewport_share[order])


@dataclass(frozen=True)
class Spells:
    """Unbroken times in V during which a condition holds: (slot, start, stop), by slot, then time."""

    slot: Ints
    start: Ints
    stop: Ints

    def total_ms(self, slot_count: int) -> Ints:
        """Summed length per slot."""
        return sum_at(self.slot, self.stop - self.start, slot_count)

    def longest_ms(self, slot_count: int) -> Ints:
        """Longest spell per slot, 0 without any."""
        return max_at(self.slot, self.stop - self.start, slot_count)

    def count(self, slot_count: int) -> Ints:
        """Number of spells per slot."""
        return np.bincount(self.slot, minlength=slot_count)


def spells(states: ItemStates, holds: Bools, timeline: Timeline) -> Spells:
    """Spells of the states for which `holds`; falling below, or leaving V, ends one."""
    kept = holds & (states.start < states.stop)
    slot, start, stop = states.slot[kept], states.start[kept], states.stop[kept]
    continues = np.zeros(len(slot), bool)
    continues[1:] = (slot[1:] == slot[:-1]) & (start[1:] == stop[:-1])
    firsts = np.flatnonzero(~continues)
    lasts = np.append(firsts[1:], len(slot)) - 1 if len(firsts) else firsts
    query, piece_start, piece_stop = timeline.visible.cut(start[firsts], stop[lasts])
    return Spells(slot[firsts][query], piece_start, piece_stop)


@dataclass(frozen=True)
class ItemViews:
    """Measures per slot, aligned with Slots."""

    first_visible_ms: Ints
    visible_any_ms: Ints
    visible_ms: Ints
    fully_visible_ms: Ints
    longest_spell_ms: Ints
    spell_count: Ints
    is_viewable: Bools
    is_viewable_large: Bools
    is_viewable_tall: Bools
    half_spells: Spells


def item_views(slots: Slots, states: ItemStates, is_video: Bools, timeline: Timeline, settings: Settings) -> ItemViews:
    """Exposure measures of every slot. first_visible_ms is -1 for an item never seen."""
    count, slack = len(slots), settings.share_slack
    share = states.visible_share
    half = share >= settings.visible_share - slack
    seen = spells(states, share > 0, timeline)
    half_spells = spells(states, half, timeline)
    full = spells(states, share >= 1 - slack, timeline)
    large = spells(states, share >= settings.large_share - slack, timeline)
    tall = spells(states, half | (states.viewport_share >= settings.visible_share - slack), timeline)
    longest = half_spells.longest_ms(count)
    needed = np.where(is_video, settings.viewable_video_ms, settings.viewable_ms)
    first = np.full(count, -1, np.int64)
    firsts = run_starts(seen.slot)
    first[seen.slot[firsts]] = (seen.start - timeline.base[slots.view[seen.slot]])[firsts]
    return ItemViews(
        first,
        seen.total_ms(count),
        half_spells.total_ms(count),
        full.total_ms(count),
        longest,
        half_spells.count(count),
        longest >= needed,
        large.longest_ms(count) >= settings.viewable_ms,
        tall.longest_ms(count) >= settings.viewable_ms,
        half_spells,
    )


@dataclass(frozen=True)
class ItemHover:
    """Hover next to the item, per slot."""

    hover_count: Ints
    hover_ms: Ints
    hover_visible_ms: Ints


def item_hover(
    slots: Slots, half: Spells, samples: Samples, dwell: TargetDwell, kept_hovers: Hovers, timeline: Timeline
) -> ItemHover:
    """Target dwell of all samples on each item, and the part of it while at least half of the item is in view."""
    count = len(slots)
    slot = slots.find(samples.view, samples.target)
    on = slot >= 0
    slot, start, stop = slot[on], samples.x[on], dwell.stop[on]
    hover_ms = sum_at(slot, dwell.dwell_ms[on], count)
    widths = timeline.end_ms[slots.view] + 2
    shift = np.cumsum(widths) - widths - timeline.base[slots.view]
    in_half = union(half.start + shift[half.slot], half.stop + shift[half.slot])
    visible = sum_at(slot, in_half.length_within(start + shift[slot], stop + shift[slot]), count)
    hovered = slots.find(kept_hovers.view, kept_hovers.target)
    return ItemHover(np.bincount(hovered[hovered >= 0], minlength=count), hover_ms, visible)


def item_clicks(slots: Slots, clicks: Clicks) -> Ints:
    """Clicks on each item, of whatever position."""
    slot = slots.find(clicks.view, clicks.target)
    return np.bincount(slot[slot >= 0], minlength=len(slots))


def attended_ms(slots: Slots, states: ItemStates, is_zone: Bools, engaged: Intervals) -> Ints:
    """Engaged time split over the items in view in proportion to viewport_share, whole ms, rounded down per slot.

    Relative attention by the uniform viewport model [Grusky 2017], not seconds looked at. Zones take no part.
    """
    parts = np.round(np.clip(np.nan_to_num(states.viewport_share), 0, 1) * SHARE_PARTS).astype(np.int64)
    kept = (parts > 0) & ~is_zone[states.slot] & (states.start < states.stop)
    owner, start, stop = engaged.cut(states.start[kept], states.stop[kept])
    slot, parts = states.slot[kept][owner], parts[kept][owner]
    # Between two neighbouring edges the set of items in view does not change.
    edges = np.unique(np.concatenate((start, stop)))
    low, high = np.searchsorted(edges, start), np.searchsorted(edges, stop)
    piece, rank = expand(high - low)
    segment = low[piece] + rank
    totals = sum_at(segment, parts[piece], max(len(edges), 1))
    length = (edges[np.minimum(segment + 1, len(edges) - 1)] - edges[segment]) if len(edges) else segment
    mine = length * (parts[piece] / totals[segment])
    order = np.argsort(slot[piece], kind="stable")
    firsts = run_starts(slot[piece][order])
    attended = np.zeros(len(slots))
    if len(firsts):
        attended[slot[piece][order][firsts]] = np.add.reduceat(mine[order], firsts)
    # A millionth of a millisecond keeps a whole number, computed as 2.9999999, whole.
    return np.floor(attended + 1e-6).astype(np.int64)
