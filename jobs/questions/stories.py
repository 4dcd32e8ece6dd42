"""Questions about stories: which hold people, which are stopped at without a click, and on which device."""

from __future__ import annotations

import math
from collections.abc import Sequence

from jobs.questions.question import SMALL_GROUPS, Bar, Bars, Row, question
from jobs.questions.sentences import CURSOR, SCREEN, best, folded, measured, named, told
from jobs.report.words import counted, duration, number, ratio, share

#: What a query calls a topic that the tracker did not send, or on which item views disagree.
UNKNOWN = "(unknown)"
#: Of the attended time of a topic, less time than this share half in view means stories taller than the screen.
TALL_SHARE = 0.2
TALL = "A story of which half does not fit on the screen is never half in view: its time is near zero however long it is read."


def _held(rows: Sequence[Row]) -> str:
    first = rows[0]
    return (
        f"{named(first['item_id'], first['topic'])} on {first['device_type']}: half of its "
        f"{number(first['impressions'])} impressions had it at least half in view for {duration(first['median_visible_ms'])} or longer. "
        + folded(first["small_groups_share"], "impressions of stories")
    )


HELD = question(
    "held",
    "Which stories hold people longest?",
    "median_visible_ms",
    "item_id topic device_type visitor_count impressions median_visible_ms small_groups_share",
    """
    with stories as (
      select *, sum(impressions) filter (where is_remainder) over () / sum(impressions) over () as small_groups_share
      from mart.story_attention_daily
      where event_date = '2026-11-20' and coalesce(surface, 'feed') = 'feed' and coalesce(item_type, 'story') = 'story'
    )
    select item_id, topic, device_type, visitor_count, impressions, hist_p50(visible_ms_hist) as median_visible_ms,
           round(coalesce(small_groups_share, 0), 4) as small_groups_share
    from stories
    where not is_remainder and impressions >= 30
    order by median_visible_ms desc, impressions desc, item_id
    limit 10
    """,
    _held,
    Bars(
        ("item_id", "topic", "device_type"),
        (Bar("median_visible_ms", "Median time in view", "time", "impressions", "impressions"),),
        SCREEN,
    ),
    "A story in view is not a story read: the screen may have stood still while nobody looked.",
    TALL,
    "With some fifty impressions a median moves by a bin (a factor of 1.4) by chance: read the top of the list as a group.",
    "Only stories with enough visitors of their own stand here: the rare ones are in the small groups.",
)


def _stopped(rows: Sequence[Row]) -> str:
    found = [row for row in rows if row["is_stopped_at_unclicked"]]
    stories = counted(rows[0]["story_count"], "story", "stories")
    if not found:
        return f"None of {stories}: those that cursors stop at most are also clicked most."
    first = found[0]
    return (
        f"{number(first['stopped_at_count'])} of {stories}, hovered over as often as the middle one or more and clicked as seldom or less. "
        f"First {named(first['item_id'], first['topic'])}: cursors rested on it in {share(first['hovered_share'])} of "
        f"{number(first['hover_measured_count'])} item views, with {first['clicks_per_100']:.1f} clicks per 100 of "
        f"{number(first['clicks_measured_count'])}."
    )


