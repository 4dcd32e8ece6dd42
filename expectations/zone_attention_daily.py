"""Rules about mart.zone_attention_daily."""

from __future__ import annotations

from expectations.rules import Rule, sum_of

RULES = (
    Rule(
        "hovers_hold_long_and_unclicked",
        "greatest(long_hover_count, unclicked_hover_count) <= hover_count",
        "More hovers are long, or without a click, than there are.",
    ),
    Rule(
        "active_within_dwell",
        "active_ms <= dwell_ms",
        "In a zone cursors were active for longer than they hovered.",
    ),
    Rule(
        "hovers_have_dwell",
        "hover_count * {hover_ms} <= dwell_ms",
        "The dwell is too short for so many hovers: units or sums are wrong.",
    ),
    Rule(
        "histogram_holds_every_hover",
        f"{sum_of('dwell_ms_hist', 'entry')} = coalesce(hover_count, 0)",
        "The bins of dwell_ms do not hold exactly the hovers: quantiles are of something else.",
    ),
    Rule(
        "measured_within_page_views",
        "greatest(hover_measured_count, clicks_measured_count) <= page_view_count",
        "Cursors or clicks are measured on more page views than there are.",
    ),
)
