"""Rules about mart.ad_attention_daily: its groups add up."""

from __future__ import annotations

from expectations.item_measures import HOVERED
from expectations.rules import Rule

RULES = (
    Rule(
        "eligible_is_sum_of_groups",
        "eligible_count = not_measurable_count + measured_not_viewable_count + viewable_count",
        "The three groups of ads do not add up to the eligible ones: the viewable rate is wrong.",
    ),
    Rule(
        "page_views_within_eligible",
        "page_view_count <= eligible_count",
        "More page views showed the ad than it was shown: item views were lost.",
    ),
    Rule(
        "viewable_visitors_within_all",
        "viewable_visitor_count <= least(visitor_count, viewable_count)",
        "More visitors saw the ad than visited, or than it was seen.",
    ),
    Rule(
        "viewable_time_within_visible",
        "viewable_visible_ms <= visible_ms",
        "Viewable ads were in view for longer than all ads.",
    ),
    Rule(
        "viewable_have_time_in_view",
        "viewable_count * least({viewable_ms}, {viewable_video_ms}) <= coalesce(viewable_visible_ms, 0)",
        "The time in view is too short for so many viewable ads: units or sums are wrong.",
    ),
    HOVERED,
)
