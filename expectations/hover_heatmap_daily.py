"""Rules about mart.hover_heatmap_daily."""

from __future__ import annotations

from expectations.rules import Rule

RULES = (
    Rule(
        "cell_of_the_ladder",
        "cell_px IN ({cell_px}, 2 * {cell_px}, 4 * {cell_px}, 8 * {cell_px})",
        "A cell has a size that no step of the ladder makes.",
    ),
    Rule(
        "active_within_dwell",
        "active_ms <= dwell_ms",
        "In a cell cursors were active for longer than they rested.",
    ),
    Rule(
        "stays_within_dwell",
        "stay_count * {stay_ms} <= dwell_ms",
        "A cell has more stays than its dwell has room for.",
    ),
    Rule(
        "measured_within_page_views",
        "greatest(hover_measured_count, clicks_measured_count) <= page_view_count",
        "Cursors or clicks are measured on more page views than there are.",
    ),
    Rule(
        "amounts_only_where_measured",
        "(hover_measured_count > 0 OR dwell_ms IS NULL) AND (clicks_measured_count > 0 OR click_count IS NULL)",
        "A cell has dwell or clicks although no page view measured them: not measured was taken for zero.",
    ),
)
