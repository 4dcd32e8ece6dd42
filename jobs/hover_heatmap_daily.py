"""mart.hover_heatmap_daily: where cursors rested and clicked on each layout, one UTC day.

Cells of too few visitors merge into cells of 64, 128 and 256 px, then into the group, then into the date: a sparse
page still gets a coarse map.
"""

from __future__ import annotations

from jobs.config import Settings
from jobs.steps.marts import CELL, MartSpec, Step, fields, remainder_steps
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.mart.hover_heatmap_daily import HOVER_HEATMAP_DAILY

READS, WRITES = PAGE_VIEWS, HOVER_HEATMAP_DAILY


def spec(settings: Settings) -> MartSpec:
    """Cells with their fold ladder: cells of 64, 128 and 256 px, the group, the date."""
    cell_px = settings.cell_px
    return MartSpec(
        table=WRITES,
        nested="heat_cells",
        keys={"cell_px": str(cell_px), **fields("space", "cell_x", "cell_y")},
        measures=fields(*WRITES.additive),
        visitor_flag="entry.is_first_in_hover_heatmap",
        page_view_counts={
            "hover_measured_count": "entry.dwell_ms IS NOT NULL",
            "clicks_measured_count": "entry.click_count IS NOT NULL",
        },
        ladder=[
            *[Step(f"cells of {cell_px * times} px", factor=times) for times in (2, 4, 8)],
            *remainder_steps(CELL, ("surface", "layout_id", "device_type", "viewport_class")),
        ],
    )