STOPPED = question(
    "stopped-at",
    "Which stories do people stop at but not click?",
    "hovered_share",
    "item_id topic visitor_count hovered_share hover_measured_count clicks_per_100 clicks_measured_count is_stopped_at_unclicked stopped_at_count story_count",
    """
    with stories as (
      select item_id, topic, visitor_count, round(hovered_count / hover_measured_count, 4) as hovered_share, hover_measured_count,
             round(100 * click_count / clicks_measured_count, 2) as clicks_per_100, clicks_measured_count
      from mart.story_attention_daily
      where event_date = '2026-11-20' and surface = 'feed' and device_type = 'desktop' and item_type = 'story'
        and not is_remainder and hover_measured_count > 0 and clicks_measured_count > 0
    ),
    flagged as (
      select *, hovered_share >= median(hovered_share) over () and clicks_per_100 <= median(clicks_per_100) over ()
               as is_stopped_at_unclicked
      from stories
    )
    select *, count(*) filter (where is_stopped_at_unclicked) over () as stopped_at_count, count(*) over () as story_count
    from flagged
    order by is_stopped_at_unclicked desc, hovered_share desc, item_id
    limit 12
    """,
    _stopped,
    Bars(
        ("item_id", "topic", "is_stopped_at_unclicked"),
        (
            Bar("hovered_share", "Hovered over", "share", "hover_measured_count", "item views"),
            Bar("clicks_per_100", "Clicks per 100 item views", "per_100", "clicks_measured_count", "item views"),
        ),
        CURSOR,
    ),
    "Desktop only: touch has no hover, so a phone's row has none measured, which is not none.",
    "A cursor that rests on a story may be parked there: the eye can be elsewhere.",
    "Clicks are counted, not clicked item views: one impatient visitor may give several.",
    "Ten clicks more or less are chance at these numbers; the flag compares with the middle story of the same list, no more.",
)


def _topics(rows: Sequence[Row]) -> str:
    known = [row for row in measured(rows, "mean_visible_ms") if row["topic"] not in (SMALL_GROUPS, UNKNOWN)]
    hidden = sum(row["impressions"] for row in rows if row["topic"] == SMALL_GROUPS)
    total = sum(row["impressions"] for row in rows)
    if not known:
        return "No topic can be told: it is unknown, or every story is in the small groups."
    first = best(known, "mean_visible_ms")
    tall = [row["topic"] for row in known if (row["visible_ms"] or 0) < TALL_SHARE * (row["attended_ms"] or 0)]
    warning = f"{' and '.join(tall)} only looks unseen: its stories hardly fit a screen by half. " if tall else ""
    return (
        f"{told(first['topic'])}, among {counted(len(known), 'topic')}: {duration(first['mean_visible_ms'])} in view per impression, over "
        f"{number(first['impressions'])} impressions of {counted(first['row_count'], 'story on a device', 'stories on devices')}. "
        + warning
        + folded(ratio(hidden, total), "impressions of stories")
    )


TOPICS = question(
    "topics",
    "Which topics hold attention?",
    "mean_visible_ms",
    "topic row_count impressions visible_ms mean_visible_ms attended_ms",
    """
    with stories as (
      select if(is_remainder, '(small groups)', coalesce(topic, '(unknown)')) as topic, impressions, visible_ms, attended_ms
      from mart.story_attention_daily
      where event_date = '2026-11-20' and coalesce(surface, 'feed') = 'feed' and coalesce(item_type, 'story') = 'story'
    )
    select topic, count(*) as row_count, sum(impressions) as impressions, sum(visible_ms) as visible_ms,
           round(sum(visible_ms) / nullif(sum(impressions), 0)) as mean_visible_ms, sum(attended_ms) as attended_ms
    from stories
    group by topic
    order by topic = '(small groups)', mean_visible_ms desc nulls last, topic
    """,
    _topics,
    Bars(
        ("topic",),
        (Bar("mean_visible_ms", "Time in view per impression", "time", "impressions", "impressions"),),
        SCREEN,
    ),
    TALL,
    "A topic is known of published items only; what the small groups are about is not told, and may turn the order round.",
    "A few popular stories stand for a topic here: the order is theirs as much as the topic's.",
    "The mean is of impressions, and pulled up by the few that stay open for minutes.",
)


def _devices(rows: Sequence[Row]) -> str:
    longer = sum(row["phone_median_ms"] > row["desktop_median_ms"] for row in rows)
    return (
        f"{longer} of {counted(len(rows), 'story', 'stories')} that are published on both stay in view longer on the phone, at the median. "
        f"{'Too few to tell.' if len(rows) < 6 else 'By chance alone it would be about half.'}"
    )


