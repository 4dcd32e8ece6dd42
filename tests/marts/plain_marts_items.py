"""Zones, places in the feed and ads in plain Python: one entry per nested entry of a page view (METRICS 6)."""

from __future__ import annotations

from tests.marts.plain_ladder import Keys, Row
from tests.marts.plain_marts import exclusion, story_view
from tests.marts.plain_marts_rows import NightMart, RichEntry, each, two_folds

#: Highest feed_rank of each class but the last.
_LAST_RANKS = {"1": 1, "2": 2, "3": 3, "4-5": 5, "6-10": 10, "11-20": 20, "21-50": 50}


def feed_rank_bucket(feed_rank: int | None) -> str:
    """The class of a place in the feed, counted from 1."""
    if feed_rank is None or feed_rank < 1:
        return "(none)"
    for bucket, last in _LAST_RANKS.items():
        if feed_rank <= last:
            return bucket
    return "51+"


def _zone_view(view: Row, zone: Row) -> RichEntry:
    sums = ("hover_count", "long_hover_count", "unclicked_hover_count", "dwell_ms", "active_ms", "click_count")
    return RichEntry(
        keys=(*(view[name] for name in ("event_date", "surface", "layout_id", "device_type")), zone["target"]),
        visitor=view["visitor_key"],
        page_view=view["page_view_id"],
        exclusion=exclusion(view),
        amounts={name: zone[name] for name in sums},
        view_flags={
            "hover_measured_count": zone["hover_count"] is not None,
            "clicks_measured_count": zone["click_count"] is not None,
        },
        bins={"dwell_ms_hist": list(zone["hover_dwells_ms"] or [])},
    )


def _feed_view(view: Row, item: Row) -> RichEntry:
    story = story_view(view, item)
    return RichEntry(
        keys=(*_device(view), item["item_type"], feed_rank_bucket(item["feed_rank"])),
        visitor=story.visitor,
        page_view=story.page_view,
        exclusion=story.exclusion,
        amounts={"item_count": 1} | story.amounts,
        view_flags={},
        bins={"visible_ms_hist": [] if story.binned_ms is None else [story.binned_ms]},
    )


def _ad_view(view: Row, item: Row) -> RichEntry:
    is_measurable = bool(item["is_measurable"])
    is_viewable = is_measurable and bool(item["is_viewable"])
    seen_ms = item["visible_ms"]
    counts = {
        "eligible_count": True,
        "not_measurable_count": not is_measurable,
        "measured_not_viewable_count": is_measurable and not is_viewable,
        "viewable_count": is_viewable,
        "hover_measured_count": item["hover_ms"] is not None,
        "clicks_measured_count": item["click_count"] is not None,
        "hovered_count": item["hover_count"] is not None and item["hover_count"] >= 1,
    }
    return RichEntry(
        keys=(*_device(view), item["ad_id"]),
        visitor=view["visitor_key"],
        page_view=view["page_view_id"],
        exclusion=exclusion(view, item["ad_id"]),
        amounts={name: int(flag) for name, flag in counts.items()}
        | {name: item[name] for name in ("visible_ms", "hover_ms", "click_count")}
        | {"viewable_visible_ms": None if seen_ms is None else seen_ms if is_viewable else 0},
        view_flags={},
        people={"viewable_visitor_count": frozenset([view["visitor_key"]] if is_viewable else [])},
    )


def _ad_views(page_views: list[Row]) -> list[RichEntry]:
    items = [(view, item) for view in page_views for item in view["item_views"] or []]
    return [_ad_view(view, item) for view, item in items if item["ad_id"] is not None]


def _device(view: Row) -> Keys:
    return tuple(view[name] for name in ("event_date", "surface", "device_type"))


ZONES = NightMart(
    "zone_attention_daily",
    ("event_date", "surface", "layout_id", "device_type", "target"),
    each("zone_views", _zone_view),
    two_folds(5, lambda keys: (*keys[:4], None)),
)
FEED = NightMart(
    "feed_attention_daily",
    ("event_date", "surface", "device_type", "item_type", "feed_rank_bucket"),
    each("item_views", _feed_view),
    two_folds(5, lambda keys: (*keys[:4], None)),
)
ADS = NightMart(
    "ad_attention_daily",
    ("event_date", "surface", "device_type", "ad_id"),
    _ad_views,
    two_folds(4, lambda keys: (*keys[:3], None)),
)
