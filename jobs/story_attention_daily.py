"""mart.story_attention_daily: which stories of the feed were seen, for how long, one UTC day."""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.config import Settings
from jobs.steps.folding import Folding, fold_entries
from jobs.steps.marts import MartSpec, Step, field_of, folded_away
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.mart.story_attention_daily import STORY_ATTENTION_DAILY

READS, WRITES = PAGE_VIEWS, STORY_ATTENTION_DAILY

#: Measures of an item view, each from its struct; flags count as 1, NULL flags not at all.
ITEM_MEASURES: dict[str, Callable[[Column], Column]] = {
    "impressions": lambda item: _one_if(item["is_impression"]),
    "measurable_count": lambda item: _one_if(item["is_measurable"]),
    "viewable_count": lambda item: _one_if(item["is_viewable"]),
    "measurable_viewable_count": lambda item: _one_if(item["is_viewable"] & item["is_measurable"]),
    "large_count": lambda item: _one_if(item["is_viewable_large"]),
    "tall_count": lambda item: _one_if(item["is_viewable_tall"]),
    "subsecond_count": lambda item: _one_if(item["is_subsecond"]),
    "skip_count": lambda item: _one_if(item["is_skip"]),
    "hover_measured_count": lambda item: _one_if(item["hover_ms"].isNotNull()),
    "clicks_measured_count": lambda item: _one_if(item["click_count"].isNotNull()),
    "visible_ms": field_of("visible_ms"),
    "attended_ms": field_of("attended_ms"),
    "hovered_count": lambda item: _one_if(item["hover_count"] > 0),
    "hover_ms": field_of("hover_ms"),
    "hover_visible_ms": field_of("hover_visible_ms"),
    "click_count": field_of("click_count"),
}


def _one_if(condition: Column) -> Column:
    return F.coalesce(condition, F.lit(False)).cast("long")


def spec(settings: Settings) -> MartSpec:
    """Items with their fold ladder: the item away, the date."""
    no_item = folded_away(WRITES, "item_id")
    no_group = folded_away(WRITES, "surface", "device_type", "item_type")
    return MartSpec(
        table=WRITES,
        nested="item_views",
        keys={"item_type": field_of("item_type"), "item_id": field_of("item_id")},
        measures=ITEM_MEASURES,
        first_flag="is_first_in_story_attention",
        ad_id=field_of("ad_id"),
        distribution=("visible_ms_hist", field_of("visible_ms"), field_of("is_impression")),
        carried={"topic": field_of("topic")},
        ladder=[Step("group", no_item, is_remainder=True), Step("date", no_item | no_group, is_remainder=True)],
    )


def transform(page_views: DataFrame, settings: Settings) -> Folding:
    """One row per surface, device, item type and item; small groups folded."""
    return fold_entries(page_views, spec(settings), settings)