DEVICES = question(
    "phone-or-desktop",
    "Do the same stories hold people longer on phones than on desktops?",
    "phone_median_ms",
    "item_id topic phone_median_ms phone_impressions desktop_median_ms desktop_impressions",
    """
    with stories as (
      select item_id, topic, device_type, impressions, hist_p50(visible_ms_hist) as median_ms
      from mart.story_attention_daily
      where event_date = '2026-11-20' and surface = 'feed' and item_type = 'story' and not is_remainder
        and viewable_count > impressions / 10
    )
    select item_id, phone.topic, phone.median_ms as phone_median_ms, phone.impressions as phone_impressions,
           desktop.median_ms as desktop_median_ms, desktop.impressions as desktop_impressions
    from stories as phone join stories as desktop using (item_id)
    where phone.device_type = 'phone' and desktop.device_type = 'desktop'
    order by phone_impressions desc, item_id
    """,
    _devices,
    Bars(
        ("item_id", "topic"),
        (
            Bar("phone_median_ms", "On phones", "time", "phone_impressions", "impressions"),
            Bar("desktop_median_ms", "On desktops", "time", "desktop_impressions", "impressions"),
        ),
        SCREEN,
    ),
    "Left out are stories that are viewable in less than a tenth of their impressions: they hardly fit a screen by half.",
    "A story fills a phone's screen and half a desktop's: the same story is half in view for other reasons.",
    "Who comes by phone is somebody else, at another hour: the device is not the cause.",
    "Only stories with enough visitors on both are compared, so popular ones.",
)


def _clicked(rows: Sequence[Row]) -> str:
    if len(rows) < 3 or not math.isfinite(math.nan if rows[0]["correlation"] is None else rows[0]["correlation"]):
        return "It cannot be told: fewer than three stories are published, or all are hovered over or clicked alike."
    least, most = rows[0], rows[-1]
    stories = sum(row["story_count"] for row in rows)
    return (
        f"Of {counted(stories, 'story', 'stories')} the third that is hovered over least has {least['clicks_per_100']:.1f} clicks per 100 of "
        f"{number(least['clicks_measured_count'])} item views, the third hovered over most {most['clicks_per_100']:.1f} of "
        f"{number(most['clicks_measured_count'])}; the correlation over stories is {least['correlation']:+.2f}."
    )


CLICKED = question(
    "hover-and-click",
    "Are the stories that people hover over the ones they click?",
    "clicks_per_100",
    "hovered_third story_count hover_measured_count hovered_share clicks_measured_count clicks_per_100 correlation",
    """
    with stories as (
      select *, ntile(3) over (order by hovered_count / hover_measured_count, item_id) as third,
             corr(hovered_count / hover_measured_count, click_count / clicks_measured_count) over () as correlation
      from mart.story_attention_daily
      where event_date = '2026-11-20' and surface = 'feed' and device_type = 'desktop' and item_type = 'story'
        and not is_remainder and hover_measured_count > 0 and clicks_measured_count > 0
    )
    select case third when 1 then 'least' when 2 then 'middle' else 'most' end as hovered_third, count(*) as story_count,
           sum(hover_measured_count) as hover_measured_count,
           round(sum(hovered_count) / sum(hover_measured_count), 4) as hovered_share,
           sum(clicks_measured_count) as clicks_measured_count,
           round(100 * sum(click_count) / sum(clicks_measured_count), 2) as clicks_per_100,
           round(any_value(correlation), 3) as correlation
    from stories
    group by third
    order by third
    """,
    _clicked,
    Bars(
        ("hovered_third",),
        (
            Bar("hovered_share", "Hovered over", "share", "hover_measured_count", "item views"),
            Bar("clicks_per_100", "Clicks per 100 item views", "per_100", "clicks_measured_count", "item views"),
        ),
        CURSOR,
    ),
    "A correlation over stories says nothing about one person: who hovers need not be who clicks.",
    "Who clicks has the cursor on the story first, so some relation is there by force.",
    "What stands higher in the feed is both hovered over and clicked more: the place is behind part of it.",
)

STORIES = (HELD, STOPPED, TOPICS, DEVICES, CLICKED)
