"""mart.feed_attention_daily: how seeing falls off with the place in the feed, one UTC day."""

from __future__ import annotations

from warehouse_schema import shared as s
from warehouse_schema.mart.item_measures import ITEM_ADDITIVE, ITEM_CAVEATS, ITEM_MEASURES, ITEM_TYPE, ITEM_VIEWS
from warehouse_schema.mart.measures import RETENTION_DAYS, count
from warehouse_schema.table import Column, Table, nullable

FEED_ATTENTION_DAILY = Table(
    name="mart.feed_attention_daily",
    one_row_per="day, surface, device, item type and place in the feed",
    meaning="The position curve: how often and how long items were seen by their place in the feed.",
    grain=("event_date", "surface", "device_type", "item_type", "feed_rank_bucket"),
    columns=(
        s.EVENT_DATE,
        *nullable((s.SURFACE, s.DEVICE_TYPE), "surface", "device_type"),
        ITEM_TYPE,
        Column(
            "feed_rank_bucket",
            "string",
            "Place in the feed, from 1 at the top, in classes; (none) if the tracker did not say.",
            nullable=True,
            allowed=(*s.FEED_RANK_BUCKETS, s.MISSING),
            example="1",
        ),
        s.IS_REMAINDER,
        s.VISITOR_COUNT,
        s.PAGE_VIEW_COUNT,
        count(
            "item_count", "Item views, also those that never came into view; over them, the rate of seeing.", ITEM_VIEWS
        ),
        *ITEM_MEASURES,
    ),
    partition_by=("event_date",),
    retention_days=RETENTION_DAYS,
    additive=("item_count", *ITEM_ADDITIVE),
    caveats=(
        "Wider classes hold more items per page view: divide by item_count, not by page_view_count.",
        "Whether items that were never scrolled to are counted depends on the tracker: it may announce only what it has loaded.",
        "What the feed puts on top is chosen: the curve shows place and choice together, not the effect of the place.",
        *ITEM_CAVEATS,
    ),
)
