"""Questions about visits: when and where the feed is on a screen, how engaged and annoyed visits are, how many people come."""

from __future__ import annotations

from collections.abc import Sequence

from jobs.questions.question import SMALL_GROUPS, Bar, Bars, Plot, Row, question
from jobs.questions.sentences import SCREEN, and_list, best, folded, told
from jobs.report.words import counted, duration, number, ratio, share


def _hours(rows: Sequence[Row]) -> str:
    top = best(rows, "page_view_count")
    low = min(rows, key=lambda row: row["page_view_count"])
    return (
        f"Most from {top['hour']}:00 to {top['hour']}:59 UTC: {number(top['page_view_count'])} of {number(top['page_views_of_date'])} "
        f"page views of the feed ({share(top['share_of_date'])}); fewest from {low['hour']}:00: {number(low['page_view_count'])}."
    )


HOURS = question(
    "hours",
    "At what time of day do people open the feed?",
    "share_of_date",
    "hour page_view_count page_views_of_date share_of_date",
    """
    select class as hour, amount as page_view_count, base as page_views_of_date, round(amount / nullif(base, 0), 4) as share_of_date
    from ops.dq_profile
    where event_date = '2026-11-20' and surface = 'feed' and metric = 'start_hour' and is_published
      and run_id = (select max(run_id) from ops.dq_profile
                    where event_date = '2026-11-20' and metric = 'start_hour' and is_published)
    order by hour
    """,
    _hours,
    Bars(("hour",), (Bar("page_view_count", "Page views that start in the hour, UTC", "count"),), SCREEN),
    "Hours are UTC, not the visitor's: a peak may be noon in one country and midnight in another.",
    "Programs are among these page views: this is the audit's profile, made before marts leave them out.",
    "It is when page views start; how long the feed then stays on screen is the next question.",
    "An hour without a row had none.",
)


def _platforms(rows: Sequence[Row]) -> str:
    known = [row for row in rows if row["platform"] != SMALL_GROUPS]
    hidden = sum(row["visible_ms"] for row in rows if row["platform"] == SMALL_GROUPS)
    total = sum(row["visible_ms"] for row in rows)
    parts = [f"{row['platform']} on {row['device_type']} {duration(row['visible_ms'])}" for row in known]
    minutes = sum(row["minute_count"] for row in rows)
    when = (
        f"Minutes are published for {share(ratio(sum(row['placed_visible_ms'] for row in rows), total))} of that time."
        if minutes
        else "No single minute had enough visitors: on a date this small the time of day is not told."
    )
    return f"Published are {duration(total)}: {and_list(parts)}. {when} " + folded(
        ratio(hidden, total), "time of feeds on screen"
    )


PLATFORMS = question(
    "feed-on-screen",
    "When is the feed in view on phones, and on which platform longest?",
    "visible_ms",
    "platform device_type minute_count placed_visible_ms visible_ms placed_share busiest_minute",
    """
    with minutes as (
      select * replace (coalesce(platform, '(small groups)') as platform, coalesce(device_type, '(small groups)') as device_type)
      from mart.feed_visibility_minutes
      where event_date = '2026-11-20'
    )
    select platform, device_type, count(distinct minute) as minute_count,
           coalesce(sum(visible_ms) filter (where minute is not null), 0) as placed_visible_ms, sum(visible_ms) as visible_ms,
           round(coalesce(sum(visible_ms) filter (where minute is not null), 0) / nullif(sum(visible_ms), 0), 4) as placed_share,
           max_by(minute, visible_ms) filter (where minute is not null) as busiest_minute
    from minutes
    group by platform, device_type
    order by platform = '(small groups)', visible_ms desc, platform, device_type
    """,
    _platforms,
    Bars(("platform", "device_type"), (Bar("visible_ms", "Feed on screen, all page views together", "time"),), SCREEN),
    "A minute without a row had no feed on screen or too few people: it is not a zero.",
    "Page views do not add up over minutes, one is visible in several; visible_ms and visible_at_start_count do.",
    "Without a state stream all of a page view counts as visible: phones that report no background look longer.",
    "Whether the feed was in view of one person at one moment is a question for `hoverlake visible`, with permission.",
)


def _engaged(rows: Sequence[Row]) -> str:
    parts = [
        f"{row['platform']} on {row['device_type']} {share(row['engaged_share'])} of {counted(row['session_count'], 'session')}, "
        f"{duration(row['median_engaged_ms'])} engaged at the median"
        for row in rows
        if row["platform"] != SMALL_GROUPS
    ]
    return f"{told(and_list(parts))}."


ENGAGED = question(
    "engaged",
    "How engaged are visits?",
    "engaged_share",
    "platform device_type visitor_count session_count engaged_session_count engaged_share page_views_per_session engaged_measured_count median_engaged_ms",
    """
    select coalesce(platform, '(small groups)') as platform, coalesce(device_type, '(small groups)') as device_type, visitor_count,
           session_count, engaged_session_count, round(engaged_session_count / nullif(session_count, 0), 4) as engaged_share,
           round(page_view_count / nullif(session_count, 0), 2) as page_views_per_session,
           engaged_measured_count, hist_p50(engaged_ms_hist) as median_engaged_ms
    from mart.session_attention_daily
    where event_date = '2026-11-20'
    order by is_remainder, session_count desc, platform, device_type
    """,
    _engaged,
    Bars(
        ("platform", "device_type"),
        (
            Bar("engaged_share", "Engaged sessions", "share", "session_count", "sessions"),
            Bar("median_engaged_ms", "Median engaged time", "time", "engaged_measured_count", "sessions measured"),
        ),
        SCREEN,
    ),
    "Engaged is two page views, or more than 10 s with input: a rule, not a mood.",
    "A session belongs to its first page view's device and platform, also if it goes on elsewhere.",
    "Input differs by device: a cursor that moves engages, a phone that is read without scrolling does not.",
    "A date's sessions are final only when the next date's page views have come.",
)


