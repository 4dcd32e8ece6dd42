"""Questions to the tables of minutes, sessions and visitors."""

from __future__ import annotations

from warehouse_schema.examples.example import Example, example

FEED_VISIBILITY_MINUTES: tuple[Example, ...] = (
    example(
        "When is the feed on screens: how many at once, on average over each hour, by platform?",
        "hour platform feeds_at_once visible_minutes",
        """
        select date_trunc('hour', minute) as hour, platform,
               round(sum(visible_at_start_count) / 60, 1) as feeds_at_once, round(sum(visible_ms) / 60000) as visible_minutes
        from mart.feed_visibility_minutes
        where event_date = '2026-11-20' and not is_remainder
        group by hour, platform
        order by hour, platform
        """,
    ),
    example(
        "Which share of the feed's visible time can be placed in a minute, and which is only known of the date?",
        "platform device_type minute_count visible_ms placed_share",
        """
        select platform, device_type, count(distinct minute) as minute_count, sum(visible_ms) as visible_ms,
               round(coalesce(sum(visible_ms) filter (where minute is not null), 0) / nullif(sum(visible_ms), 0), 3) as placed_share
        from mart.feed_visibility_minutes
        where event_date = '2026-11-20'
        group by platform, device_type
        order by visible_ms desc
        """,
    ),
)

SESSION_ATTENTION_DAILY: tuple[Example, ...] = (
    example(
        "How many visits are engaged, and how long is one engaged at the median?",
        "device_type session_count engaged_share p50_engaged_ms",
        """
        select device_type, sum(session_count) as session_count,
               round(sum(engaged_session_count) / nullif(sum(session_count), 0), 3) as engaged_share,
               hist_p50(hist_sum(engaged_ms_hist)) as p50_engaged_ms
        from mart.session_attention_daily
        where event_date = '2026-11-20'
        group by device_type
        order by session_count desc
        """,
    ),
    example(
        "In which share of visits did somebody click in rage, or did the cursor thrash? Each over the sessions that measured it.",
        "event_date rage_share thrash_share session_count",
        """
        select event_date, round(sum(rage_session_count) / nullif(sum(rage_measured_count), 0), 4) as rage_share,
               round(sum(thrash_session_count) / nullif(sum(thrash_measured_count), 0), 4) as thrash_share,
               sum(session_count) as session_count
        from mart.session_attention_daily
        where event_date between '2026-11-14' and '2026-11-20'
        group by event_date
        order by event_date
        """,
    ),
)

REACH_DAILY: tuple[Example, ...] = (
    example(
        "How many people does the feed reach in a day, a week and four weeks?",
        "event_date device_type visitors_1d visitors_7d visitors_28d",
        """
        select event_date, device_type, visitors_1d, visitors_7d, visitors_28d
        from mart.reach_daily
        where event_date between '2026-11-14' and '2026-11-20' and surface = 'feed' and not is_remainder
        order by event_date, visitors_28d desc
        """,
    ),
    example(
        "How much of the month's audience comes on one day, and how many pages does each of them see?",
        "surface device_type daily_share page_views_per_visitor",
        """
        select surface, device_type, round(visitors_1d / nullif(visitors_28d, 0), 3) as daily_share,
               round(page_view_count / visitor_count, 2) as page_views_per_visitor
        from mart.reach_daily
        where event_date = '2026-11-20' and not is_remainder
        order by surface, device_type
        """,
    ),
)
