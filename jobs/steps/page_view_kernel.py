"""One pass over the beacons of whole visitors: clean.page_views rows, vectorised over a whole batch.

No loop runs per page view or sample: streams of all page views of a batch lie on one axis (`intervals`), and each
formula of METRICS is written once, for all of them.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.config import Settings
from jobs.steps import cursor, engagement, gestures, hover, suspicion, timeline
from jobs.steps.batches import whole_groups
from jobs.steps.context import Context, read_context
from jobs.steps.deduplicate import Deduplicated, deduplicate
from jobs.steps.entries import BatchViews, clicks_column, exposure_column, heat_column, hover_column, visibility_column
from jobs.steps.intervals import Bools, Intervals
from jobs.steps.item_entries import item_column, read_items
from jobs.steps.nested import Masked, column, timestamps
from jobs.steps.records import Records, Streams, read_records, read_streams
from jobs.steps.traffic import Traffic, classify
from jobs.steps.zone_entries import zone_column
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.derive import arrow_type

#: Beacons are wide: a batch is closed by its bytes, not by its rows. Measured on
#: 52,380 beacons, freed memory kept: 6.2 to 8.2 s and 305 MB in a worker, with batches of 32 MB 8.7 s and 775 MB.
BATCH_BYTES = 4 * 1024 * 1024

MOUSE = "mouse"


def page_view_batches(batches: Iterator[pa.RecordBatch], settings: Settings) -> Iterator[pa.RecordBatch]:
    """Page views of beacons that come sorted by `deduplicate.ORDER`, a visitor never split over two results."""
    for beacons in whole_groups(batches, "visitor_key", BATCH_BYTES):
        yield page_views(beacons, settings)


def page_views(beacons: pa.Table, settings: Settings) -> pa.RecordBatch:
    """Rows of clean.page_views from all beacons of some visitors, sorted by `deduplicate.ORDER`."""
    deduplicated = deduplicate(beacons)
    context = read_context(deduplicated)
    meta_lists = deduplicated.beacons["item_meta"].combine_chunks()
    streams = read_streams(deduplicated, meta_lists.flatten())
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
    "key_id",
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
    records = read_records(streams, time, context.is_touch, settings)
    samples, clicks, scroll = records.samples, records.clicks, records.scroll
    steps = gestures.steps_of(samples)
    traffic = _traffic(context, deduplicated, streams, records, steps, time, settings)
    views = _batch_views(context, deduplicated, streams, traffic)
    dwell = hover.target_dwell(samples, scroll, time, settings)
    hovers = hover.hovers(samples, dwell, settings.hover_ms)
    flags = hover.hover_flags(hovers, clicks, time, settings)
    engaged = engagement.engaged_time(records.inputs, time, settings.engaged_ms)
    items = read_items(streams.by_name["items"], streams.item, streams.meta_item, meta_lists, deduplicated.view)
    strings = streams.strings
    return {
        "traffic_class": traffic.traffic_class,
        "traffic_reasons": traffic.reasons,
        "rage_count": Masked(gestures.rage_count(clicks, settings, len(time.base)), ~views.is_click_measured),
        "thrash_count": Masked(gestures.thrash_count(steps, settings, len(time.base)), ~views.is_cursor_measured),
        **_page_view_times(views, records, engaged, time, streams.present("pointer")),
        **_scroll_depth(context, scroll, streams.present("scroll")),
        "heat_cells": heat_column(views, cursor.heat_cells(samples, clicks, scroll, time, settings)),
        "hovers": hover_column(views, hovers, flags, strings, time),
        "item_views": item_column(views, items, samples, dwell, hovers, clicks, engaged, strings, time, settings),
        "zone_views": zone_column(views, items, hovers, flags, clicks, strings),
        "clicks": clicks_column(views, clicks, streams.by_name["clicks"], time),
        "visibility": visibility_column(views, time),
        "exposure": exposure_column(views, scroll, time, settings.cell_px),
    }


def _batch_views(context: Context, deduplicated: Deduplicated, streams: Streams, traffic: Traffic) -> BatchViews:
    has_pointer, has_clicks = streams.present("pointer"), streams.present("clicks")
    return BatchViews(
        context=context,
        visitor=deduplicated.visitor_of_view,
        is_human=traffic.is_human,
        is_cursor_measured=has_pointer & ~context.is_touch,
        is_click_measured=has_clicks,
        is_item_measured=streams.present("items"),
        is_state_measured=streams.present("state"),
        is_input_measured=has_pointer | has_clicks | streams.present("scroll"),
    )


def _traffic(
    context: Context,
    deduplicated: Deduplicated,
    streams: Streams,
    records: Records,
    steps: gestures.Steps,
    time: timeline.Timeline,
    settings: Settings,
) -> Traffic:
    """The class of every page view, from its user agent and from the five rules on records."""
    count = len(time.base)
    is_mouse = np.asarray(pc.equal(context.lowest["pointer_type"], MOUSE), bool) & streams.present("pointer")
    suspicions = {
        "fast_steps": suspicion.fast_steps(steps, settings, count),
        "constant_interval": suspicion.constant_interval(steps, settings, count),
        "collinear_steps": suspicion.collinear_steps(steps, settings, count),
        "clicks_without_samples": suspicion.clicks_without_samples(
            records.clicks, records.samples, is_mouse, time, settings
        ),
        "input_every_hour": suspicion.input_every_hour(
            records.inputs,
            context.start_ms,
            deduplicated.visitor_of_view,
            context.event_day,
            time,
            settings.bot_input_hours,
        ),
    }
    return classify(context.is_declared_bot, suspicions, settings.bot_reasons)


def _page_view_times(
    views: BatchViews, records: Records, engaged: Intervals, time: timeline.Timeline, has_pointer: Bools
) -> dict[str, object]:
    return {
        "is_state_measured": views.is_state_measured,
        "unknown_position_count": Masked(records.unknown_count, ~has_pointer),
        "gap_ms": time.gap_ms,
        "absolute_ms": time.end_ms,
        "visible_ms": timeline.visible_ms(time),
        "engaged_ms": Masked(engagement.engaged_ms_per_view(engaged, time), ~views.is_input_measured),
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
