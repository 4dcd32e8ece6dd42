"""Rules about mart.session_attention_daily."""

from __future__ import annotations

from expectations.rules import Rule, sum_of

RULES = (
    Rule(
        "sessions_at_most_page_views",
        "session_count <= page_view_count",
        "More sessions than page views: a session without a page view, or one counted twice.",
    ),
    Rule(
        "visitors_at_most_sessions",
        "visitor_count <= session_count",
        "More visitors than sessions: sessions were lost.",
    ),
    Rule(
        "sessions_hold_every_count",
        "greatest(engaged_session_count, engaged_measured_count, rage_measured_count, thrash_measured_count) "
        "<= session_count",
        "More sessions were engaged or measured than there are.",
    ),
    Rule(
        "rage_and_thrash_among_measured",
        "rage_session_count <= rage_measured_count AND thrash_session_count <= thrash_measured_count",
        "More sessions had rage or thrashing than it was measured on: the rate is above 1.",
    ),
    Rule(
        "engaged_within_visible",
        "engaged_ms <= visible_ms",
        "Sessions were engaged for longer than their pages were visible.",
    ),
    Rule(
        "histogram_holds_every_session",
        f"{sum_of('engaged_ms_hist', 'entry')} = engaged_measured_count",
        "The bins of engaged_ms do not hold exactly the sessions that measured it: quantiles are of something else.",
    ),
)
