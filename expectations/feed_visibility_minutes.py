"""Rules about mart.feed_visibility_minutes."""

from __future__ import annotations

from expectations.rules import Rule

RULES = (
    Rule(
        "minute_of_the_date",
        "event_date = to_date(minute) AND minute = date_trunc('MINUTE', minute)",
        "A minute stands under another date than its own, or is none.",
    ),
    Rule(
        "minute_holds_visible_time",
        "is_remainder OR visible_ms <= page_view_count * 60000",
        "Feeds were visible for longer than their minute lasted.",
    ),
    Rule(
        "visible_at_start_among_page_views",
        "is_remainder OR visible_at_start_count <= page_view_count",
        "More feeds were visible at a minute's first instant than during it.",
    ),
)
