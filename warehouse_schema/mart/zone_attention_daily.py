"""mart.zone_attention_daily: how long cursors hovered over the zones of a layout, one UTC day."""

from __future__ import annotations

from warehouse_schema import shared as s
from warehouse_schema.mart.measures import (
    RETENTION_DAYS,
    additive_of,
    count,
    histogram,
    measured_count,
    measured_ms,
)
from warehouse_schema.table import Column, Table, nullable

_SUMS = (
    measured_count("hover_count", "Hovers of at least 150 ms; NULL if no page view measured them.", "hovers"),
    measured_count("long_hover_count", "Hovers of at least 500 ms among them.", "hovers"),
    measured_count(
        "unclicked_hover_count",
        "Hovers not followed by a click on the zone within 1 s after their end; only where clicks are measured too.",
        "hovers",
    ),
    measured_ms("dwell_ms", "Target dwell of the hovers."),
    measured_ms("active_ms", "The part of dwell_ms within 1 s of movement."),
    measured_count("click_count", "Clicks on the zone; NULL if no page view measured clicks.", "clicks"),
)

ZONE_ATTENTION_DAILY = Table(
    name="mart.zone_attention_daily",
    one_row_per="day, layout, device and zone",
    meaning="How often and how long cursors hovered over zones such as navigation or sidebar, and how often they were clicked.",
    grain=("event_date", "surface", "layout_id", "device_type", "target"),
    columns=(
        s.EVENT_DATE,
        *nullable((s.SURFACE, s.LAYOUT_ID, s.DEVICE_TYPE), "surface", "layout_id", "device_type"),
        Column(
            "target",
            "string",
            "The zone, as the tracker names it; of items only those of the type zone.",
            nullable=True,
            example="sidebar",
        ),
        s.IS_REMAINDER,
        s.VISITOR_COUNT,
        s.PAGE_VIEW_COUNT,
        count(
            "hover_measured_count",
            "Page views with an entry for the zone on which the cursor is measured: not on touch.",
            "page views",
        ),
        count(
            "clicks_measured_count",
            "Page views with an entry for the zone on which clicks are measured.",
            "page views",
        ),
        *_SUMS,
        histogram(
            "dwell_ms_hist",
            "Hovers by their dwell_ms in the fixed bins of hist_edges_ms: first below the first edge, last from the last edge on.",
            "hovers",
        ),
    ),
    partition_by=("event_date",),
    retention_days=RETENTION_DAYS,
    additive=additive_of(*_SUMS),
    caveats=(
        "A page view on which nobody hovered over or clicked the zone has no entry here: the denominators are no count of "
        "page views that had the zone.",
        "Zones lie where the layout puts them: a cursor on its way to something else crosses them, so compare "
        "long_hover_count or active_ms before dwell_ms.",
        "hover_count less unclicked_hover_count is no count of clicked hovers where clicks are not measured everywhere.",
        "A cursor is not a gaze: beyond 1 s without movement it says little about the eye.",
        "Zones of different layouts must not be pooled.",
    ),
)
