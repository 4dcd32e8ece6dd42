"""The oracle's cursor measures (METRICS 2): rests, heat cells, stays, hovers."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from jobs.simulator.merge import MergedView, Point
from jobs.simulator.oracle_time import Interval, ScrollPath, is_known, length_inside

CELL_PX = 32
REST_MS = 5000
ACTIVE_MS = 1000
BREAK_MS = 5000
STAY_MS = 150
HOVER_MS = 150
LONG_HOVER_MS = 500
HOVER_CLICK_MS = 1000

Cell = tuple[str, int, int]


@dataclass(frozen=True)
class Rest:
    """A sample and how long the cursor stayed there; `breaks` says that the next sample does not continue it.

    `stop_ms` is the rest's end before clipping to visible time, `target_stop_ms` the end of what is known about the
    thing under the cursor: the next scroll.
    """

    t_ms: int
    x_px: float
    y_px: float
    target: str | None
    stop_ms: int
    target_stop_ms: int
    breaks: bool


def measures_hover(view: MergedView) -> bool:
    """True if a cursor is measured: a pointer stream, and no finger."""
    return view.pointer is not None and view.device.get("pointer") != "touch"


def rests_of(pointer: Sequence[Point], scroll: ScrollPath, seen: Sequence[Interval], end: int) -> list[Rest]:
    """One rest per sample, in order; records without a known position end the rest before them.

    `seen` is V, `end` the end of view.
    """
    rests = []
    for index, sample in enumerate(pointer):
        if sample.x_px is None or sample.y_px is None or not is_known(sample.x_px, sample.y_px):
            continue
        following = pointer[index + 1] if index + 1 < len(pointer) else None
        next_ms = end if following is None else following.t_ms
        stop = min(next_ms, sample.t_ms + REST_MS)
        rests.append(
            Rest(
                sample.t_ms,
                sample.x_px,
                sample.y_px,
                sample.target,
                stop,
                min([stop, *scroll.after(sample.t_ms, stop)[:1]]),
                following is None or _is_break(sample, following, seen),
            )
        )
    return rests


def _is_break(sample: Point, following: Point, seen: Sequence[Interval]) -> bool:
    if not is_known(following.x_px, following.y_px):
        return True
    if following.t_ms - sample.t_ms > BREAK_MS:
        return True
    return length_inside(sample.t_ms, following.t_ms, seen) < following.t_ms - sample.t_ms


class CellSums:
    """What one cell collects."""

    def __init__(self) -> None:
        """Nothing happened yet."""
        self.dwell = self.active = self.samples = self.stays = self.clicks = 0
        self.has_entry = False


def heat_cells(
    view: MergedView, rests: Sequence[Rest] | None, scroll: ScrollPath, seen: Sequence[Interval]
) -> list[dict[str, Any]] | None:
    """Entries by (space, cell_x, cell_y); None if neither a cursor nor clicks are measured."""
    if rests is None and view.clicks is None:
        return None
    cells: dict[Cell, CellSums] = defaultdict(CellSums)
    for space in ("document", "viewport"):
        if rests is not None:
            _add_rests(cells, space, rests, scroll, seen)
        for click in view.clicks or []:
            if is_known(click.x_px, click.y_px):
                sums = cells[_cell(space, click.x_px, click.y_px, scroll.at(click.t_ms))]
                sums.clicks += 1
                sums.has_entry = True
    return [
        _heat_cell(cell, sums, rests is not None, view.clicks is not None)
        for cell, sums in sorted(cells.items())
        if sums.has_entry
    ]


def _add_rests(
    cells: dict[Cell, CellSums], space: str, rests: Sequence[Rest], scroll: ScrollPath, seen: Sequence[Interval]
) -> None:
    run_cell: Cell | None = None
    run_dwell = 0
    for rest in rests:
        for a, b in _pieces(space, rest, scroll):
            cell = _cell(space, rest.x_px, rest.y_px, scroll.at(a))
            sums = cells[cell]
            is_first = a == rest.t_ms  # the piece that holds the sample itself
            active_stop = min(b, rest.t_ms + ACTIVE_MS)
            dwell = length_inside(a, b, seen)
            sums.samples += is_first
            sums.dwell += dwell
            sums.active += dwell if active_stop == b else length_inside(a, active_stop, seen)
            sums.has_entry = sums.has_entry or is_first or dwell > 0
            if cell != run_cell:
                _close_run(cells, run_cell, run_dwell)
                run_cell, run_dwell = cell, 0
            run_dwell += dwell
        if rest.breaks:
            _close_run(cells, run_cell, run_dwell)
            run_cell, run_dwell = None, 0
    _close_run(cells, run_cell, run_dwell)


def _close_run(cells: dict[Cell, CellSums], run_cell: Cell | None, run_dwell: int) -> None:
    if run_cell is not None and run_dwell >= STAY_MS:
        cells[run_cell].stays += 1


def _pieces(space: str, rest: Rest, scroll: ScrollPath) -> Iterator[Interval]:
    """The rest as it lies over the document: cut at every scroll record; one piece in the viewport."""
    cuts = [] if space == "viewport" else scroll.after(rest.t_ms, rest.stop_ms)
    edges = [rest.t_ms, *cuts, rest.stop_ms]
    yield from pairwise(edges)


def _cell(space: str, x_px: float | None, y_px: float | None, offset_px: float) -> Cell:
    assert x_px is not None and y_px is not None  # callers have asked is_known
    y_in_space = y_px + offset_px if space == "document" else y_px
    return space, math.floor(x_px / CELL_PX), math.floor(y_in_space / CELL_PX)


def _heat_cell(cell: Cell, sums: CellSums, has_cursor: bool, has_clicks: bool) -> dict[str, Any]:
    return {
        "space": cell[0],
        "cell_x": cell[1],
        "cell_y": cell[2],
        "dwell_ms": sums.dwell if has_cursor else None,
        "active_ms": sums.active if has_cursor else None,
        "sample_count": sums.samples if has_cursor else None,
        "stay_count": sums.stays if has_cursor else None,
        "click_count": sums.clicks if has_clicks else None,
    }


def hovers_of(view: MergedView, rests: Sequence[Rest], seen: Sequence[Interval]) -> list[dict[str, Any]]:
    """Runs of consecutive samples on one target without a break, of at least 150 ms, in stream order."""
    hovers = []
    run: list[Rest] = []
    for rest in rests:
        if run and (run[-1].breaks or run[-1].target != rest.target):
            hovers += _hover(view, run, seen)
            run = []
        run.append(rest)
    if run:
        hovers += _hover(view, run, seen)
    return hovers


def _hover(view: MergedView, run: Sequence[Rest], seen: Sequence[Interval]) -> list[dict[str, Any]]:
    """The run as a hover, or nothing if it is too short or on no target."""
    dwell = sum(length_inside(r.t_ms, r.target_stop_ms, seen) for r in run)
    if run[0].target is None or dwell < HOVER_MS:
        return []
    is_clicked = None
    if view.clicks is not None:
        until = run[-1].stop_ms + HOVER_CLICK_MS
        is_clicked = any(c.target == run[0].target and run[0].t_ms <= c.t_ms <= until for c in view.clicks)
    active = sum(length_inside(r.t_ms, min(r.target_stop_ms, r.t_ms + ACTIVE_MS), seen) for r in run)
    return [
        {
            "target": run[0].target,
            "start_ms": run[0].t_ms,
            "dwell_ms": dwell,
            "active_ms": active,
            "sample_count": len(run),
            "is_long": dwell >= LONG_HOVER_MS,
            "is_clicked": is_clicked,
        }
    ]
