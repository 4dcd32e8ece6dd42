"""Questions to the tables of cells, document rows and zones."""

from __future__ import annotations

from warehouse_schema.examples.example import Example, example

HOVER_HEATMAP_DAILY: tuple[Example, ...] = (
    example(
        "In which cells of the first screen were cursors active for longest?",
        "layout_id device_type viewport_class cell_x cell_y active_ms dwell_ms visitor_count",
        """
        select layout_id, device_type, viewport_class, cell_x, cell_y, active_ms, dwell_ms, visitor_count
        from mart.hover_heatmap_daily
        where event_date = '2026-11-20' and surface = 'feed' and space = 'viewport'
          and cell_px = 32 and not is_remainder and active_ms is not null
        order by active_ms desc, cell_y, cell_x
        limit 10
        """,
    ),
    example(
        "How fine is the map: which share of all dwell could be published in cells of which size, and which in none?",
        "is_remainder cell_px cell_count dwell_ms dwell_share",
        """
        select is_remainder, cell_px, count(*) as cell_count, sum(dwell_ms) as dwell_ms,
               round(sum(dwell_ms) / sum(sum(dwell_ms)) over (), 3) as dwell_share
        from mart.hover_heatmap_daily
        where event_date = '2026-11-20' and space = 'viewport'
        group by is_remainder, cell_px
        order by is_remainder, cell_px
        """,
    ),
)

VIEWPORT_EXPOSURE_DAILY: tuple[Example, ...] = (
    example(
        "How deep is the feed read on phones: for how long was each row of the document on screen, per page view that reached it?",
        "layout_id viewport_class from_px page_view_count seconds_per_view",
        """
        select layout_id, viewport_class, cell_y * 32 as from_px, page_view_count,
               round(visible_ms / page_view_count / 1000, 1) as seconds_per_view
        from mart.viewport_exposure_daily
        where event_date = '2026-11-20' and surface = 'feed' and device_type = 'phone' and not is_remainder
        order by layout_id, viewport_class, from_px
        """,
    ),
    example(
        "Where do cursors move most for the time that a row of the document is on screen? Only cells of 32 px: what was folded into larger ones is missing.",
        "layout_id viewport_class cell_y active_ms visible_ms active_share",
        """
        with cursor as (
          select event_date, surface, layout_id, device_type, viewport_class, cell_y, sum(active_ms) as active_ms
          from mart.hover_heatmap_daily
          where event_date = '2026-11-20' and space = 'document' and cell_px = 32 and not is_remainder
          group by all
        )
        select layout_id, viewport_class, cell_y, active_ms, visible_ms,
               round(active_ms / nullif(visible_ms, 0), 3) as active_share
        from mart.viewport_exposure_daily
        join cursor using (event_date, surface, layout_id, device_type, viewport_class, cell_y)
        where event_date = '2026-11-20' and surface = 'feed' and device_type = 'desktop' and not is_remainder
        order by layout_id, viewport_class, cell_y
        """,
    ),
)

ZONE_ATTENTION_DAILY: tuple[Example, ...] = (
    example(
        "At which zones do cursors stop rather than pass, and which of them are clicked? Each rate over what measured it.",
        "layout_id device_type target hover_count long_share clicks_per_view",
        """
        select layout_id, device_type, target, hover_count,
               round(long_hover_count / nullif(hover_count, 0), 3) as long_share,
               round(click_count / nullif(clicks_measured_count, 0), 3) as clicks_per_view
        from mart.zone_attention_daily
        where event_date = '2026-11-20' and not is_remainder
        order by hover_count desc nulls last, target
        """,
    ),
    example(
        "How long does a hover over a zone last, at the median and in the longest tenth?",
        "layout_id target hover_count p50_ms p90_ms",
        """
        select layout_id, target, sum(hover_count) as hover_count,
               hist_p50(hist_sum(dwell_ms_hist)) as p50_ms, hist_p90(hist_sum(dwell_ms_hist)) as p90_ms
        from mart.zone_attention_daily
        where event_date between '2026-11-14' and '2026-11-20' and not is_remainder and hover_measured_count > 0
        group by layout_id, target
        order by hover_count desc, target
        """,
    ),
)
