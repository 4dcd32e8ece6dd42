"""Rules about mart.viewport_exposure_daily."""

from __future__ import annotations

from expectations.rules import TRACKER, WARNING, Rule

_GROUP = "event_date, surface, layout_id, device_type, viewport_class"

RULES = (
    Rule(
        "row_below_the_top",
        "cell_y >= 0",
        "A document row lies above the document.",
    ),
    Rule(
        "reach_falls_with_depth",
        # Few page views differ by chance: three standard deviations of a count are no news.
        "page_view_count <= page_views_above * (1 + {depth_rise_share}) + 3 * sqrt(page_views_above)",
        "Many more page views showed a row than the one above it. Pages that are scrolled down from the top never do that: "
        "offsets are misread, or pages open further down.",
        beside=f"lag(IF(is_remainder, NULL, page_view_count)) OVER (PARTITION BY {_GROUP} ORDER BY cell_y) "
        "AS page_views_above",
        severity=WARNING,
        owner=TRACKER,
    ),
)
