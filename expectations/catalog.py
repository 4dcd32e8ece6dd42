"""Every rule by its table: those of the table's own module, and those of its layer."""

from __future__ import annotations

from expectations import (
    ad_attention_daily,
    beacons,
    feed_attention_daily,
    feed_visibility_minutes,
    hover_heatmap_daily,
    page_views,
    reach_daily,
    session_attention_daily,
    story_attention_daily,
    viewport_exposure_daily,
    zone_attention_daily,
)
from expectations.rules import Rule, rules_of_every_mart
from warehouse_schema.table import Table

OWN_RULES: dict[str, tuple[Rule, ...]] = {
    "clean.beacons": beacons.RULES,
    "clean.page_views": page_views.RULES,
    "mart.hover_heatmap_daily": hover_heatmap_daily.RULES,
    "mart.viewport_exposure_daily": viewport_exposure_daily.RULES,
    "mart.zone_attention_daily": zone_attention_daily.RULES,
    "mart.story_attention_daily": story_attention_daily.RULES,
    "mart.feed_attention_daily": feed_attention_daily.RULES,
    "mart.ad_attention_daily": ad_attention_daily.RULES,
    "mart.feed_visibility_minutes": feed_visibility_minutes.RULES,
    "mart.session_attention_daily": session_attention_daily.RULES,
    "mart.reach_daily": reach_daily.RULES,
}
#: Tables whose rows hold lists of structs. Their rules are SQL of DuckDB, which looks at whole batches; Spark's functions
#: over lists take some microseconds for each entry.
NESTED = ("clean.page_views",)


def rules_of(table: Table) -> list[Rule]:
    """The rules of a table that its declaration cannot say."""
    shared = rules_of_every_mart(table) if table.name in OWN_RULES and table.layer == "mart" else []
    return [*shared, *OWN_RULES.get(table.name, ())]
