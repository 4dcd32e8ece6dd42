"""Common SQL: the tables that every peer writes; marts at their finest grain, without folding of small groups."""

from __future__ import annotations

from itertools import pairwise

from benchmarks.peers.dialect import Dialect, Step
from jobs.config import Settings
from warehouse_schema.shared import FEED_RANK_BUCKETS, MISSING

HEAT_AMOUNTS = ("dwell_ms", "active_ms", "sample_count", "stay_count", "click_count")
_ITEM_FLAGS = {
    "impressions": "is_impression",
    "measurable_count": "is_measurable",
    "viewable_count": "is_viewable",
    "measurable_viewable_count": "is_viewable AND is_measurable",
    "large_count": "is_viewable_large",
    "tall_count": "is_viewable_tall",
    "subsecond_count": "is_subsecond",
    "skip_count": "is_skip",
    "hover_measured_count": "hover_ms IS NOT NULL",
    "clicks_measured_count": "click_count IS NOT NULL",
    "hovered_count": "hover_count > 0",
}
ITEM_SUMS = ("visible_ms", "attended_ms", "hover_ms", "hover_visible_ms", "click_count")


def clean_steps() -> list[Step]:
    """`page_views` (one row each), `page_view_heat_cells` and `page_view_items`, flat, by the number of their page view."""
    context = "surface, layout_id, device_type, viewport_class, traffic_class, has_ads, end_ms AS absolute_ms"
    has_input = "has_pointer = 1 OR has_clicks = 1 OR has_scroll = 1"
    day = "date_from_unix_date(CAST(event_day AS INT)) AS event_date"
    views = f"""SELECT {day}, v.visitor_id, page_view_id, v.pv, {context}, coalesce(visible_ms, 0) AS visible_ms,
        IF({has_input}, coalesce(engaged_ms, 0), NULL) AS engaged_ms FROM views v JOIN traffic t ON v.pv = t.pv
        LEFT JOIN (SELECT pv, sum(stop_ms - start_ms) AS visible_ms FROM visible GROUP BY pv) s ON v.pv = s.pv
        LEFT JOIN (SELECT pv, sum(stop_ms - start_ms) AS engaged_ms FROM engaged GROUP BY pv) e ON v.pv = e.pv"""
    cells = f"SELECT event_date, c.pv, space, cell_x, cell_y, {', '.join(HEAT_AMOUNTS)} FROM heat_cells c JOIN page_views v ON c.pv = v.pv"
    return [
        ("page_views", views),
        ("page_view_heat_cells", cells),
        ("page_view_items", "SELECT event_date, i.* FROM item_views i JOIN page_views v ON i.pv = v.pv"),
    ]


def mart_steps(dialect: Dialect, settings: Settings) -> list[Step]:
    """Three marts from the clean tables: humans only; an ad counts only from page views with the purpose ads."""
    of_views = "JOIN page_views v ON e.pv = v.pv WHERE v.traffic_class = 'human'"
    item_entries = f"""SELECT e.*, visitor_id, surface, device_type, {_bucket()} AS feed_rank_bucket FROM page_view_items e {of_views}
        AND (e.ad_id IS NULL OR v.has_ads = 1)"""
    heat_keys = "event_date, surface, layout_id, device_type, viewport_class, space"
    heat_entries = f"SELECT e.*, visitor_id, surface, layout_id, device_type, viewport_class FROM page_view_heat_cells e {of_views}"
    sums = ", ".join(f"sum({name}) AS {name}" for name in HEAT_AMOUNTS)
    counts = "count(DISTINCT visitor_id) AS visitor_count"
    return [
        (
            "hover_heatmap_daily",
            f"""SELECT {heat_keys}, {settings.cell_px} AS cell_px, cell_x, cell_y, {counts}, count(*) AS page_view_count,
            count(dwell_ms) AS hover_measured_count, count(click_count) AS clicks_measured_count, {sums}
            FROM ({heat_entries}) GROUP BY {heat_keys}, cell_x, cell_y""",
        ),
        (
            "story_attention_daily",
            f"""SELECT event_date, surface, device_type, item_type, item_id,
            IF(min(topic) = max(topic), min(topic), NULL) AS topic, {counts}, count(*) AS page_view_count,
            {_item_measures(dialect, settings)} FROM ({item_entries}) GROUP BY event_date, surface, device_type, item_type, item_id""",
        ),
        (
            "feed_attention_daily",
            f"""SELECT event_date, surface, device_type, item_type, feed_rank_bucket, {counts},
            count(DISTINCT pv) AS page_view_count, count(*) AS item_count, {_item_measures(dialect, settings)}
            FROM ({item_entries}) GROUP BY event_date, surface, device_type, item_type, feed_rank_bucket""",
        ),
    ]


def _item_measures(dialect: Dialect, settings: Settings) -> str:
    edges = settings.hist_edges_ms
    bins = [f"visible_ms < {edges[0]}", *(f"visible_ms >= {a} AND visible_ms < {b}" for a, b in pairwise(edges))]
    bins.append(f"visible_ms >= {edges[-1]}")
    histogram = dialect.array([f"count(IF(is_impression AND {inside}, 1, NULL))" for inside in bins])
    columns = [f"count(IF({flag}, 1, NULL)) AS {name}" for name, flag in _ITEM_FLAGS.items()]
    columns += [f"sum({name}) AS {name}" for name in ITEM_SUMS]
    return ", ".join([*columns, f"{histogram} AS visible_ms_hist"])


def _bucket() -> str:
    lowest_first = sorted(FEED_RANK_BUCKETS.items(), key=lambda pair: -pair[1])
    cases = " ".join(f"WHEN feed_rank >= {lowest} THEN '{name}'" for name, lowest in lowest_first)
    return f"CASE {cases} ELSE '{MISSING}' END"
