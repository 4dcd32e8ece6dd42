"""mart.reach_daily: how many visitors came in the last 1, 7 and 28 days."""

from __future__ import annotations

from warehouse_schema import shared as s
from warehouse_schema.mart.measures import RETENTION_DAYS, count
from warehouse_schema.table import Table, nullable

#: Dates that each window holds; the last is the row's own.
WINDOWS_DAYS = (1, 7, 28)

REACH_DAILY = Table(
    name="mart.reach_daily",
    one_row_per="day, surface and device",
    meaning="Distinct visitors in the windows of 1, 7 and 28 dates that end with the day.",
    grain=("event_date", "surface", "device_type"),
    columns=(
        s.EVENT_DATE,
        *nullable((s.SURFACE, s.DEVICE_TYPE), "surface", "device_type"),
        s.IS_REMAINDER,
        s.VISITOR_COUNT,
        s.PAGE_VIEW_COUNT,
        count("visitors_1d", "Distinct visitors of the date, rounded to 10, halves upwards.", "visitors"),
        count("visitors_7d", "Distinct visitors of the 7 dates up to this one, rounded to 10.", "visitors"),
        count("visitors_28d", "Distinct visitors of the 28 dates up to this one, rounded to 10.", "visitors"),
    ),
    partition_by=("event_date",),
    retention_days=RETENTION_DAYS,
    is_total=True,
    caveats=(
        "Visitors never add up: not over dates, not over surfaces or devices; who uses two devices may be two visitors.",
        "A surface and device without a visitor on the date has no row, whoever came the days before.",
        "In a remainder the windows hold the visitors of those surfaces and devices that are folded into it on the date.",
        "Whether a row is published is decided by the visitors of its own date alone.",
        "Windows that look over a change of keys (clean.page_views.key_id) count who came before and after it twice.",
        "In the first 27 days of a warehouse the windows are shorter than their names.",
    ),
)
