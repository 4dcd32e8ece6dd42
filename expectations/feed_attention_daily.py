"""Rules about mart.feed_attention_daily."""

from __future__ import annotations

from expectations.item_measures import ITEM_RULES
from expectations.rules import Rule

RULES = (
    *ITEM_RULES,
    Rule(
        "items_hold_every_count",
        "greatest(impressions, measurable_count, viewable_count, hover_measured_count, clicks_measured_count) <= item_count",
        "More item views were seen or measured than there are: the rate of seeing is above 1.",
    ),
)
