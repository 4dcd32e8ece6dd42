"""Engaged time, scroll depth and exposure of document rows (METRICS 4, 6)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jobs.steps.cursor import Scroll
from jobs.steps.intervals import Bools, Floats, Intervals, Ints, expand, sum_at, union, where_total
from jobs.steps.timeline import Timeline


def engaged_time(inputs: list[tuple[Ints, Ints]], timeline: Timeline, engaged_ms: int) -> Intervals:
    """Union of [t, t + engaged_ms) over inputs (view, axis position), inside F [Chartbeat]."""
    windows = [union(x, np.minimum(x + engaged_ms, timeline.ends[view])) for view, x in inputs]
    starts = np.concatenate([w.starts for w in windows])
    ends = np.concatenate([w.ends for w in windows])
    return where_total([(union(starts, ends), 1), (timeline.focused, 1)], 2)


def deepest_offset(scroll: Scroll, view_count: int) -> Floats:
    """Largest scroll offset per page view, at least 0."""
    deepest = np.zeros(view_count)
    np.maximum.at(deepest, scroll.view, scroll.y_px)
    return deepest


@dataclass(frozen=True)
class Exposure:
    """Document rows in view, by (view, cell_y)."""

    view: Ints
    cell_y: Ints
    visible_ms: Ints


def exposure(scroll: Scroll, viewport_h_px: Floats, is_known: Bools, timeline: Timeline, cell_px: int) -> Exposure:
    """Time in V during which each row of cell_px lay wholly within [s, s + viewport height).

    Each offset shows a range of rows for some time; the sums over overlapping ranges are running sums of the
    differences at their borders, never an entry per scroll record and row.
    """
    views = np.arange(len(timeline.base), dtype=np.int64)
    x = np.concatenate((timeline.base, scroll.x))
    view = np.concatenate((views, scroll.view))
    offset = np.concatenate((np.zeros(len(views)), scroll.y_px))
    order = np.argsort(x, kind="stable")
    x, view, offset = x[order], view[order], offset[order]
    is_last = np.append(view[1:] != view[:-1], True)
    until = np.where(is_last, timeline.ends[view], np.append(x[1:], 0))
    shown_ms = timeline.visible.length_within(x, np.maximum(until, x))
    low = np.maximum(np.ceil(offset / cell_px), 0)
    high = np.floor((offset + np.where(is_known[view], viewport_h_px[view], 0)) / cell_px)
    kept = is_known[view] & (shown_ms > 0) & (high > low)
    return _running_sums(view[kept], low[kept].astype(np.int64), high[kept].astype(np.int64), shown_ms[kept])


def _running_sums(view: Ints, low: Ints, high: Ints, amount: Ints) -> Exposure:
    """Per (view, row): the sum of `amount` over all ranges [low, high) that hold the row."""
    views, rows = np.concatenate((view, view)), np.concatenate((low, high))
    order = np.lexsort((rows, views))
    views, rows = views[order], rows[order]
    level = np.cumsum(np.concatenate((amount, -amount))[order])
    lasts = np.append((views[1:] != views[:-1]) | (rows[1:] != rows[:-1]), True) if len(rows) else np.zeros(0, bool)
    views, rows, level = views[lasts], rows[lasts], level[lasts]
    width = np.append(rows[1:], 0) - rows if len(rows) else rows
    border, rank = expand(np.where(level > 0, width, 0))
    return Exposure(views[border], rows[border] + rank, level[border])


def engaged_ms_per_view(engaged: Intervals, timeline: Timeline) -> Ints:
    """Length of the engaged time of each page view."""
    view = timeline.view_at(engaged.starts)
    return sum_at(view, engaged.ends - engaged.starts, len(timeline.base))
