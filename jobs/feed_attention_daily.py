"""mart.feed_attention_daily: the position curve, how much is seen at each place of the feed, one UTC day."""

from __future__ import annotations

from jobs.config import Settings
from jobs.steps.item_measures import ITEM_MEASURES, VISIBLE_MS_HIST
from jobs.steps.marts import MartSpec, fields, remainder_steps
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.mart.feed_attention_daily import FEED_ATTENTION_DAILY
from warehouse_schema.shared import FEED_RANK_BUCKETS, MISSING

READS, WRITES = PAGE_VIEWS, FEED_ATTENTION_DAILY


def spec(settings: Settings) -> MartSpec:
    """Places with their fold ladder: the place away, the date. Several items of a page view may share a place."""
    return MartSpec(
        table=WRITES,
        nested="item_views",
        keys={**fields("item_type"), "feed_rank_bucket": _bucket("entry.feed_rank")},
        measures={"item_count": "1", **ITEM_MEASURES},
        visitor_flag="entry.is_first_in_feed_attention",
        page_view_flag="entry.is_first_of_page_view_in_feed_attention",
        ad_id="entry.ad_id",
        distribution=VISIBLE_MS_HIST,
        ladder=remainder_steps(["feed_rank_bucket"], ["surface", "device_type", "item_type"]),
    )


def _bucket(rank: str) -> str:
    """SQL: the class of a place in the feed."""
    lowest_first = sorted(FEED_RANK_BUCKETS.items(), key=lambda pair: -pair[1])
    cases = " ".join(f"WHEN {rank} >= {lowest} THEN '{name}'" for name, lowest in lowest_first)
    return f"CASE {cases} ELSE '{MISSING}' END"
