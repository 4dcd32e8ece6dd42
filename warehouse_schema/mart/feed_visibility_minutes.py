"""mart.feed_visibility_minutes: how many feeds were on a screen, minute by minute."""

from __future__ import annotations

from warehouse_schema import shared as s
from warehouse_schema.mart.measures import RETENTION_DAYS, additive_of, count
from warehouse_schema.table import Column, Table, nullable

_SUMS = (
    count("visible_ms", "Time within the minute in which feeds were visible, added over page views.", "ms"),
    count(
        "visible_at_start_count",
        "Page views visible at the minute's first instant; in a remainder added up over its minutes.",
        "page views",
    ),
)

FEED_VISIBILITY_MINUTES = Table(
    name="mart.feed_visibility_minutes",
    one_row_per="minute, platform and device",
    meaning="In every minute, how many page views of the feed were visible, and for how long.",
    grain=("event_date", "minute", "platform", "device_type"),
    columns=(
        Column("event_date", "date", "UTC date of the minute, not of the page view's start."),
        Column("minute", "timestamp", "Start of the minute, UTC.", nullable=True),
        *nullable((s.PLATFORM, s.DEVICE_TYPE), "platform", "device_type"),
        s.IS_REMAINDER,
        s.VISITOR_COUNT,
        Column(
            "page_view_count",
            "long",
            "Page views visible at any instant of the minute; in a remainder, of any of its minutes.",
            "page views",
            low=1,
            example=80,
        ),
        *_SUMS,
    ),
    partition_by=("event_date",),
    retention_days=RETENTION_DAYS,
    additive=additive_of(*_SUMS),
    caveats=(
        "Only page views with the surface feed count.",
        "A minute without a row had no visible feed, or too few visitors: then it is in the remainder of its date.",
        "Without a state stream all of a page view's time counts as visible: phones that report no background look longer.",
        "page_view_count does not add up over minutes: one page view is visible in several. visible_at_start_count does.",
        "Who looks on over the midnight at which keys change (clean.page_views.key_id) may count twice in a minute after it.",
        "Minutes follow the repaired clock: beacons without a plausible sending time are off by their queueing time.",
    ),
)
