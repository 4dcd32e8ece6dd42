"""mart.story_attention_daily: which stories of the feed were seen, for how long, one UTC day."""

from __future__ import annotations

from jobs.config import Settings
from jobs.steps.item_measures import ITEM_MEASURES, VISIBLE_MS_HIST
from jobs.steps.marts import MartSpec, fields, remainder_steps
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.mart.story_attention_daily import STORY_ATTENTION_DAILY

READS, WRITES = PAGE_VIEWS, STORY_ATTENTION_DAILY


def spec(settings: Settings) -> MartSpec:
    """Items with their fold ladder: the item away, the date."""
    return MartSpec(
        table=WRITES,
        nested="item_views",
        keys=fields("item_type", "item_id"),
        measures=ITEM_MEASURES,
        visitor_flag="entry.is_first_in_story_attention",
        ad_id="entry.ad_id",
        distribution=VISIBLE_MS_HIST,
        carried=("topic", "entry.topic"),
        ladder=remainder_steps(["item_id"], ["surface", "device_type", "item_type"]),
    )
