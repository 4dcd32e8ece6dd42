"""mart.ad_attention_daily: which ads could be seen, for how long, one UTC day, on page views that allow ads."""

from __future__ import annotations

from jobs.config import Settings
from jobs.steps.item_measures import ITEM_MEASURES, one_if
from jobs.steps.marts import MartSpec, fields, remainder_steps
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.mart.ad_attention_daily import AD_ATTENTION_DAILY

READS, WRITES = PAGE_VIEWS, AD_ATTENTION_DAILY

_IS_VIEWABLE = "coalesce(entry.is_measurable AND entry.is_viewable, FALSE)"
_MEASURES = {
    "eligible_count": "1",
    "not_measurable_count": one_if("NOT entry.is_measurable"),
    "measured_not_viewable_count": one_if(f"entry.is_measurable AND NOT {_IS_VIEWABLE}"),
    "viewable_count": one_if(_IS_VIEWABLE),
    "viewable_visible_ms": f"IF({_IS_VIEWABLE}, entry.visible_ms, IF(entry.visible_ms IS NULL, NULL, 0))",
}


def spec(settings: Settings) -> MartSpec:
    """Ads with their fold ladder: the ad away, the date. Several slots of a page view may show the same ad."""
    shared = {name: ITEM_MEASURES[name] for name in WRITES.additive if name not in _MEASURES}
    return MartSpec(
        table=WRITES,
        nested="item_views",
        where="entry.ad_id IS NOT NULL",
        keys=fields("ad_id"),
        measures=_MEASURES | shared,
        visitor_flag="entry.is_first_in_ad_attention",
        page_view_flag="entry.is_first_of_page_view_in_ad_attention",
        visitor_counts={"viewable_visitor_count": (_IS_VIEWABLE, "entry.is_first_viewable_in_ad_attention")},
        ad_id="entry.ad_id",
        ladder=remainder_steps(["ad_id"], ["surface", "device_type"]),
    )
