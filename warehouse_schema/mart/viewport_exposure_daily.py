"""mart.viewport_exposure_daily: how long each document row was on screen, one UTC day."""

from __future__ import annotations

from warehouse_schema import shared as s
from warehouse_schema.table import Column, Table, nullable

VIEWPORT_EXPOSURE_DAILY = Table(
    name="mart.viewport_exposure_daily",
    one_row_per="day, layout, device, viewport class and document row",
    meaning="Time each 32 px row of the document lay in the viewport: the heatmap's denominator, the phone's heatmap and the reach by depth.",
    grain=("event_date", "surface", "layout_id", "device_type", "viewport_class", "cell_y"),
    columns=(
        s.EVENT_DATE,
        *nullable(
            (s.SURFACE, s.LAYOUT_ID, s.DEVICE_TYPE, s.VIEWPORT_CLASS),
            "surface",
            "layout_id",
            "device_type",
            "viewport_class",
        ),
        Column("cell_y", "int", "Document row: floor(y / 32).", "cells", nullable=True, example=20),
        s.IS_REMAINDER,
        s.VISITOR_COUNT,
        s.PAGE_VIEW_COUNT,
        Column("visible_ms", "long", "Time in which the row lay wholly within the viewport.", "ms", low=0),
    ),
    partition_by=("event_date",),
    retention_days=760,
    additive=("visible_ms",),
    caveats=("A row counts while it lies wholly in the viewport; the last, cut row of a screen does not.",),
)
