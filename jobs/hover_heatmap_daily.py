"""mart.hover_heatmap_daily: where cursors rested and clicked on each layout, one UTC day.

Cells of too few visitors merge into cells of 64, 128 and 256 px, then into the group, then into the date: a sparse
page still gets a coarse map.
"""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.config import Settings
from jobs.steps.folding import Folding, fold_entries
from jobs.steps.marts import MartSpec, Step, field_of, folded_away
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.mart.hover_heatmap_daily import HOVER_HEATMAP_DAILY

READS, WRITES = PAGE_VIEWS, HOVER_HEATMAP_DAILY


def spec(settings: Settings) -> MartSpec:
    """Cells with their fold ladder: cells of 64, 128 and 256 px, the group, the date."""
    cell_px = settings.cell_px
    no_cell = folded_away(WRITES, "cell_px", "cell_x", "cell_y")
    no_group = folded_away(WRITES, "surface", "layout_id", "device_type", "viewport_class")
    return MartSpec(
        table=WRITES,
        nested="heat_cells",
        keys={
            "space": lambda cell: cell["space"],
            "cell_px": lambda cell: F.lit(cell_px),
            "cell_x": lambda cell: cell["cell_x"],
            "cell_y": lambda cell: cell["cell_y"],
        },
        measures={name: field_of(name) for name in WRITES.additive},
        first_flag="is_first_in_hover_heatmap",
        page_view_counts={
            "hover_measured_count": lambda cell: cell["dwell_ms"].isNotNull(),
            "clicks_measured_count": lambda cell: cell["click_count"].isNotNull(),
        },
        ladder=[
            *[_larger_cells(cell_px, times) for times in (2, 4, 8)],
            Step("group", no_cell, is_remainder=True),
            Step("date", no_cell | no_group, is_remainder=True),
        ],
    )


def _larger_cells(cell_px: int, times: int) -> Step:
    keys = {"cell_px": F.lit(cell_px * times)} | {
        name: F.floor(F.col(name) / times).cast("int") for name in ("cell_x", "cell_y")
    }
    return Step(f"cells of {cell_px * times} px", keys, is_remainder=False, factor=times)


def transform(page_views: DataFrame, settings: Settings) -> Folding:
    """One row per layout, device, viewport class, space and cell; small cells folded."""
    return fold_entries(page_views, spec(settings), settings)
