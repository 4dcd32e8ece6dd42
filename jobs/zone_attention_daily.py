"""mart.zone_attention_daily: how long cursors hovered over the zones of a layout, one UTC day."""

from __future__ import annotations

from jobs.config import Settings
from jobs.steps.marts import MartSpec, fields, remainder_steps
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.mart.zone_attention_daily import ZONE_ATTENTION_DAILY

READS, WRITES = PAGE_VIEWS, ZONE_ATTENTION_DAILY

#: An entry for each zone with its sums, and one for each of its hovers, which only the distribution counts.
_ZONES_AND_HOVERS = """
flatten(transform(zone_views, zone -> concat(
  array(named_struct('target', zone.target, 'zone', zone, 'hover_ms', CAST(NULL AS BIGINT))),
  transform(coalesce(zone.hover_dwells_ms, CAST(array() AS ARRAY<BIGINT>)), hover_ms ->
    named_struct('target', zone.target, 'zone', IF(FALSE, zone, NULL), 'hover_ms', hover_ms)))))
"""


def spec(settings: Settings) -> MartSpec:
    """Zones with their fold ladder: the target away, the date."""
    return MartSpec(
        table=WRITES,
        entries=_ZONES_AND_HOVERS,
        keys=fields("target"),
        measures={name: f"entry.zone.{name}" for name in WRITES.additive},
        visitor_flag="entry.zone.is_first_in_zone_attention",
        page_view_flag="entry.zone IS NOT NULL",
        page_view_counts={
            "hover_measured_count": "entry.zone.hover_count IS NOT NULL",
            "clicks_measured_count": "entry.zone.click_count IS NOT NULL",
        },
        distribution=("dwell_ms_hist", "entry.hover_ms"),
        ladder=remainder_steps(["target"], ["surface", "layout_id", "device_type"]),
    )
