"""mart.viewport_exposure_daily: how long each document row was on screen, one UTC day.

The denominator of the heatmap: a cell below the fold is hovered less because it is seen less.
"""

from __future__ import annotations

from jobs.config import Settings
from jobs.steps.marts import MartSpec, fields, remainder_steps
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.mart.viewport_exposure_daily import VIEWPORT_EXPOSURE_DAILY

READS, WRITES = PAGE_VIEWS, VIEWPORT_EXPOSURE_DAILY


def spec(settings: Settings) -> MartSpec:
    """Document rows with their fold ladder: the group, the date."""
    return MartSpec(
        table=WRITES,
        nested="exposure",
        keys=fields("cell_y"),
        measures=fields("visible_ms"),
        visitor_flag="entry.is_first_in_viewport_exposure",
        ladder=remainder_steps(["cell_y"], ["surface", "layout_id", "device_type", "viewport_class"]),
    )
