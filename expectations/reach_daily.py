"""Rules about mart.reach_daily."""

from __future__ import annotations

from expectations.rules import Rule

RULES = (
    Rule(
        "longer_windows_reach_more",
        "visitors_1d <= visitors_7d AND visitors_7d <= visitors_28d",
        "A window holds fewer visitors than a shorter one inside it: page views of earlier dates are missing.",
    ),
    Rule(
        "one_day_is_the_date",
        "2 * abs(visitors_1d - visitor_count) <= {reach_rounding}",
        "The window of one day is not the date's visitors, rounded.",
    ),
)
