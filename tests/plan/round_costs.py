"""Constants in round numbers, so that a plan can be followed by hand."""

from __future__ import annotations

from jobs.plan.asked import Asked, Prices
from jobs.plan.constants import Constants, Span
from jobs.plan.plan import Plan
from warehouse_schema import MARTS

#: fixed, per page view, per million samples
LINEAR = {
    "raw_bytes": (0, 1000, 10e6),
    "beacons_bytes": (0, 500, 4e6),
    "rejected_bytes": (0, 1, 0),
    "page_views_bytes": (0, 200, 0),
    "landing_core_seconds": (10, 0.001, 2),
    "building_core_seconds": (40, 0.002, 1),
    "shuffle_bytes": (0, 600, 5e6),
}
PARTS = ("fixed", "per_page_view", "per_million_samples")
WHOLE = {
    "start_core_seconds": 20,
    "restricted_bytes": 5000,
    "ops_bytes": 2000,
    "commits": 17,
    "item_views": 12,
    "visitors": 0.5,
    "reach_core_seconds": 4,
    "other_objects": 60,
    "beacons_scans": 5,
    "page_views_scans": 20,
    "log_files_opened": 40,
    "jvm_bytes": 2e9,
    "python_worker_bytes": 0.5e9,
    "check_core_seconds": 8,
    "layouts": 4,
    "stories": 100,
    "ads": 20,
}
ROWS_PER = {
    "mart.hover_heatmap_daily": "layout",
    "mart.viewport_exposure_daily": "layout",
    "mart.zone_attention_daily": "layout",
    "mart.story_attention_daily": "story",
    "mart.ad_attention_daily": "ad",
}
ROWS, ROW_BYTES = 10, 50
PAGE_VIEWS, SAMPLES_PER_VIEW = 1_000_000, 100


def round_costs(spread: float = 0) -> Constants:
    """The constants; low and high lie `spread` (a share) below and above."""
    values = {
        f"{name}_{part}": v for name, three in LINEAR.items() for part, v in zip(PARTS, three, strict=True)
    } | WHOLE
    units = {}
    for mart in MARTS:
        values |= {f"{mart.name}_rows": ROWS, f"{mart.name}_row_bytes": ROW_BYTES}
        units[f"{mart.name}_rows"] = f"rows/{ROWS_PER.get(mart.name, 'event date')}"
    return Constants(
        spans={name: Span(v * (1 - spread), v, v * (1 + spread)) for name, v in values.items()},
        units=units,
        counts=dict.fromkeys(values, 2 if spread else 1),
        nights=({"seed": 1, "page_views": 4000, "samples": 400_000, "shuffle_bytes": 16_000_000},),
        machine={"cores": 2, "memory_gb": 8},
        versions={"pyspark": "4.2.0", "delta-spark": "4.4.0"},
        measured_on="2026-11-20",
    )


def plan(
    page_views: int = PAGE_VIEWS,
    samples_per_view: float = SAMPLES_PER_VIEW,
    *,
    spread: float = 0,
    prices: Prices = Prices(),
    **asked: object,
) -> Plan:
    """The plan of a size by round constants; a million page views of 100 samples if nothing else is said."""
    return Plan(Asked(page_views, samples_per_view, prices=prices, **asked), round_costs(spread))  # type: ignore[arg-type]
