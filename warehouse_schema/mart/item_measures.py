"""What is measured on items of the feed: shared by every mart that adds up item views."""

from __future__ import annotations

from warehouse_schema.mart.measures import additive_of, count, histogram, measured_count, measured_ms
from warehouse_schema.table import Column

ITEM_VIEWS = "item views"

#: Key of marts by type of item.
ITEM_TYPE = Column(
    "item_type",
    "string",
    "story, ad, video or zone; (none) if the tracker did not say.",
    nullable=True,
    example="story",
)

HOVER_MEASURED = count("hover_measured_count", "Item views on which hover is measured: not on touch.", ITEM_VIEWS)
CLICKS_MEASURED = count("clicks_measured_count", "Item views on which clicks are measured.", ITEM_VIEWS)
VISIBLE_MS = measured_ms("visible_ms", "Time with at least half in view; NULL if no item view measured it.")
HOVERED = count("hovered_count", "Item views with at least one hover of 150 ms.", ITEM_VIEWS)
HOVER_MS = measured_ms("hover_ms", "Target dwell of the cursor; NULL if no item view measured it.")
ITEM_CLICKS = measured_count("click_count", "Clicks on the item; NULL if no item view measured clicks.", "clicks")

#: Measures of mart.story_attention_daily and, for the position curve by feed rank, mart.feed_attention_daily.
ITEM_MEASURES = (
    count("impressions", "Item views with some time in view.", ITEM_VIEWS),
    count("measurable_count", "Item views on page views where items and state are both measured.", ITEM_VIEWS),
    count("viewable_count", "Item views with at least half in view for 1 s, 2 s for video.", ITEM_VIEWS),
    count(
        "measurable_viewable_count",
        "Viewable item views among the measurable ones: over measurable_count, the viewable rate.",
        ITEM_VIEWS,
    ),
    count("large_count", "Large items viewable by the 30 % rule.", ITEM_VIEWS),
    count("tall_count", "Items taller than two screens viewable by the half-screen rule.", ITEM_VIEWS),
    count("subsecond_count", "Longest spell between 0.5 and 1 s.", ITEM_VIEWS),
    count("skip_count", "Seen by half for less than 1 s and not clicked.", ITEM_VIEWS),
    HOVER_MEASURED,
    CLICKS_MEASURED,
    VISIBLE_MS,
    histogram(
        "visible_ms_hist",
        "Impressions by visible_ms in the fixed bins of hist_edges_ms: first below the first edge, last from the last edge on.",
        ITEM_VIEWS,
    ),
    measured_ms("attended_ms", "Engaged time split over items by viewport share: relative attention."),
    HOVERED,
    HOVER_MS,
    measured_ms("hover_visible_ms", "The part of hover_ms with at least half of the item in view."),
    ITEM_CLICKS,
)
ITEM_ADDITIVE = additive_of(*ITEM_MEASURES)

#: What a reader of any of these marts must know.
ITEM_CAVEATS = (
    "Item times overlap on the screen: their sum is no page time.",
    "Item views with an ad_id count only from page views with the purpose ads.",
    "Neither click nor hover makes an item viewable.",
    "viewable_count includes page views without a state stream, on which all time counts as visible.",
)
