"""item_views of clean.page_views: one entry per item that a page view's items or item_meta name (METRICS 3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.config import Settings
from jobs.steps import cursor, feed, hover
from jobs.steps.consent import withhold
from jobs.steps.entries import BatchViews, first_of_group
from jobs.steps.intervals import Bools, Floats, Groups, Intervals, Ints
from jobs.steps.nested import Masked, lists_of_structs
from jobs.steps.streams import Stream, encode
from jobs.steps.timeline import Timeline
from warehouse_schema.clean import entries as schema
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.purposes import ADS
from warehouse_schema.shared import FEED_RANK_BUCKETS, MISSING

META_FIELDS = ("item_type", "feed_rank", "width_px", "height_px", "topic", "ad_id")


@dataclass(frozen=True)
class Items:
    """Records of the items stream, slots, and what item_meta says of each slot (null where nothing)."""

    stream: Stream
    item: Ints
    slots: feed.Slots
    meta: dict[str, pa.Array]
    has_meta: Bools

    def floats(self, name: str) -> Floats:
        """A numeric column of the meta; NaN where it is not known: null or not finite."""
        values = np.asarray(pc.fill_null(self.meta[name], float("nan")), np.float64)
        return np.where(np.isinf(values), np.nan, values)

    def equals(self, name: str, value: str) -> Bools:
        """Where a text column of the meta has this value."""
        return np.asarray(pc.fill_null(pc.equal(self.meta[name], value), False), bool)


def read_items(stream: Stream, item: Ints, meta_item: Ints, meta_lists: pa.Array, view_of_row: Ints) -> Items:
    """Slots of a batch; of several metas of an item the last by (seq, position) holds."""
    meta_row = np.asarray(pc.list_parent_indices(meta_lists), np.int64)
    meta_view = view_of_row[meta_row]
    has_meta = np.zeros(len(stream.present), bool)
    has_meta[view_of_row[np.asarray(meta_lists.is_valid())]] = True
    known, named = item >= 0, meta_item >= 0
    slots = feed.Slots.of(
        np.concatenate((stream.view[known], meta_view[named])), np.concatenate((item[known], meta_item[named]))
    )
    slot = slots.find(meta_view, meta_item)
    rows = np.flatnonzero(slot >= 0)
    groups = Groups.of(slot[rows])
    last = np.full(len(slots), -1, np.int64)
    last[groups.first(slot[rows])] = groups.last(rows)
    take = pa.array(np.maximum(last, 0), mask=last < 0)
    values = meta_lists.flatten()
    meta = {name: pc.struct_field(values, name).take(take) for name in META_FIELDS}
    return Items(stream, item, slots, meta, has_meta)


def item_column(
    views: BatchViews,
    items: Items,
    samples: cursor.Samples,
    dwell: hover.TargetDwell,
    hovers: hover.Hovers,
    clicks: cursor.Clicks,
    engaged: Intervals,
    strings: pa.Array,
    time: Timeline,
    settings: Settings,
) -> pa.Array:
    """The nested column; every measure is NULL where its streams are absent."""
    slots = items.slots
    states = feed.item_states(
        slots,
        items.stream.view,
        items.item,
        items.stream.t_ms,
        items.stream.floats("visible_share"),
        items.stream.floats("viewport_share"),
        time,
    )
    measured = feed.item_views(slots, states, items.equals("item_type", "video"), time, settings)
    item_hover = feed.item_hover(slots, measured.half_spells, samples, dwell, hovers, time)
    click_count = feed.item_clicks(slots, clicks)
    attended = feed.attended_ms(slots, states, items.equals("item_type", "zone"), engaged)
    fields = (
        _identity(views, items, strings)
        | _first_flags(views, items, measured.is_viewable)
        | _exposure(views, items, measured, click_count, settings)
        | _attention(views, items, item_hover, click_count, attended)
    )
    return lists_of_structs(schema.ITEM_VIEW, slots.view, fields, views.is_item_measured | items.has_meta)


def _identity(views: BatchViews, items: Items, strings: pa.Array) -> dict[str, object]:
    """What the item is; which advertisement only on page views with the purpose that the table needs for it."""
    has_purpose = {ADS: views.context.has_ads[items.slots.view]}
    told = withhold(PAGE_VIEWS.name, "item_views", items.meta, has_purpose)
    return {
        "item_id": strings.take(pa.array(items.slots.item)),
        "item_type": pc.fill_null(items.meta["item_type"], MISSING),
        **{name: told[name] for name in ("feed_rank", "topic", "ad_id", "width_px", "height_px")},
        "is_measurable": (views.is_item_measured & views.is_state_measured)[items.slots.view],
    }


def _first_flags(views: BatchViews, items: Items, is_viewable: Bools) -> dict[str, object]:
    """First entries of visitors and of page views at the grains of the marts on items."""
    view = items.slots.view
    counts = counts_in_marts(views, items)
    group = views.group("surface", "device_type")[view]
    item_type = encode(pc.fill_null(items.meta["item_type"], MISSING)).columns[0]
    place = (item_type, feed_rank_bucket(items.meta["feed_rank"]))
    ad = encode(items.meta["ad_id"]).columns[0]
    ad_counts = counts & (ad >= 0)
    is_viewed = is_viewable & (views.is_item_measured & views.is_state_measured)[view]
    return {
        "is_first_in_story_attention": first_of_group(counts, group, item_type, items.slots.item),
        "is_first_in_feed_attention": first_of_group(counts, group, *place),
        "is_first_of_page_view_in_feed_attention": first_of_group(counts, view, *place),
        "is_first_in_ad_attention": first_of_group(ad_counts, group, ad),
        "is_first_of_page_view_in_ad_attention": first_of_group(ad_counts, view, ad),
        "is_first_viewable_in_ad_attention": first_of_group(ad_counts & is_viewed, group, ad),
    }


def feed_rank_bucket(feed_rank: pa.Array) -> Ints:
    """Index of each rank's bucket in FEED_RANK_BUCKETS; -1 below 1 and where the rank is not known."""
    lowest = np.array([*FEED_RANK_BUCKETS.values()])
    ranks = np.asarray(pc.fill_null(feed_rank, 0), np.int64)
    return np.searchsorted(lowest, ranks, side="right") - 1


