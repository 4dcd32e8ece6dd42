"""Questions to the tables of items of the feed."""

from __future__ import annotations

from warehouse_schema.examples.example import Example, example

STORY_ATTENTION_DAILY: tuple[Example, ...] = (
    example(
        "Which stories were in view for longest, and how often were they viewable?",
        "item_id topic impressions visible_s viewable_rate",
        """
        select item_id, any_value(topic) as topic, sum(impressions) as impressions,
               round(sum(visible_ms) / 1000) as visible_s,
               round(sum(measurable_viewable_count) / nullif(sum(measurable_count), 0), 3) as viewable_rate
        from mart.story_attention_daily
        where event_date = '2026-11-20' and surface = 'feed' and item_type = 'story' and not is_remainder
        group by item_id
        order by visible_s desc nulls last, item_id
        limit 20
        """,
    ),
    example(
        "Which stories do people stop at and not click? Only where both cursor and clicks are measured.",
        "item_id topic hovered_rate clicks_per_view visitor_count",
        """
        select item_id, topic, round(hovered_count / hover_measured_count, 3) as hovered_rate,
               round(click_count / clicks_measured_count, 3) as clicks_per_view, visitor_count
        from mart.story_attention_daily
        where event_date = '2026-11-20' and surface = 'feed' and device_type = 'desktop' and item_type = 'story'
          and not is_remainder and hover_measured_count > 0 and clicks_measured_count > 0
        order by hovered_rate - clicks_per_view desc, item_id
        limit 20
        """,
    ),
)

FEED_ATTENTION_DAILY: tuple[Example, ...] = (
    example(
        "How does being seen fall off with the place in the feed: the position curve of stories?",
        "device_type feed_rank_bucket item_count impression_rate viewable_rate",
        """
        select device_type, feed_rank_bucket, item_count, round(impressions / nullif(item_count, 0), 3) as impression_rate,
               round(measurable_viewable_count / nullif(measurable_count, 0), 3) as viewable_rate
        from mart.feed_attention_daily
        where event_date = '2026-11-20' and surface = 'feed' and item_type = 'story' and not is_remainder
        order by device_type, try_cast(regexp_extract(feed_rank_bucket, '[0-9]+') as int) nulls last
        """,
    ),
    example(
        "For how long do stories, videos and ads stay in view, at the median and in the longest tenth?",
        "item_type device_type impressions p50_ms p90_ms",
        """
        select item_type, device_type, sum(impressions) as impressions,
               hist_p50(hist_sum(visible_ms_hist)) as p50_ms, hist_p90(hist_sum(visible_ms_hist)) as p90_ms
        from mart.feed_attention_daily
        where event_date between '2026-11-14' and '2026-11-20' and surface = 'feed' and item_type is not null
        group by item_type, device_type
        order by item_type, device_type
        """,
    ),
)

AD_ATTENTION_DAILY: tuple[Example, ...] = (
    example(
        "Of the ads that could be measured, how many were viewable; and how many could not be measured at all?",
        "device_type eligible_count not_measurable_share viewable_rate",
        """
        select device_type, sum(eligible_count) as eligible_count,
               round(sum(not_measurable_count) / nullif(sum(eligible_count), 0), 3) as not_measurable_share,
               round(sum(viewable_count) / nullif(sum(viewable_count) + sum(measured_not_viewable_count), 0), 3) as viewable_rate
        from mart.ad_attention_daily
        where event_date = '2026-11-20'
        group by device_type
        order by eligible_count desc
        """,
    ),
    example(
        "Did cursors hover over the ads, and were they clicked? Each rate over the item views that measured it: none on touch.",
        "device_type ad_id eligible_count hovered_rate clicks_per_view",
        """
        select device_type, ad_id, eligible_count, round(hovered_count / nullif(hover_measured_count, 0), 3) as hovered_rate,
               round(click_count / nullif(clicks_measured_count, 0), 3) as clicks_per_view
        from mart.ad_attention_daily
        where event_date = '2026-11-20'
        order by eligible_count desc
        limit 20
        """,
    ),
)
