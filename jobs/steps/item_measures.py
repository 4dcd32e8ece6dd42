"""Measures of item views, one place for every mart that sums them (METRICS 3 and 6)."""

from __future__ import annotations

from jobs.steps.marts import Distribution, fields


def one_if(condition: str) -> str:
    """1 where the condition holds, 0 where it does not or is not known."""
    return f"CAST(coalesce({condition}, FALSE) AS BIGINT)"


#: Each from the item view's struct; flags count as 1, NULL flags not at all.
ITEM_MEASURES: dict[str, str] = {
    "impressions": one_if("entry.is_impression"),
    "measurable_count": one_if("entry.is_measurable"),
    "viewable_count": one_if("entry.is_viewable"),
    "measurable_viewable_count": one_if("entry.is_viewable AND entry.is_measurable"),
    "large_count": one_if("entry.is_viewable_large"),
    "tall_count": one_if("entry.is_viewable_tall"),
    "subsecond_count": one_if("entry.is_subsecond"),
    "skip_count": one_if("entry.is_skip"),
    "hover_measured_count": one_if("entry.hover_ms IS NOT NULL"),
    "clicks_measured_count": one_if("entry.click_count IS NOT NULL"),
    "hovered_count": one_if("entry.hover_count > 0"),
    **fields("visible_ms", "attended_ms", "hover_ms", "hover_visible_ms", "click_count"),
}
#: Half-visible time of the items that were in view.
VISIBLE_MS_HIST = Distribution("visible_ms_hist", "IF(entry.is_impression, entry.visible_ms, NULL)")
