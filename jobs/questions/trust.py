"""Questions about the data itself: what was lost, withheld, hidden in small groups, and whether a date can be believed."""

from __future__ import annotations

from collections.abc import Sequence

from jobs.questions.question import Bar, Bars, Row, question
from jobs.questions.sentences import and_list
from jobs.report.words import counted, number, share

COUNTS = "Counts of rows and lines, not of people."


def _believed(rows: Sequence[Row]) -> str:
    held, broken, open_ = (
        sum(row[name] for row in rows) for name in ("held_count", "broken_count", "not_judged_count")
    )
    failed = [row["table_name"] for row in rows if row["broken_count"]]
    verdict = f"{counted(broken, 'check')} failed, in {', '.join(failed)}" if broken else "none failed"
    return (
        f"Of {counted(held + broken + open_, 'check')} of the last run {verdict}; {number(open_)} could not be judged for want of earlier "
        f"dates to compare with."
    )


BELIEVED = question(
    "believed",
    "Can yesterday's numbers be believed?",
    "held_count",
    "table_name held_count broken_count critical_broken_count not_judged_count",
    """
    select table_name, count(*) filter (where success) as held_count, count(*) filter (where not success) as broken_count,
           count(*) filter (where not success and severity = 'critical') as critical_broken_count,
           count(*) filter (where success is null) as not_judged_count
    from ops.dq_results
    where event_date = '2026-11-20' and run_id = (select max(run_id) from ops.dq_results where event_date = '2026-11-20')
    group by table_name
    order by broken_count desc, table_name
    """,
    _believed,
    Bars(
        ("table_name",),
        (
            Bar("held_count", "Checks that held", "count"),
            Bar("broken_count", "Failed", "count"),
            Bar("not_judged_count", "Not judged", "count"),
        ),
        COUNTS,
    ),
    "A check that could not be judged did not hold: in its first weeks a warehouse knows no past.",
    "All checks held means that nothing that is looked for was found, and no more.",
    "A failed critical check keeps a date from being published: what you read then is the release before.",
)


def _fate(rows: Sequence[Row]) -> str:
    parts = [f"{row['reason']} {share(row['share_of_lines'])} ({number(row['line_count'])})" for row in rows]
    return f"Of {number(sum(row['line_count'] for row in rows))} lines: {and_list(parts[:4])}" + (
        f"; and {counted(len(parts) - 4, 'other reason')}." if len(parts) > 4 else "."
    )


FATE = question(
    "lost",
    "Was anything lost on the way into the tables?",
    "share_of_lines",
    "reason line_count share_of_lines",
    """
    with runs as (
      select *, run_id = max(run_id) over (partition by date) as is_latest
      from ops.reconciliation
      where quantity = 'lines' and reason <> 'input'
        and date between date '2026-11-20' and date '2026-11-20' + 5
    )
    select reason, sum(row_count) as line_count, round(sum(row_count) / nullif(sum(sum(row_count)) over (), 0), 4) as share_of_lines
    from runs
    where is_latest
    group by reason
    having sum(row_count) > 0
    order by line_count desc, reason
    """,
    _fate,
    Bars(("reason",), (Bar("share_of_lines", "Of all raw lines", "share", "line_count", "lines"),), COUNTS),
    "The dates of these rows are landing dates: those of the event date and five after it, in which its late lines come.",
    "Withheld is who did not agree, not an error; rejected lines name their reason in clean.rejected_beacons.",
    "It is about what arrived. What a browser never sent is in ops.dq_profile as beacons_missing.",
)


def _programs(rows: Sequence[Row]) -> str:
    parts = [
        f"{share(row['bot_share'])} of {counted(row['page_view_count'], 'page view')} of the surface {row['surface']}"
        for row in rows
    ]
    return f"{and_list(parts)}. Marts leave them out."


