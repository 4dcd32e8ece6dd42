"""mart.ad_attention_daily: which advertisements could be seen, for how long, one UTC day."""

from __future__ import annotations

from warehouse_schema import shared as s
from warehouse_schema.mart.item_measures import (
    CLICKS_MEASURED,
    HOVER_MEASURED,
    HOVER_MS,
    HOVERED,
    ITEM_CAVEATS,
    ITEM_CLICKS,
    ITEM_VIEWS,
    VISIBLE_MS,
)
from warehouse_schema.mart.measures import RETENTION_DAYS, additive_of, count, measured_ms
from warehouse_schema.table import Column, Table, nullable

_SUMS = (
    count(
        "eligible_count",
        "Item views of the ad: exactly not_measurable_count + measured_not_viewable_count + viewable_count.",
        ITEM_VIEWS,
    ),
    count("not_measurable_count", "Item views where items or state are not measured.", ITEM_VIEWS),
    count("measured_not_viewable_count", "Measurable item views that were not viewable.", ITEM_VIEWS),
    count(
        "viewable_count",
        "Measurable item views with at least half in view for 1 s, 2 s for video.",
        ITEM_VIEWS,
    ),
    HOVER_MEASURED,
    CLICKS_MEASURED,
    VISIBLE_MS,
    measured_ms("viewable_visible_ms", "The part of visible_ms on item views in viewable_count."),
    HOVERED,
    HOVER_MS,
    ITEM_CLICKS,
)

AD_ATTENTION_DAILY = Table(
    name="mart.ad_attention_daily",
    one_row_per="day, surface, device and ad",
    meaning="Which ads could be seen, how long they were in view, hovered over and clicked, on page views that allow ads.",
    grain=("event_date", "surface", "device_type", "ad_id"),
    columns=(
        s.EVENT_DATE,
        *nullable((s.SURFACE, s.DEVICE_TYPE), "surface", "device_type"),
        Column("ad_id", "string", "The creative; the same in every slot that shows it.", nullable=True, example="ad-1"),
        s.IS_REMAINDER,
        s.VISITOR_COUNT,
        s.PAGE_VIEW_COUNT,
        *_SUMS[:4],
        count(
            "viewable_visitor_count",
            "Distinct visitors with an item view in viewable_count; never add it over rows.",
            "visitors",
        ),
        *_SUMS[4:],
    ),
    partition_by=("event_date",),
    retention_days=RETENTION_DAYS,
    additive=additive_of(*_SUMS),
    caveats=(
        "Only page views with the purpose ads count: who refused is in no row, so no difference of two tables is them.",
        "viewable_count counts measurable item views only: over measured_not_viewable_count + viewable_count, the viewable rate.",
        "Viewable is the display rule of half for 1 s; for video it is 2 s in view, and playing is not measured.",
        *ITEM_CAVEATS[:1],
        *ITEM_CAVEATS[2:3],
    ),
)
