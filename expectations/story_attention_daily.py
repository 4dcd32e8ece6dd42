"""Rules about mart.story_attention_daily."""

from __future__ import annotations

from expectations.item_measures import ITEM_RULES

RULES = ITEM_RULES
