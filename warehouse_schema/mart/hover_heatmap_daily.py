"""mart.hover_heatmap_daily: where cursors rested and clicked on each layout, one UTC day."""

from __future__ import annotations

from warehouse_schema import shared as s
from warehouse_schema.table import Column, Table, nullable

HOVER_HEATMAP_DAILY = Table(
    name="mart.hover_heatmap_daily",
    one_row_per="day, layout, device, viewport class, space and cell",
    meaning="Where cursors rested on each layout, on a grid of 32 px; cells of too few visitors are merged into larger ones.",
    grain=(
        "event_date",
        "surface",
        "layout_id",
        "device_type",
        "viewport_class",
        "space",
        "cell_px",
        "cell_x",
        "cell_y",
    ),
    columns=(
        s.EVENT_DATE,
        *nullable(
            (s.SURFACE, s.LAYOUT_ID, s.DEVICE_TYPE, s.VIEWPORT_CLASS),
            "surface",
            "layout_id",
            "device_type",
            "viewport_class",
        ),
        Column("space", "string", "viewport or document: what the cell is fixed to.", allowed=("viewport", "document")),
        Column(
            "cell_px",
            "int",
            "Edge of the cell: 32, or 64, 128, 256 where smaller cells had too few visitors.",
            "css px",
            nullable=True,
            example=32,
        ),
        Column("cell_x", "int", "Column of the cell: floor(x / cell_px).", "cells", nullable=True, example=12),
        Column("cell_y", "int", "Row of the cell: floor(y / cell_px).", "cells", nullable=True, example=20),
        s.IS_REMAINDER,
        s.VISITOR_COUNT,
        s.PAGE_VIEW_COUNT,
        Column(
            "hover_measured_count",
            "long",
            "Page views behind the row on which the cursor is measured.",
            "page views",
            low=0,
        ),
        Column(
            "clicks_measured_count",
            "long",
            "Page views behind the row on which clicks are measured.",
            "page views",
            low=0,
        ),
        Column(
            "dwell_ms",
            "long",
            "Time the cursor rested in the cell; NULL if no page view measured it.",
            "ms",
            nullable=True,
            low=0,
        ),
        Column("active_ms", "long", "The part within 1 s of movement.", "ms", nullable=True, low=0),
        Column("sample_count", "long", "Pointer samples.", "samples", nullable=True, low=0),
        Column("stay_count", "long", "Unbroken stays of at least 150 ms.", "stays", nullable=True, low=0),
        Column("click_count", "long", "Clicks.", "clicks", nullable=True, low=0),
    ),
    partition_by=("event_date",),
    retention_days=760,
    additive=("dwell_ms", "active_ms", "sample_count", "stay_count", "click_count"),
    caveats=(
        "A cursor is not a gaze: beyond 1 s without movement it says little about the eye.",
        "Cells of different layouts or viewport classes must not be pooled.",
        "The two spaces count the same rests: never add over space.",
        "A larger cell holds only what its smaller cells could not publish: add, do not compare.",
    ),
)
