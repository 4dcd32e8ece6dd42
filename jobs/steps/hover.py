"""Hovers: how long the cursor rested on an item or a zone, and whether it was clicked (METRICS 2)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jobs.config import Settings
from jobs.steps.cursor import Clicks, Samples, Scroll
from jobs.steps.intervals import Bools, Ints, pack, run_starts
from jobs.steps.timeline import Timeline


@dataclass(frozen=True)
class Hovers:
    """One entry per hover, in the order of the samples; `end` is on the axis, before clipping."""

    view: Ints
    target: Ints
    start: Ints
    end: Ints
    dwell_ms: Ints
    active_ms: Ints
    sample_count: Ints


@dataclass(frozen=True)
class TargetDwell:
    """The rest of each sample up to the next scroll record: what lies under the cursor after it is unknown."""

    stop: Ints
    dwell_ms: Ints
    active_ms: Ints


def target_dwell(samples: Samples, scroll: Scroll, timeline: Timeline, settings: Settings) -> TargetDwell:
    """Target dwell of every sample; a scroll at the sample's own instant was before it."""
    following = np.searchsorted(scroll.x, samples.x, side="right")
    next_scroll = np.append(scroll.x, np.iinfo(np.int64).max)[following]
    stop = np.minimum(samples.stop, next_scroll)
    active_stop = np.minimum(stop, samples.x + settings.active_ms)
    visible = timeline.visible
    return TargetDwell(stop, visible.length_within(samples.x, stop), visible.length_within(samples.x, active_stop))


def hovers(samples: Samples, dwell: TargetDwell, hover_ms: int) -> Hovers:
    """Maximal runs of consecutive samples on one target without a break, of at least hover_ms target dwell."""
    starts = run_starts(np.cumsum(samples.is_break), samples.target)
    if not len(starts):
        empty = np.zeros(0, np.int64)
        return Hovers(empty, empty, empty, empty, empty, empty, empty)
    lasts = np.append(starts[1:], len(samples)) - 1
    total = np.add.reduceat(dwell.dwell_ms, starts)
    active = np.add.reduceat(dwell.active_ms, starts)
    kept = (samples.target[starts] >= 0) & (total >= hover_ms)
    first, last = starts[kept], lasts[kept]
    return Hovers(
        samples.view[first],
        samples.target[first],
        samples.x[first],
        samples.stop[last],
        total[kept],
        active[kept],
        last - first + 1,
    )


@dataclass(frozen=True)
class HoverFlags:
    """Per hover: whether it was long, whether its target was clicked; the latter means nothing without clicks."""

    is_long: Bools
    is_clicked: Bools


def hover_flags(hovers: Hovers, clicks: Clicks, timeline: Timeline, settings: Settings) -> HoverFlags:
    """Flags of every hover."""
    is_clicked = clicked(hovers, clicks, timeline, settings.hover_click_ms)
    return HoverFlags(hovers.dwell_ms >= settings.long_hover_ms, is_clicked)


def clicked(hovers: Hovers, clicks: Clicks, timeline: Timeline, hover_click_ms: int) -> Bools:
    """Whether a click on the hover's target falls within [start, end + hover_click_ms]."""
    view = np.concatenate((hovers.view, clicks.view))
    target = np.concatenate((hovers.target, clicks.target))
    pair = np.unique(pack(view, target), return_inverse=True)[1].astype(np.int64)
    # Every pair of page view and target gets a stretch of its own, wide enough for the time after the hover.
    width = int(timeline.end_ms.max(initial=0)) + hover_click_ms + 2
    stretch = pair * width
    on_hover, on_click = stretch[: len(hovers.view)], stretch[len(hovers.view) :]
    click_x = np.sort(on_click + clicks.x - timeline.base[clicks.view])
    start = on_hover + hovers.start - timeline.base[hovers.view]
    end = on_hover + hovers.end - timeline.base[hovers.view] + hover_click_ms
    found = np.searchsorted(click_x, end, side="right") - np.searchsorted(click_x, start, side="left")
    return np.asarray(found > 0)
