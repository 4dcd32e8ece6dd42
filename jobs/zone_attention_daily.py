"""mart.zone_attention_daily: how long cursors hovered over the zones of a layout, one UTC day."""

from __future__ import annotations

from jobs.config import Settings
from jobs.steps.marts import Distribution, MartSpec, fields, remainder_steps
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.mart.zone_attention_daily import ZONE_ATTENTION_DAILY

READS, WRITES = PAGE_VIEWS, ZONE_ATTENTION_DAILY


def spec(settings: Settings) -> MartSpec:
    """Zones with their fold ladder: the target away, the date."""
    return MartSpec(
        table=WRITES,
        nested="zone_views",
        keys=fields("target"),
        measures=fields(*WRITES.additive),
        visitor_flag="entry.is_first_in_zone_attention",
        page_view_counts={
            "hover_measured_count": "entry.hover_count IS NOT NULL",
            "clicks_measured_count": "entry.click_count IS NOT NULL",
        },
        distribution=Distribution("dwell_ms_hist", "entry.hover_dwells_ms", is_list=True),
        ladder=remainder_steps(["target"], ["surface", "layout_id", "device_type"]),
    )
