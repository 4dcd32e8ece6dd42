"""One pass over the beacons of whole visitors: clean.page_views rows, vectorised over a whole batch.

No loop runs per page view or sample: streams of all page views of a batch lie on one axis (`intervals`), and each
formula of METRICS is written once, for all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.config import Settings
from jobs.steps import cursor, engagement, hover, timeline
from jobs.steps.batches import whole_groups
from jobs.steps.context import Context, read_context
from jobs.steps.deduplicate import Deduplicated, deduplicate
from jobs.steps.entries import BatchViews, clicks_column, exposure_column, heat_column, hover_column, visibility_column
from jobs.steps.intervals import Bools, Ints
from jobs.steps.item_entries import item_column, read_items
from jobs.steps.nested import Masked, column, timestamps
from jobs.steps.streams import Stream, encode, flatten_stream
from jobs.steps.traffic import DECLARED_BOT, HUMAN
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.derive import arrow_type
from warehouse_schema.raw.cursor_beacon import STREAMS

#: Beacons are wide: a batch is closed by its bytes, not by its rows.
BATCH_BYTES = 32 * 1024 * 1024

_FIELDS = {
    "pointer": ["x_px", "y_px", "target"],
    "clicks": ["x_px", "y_px", "target"],
    "scroll": ["y_px"],
    "items": ["item_id", "visible_share", "viewport_share"],
    "state": ["state"],
}


def page_view_batches(batches: Iterator[pa.RecordBatch], settings: Settings) -> Iterator[pa.RecordBatch]:
    """Page views of beacons that come sorted by `deduplicate.ORDER`, a visitor never split over two results."""
    for beacons in whole_groups(batches, "visitor_key", BATCH_BYTES):
        yield page_views(beacons, settings)


@dataclass(frozen=True)
class Streams:
    """All streams of a batch; `targets` are codes of one dictionary over targets and items."""

    by_name: dict[str, Stream]
    strings: pa.Array
    pointer_target: Ints
    click_target: Ints
    item: Ints
    meta_item: Ints

    def present(self, name: str) -> Bools:
        """Per page view, whether the stream was measured."""
        return self.by_name[name].present


def _read_streams(deduplicated: Deduplicated, meta: pa.Array) -> Streams:
    view_count = len(deduplicated.first_row)
    by_name = {
        name: flatten_stream(deduplicated.beacons[name].combine_chunks(), deduplicated.view, view_count, _FIELDS[name])
        for name in STREAMS
    }
    codes = encode(
        by_name["pointer"].columns["target"],
        by_name["clicks"].columns["target"],
        by_name["items"].columns["item_id"],
        pc.struct_field(meta, "item_id"),
    )
    return Streams(by_name, codes.values, *codes.columns)


def page_views(beacons: pa.Table, settings: Settings) -> pa.RecordBatch:
    """Rows of clean.page_views from all beacons of some visitors, sorted by `deduplicate.ORDER`."""
    deduplicated = deduplicate(beacons)
    context = read_context(deduplicated)
    meta_lists = deduplicated.beacons["item_meta"].combine_chunks()
    streams = _read_streams(deduplicated, meta_lists.flatten())
    view_count = len(context.start_ms)
    observed = np.asarray(pc.fill_null(deduplicated.beacons["observed_until_ms"], -1), np.int64)
    time = timeline.build_timeline(
        list(streams.by_name.values()),
        streams.by_name["state"],
        timeline.last_observed(deduplicated.view, observed, view_count),
        view_count,
        settings.max_gap_ms,
    )
    columns = _context_columns(context, deduplicated) | _measures(
        context, deduplicated, streams, time, meta_lists, settings
    )
    arrays = [column(columns[c.name], _type(c.name, columns[c.name])) for c in PAGE_VIEWS.columns]
    return pa.RecordBatch.from_arrays(arrays, PAGE_VIEWS.column_names)


def _type(name: str, values: object) -> pa.DataType:
    """Nested columns and columns passed through keep the type they were made with."""
    declared = PAGE_VIEWS.column(name).type
    return values.type if isinstance(values, pa.Array) and not isinstance(declared, str) else arrow_type(declared)


_PASSED_THROUGH = (
    "visitor_key",
    "page_view_id",
    "session_id",
    "surface",
    "url",
    "layout_id",
    "document_w_px",
    "device_type",
    "pointer_type",
    "platform",
    "viewport_w_px",
    "viewport_h_px",
    "user_agent",
    "app_version",
    "experiments",
    "is_clock_suspect",
)


def _context_columns(context: Context, deduplicated: Deduplicated) -> dict[str, object]:
    columns: dict[str, object] = {name: context.lowest[name].combine_chunks() for name in _PASSED_THROUGH}
    seq = np.asarray(deduplicated.beacons["seq"], np.int64)
    received = np.bincount(deduplicated.view)
    highest = np.zeros(len(received), np.int64)
    np.maximum.at(highest, deduplicated.view, seq)
    return columns | {
        "event_date": pa.array(context.event_day.astype(np.int32)).cast(pa.date32()),
        "started_at": timestamps(context.start_ms),
        "document_h_px": Masked(context.document_h_px, np.isnan(context.document_h_px)),
        "viewport_class": context.viewport_class,
        "purposes": context.purposes,
        "traffic_class": pa.array(np.where(context.is_human, HUMAN, DECLARED_BOT)),
        "beacons_received": received,
        "beacons_missing": highest + 1 - received,
        "beacons_duplicate": deduplicated.duplicate_count,
        "beacons_conflicting": deduplicated.conflicting_count,
        "is_closed": context.is_closed,
    }


def _measures(
    context: Context,
    deduplicated: Deduplicated,
    streams: Streams,
    time: timeline.Timeline,
    meta_lists: pa.Array,
    settings: Settings,
) -> dict[str, object]:
    """Everything that is measured on the page views, by column name."""
    pointer, has_clicks = streams.by_name["pointer"], streams.present("clicks")
    scroll = cursor.read_scroll(streams.by_name["scroll"], time)
    clicks = cursor.read_clicks(streams.by_name["clicks"], time, streams.click_target, settings)
    all_samples, unknown_count = cursor.read_samples(pointer, time, streams.pointer_target, settings)
    samples = cursor.only_cursors(all_samples, context.is_touch)
    dwell = hover.target_dwell(samples, scroll, time, settings)
    kept_hovers = hover.hovers(samples, dwell, settings.hover_ms)

    inputs = [(s.view, s.x) for s in (all_samples, scroll)]
    inputs.append((clicks.view[clicks.is_known], clicks.x[clicks.is_known]))
    engaged = engagement.engaged_time(inputs, time, settings.engaged_ms)
    is_input_measured = pointer.present | has_clicks | streams.present("scroll")
    views = BatchViews(
        context=context,
        visitor=deduplicated.visitor_of_view,
        is_cursor_measured=pointer.present & ~context.is_touch,
        is_click_measured=has_clicks,
        is_item_measured=streams.present("items"),
        is_state_measured=streams.present("state"),
        is_input_measured=is_input_measured,
    )
    items = read_items(streams.by_name["items"], streams.item, streams.meta_item, meta_lists, deduplicated.view)
    return {
        "is_state_measured": views.is_state_measured,
        "unknown_position_count": Masked(unknown_count, ~pointer.present),
        "gap_ms": time.gap_ms,
        "absolute_ms": time.end_ms,
        "visible_ms": timeline.visible_ms(time),
        "engaged_ms": Masked(engagement.engaged_ms_per_view(engaged, time), ~is_input_measured),
        **_scroll_depth(context, scroll, streams.present("scroll")),
        "heat_cells": heat_column(views, cursor.heat_cells(samples, clicks, scroll, time, settings)),
        "hovers": hover_column(views, kept_hovers, clicks, streams.strings, time, settings),
        "item_views": item_column(
            views, items, samples, dwell, kept_hovers, clicks, engaged, streams.strings, time, settings
        ),
        "clicks": clicks_column(views, clicks, streams.by_name["clicks"], time),
        "visibility": visibility_column(views, time),
        "exposure": exposure_column(views, scroll, time, settings.cell_px),
    }


def _scroll_depth(context: Context, scroll: cursor.Scroll, is_measured: Bools) -> dict[str, object]:
    """Deepest offset + viewport height; its share of the document, 1 for a page shorter than the viewport."""
    depth = engagement.deepest_offset(scroll, len(is_measured)) + context.viewport_h_px
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.clip(depth / context.document_h_px, 0, 1)
    share = np.where(context.document_h_px <= context.viewport_h_px, 1.0, share)
    return {
        "scroll_depth_px": Masked(depth, ~is_measured | np.isnan(depth)),
        "scroll_depth_share": Masked(share, ~is_measured | np.isnan(share) | np.isnan(depth)),
    }
