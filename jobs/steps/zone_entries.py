"""zone_views of clean.page_views: one entry per zone that a page view's hovers or clicks name (METRICS 6)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from jobs.steps import cursor, feed, hover
from jobs.steps.entries import BatchViews, first_of_group
from jobs.steps.intervals import Bools, Ints, sum_at
from jobs.steps.item_entries import Items
from jobs.steps.nested import Masked, lists, lists_of_structs
from warehouse_schema.clean import entries as schema


def zone_column(
    views: BatchViews,
    items: Items,
    hovers: hover.Hovers,
    hover_flags: hover.HoverFlags,
    clicks: cursor.Clicks,
    strings: pa.Array,
) -> pa.Array:
    """The nested column; hover measures are NULL without a cursor, clicks without a clicks stream."""
    hover_is_zone = _is_zone(items, hovers.view, hovers.target)
    click_is_zone = _is_zone(items, clicks.view, clicks.target)
    zones = feed.Slots.of(
        np.concatenate((hovers.view[hover_is_zone], clicks.view[click_is_zone])),
        np.concatenate((hovers.target[hover_is_zone], clicks.target[click_is_zone])),
    )
    group = views.group("surface", "layout_id", "device_type")
    fields = {
        "target": strings.take(pa.array(zones.item)),
        **_hover_fields(views, zones, hovers, hover_flags),
        "click_count": Masked(feed.item_clicks(zones, clicks), ~views.is_click_measured[zones.view]),
        "is_first_in_zone_attention": first_of_group(views.is_human[zones.view], group[zones.view], zones.item),
    }
    is_present = views.is_cursor_measured | views.is_click_measured
    return lists_of_structs(schema.ZONE_VIEW, zones.view, fields, is_present)


def _is_zone(items: Items, view: Ints, target: Ints) -> Bools:
    """Whether each target is a zone: known, and no item of the page view unless of the type zone."""
    slot = items.slots.find(view, target)
    of_type_zone = np.append(items.equals("item_type", "zone"), False)
    is_zone: Bools = (target >= 0) & ((slot < 0) | of_type_zone[slot])
    return is_zone


def _hover_fields(
    views: BatchViews, zones: feed.Slots, hovers: hover.Hovers, hover_flags: hover.HoverFlags
) -> dict[str, object]:
    zone = zones.find(hovers.view, hovers.target)
    count = len(zones)

    def summed(values: Ints | Bools) -> Ints:
        return sum_at(zone[zone >= 0], values[zone >= 0], count)

    no_cursor = ~views.is_cursor_measured[zones.view]
    order = np.argsort(zone, kind="stable")
    order = order[zone[order] >= 0]
    dwells = lists(pa.array(hovers.dwell_ms[order]), zone[order], ~no_cursor)
    unclicked_unknown = no_cursor | ~views.is_click_measured[zones.view]
    return {
        "hover_count": Masked(summed(np.ones(len(zone), np.int64)), no_cursor),
        "long_hover_count": Masked(summed(hover_flags.is_long), no_cursor),
        "unclicked_hover_count": Masked(summed(~hover_flags.is_clicked), unclicked_unknown),
        "dwell_ms": Masked(summed(hovers.dwell_ms), no_cursor),
        "active_ms": Masked(summed(hovers.active_ms), no_cursor),
        "hover_dwells_ms": dwells,
    }
