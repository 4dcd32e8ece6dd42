"""ops.dq_profile: what a date looked like, in numbers that the next weeks are compared with."""

from __future__ import annotations

from warehouse_schema import shared as s
from warehouse_schema.ops.tables import RUN_ID
from warehouse_schema.table import Column, Table

#: Metrics of one number, with what they are. Those from cursor_measured on are of humans.
METRICS = {
    "page_views": "page views, bots among them",
    "beacons_missing": "beacons that never came, of those expected",
    "beacons_duplicate": "repeats of beacons, over beacons used",
    "beacons_conflicting": "other beacons under a number already taken, over beacons used",
    "bots": "page views of bots, of all",
    "clock_suspect": "page views whose device clock ran backwards, of all",
    "closed": "page views with a closing beacon, of all",
    "ads_purpose": "page views with the purpose ads, of all",
    "lines_rejected": "raw lines that were refused, of all lines of a landing date",
    "cursor_measured": "page views with a cursor measured, of those not on touch",
    "clicks_measured": "page views with clicks measured, of all",
    "items_measured": "page views with items measured, of all",
    "state_measured": "page views with state measured, of all",
    "scrolled": "page views scrolled beyond the first screen, of those with scroll measured",
    "outside_viewport": "pointer samples outside the viewport, of all",
    "hovered": "page views with a hover, of those with a cursor measured",
    "viewable": "measurable item views that were viewable, of all measurable ones",
    "attended": "engaged time shared out among items, ads only where they are allowed, of all engaged time on page views with items measured",
    "dwell_ms": "time of hovers, over page views with a cursor measured: the mean",
    "dwell_p90_ms": "the time of hovers below which nine of ten of these page views lie",
}
#: Metrics of one number for each class.
DISTRIBUTIONS = {
    "device_type": "page views by device type",
    "viewport_class": "page views by viewport class",
    "start_hour": "page views by the UTC hour of their start",
    "layout_bucket": "page views by one of 16 buckets of the hash of their layout_id",
}
PAGE_VIEWS_CUT, SESSIONS_CUT = "page_views_cut", "sessions_cut"
#: What is counted where pseudonyms change their key: in clean.beacons, on the first date of the new key.
CUTS = {
    PAGE_VIEWS_CUT: "page_view_ids with beacons under two keys, of those on the first date of the new one",
    SESSIONS_CUT: "session_ids of trackers with beacons under two keys, of those on the first date of the new one",
}
LAYOUT_BUCKETS = 16
ALL, OTHER = "(all)", "(other)"

DQ_PROFILE = Table(
    name="ops.dq_profile",
    one_row_per="run, table, event date, surface, metric and class",
    meaning="What each rebuilt date looked like: what later dates of the same weekday are compared with.",
    grain=("run_id", "table_name", "event_date", "surface", "metric", "class"),
    columns=(
        RUN_ID,
        Column("table_name", "string", "The table profiled.", example="clean.page_views"),
        Column(
            "event_date",
            "date",
            "Event date; of clean.rejected_beacons the landing date, of clean.beacons the start date.",
        ),
        Column("surface", "string", f"Kind of page; {ALL} for raw lines and for beacons.", example="feed"),
        Column(
            "metric",
            "string",
            "; ".join(f"{name}: {meaning}" for name, meaning in (METRICS | CUTS | DISTRIBUTIONS).items()) + ".",
            allowed=(*METRICS, *CUTS, *DISTRIBUTIONS),
        ),
        Column("class", "string", f"Class of a distribution; {ALL} for metrics of one number.", example=ALL),
        Column("amount", "long", "The number, or the numerator of the share or mean.", "as the metric says", low=0),
        Column(
            "base",
            "long",
            "What it is of: denominator of shares and means; page views behind a quantile or a class; 1,000 for the rounded shares "
            "of samples, item views and times, 1 for the rounded mean; NULL for page_views.",
            "as the metric says",
            nullable=True,
            low=0,
        ),
        Column(
            "visitor_count",
            "long",
            "Distinct visitors behind the base, of a class those of the surface; NULL for raw lines and for beacons.",
            "visitors",
            nullable=True,
            low=1,
            example=60,
        ),
        Column("lag_days", "int", "Days from the event date to the run's landing date: late beacons come yet.", "days"),
        Column("is_published", "boolean", "True if the run published the date; other rows are nobody's past."),
    ),
    retention_days=760,
    caveats=(
        "A metric has a row only where at least min_visitors visitors are behind its base.",
        "page_views_cut and sessions_cut are of ids, of the first date of a key and the date before; only nights that build one "
        "of the two count them.",
        "outside_viewport, viewable and attended are shares rounded to thousandths, dwell_ms is a mean of two digits: totals of "
        "a surface could be subtracted from those of marts.",
        "Classes are counts of page views, however few: as in ops.reconciliation, and never amounts.",
        f"{s.MISSING} is the class of what the tracker did not send, {OTHER} that of device types beyond the three known ones.",
    ),
)
