"""Nested columns of clean.page_views, with NULL where nothing was measured and first-of-visitor flags.

A first-of-visitor flag marks one entry per visitor at the grain of a mart, among the entries that count there. Exact
distinct visitors of a mart's row are then a plain sum of flags.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from jobs.steps import cursor, engagement, hover
from jobs.steps.context import Context
from jobs.steps.intervals import Bools, Groups, Ints, pack
from jobs.steps.nested import Masked, lists_of_structs, timestamps
from jobs.steps.streams import Stream, encode
from jobs.steps.timeline import Timeline
from warehouse_schema.clean import entries as schema

SPACES = np.array(["document", "viewport"])


@dataclass(frozen=True)
class BatchViews:
    """Page views of a batch: context, visitor number, class, and what was measured on each."""

    context: Context
    visitor: Ints
    is_human: Bools
    is_cursor_measured: Bools
    is_click_measured: Bools
    is_item_measured: Bools
    is_state_measured: Bools
    is_input_measured: Bools

    @cached_property
    def _codes(self) -> dict[str, Ints]:
        """Numbers for the values of the columns that marts group by, encoded once for all of them."""
        context = self.context
        columns = {name: context.lowest[name].combine_chunks() for name in ("surface", "layout_id", "device_type")}
        columns["viewport_class"] = context.viewport_class
        return {name: encode(column).columns[0] for name, column in columns.items()}

    def group(self, *names: str) -> Ints:
        """One number per page view for its visitor, event date and the columns `names`."""
        return pack(self.visitor, self.context.event_day, *(self._codes[name] for name in names))


def first_of_group(counts: Bools, *key: Ints) -> Bools:
    """True on the first row of every group of equal `key`, among the rows that count."""
    rows = np.flatnonzero(counts)
    flags = np.zeros(len(counts), bool)
    flags[Groups.of(pack(*(k[rows] for k in key))).first(rows)] = True
    return flags


def heat_column(views: BatchViews, cells: cursor.HeatCells) -> pa.Array:
    """heat_cells: cursor measures are NULL without a cursor, clicks without a clicks stream."""
    group = views.group("surface", "layout_id", "device_type", "viewport_class")
    no_cursor = ~views.is_cursor_measured[cells.view]
    is_human = views.is_human[cells.view]
    fields = {
        "space": pa.array(SPACES[cells.space]),
        "cell_x": cells.cell_x,
        "cell_y": cells.cell_y,
        "dwell_ms": Masked(cells.dwell_ms, no_cursor),
        "active_ms": Masked(cells.active_ms, no_cursor),
        "sample_count": Masked(cells.sample_count, no_cursor),
        "stay_count": Masked(cells.stay_count, no_cursor),
        "click_count": Masked(cells.click_count, ~views.is_click_measured[cells.view]),
        "is_first_in_hover_heatmap": first_of_group(
            is_human, group[cells.view], cells.space, cells.cell_x, cells.cell_y
        ),
    }
    is_present = views.is_cursor_measured | views.is_click_measured
    return lists_of_structs(schema.HEAT_CELL, cells.view, fields, is_present)


def hover_column(
    views: BatchViews,
    hovers: hover.Hovers,
    flags: hover.HoverFlags,
    strings: pa.Array,
    time: Timeline,
) -> pa.Array:
    """hovers, in the order of the samples."""
    fields = {
        "target": strings.take(pa.array(hovers.target)),
        "start_ms": hovers.start - time.base[hovers.view],
        "dwell_ms": hovers.dwell_ms,
        "active_ms": hovers.active_ms,
        "sample_count": hovers.sample_count,
        "is_long": flags.is_long,
        "is_clicked": Masked(flags.is_clicked, ~views.is_click_measured[hovers.view]),
    }
    return lists_of_structs(schema.HOVER, hovers.view, fields, views.is_cursor_measured)


def clicks_column(views: BatchViews, clicks: cursor.Clicks, stream: Stream, time: Timeline) -> pa.Array:
    """clicks as sent, in order."""
    fields = {
        "t_ms": clicks.x - time.base[clicks.view],
        "x_px": stream.columns["x_px"],
        "y_px": stream.columns["y_px"],
        "target": stream.columns["target"],
    }
    return lists_of_structs(schema.CLICK, clicks.view, fields, views.is_click_measured)


def visibility_column(views: BatchViews, time: Timeline) -> pa.Array:
    """The maximal intervals of V in UTC and why each ended."""
    view = time.view_at(time.visible.starts)
    start = views.context.start_ms[view] - time.base[view]
    fields = {
        "started_at": timestamps(start + time.visible.starts),
        "ended_at": timestamps(start + time.visible.ends),
        "end_reason": time.end_reasons(views.context.is_closed),
    }
    return lists_of_structs(schema.VISIBILITY, view, fields, np.ones(len(views.visitor), bool))


def exposure_column(views: BatchViews, scroll: cursor.Scroll, time: Timeline, cell_px: int) -> pa.Array:
    """Document rows in view; NULL without a viewport height."""
    height = views.context.viewport_h_px
    is_known = ~np.isnan(height)
    rows = engagement.exposure(scroll, height, is_known, time, cell_px)
    group = views.group("surface", "layout_id", "device_type", "viewport_class")
    fields = {
        "cell_y": rows.cell_y,
        "visible_ms": rows.visible_ms,
        "is_first_in_viewport_exposure": first_of_group(views.is_human[rows.view], group[rows.view], rows.cell_y),
    }
    return lists_of_structs(schema.EXPOSURE, rows.view, fields, is_known)
