"""Where the cursor rested: rests, heat cells in both spaces, stays (METRICS 2).

A still cursor sends nothing, so the gap to the next record is the rest; it is capped at rest_ms.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jobs.config import Settings
from jobs.steps.intervals import Bools, Floats, Groups, Ints, expand, pack, run_starts
from jobs.steps.streams import Stream
from jobs.steps.timeline import Timeline

DOCUMENT, VIEWPORT = 0, 1
#: Offsets beyond this are no page; they would overflow a cell's number.
MAX_OFFSET_PX = 1e9


@dataclass(frozen=True)
class Scroll:
    """Known scroll offsets on the axis: s(t) is the last at or before t, 0 before the first."""

    x: Ints
    view: Ints
    y_px: Floats

    def offset_at(self, x: Ints, view: Ints) -> Floats:
        """s(t) of instants that lie in page views `view`."""
        if not len(self.x):
            return np.zeros(len(x))
        index = np.searchsorted(self.x, x, side="right") - 1
        known = (index >= 0) & (self.view[np.maximum(index, 0)] == view)
        return np.where(known, self.y_px[np.maximum(index, 0)], 0.0)


@dataclass(frozen=True)
class Samples:
    """Pointer records with a known position, on the axis; `stop` ends the rest, before it is clipped to V.

    `follows` says that no other page view and no record without a known position lies between this sample and the one
    before it; `is_break` that it does not continue that one, for this or another reason (METRICS 1).
    """

    view: Ints
    x: Ints
    stop: Ints
    px: Floats
    py: Floats
    target: Ints
    follows: Bools
    is_break: Bools

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True)
class Clicks:
    """All clicks in order; `is_known` marks those with a known position."""

    view: Ints
    x: Ints
    px: Floats
    py: Floats
    target: Ints
    is_known: Bools


@dataclass(frozen=True)
class HeatCells:
    """One entry per page view, space and cell, sorted so."""

    view: Ints
    space: Ints
    cell_x: Ints
    cell_y: Ints
    dwell_ms: Ints
    active_ms: Ints
    sample_count: Ints
    stay_count: Ints
    click_count: Ints


def known_position(px: Floats, py: Floats, max_coordinate_px: float) -> Bools:
    """Both coordinates finite, not 65535 (a recorder's word for unknown), within max_coordinate_px."""
    known: Bools = (
        np.isfinite(px)
        & np.isfinite(py)
        & (px != 65535)
        & (py != 65535)
        & (np.abs(px) <= max_coordinate_px)
        & (np.abs(py) <= max_coordinate_px)
    )
    return known


def read_scroll(stream: Stream, timeline: Timeline) -> Scroll:
    """Scroll records with a known offset; others are events and nothing else."""
    y = stream.floats("y_px")
    known = np.isfinite(y) & (np.abs(y) <= MAX_OFFSET_PX)
    return Scroll(timeline.at(stream.view, stream.t_ms)[known], stream.view[known], y[known])


def read_clicks(stream: Stream, timeline: Timeline, target: Ints, settings: Settings) -> Clicks:
    """Clicks on the axis; `target` are their codes."""
    px, py = stream.floats("x_px"), stream.floats("y_px")
    known = known_position(px, py, settings.max_coordinate_px)
    return Clicks(stream.view, timeline.at(stream.view, stream.t_ms), px, py, target, known)


def read_samples(stream: Stream, timeline: Timeline, target: Ints, settings: Settings) -> tuple[Samples, Ints]:
    """Samples of the pointer stream, and per page view the number of records without a known position."""
    px, py = stream.floats("x_px"), stream.floats("y_px")
    known = known_position(px, py, settings.max_coordinate_px)
    x = timeline.at(stream.view, stream.t_ms)
    is_last = np.append(stream.view[1:] != stream.view[:-1], True) if len(x) else np.zeros(0, bool)
    following = np.where(is_last, timeline.ends[stream.view], np.append(x[1:], 0)) if len(x) else x
    stop = np.minimum(following, x + settings.rest_ms)
    index = np.flatnonzero(known)
    unknown_count = np.bincount(stream.view[~known], minlength=len(timeline.base))
    view, x = stream.view[known], x[known]
    follows = np.zeros(len(x), bool)
    follows[1:] = (view[1:] == view[:-1]) & (index[1:] == index[:-1] + 1)
    is_break = ~follows | _is_apart(x, timeline, settings.rest_ms)
    samples = Samples(view, x, stop[known], px[known], py[known], target[known], follows, is_break)
    return samples, unknown_count


def _is_apart(x: Ints, timeline: Timeline, break_ms: int) -> Bools:
    """Where a sample comes more than break_ms after its predecessor, or some time between them lies outside V."""
    since_ms = x[1:] - x[:-1]
    is_outside = timeline.visible.length_within(x[:-1], x[1:]) < since_ms
    return np.concatenate((np.ones(min(1, len(x)), bool), (since_ms > break_ms) | is_outside))


def only_cursors(samples: Samples, is_touch: Bools) -> Samples:
    """Samples of page views with a cursor: on touch a finger is no hover."""
    kept = ~is_touch[samples.view]
    if kept.all():
        return samples
    return Samples(*(getattr(samples, name)[kept] for name in Samples.__dataclass_fields__))


@dataclass(frozen=True)
class _Pieces:
    """Rests, cut where the cell under the cursor may change; `is_first` marks a sample's own instant."""

    sample: Ints
    start: Ints
    stop: Ints
    is_first: Bools
    cell_x: Ints
    cell_y: Ints


def _viewport_pieces(samples: Samples, cell_px: int) -> _Pieces:
    everything = np.arange(len(samples), dtype=np.int64)
    return _Pieces(
        everything,
        samples.x,
        samples.stop,
        np.ones(len(samples), bool),
        _cell(samples.px, cell_px),
        _cell(samples.py, cell_px),
    )


def _document_pieces(samples: Samples, scroll: Scroll, cell_px: int) -> _Pieces:
    """Rests cut at every scroll record inside them: scrolling under a still cursor moves the page."""
    low = np.searchsorted(scroll.x, samples.x, side="right")
    high = np.maximum(np.searchsorted(scroll.x, samples.stop, side="left"), low)
    sample, rank = expand(1 + high - low)
    is_first = rank == 0
    is_last = rank == (high - low)[sample]
    cut = np.append(scroll.x, 0)
    start = np.where(is_first, samples.x[sample], cut[np.maximum(low[sample] + rank - 1, 0)])
    stop = np.where(is_last, samples.stop[sample], cut[np.minimum(low[sample] + rank, len(cut) - 1)])
    offset = scroll.offset_at(start, samples.view[sample])
    return _Pieces(
        sample,
        start,
        stop,
        is_first,
        _cell(samples.px, cell_px)[sample],
        _cell(samples.py[sample] + offset, cell_px),
    )


def _cell(position_px: Floats, cell_px: int) -> Ints:
    return np.floor(position_px / cell_px).astype(np.int64)


def _piece_rows(
    pieces: _Pieces, samples: Samples, space: int, timeline: Timeline, settings: Settings
) -> tuple[Ints, ...]:
    """Rows (view, space, cell_x, cell_y, dwell, active, samples, stays, clicks) of one space."""
    dwell = timeline.visible.length_within(pieces.start, pieces.stop)
    active_stop = np.minimum(pieces.stop, samples.x[pieces.sample] + settings.active_ms)
    active = timeline.visible.length_within(pieces.start, np.maximum(active_stop, pieces.start))
    stays = _stays(pieces, samples.is_break[pieces.sample] & pieces.is_first, dwell, settings.stay_ms)
    kept = (dwell > 0) | pieces.is_first
    rows = (
        samples.view[pieces.sample],
        np.full(len(dwell), space, np.int64),
        pieces.cell_x,
        pieces.cell_y,
        dwell,
        active,
        pieces.is_first.astype(np.int64),
        stays,
        np.zeros(len(dwell), np.int64),
    )
    return tuple(row[kept | (stays > 0)] for row in rows)


def _stays(pieces: _Pieces, is_break: Bools, dwell: Ints, stay_ms: int) -> Ints:
    """1 on the first piece of every unbroken run in one cell that dwells at least stay_ms."""
    stays = np.zeros(len(dwell), np.int64)
    starts = run_starts(np.cumsum(is_break), pieces.cell_x, pieces.cell_y)
    if len(starts):
        stays[starts] = np.add.reduceat(dwell, starts) >= stay_ms
    return stays


def _click_rows(clicks: Clicks, scroll: Scroll, space: int, cell_px: int) -> tuple[Ints, ...]:
    view, x = clicks.view[clicks.is_known], clicks.x[clicks.is_known]
    px, py = clicks.px[clicks.is_known], clicks.py[clicks.is_known]
    if space == DOCUMENT:
        py = py + scroll.offset_at(x, view)
    zeros = np.zeros(len(view), np.int64)
    ones = np.ones(len(view), np.int64)
    return (view, zeros + space, _cell(px, cell_px), _cell(py, cell_px), zeros, zeros, zeros, zeros, ones)


def heat_cells(samples: Samples, clicks: Clicks, scroll: Scroll, timeline: Timeline, settings: Settings) -> HeatCells:
    """Sums over rests (viewport space) and pieces of rests (document space), with clicks at their own cell."""
    cell_px = settings.cell_px
    tables = [
        _piece_rows(_document_pieces(samples, scroll, cell_px), samples, DOCUMENT, timeline, settings),
        _piece_rows(_viewport_pieces(samples, cell_px), samples, VIEWPORT, timeline, settings),
        _click_rows(clicks, scroll, DOCUMENT, cell_px),
        _click_rows(clicks, scroll, VIEWPORT, cell_px),
    ]
    columns = [np.concatenate(parts) for parts in zip(*tables, strict=True)]
    groups = Groups.of(pack(*columns[:4]))
    return HeatCells(*(groups.first(c) for c in columns[:4]), *(groups.sum(c) for c in columns[4:]))