def counts_in_marts(views: BatchViews, items: Items) -> Bools:
    """Entries of humans; with an ad_id only from page views with the purpose ads, in every mart."""
    has_ad = np.asarray(items.meta["ad_id"].is_valid(), bool)
    view = items.slots.view
    return views.is_human[view] & (~has_ad | views.context.has_ads[view])


def _exposure(
    views: BatchViews, items: Items, measured: feed.ItemViews, click_count: Ints, settings: Settings
) -> dict[str, object]:
    view = items.slots.view
    unmeasured = ~views.is_item_measured[view]
    width, height = items.floats("width_px"), items.floats("height_px")
    with np.errstate(invalid="ignore"):
        is_large = width * height >= settings.large_px2
        is_tall = height > settings.tall_viewports * views.context.viewport_h_px[view]
    longest = measured.longest_spell_ms
    is_skip = (measured.spell_count >= 1) & (longest < settings.skip_ms) & (click_count == 0)
    return {
        "is_impression": Masked(measured.visible_any_ms > 0, unmeasured),
        "first_visible_ms": Masked(measured.first_visible_ms, unmeasured | (measured.first_visible_ms < 0)),
        "visible_any_ms": Masked(measured.visible_any_ms, unmeasured),
        "visible_ms": Masked(measured.visible_ms, unmeasured),
        "fully_visible_ms": Masked(measured.fully_visible_ms, unmeasured),
        "longest_spell_ms": Masked(longest, unmeasured),
        "spell_count": Masked(measured.spell_count, unmeasured),
        "is_viewable": Masked(measured.is_viewable, unmeasured),
        "is_viewable_large": Masked(measured.is_viewable_large, unmeasured | ~is_large),
        "is_viewable_tall": Masked(measured.is_viewable_tall, unmeasured | ~is_tall),
        "is_subsecond": Masked((longest > settings.subsecond_ms) & (longest < settings.viewable_ms), unmeasured),
        "is_skip": Masked(is_skip, unmeasured | ~views.is_click_measured[view]),
    }


def _attention(
    views: BatchViews, items: Items, item_hover: feed.ItemHover, click_count: Ints, attended: Ints
) -> dict[str, object]:
    view = items.slots.view
    no_hover = ~(views.is_item_measured & views.is_cursor_measured)[view]
    has_share = np.zeros(len(views.visitor), bool)
    share_known = ~np.isnan(items.stream.floats("viewport_share"))
    has_share[items.stream.view[share_known]] = True
    return {
        "hover_count": Masked(item_hover.hover_count, no_hover),
        "hover_ms": Masked(item_hover.hover_ms, no_hover),
        "hover_visible_ms": Masked(item_hover.hover_visible_ms, no_hover),
        "attended_ms": Masked(attended, ~(views.is_input_measured & has_share)[view]),
        "click_count": Masked(click_count, ~views.is_click_measured[view]),
    }