PROGRAMS = question(
    "programs",
    "How much of our traffic is programs?",
    "bot_share",
    "surface bot_count page_view_count bot_share",
    """
    select surface, amount as bot_count, base as page_view_count, round(amount / nullif(base, 0), 4) as bot_share
    from ops.dq_profile
    where event_date = '2026-11-20' and metric = 'bots' and class = '(all)' and is_published
      and run_id = (select max(run_id) from ops.dq_profile
                    where event_date = '2026-11-20' and metric = 'bots' and is_published)
    order by page_view_count desc, surface
    """,
    _programs,
    Bars(("surface",), (Bar("bot_share", "Page views of programs", "share", "page_view_count", "page views"),), COUNTS),
    "Only programs that say so, or that their cursor gives away twice: who moves like a person is counted as one.",
    "Programs on touch are found only if they say so: there is no cursor to give them away.",
)


def _hidden(rows: Sequence[Row]) -> str:
    most = max(rows, key=lambda row: row["small_groups_share"])
    least = min(rows, key=lambda row: row["small_groups_share"])
    return (
        f"Most in {most['table_name']}: {share(most['small_groups_share'])} of its {most['measure']} stand in rows that lost at least one key. "
        f"Least in {least['table_name']}: {share(least['small_groups_share'])} of its {least['measure']}."
    )


HIDDEN = question(
    "small-groups",
    "How much can only be said of larger groups than I asked for?",
    "small_groups_share",
    "table_name measure amount small_groups_share lost_all_keys_share",
    """
    with amounts as (
      select 'mart.hover_heatmap_daily' as table_name, 'dwell_ms' as measure, dwell_ms as amount, is_remainder, surface is null as is_of_date
      from mart.hover_heatmap_daily where event_date = '2026-11-20' and space = 'viewport'
      union all
      select 'mart.viewport_exposure_daily', 'visible_ms', visible_ms, is_remainder, surface is null
      from mart.viewport_exposure_daily where event_date = '2026-11-20'
      union all
      select 'mart.zone_attention_daily', 'hover_count', hover_count, is_remainder, surface is null
      from mart.zone_attention_daily where event_date = '2026-11-20'
      union all
      select 'mart.story_attention_daily', 'impressions', impressions, is_remainder, surface is null
      from mart.story_attention_daily where event_date = '2026-11-20'
      union all
      select 'mart.feed_attention_daily', 'impressions', impressions, is_remainder, surface is null
      from mart.feed_attention_daily where event_date = '2026-11-20'
      union all
      select 'mart.ad_attention_daily', 'eligible_count', eligible_count, is_remainder, surface is null
      from mart.ad_attention_daily where event_date = '2026-11-20'
      union all
      select 'mart.feed_visibility_minutes', 'visible_ms', visible_ms, is_remainder, platform is null
      from mart.feed_visibility_minutes where event_date = '2026-11-20'
      union all
      select 'mart.session_attention_daily', 'session_count', session_count, is_remainder, device_type is null
      from mart.session_attention_daily where event_date = '2026-11-20'
    )
    select table_name, measure, sum(amount) as amount,
           round(coalesce(sum(amount) filter (where is_remainder), 0) / sum(amount), 4) as small_groups_share,
           round(coalesce(sum(amount) filter (where is_remainder and is_of_date), 0) / sum(amount), 4) as lost_all_keys_share
    from amounts
    group by table_name, measure
    having amount > 0
    order by small_groups_share desc, table_name
    """,
    _hidden,
    Bars(
        ("table_name", "measure"),
        (
            Bar("small_groups_share", "In rows that lost a key", "share"),
            Bar("lost_all_keys_share", "In rows that lost all but the date", "share"),
        ),
        COUNTS,
    ),
    "Totals must include these rows, breakdowns must leave them out and say how much they leave out.",
    "Larger cells of the heatmap are no such rows: they kept their keys, and only their place is coarser.",
    "What is rare is hidden first: rare stories, wide screens, deep rows. The rest is not a sample of all.",
)

TRUST = (BELIEVED, FATE, PROGRAMS, HIDDEN)
