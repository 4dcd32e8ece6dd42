"""mart.story_attention_daily: which stories of the feed were seen, for how long, one UTC day."""

from __future__ import annotations

from warehouse_schema import shared as s
from warehouse_schema.mart.item_measures import ITEM_ADDITIVE, ITEM_CAVEATS, ITEM_MEASURES, ITEM_TYPE
from warehouse_schema.mart.measures import RETENTION_DAYS
from warehouse_schema.table import Column, Table, nullable

STORY_ATTENTION_DAILY = Table(
    name="mart.story_attention_daily",
    one_row_per="day, surface, device, item type and item",
    meaning="Which stories of the feed were seen, for how long, and whether the cursor hovered over them.",
    grain=("event_date", "surface", "device_type", "item_type", "item_id"),
    columns=(
        s.EVENT_DATE,
        *nullable((s.SURFACE, s.DEVICE_TYPE), "surface", "device_type"),
        ITEM_TYPE,
        Column("item_id", "string", "The item.", nullable=True, example="story-1"),
        Column("topic", "string", "Topic of the item; NULL if unknown or if item views disagree.", nullable=True),
        s.IS_REMAINDER,
        s.VISITOR_COUNT,
        s.PAGE_VIEW_COUNT,
        *ITEM_MEASURES,
    ),
    partition_by=("event_date",),
    retention_days=RETENTION_DAYS,
    additive=ITEM_ADDITIVE,
    caveats=ITEM_CAVEATS,
)