def _annoyed(rows: Sequence[Row]) -> str:
    rage, rage_of = (sum(row[name] for row in rows) for name in ("rage_session_count", "rage_measured_count"))
    thrash, thrash_of = (sum(row[name] for row in rows) for name in ("thrash_session_count", "thrash_measured_count"))
    return (
        f"Clicks in rage in {share(ratio(rage, rage_of))} of {number(rage_of)} sessions with clicks measured ({number(rage)}), a thrashing "
        f"cursor in {share(ratio(thrash, thrash_of))} of {number(thrash_of)} with the cursor measured ({number(thrash)})."
    )


ANNOYED = question(
    "annoyed",
    "Are people annoyed by the page?",
    "rage_share",
    "platform device_type session_count rage_session_count rage_measured_count rage_share thrash_session_count thrash_measured_count thrash_share",
    """
    select coalesce(platform, '(small groups)') as platform, coalesce(device_type, '(small groups)') as device_type, session_count,
           rage_session_count, rage_measured_count, round(rage_session_count / nullif(rage_measured_count, 0), 4) as rage_share,
           thrash_session_count, thrash_measured_count,
           round(thrash_session_count / nullif(thrash_measured_count, 0), 4) as thrash_share
    from mart.session_attention_daily
    where event_date = '2026-11-20'
    order by is_remainder, session_count desc, platform, device_type
    """,
    _annoyed,
    Bars(
        ("platform", "device_type"),
        (
            Bar("rage_share", "Sessions with clicks in rage", "share", "rage_measured_count", "sessions"),
            Bar("thrash_share", "Sessions with a thrashing cursor", "share", "thrash_measured_count", "sessions"),
        ),
        SCREEN,
    ),
    "On phones a thrashing cursor is not measured: no share, where a zero would praise them.",
    "Games and double clickers look enraged. A rise is a question, and not its answer.",
    "A handful of sessions is chance: the count stands beside the share.",
)


def _reach(rows: Sequence[Row]) -> str:
    parts = [
        f"{row['surface']} on {row['device_type']} about {number(row['visitors_1d'])}"
        for row in rows
        if not row["is_remainder"]
    ]
    return told(f"{and_list(parts)} visitors on the date, rounded to 10. They do not add up.")


REACH = question(
    "reach",
    "How many people does the feed reach?",
    "visitors_1d",
    "surface device_type is_remainder page_view_count visitors_1d visitors_7d visitors_28d",
    """
    select coalesce(surface, '(small groups)') as surface, coalesce(device_type, '(small groups)') as device_type, is_remainder,
           page_view_count, visitors_1d, visitors_7d, visitors_28d
    from mart.reach_daily
    where event_date = '2026-11-20'
    order by is_remainder, visitors_1d desc, surface, device_type
    """,
    _reach,
    Bars(
        ("surface", "device_type"),
        (
            Bar("visitors_1d", "Visitors of the date", "count"),
            Bar("visitors_7d", "Of the last 7 dates", "count"),
            Bar("visitors_28d", "Of the last 28 dates", "count"),
        ),
        SCREEN,
    ),
    "Never add visitors: not over dates, devices or surfaces. Who comes twice is one visitor; who has two devices may be two.",
    "In the first weeks of a warehouse the windows of 7 and 28 dates are shorter than their names.",
    "Who did not agree is in no row: this is the reach among those who did.",
    "A window over a change of pseudonym keys counts who came before and after twice.",
)


def _trend(rows: Sequence[Row]) -> str:
    if len(rows) == 1:
        only = rows[0]
        return (
            f"One date is no trend. On {only['event_date']}: {share(only['engaged_share'])} of {number(only['session_count'])} sessions "
            f"were engaged, {duration(only['engaged_ms_per_session'])} each on average."
        )
    first, last = rows[0], rows[-1]
    return (
        f"Over {len(rows)} dates from {share(first['engaged_share'])} of {number(first['session_count'])} sessions on {first['event_date']} "
        f"to {share(last['engaged_share'])} of {number(last['session_count'])} on {last['event_date']}."
    )


TREND = question(
    "trend",
    "Are visits getting more engaged from week to week?",
    "engaged_ms_per_session",
    "event_date session_count engaged_share engaged_measured_count engaged_ms_per_session",
    """
    select event_date, sum(session_count) as session_count,
           round(sum(engaged_session_count) / nullif(sum(session_count), 0), 4) as engaged_share,
           sum(engaged_measured_count) as engaged_measured_count,
           round(sum(engaged_ms) / nullif(sum(engaged_measured_count), 0)) as engaged_ms_per_session
    from mart.session_attention_daily
    group by event_date
    order by event_date
    """,
    _trend,
    Plot("trend", {"measure": "engaged_ms"}, is_of_all_dates=True),
    "Compare weekdays with their like: a Sunday is no bad Monday.",
    "The newest dates are provisional: late beacons still come, and sessions grow longer with them.",
    "Days built under other thresholds are another measure: `configuration_sha256` of the release tells.",
    "With many numbers, one of them rises every week by chance.",
    is_of_many=True,
)

VISITS = (HOURS, PLATFORMS, ENGAGED, ANNOYED, REACH, TREND)
