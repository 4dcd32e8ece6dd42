"""mart.viewport_exposure_daily: how long each document row was on screen, one UTC day.

The denominator of the heatmap: a cell below the fold is hovered less because it is seen less.
"""

from __future__ import annotations

from pyspark.sql import DataFrame

from jobs.config import Settings
from jobs.steps.folding import Folding, fold_entries
from jobs.steps.marts import MartSpec, Step, field_of, folded_away
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.mart.viewport_exposure_daily import VIEWPORT_EXPOSURE_DAILY

READS, WRITES = PAGE_VIEWS, VIEWPORT_EXPOSURE_DAILY


def spec(settings: Settings) -> MartSpec:
    """Document rows with their fold ladder: the group, the date."""
    no_row = folded_away(WRITES, "cell_y")
    no_group = folded_away(WRITES, "surface", "layout_id", "device_type", "viewport_class")
    return MartSpec(
        table=WRITES,
        nested="exposure",
        keys={"cell_y": field_of("cell_y")},
        measures={"visible_ms": field_of("visible_ms")},
        first_flag="is_first_in_viewport_exposure",
        ladder=[Step("group", no_row, is_remainder=True), Step("date", no_row | no_group, is_remainder=True)],
    )


def transform(page_views: DataFrame, settings: Settings) -> Folding:
    """One row per layout, device, viewport class and document row; small groups folded."""
    return fold_entries(page_views, spec(settings), settings)
