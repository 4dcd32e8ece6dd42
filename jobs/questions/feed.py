"""Questions about the feed: how far down it is seen, what is skipped, and how long each type of item stays in view."""

from __future__ import annotations

from collections.abc import Sequence

from jobs.questions.question import Bar, Bars, Plot, Row, question
from jobs.questions.sentences import SCREEN, and_list, best, measured, told
from jobs.report.words import duration, number, percent, share


def _seen(rows: Sequence[Row]) -> str:
    lines = []
    for device in dict.fromkeys(row["device_type"] for row in rows):
        places = [row for row in rows if row["device_type"] == device]
        first, last = places[0], places[-1]
        lines.append(
            f"on {device} from {percent(first['viewable_share'])} viewable at place {first['feed_rank_bucket']} "
            f"(of {number(first['measurable_count'])} measurable item views) to {percent(last['viewable_share'])} at "
            f"{last['feed_rank_bucket']} (of {number(last['measurable_count'])})"
        )
    return told(f"{and_list(lines)}.")


PLACES = question(
    "position-curve",
    "How far down the feed does attention reach?",
    "viewable_share",
    "device_type feed_rank_bucket item_count seen_share measurable_count viewable_share impressions median_visible_ms",
    """
    select device_type, feed_rank_bucket, sum(item_count) as item_count,
           round(sum(impressions) / nullif(sum(item_count), 0), 4) as seen_share,
           sum(measurable_count) as measurable_count,
           round(sum(measurable_viewable_count) / nullif(sum(measurable_count), 0), 4) as viewable_share,
           sum(impressions) as impressions, hist_p50(hist_sum(visible_ms_hist)) as median_visible_ms
    from mart.feed_attention_daily
    where event_date = '2026-11-20' and surface = 'feed' and item_type = 'story'
      and not is_remainder and feed_rank_bucket <> '(none)'
    group by device_type, feed_rank_bucket
    order by device_type, try_cast(regexp_extract(feed_rank_bucket, '[0-9]+') as int)
    """,
    _seen,
    Plot("position-curve", {"surface": "feed", "item_type": "story"}),
    "What the feed puts on top is chosen: the curve shows place and choice together, not what a place does.",
    "The wider classes hold several places: divide by item views, never by page views.",
    "Items that were never loaded may be unknown to the tracker; then the far places look better than they are.",
    "A place that is missing has too few visitors of its own; it is not unseen.",
)


def _skipped(rows: Sequence[Row]) -> str:
    known = [row for row in measured(rows, "skips_per_100") if row["item_type"] in ("story", "video", "ad")] or rows
    most = best(known, "skips_per_100")
    return (
        f"{told(most['item_type'])} on {most['device_type']} most: {most['skips_per_100']:.1f} skips per 100 of {number(most['impressions'])} "
        f"impressions, and {most['near_misses_per_100']:.1f} that missed the viewable second by less than half a second. "
        f"Skips are told only where clicks are measured: on {share(most['clicks_measured_share'])} of its item views."
    )


SKIPPED = question(
    "skipped",
    "What do people skip, and what do they nearly see?",
    "skips_per_100",
    "item_type device_type impressions skip_count skips_per_100 subsecond_count near_misses_per_100 clicks_measured_share",
    """
    with places as (
      select * replace (coalesce(item_type, '(small groups)') as item_type, coalesce(device_type, '(small groups)') as device_type)
      from mart.feed_attention_daily
      where event_date = '2026-11-20' and coalesce(surface, 'feed') = 'feed' and coalesce(item_type, 'story') <> 'zone'
    )
    select item_type, device_type, sum(impressions) as impressions,
           sum(skip_count) as skip_count, round(100 * sum(skip_count) / nullif(sum(impressions), 0), 2) as skips_per_100,
           sum(subsecond_count) as subsecond_count,
           round(100 * sum(subsecond_count) / nullif(sum(impressions), 0), 2) as near_misses_per_100,
           round(sum(clicks_measured_count) / nullif(sum(item_count), 0), 4) as clicks_measured_share
    from places
    group by item_type, device_type
    order by item_type = '(small groups)', skips_per_100 desc nulls last, item_type, device_type
    """,
    _skipped,
    Bars(
        ("item_type", "device_type"),
        (
            Bar("skips_per_100", "Skips per 100 impressions", "per_100", "impressions", "impressions"),
            Bar("near_misses_per_100", "Longest look 0.5 to 1 s, per 100", "per_100", "impressions", "impressions"),
        ),
        SCREEN,
    ),
    "A skip is at least half in view, for less than 1 s, and no click. Where clicks are not measured it is not told, so rates are a little low.",
    "An impression has any time in view, a skip needs half of the item: items that only peek in are impressions and no skips.",
    "Quick readers of headlines skip what they have understood: a skip is no dislike.",
    "A video is viewable after 2 s: between 1 and 2 s it is neither skipped nor viewable.",
)


def _dwell(rows: Sequence[Row]) -> str:
    parts = [
        f"{row['item_type']} on {row['device_type']} {duration(row['p50_ms'])} at the median and, of the longest tenth, "
        f"{duration(row['p90_ms'])} or more ({number(row['impressions'])} impressions)"
        for row in rows
        if row["impressions"]
    ]
    return told(f"{and_list(parts)}.")


DWELL = question(
    "dwell-by-type",
    "For how long do stories, videos and ads stay in view?",
    "p50_ms",
    "item_type device_type impressions p50_ms p90_ms",
    """
    select item_type, device_type, sum(impressions) as impressions,
           hist_p50(hist_sum(visible_ms_hist)) as p50_ms, hist_p90(hist_sum(visible_ms_hist)) as p90_ms
    from mart.feed_attention_daily
    where event_date = '2026-11-20' and surface = 'feed' and item_type in ('story', 'video', 'ad') and device_type is not null
    group by item_type, device_type
    order by device_type, p50_ms desc nulls last, item_type
    """,
    _dwell,
    Plot("dwell-distribution", {"surface": "feed", "device": "desktop", "measure": "visible_ms"}),
    "Quantiles are read from bins: off by less than a factor of 1.4, so small differences say nothing.",
    "Times of items overlap on the screen: never add them up to time on the page.",
    "Rows that lost their device or type to the small groups are not in it; those that lost only their place are.",
    "An advertising video is a video here: what makes it an ad is in mart.ad_attention_daily.",
)

FEED = (PLACES, SKIPPED, DWELL)
