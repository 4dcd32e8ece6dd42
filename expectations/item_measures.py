"""Rules that hold on every mart which adds up item views."""

from __future__ import annotations

from expectations.rules import Rule, sum_of

HOVERED = Rule(
    "hovered_among_measured",
    "hovered_count <= hover_measured_count",
    "More item views were hovered over than hover was measured on.",
)
ITEM_RULES = (
    Rule(
        "viewable_among_impressions",
        "viewable_count <= impressions OR {visible_share} <= {share_slack} OR least({viewable_ms}, {viewable_video_ms}) = 0",
        "More item views were viewable than were in view at all.",
    ),
    Rule(
        "measurable_viewable_among_both",
        "measurable_viewable_count <= least(measurable_count, viewable_count)",
        "The viewable rate is above 1, or counts item views that are not viewable.",
    ),
    Rule(
        "viewable_have_time_in_view",
        "viewable_count * least({viewable_ms}, {viewable_video_ms}) <= coalesce(visible_ms, 0)",
        "The time in view is too short for so many viewable item views: units or sums are wrong.",
    ),
    Rule(
        "histogram_holds_every_impression",
        f"{sum_of('visible_ms_hist', 'entry')} = impressions",
        "The bins of visible_ms do not hold exactly the impressions: quantiles are of something else.",
    ),
    Rule(
        "hover_visible_within_hover",
        "hover_visible_ms <= hover_ms",
        "Cursors hovered over visible items for longer than over the items.",
    ),
    HOVERED,
)
