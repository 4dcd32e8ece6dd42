"""mart.story_attention_daily: which stories of the feed were seen, for how long, one UTC day."""

from __future__ import annotations

from warehouse_schema import shared as s
from warehouse_schema.table import Array, Column, Table, nullable


def _entries(name: str, meaning: str) -> Column:
    return Column(name, "long", meaning, "item views", low=0)


def _ms(name: str, meaning: str) -> Column:
    return Column(name, "long", meaning, "ms", nullable=True, low=0)


#: Measures of items; the position curve by feed rank shares them.
ITEM_MEASURES = (
    _entries("impressions", "Item views with some time in view."),
    _entries("measurable_count", "Item views on page views where items and state are both measured."),
    _entries("viewable_count", "Item views with at least half in view for 1 s, 2 s for video."),
    _entries(
        "measurable_viewable_count",
        "Viewable item views among the measurable ones: over measurable_count, the viewable rate.",
    ),
    _entries("large_count", "Large items viewable by the 30 % rule."),
    _entries("tall_count", "Items taller than two screens viewable by the half-screen rule."),
    _entries("subsecond_count", "Longest spell between 0.5 and 1 s."),
    _entries("skip_count", "Seen by half for less than 1 s and not clicked."),
    _entries("hover_measured_count", "Item views on which hover is measured: not on touch."),
    _entries("clicks_measured_count", "Item views on which clicks are measured."),
    _ms("visible_ms", "Time with at least half in view; NULL if no item view measured it."),
    Column(
        "visible_ms_hist",
        Array("long"),
        "Impressions by visible_ms in the fixed bins of hist_edges_ms: first below the first edge, last from the last edge on.",
        "item views",
        example=[0, 1],
    ),
    _ms("attended_ms", "Engaged time split over items by viewport share: relative attention."),
    _entries("hovered_count", "Item views with at least one hover of 150 ms."),
    _ms("hover_ms", "Target dwell of the cursor; NULL if no item view measured it."),
    _ms("hover_visible_ms", "The part of hover_ms with at least half of the item in view."),
    Column(
        "click_count",
        "long",
        "Clicks on the item; NULL if no item view measured clicks.",
        "clicks",
        nullable=True,
        low=0,
    ),
)
ADDITIVE = tuple(c.name for c in ITEM_MEASURES if c.name != "visible_ms_hist")

STORY_ATTENTION_DAILY = Table(
    name="mart.story_attention_daily",
    one_row_per="day, surface, device, item type and item",
    meaning="Which stories of the feed were seen, for how long, and whether the cursor hovered over them.",
    grain=("event_date", "surface", "device_type", "item_type", "item_id"),
    columns=(
        s.EVENT_DATE,
        *nullable((s.SURFACE, s.DEVICE_TYPE), "surface", "device_type"),
        Column(
            "item_type",
            "string",
            "story, ad, video or zone; (none) if the tracker did not say.",
            nullable=True,
            example="story",
        ),
        Column("item_id", "string", "The item.", nullable=True, example="story-1"),
        Column("topic", "string", "Topic of the item; NULL if unknown or if item views disagree.", nullable=True),
        s.IS_REMAINDER,
        s.VISITOR_COUNT,
        s.PAGE_VIEW_COUNT,
        *ITEM_MEASURES,
    ),
    partition_by=("event_date",),
    retention_days=760,
    additive=ADDITIVE,
    caveats=(
        "Item times overlap on the screen: their sum is no page time.",
        "Item views with an ad_id count only from page views with the purpose ads.",
        "Neither click nor hover makes an item viewable.",
        "viewable_count includes page views without a state stream, on which all time counts as visible.",
    ),
)
