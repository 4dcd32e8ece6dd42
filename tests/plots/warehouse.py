"""A published warehouse for pictures: few rows, with numbers that can be checked by hand, and names that are no names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from jobs.config import Settings
from jobs.io import releases
from jobs.io.releases import EventDate
from jobs.io.store import Store
from tests.reading.small_warehouse import release, write_table
from warehouse_schema import TABLES
from warehouse_schema.derive import rows

DAY, NEXT = dt.date(2026, 11, 20), dt.date(2026, 11, 27)
SETTINGS = Settings(min_visitors=20)
BINS = len(SETTINGS.hist_edges_ms) + 1
#: HTML, SQL, a formula and a control character in one name.
EVIL = "<script>alert(1)</script>'\"; drop table x; $\\frac{$\x07"
Row = dict[str, Any]


def plots_warehouse(root: str) -> str:
    """Write it below `root`; release 3, in which the second date is provisional."""
    tables = {
        "mart.hover_heatmap_daily": [*_cells()],
        "mart.viewport_exposure_daily": [*_exposure()],
        "mart.feed_attention_daily": [*_places()],
        "mart.zone_attention_daily": [*_zones()],
        "mart.feed_visibility_minutes": [*_minutes()],
        "mart.session_attention_daily": [*_sessions()],
        "mart.reach_daily": [*_reach()],
    }
    pins = {name: write_table(root, name, rows(TABLES[name], *entries)) for name, entries in tables.items()}
    dates = {str(DAY): EventDate("final", "0.1.0", "0"), str(NEXT): EventDate("provisional", "0.1.0", "0")}
    record = replace(release(3, pins), event_dates=dates, configuration=SETTINGS.model_dump())
    assert releases.publish(Store(root, create=True), record, {})
    return root


def hist(**counts: int) -> list[int]:
    """Counts by bin: b4=7 is 7 in the fifth bin."""
    return [counts.get(f"b{n}", 0) for n in range(BINS)]


#: Cells of the desktop's layouts: edge, column, row, dwell.
CELLS = {
    "feed-v7": [(32, 2, 1, 600), (32, 3, 1, 400), (64, 3, 1, 800), (32, 10, 0, 500), (32, 0, 6, 100)],
    "feed-v8": [(64, 1, 0, 1200), (64, 3, 1, 400), (32, 0, 6, 100), (32, 20, 2, 90)],
}


def _cells() -> Iterator[Row]:
    shared = {"space": "document", "viewport_class": "<1440", "device_type": "desktop"}
    for layout, cells in CELLS.items():
        for edge, x, y, dwell in cells:
            counts = {"visitor_count": 60 + x, "page_view_count": 80 + x}
            yield _cell(edge, x, y, dwell) | shared | {"layout_id": layout} | counts
    nothing: Row = {"cell_px": None, "cell_x": None, "cell_y": None, "is_remainder": True}
    yield _cell(32, 0, 0, 600) | shared | nothing | {"layout_id": "feed-v7"}
    yield _cell(32, 0, 0, 300) | shared | nothing | {"surface": None, "layout_id": None, "device_type": None}
    # A tablet as wide as the desktop, and one that is not; a phone whose cursor nobody measured.
    yield _cell(32, 2, 1, 900) | shared | {"layout_id": "feed-v7", "device_type": "tablet"}
    yield _cell(32, 2, 1, 50) | shared | {"layout_id": "feed-v7", "device_type": "pen", "viewport_class": "<1024"}
    phone = {"layout_id": "feed-m4", "device_type": "phone", "viewport_class": "<480", "dwell_ms": None}
    yield _cell(32, 1, 1, 0) | shared | phone | {"active_ms": None, "click_count": 9}
    yield _cell(32, 2, 1, 3000) | shared | {"layout_id": "feed-v7", "event_date": NEXT}
    for device, viewport_class in (("desktop", "<1440"), ("phone", "<480")):
        names = {"space": "viewport", "viewport_class": viewport_class, "device_type": device, "layout_id": "feed-v7"}
        yield _cell(32, 2, 1, 0) | names | {"dwell_ms": None, "click_count": 7}
    # Two layouts that have no place in common.
    for layout, x in (("left", 1), ("right", 30)):
        yield _cell(32, x, 0, 70) | shared | {"surface": "apart", "layout_id": layout}
    # On this surface layouts are called as devices are.
    for name in ("desktop", "phone"):
        yield _cell(32, 0, 0, 10) | shared | {"surface": "odd", "layout_id": name, "device_type": name}
    yield _cell(32, 1, 0, 700) | shared | {"surface": EVIL, "layout_id": EVIL, "device_type": EVIL}


def _cell(edge: int, x: int, y: int, dwell: int) -> Row:
    place = {"cell_px": edge, "cell_x": x, "cell_y": y}
    return {"event_date": DAY, "surface": "feed", **place, "dwell_ms": dwell, "active_ms": dwell // 2, "click_count": 0}


def _exposure() -> Iterator[Row]:
    shared = {"viewport_class": "<1440", "device_type": "desktop", "surface": "feed"}
    for layout, ms, row_count in (("feed-v7", 2000, 8), ("feed-v8", 4000, 6)):
        for row in range(row_count):
            yield shared | {"event_date": DAY, "layout_id": layout, "cell_y": row, "visible_ms": ms} | _shown(100 - row)
    for device in ("tablet", "desktop"):
        date = DAY if device == "tablet" else NEXT
        for row in range(3):
            names = {"layout_id": "feed-v7", "device_type": device}
            yield shared | names | {"event_date": date, "cell_y": row, "visible_ms": 1000} | _shown(40)
    gone = {"layout_id": None, "device_type": None, "viewport_class": None, "surface": None, "cell_y": None}
    yield gone | {"event_date": DAY, "visible_ms": 4000, "is_remainder": True}


def _shown(page_views: int) -> Row:
    return {"page_view_count": page_views, "visitor_count": 50 + page_views // 10}


def _places() -> Iterator[Row]:
    shared = {"surface": "feed", "event_date": DAY}
    for bucket, measurable, viewable, bin_ in (("1", 200, 150, "b10"), ("2", 100, 50, "b8"), ("4-5", 0, 0, "b6")):
        counts = {"impressions": 120, "measurable_count": measurable, "measurable_viewable_count": viewable}
        hovers = {"hover_measured_count": 80, "hovered_count": 20, "visible_ms": 240_000}
        keys = {"device_type": "desktop", "item_type": "story", "feed_rank_bucket": bucket, "visitor_count": 70}
        yield shared | keys | counts | hovers | {"visible_ms_hist": hist(**{bin_: 120})}
        keys |= {"device_type": "phone", "visitor_count": 90}
        yield shared | keys | counts | {"hover_measured_count": 0, "hovered_count": 0, "visible_ms_hist": hist(b4=120)}
    story = {"device_type": "desktop", "item_type": "story", "impressions": 40, "visible_ms_hist": hist(b1=40)}
    yield shared | story | {"feed_rank_bucket": None, "is_remainder": True}
    yield shared | story | {"feed_rank_bucket": "(none)", "impressions": 60}
    yield (
        shared | story | {"item_type": "ad", "feed_rank_bucket": "3", "impressions": 30, "visible_ms_hist": hist(b9=30)}
    )
    gone = {"surface": None, "device_type": None, "item_type": None, "feed_rank_bucket": None, "is_remainder": True}
    yield shared | gone | {"impressions": 140}
    evil = {"surface": EVIL, "device_type": EVIL, "item_type": EVIL, "feed_rank_bucket": "1", "impressions": 5}
    yield evil | {
        "event_date": DAY,
        "measurable_count": 4,
        "measurable_viewable_count": 1,
        "visible_ms_hist": hist(b9=5),
    }
    later = {"device_type": "desktop", "item_type": "story", "feed_rank_bucket": "1", "impressions": 50}
    yield shared | later | {"event_date": NEXT, "measurable_count": 40, "measurable_viewable_count": 10}


def _zones() -> Iterator[Row]:
    shared = {"event_date": DAY, "surface": "feed", "layout_id": "feed-v7", "device_type": "desktop"}
    yield shared | {"target": "nav", "hover_count": 40, "dwell_ms_hist": hist(b2=10, b5=30), "visitor_count": 44}
    yield shared | {"target": "sidebar", "hover_count": 20, "dwell_ms_hist": hist(b5=20), "visitor_count": 33}
    yield shared | {"layout_id": "feed-v8", "target": "nav", "hover_count": 9, "dwell_ms_hist": hist(b29=9)}
    yield shared | {"event_date": NEXT, "target": "nav", "hover_count": 3, "dwell_ms_hist": [1, 2]}
    gone = {"target": None, "is_remainder": True}
    yield shared | gone | {"hover_count": 15, "dwell_ms_hist": hist(b5=15)}


def _minutes() -> Iterator[Row]:
    midnight = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
    for platform, start, page_views in (("ios", 600, 30), ("android", 1200, 60)):
        for minute in (start, start + 1, start + 5):
            when = {"event_date": DAY, "minute": midnight + dt.timedelta(minutes=minute)}
            counts = {"page_view_count": page_views, "visible_ms": 1000 * page_views, "visitor_count": page_views - 5}
            yield when | counts | {"platform": platform, "device_type": "phone"}
    yield {"event_date": NEXT, "minute": midnight + dt.timedelta(days=7), "platform": "ios", "device_type": "phone"}
    gone = {"event_date": DAY, "minute": None, "is_remainder": True, "device_type": "phone"}
    yield gone | {"platform": "ios", "visible_ms": 30_000}
    yield gone | {"platform": "web", "visible_ms": 10_000}
    yield gone | {"platform": "web", "device_type": "desktop", "visible_ms": 5}


def _sessions() -> Iterator[Row]:
    for date, sessions in ((DAY, 100), (NEXT, 120)):
        counts = {"session_count": sessions, "engaged_ms": 1000 * sessions, "engaged_measured_count": sessions // 2}
        yield {"event_date": date, "device_type": "desktop", "platform": "web"} | counts
    yield {"event_date": DAY, "device_type": None, "platform": None, "is_remainder": True, "session_count": 25}


def _reach() -> Iterator[Row]:
    yield {"event_date": DAY, "surface": "feed", "device_type": "desktop", "visitors_1d": 70}
