"""A warehouse of made-up numbers, large enough for pictures that the demo's one small night cannot give.

Two layouts of a feed, a day of phones minute by minute, eight weeks of dates. Groups below 50 visitors are folded as the
nights fold them: into larger cells, into the remainder of their platform.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from jobs.config import Settings
from jobs.io import releases
from jobs.io.releases import EventDate
from jobs.io.store import Store
from tests.reading.small_warehouse import release, write_table
from warehouse_schema import TABLES
from warehouse_schema.derive import rows

DAY = dt.date(2026, 11, 20)
WEEKS = 8
SETTINGS = Settings()
LEAST = SETTINGS.min_visitors
Row = dict[str, Any]
#: Of each layout: left edge and width of its column in css px, page views, and the depth at which half of them have left.
LAYOUTS = {"feed-v7": (340, 600, 52_000, 2600), "feed-v8": (300, 680, 13_000, 3500)}
ROWS, COLUMNS, FOLD_ROW = 160, 45, 22
#: Page views of phones by platform in the busiest minute.
PLATFORMS = {"android": 230, "ios": 160, "web": 95}
DEVICES = {"desktop": (0.55, 9000), "phone": (0.47, 14_000), "tablet": (0.5, 1300)}


def made_up_warehouse(root: str) -> str:
    """Write it below `root`, as release 57."""
    tables = {
        "mart.hover_heatmap_daily": [*_heat()],
        "mart.viewport_exposure_daily": [*_exposure()],
        "mart.feed_visibility_minutes": [*_minutes()],
        "mart.feed_attention_daily": [*_weeks()],
    }
    pins = {name: write_table(root, name, rows(TABLES[name], *entries)) for name, entries in tables.items()}
    first = DAY - dt.timedelta(weeks=WEEKS)
    states = {str(first + dt.timedelta(days=n)): EventDate("final", "0.1.0", "0") for n in range(7 * WEEKS)}
    states[str(DAY)] = EventDate("provisional", "0.1.0", "0")
    record = replace(release(57, pins), event_dates=states, configuration=SETTINGS.model_dump())
    assert releases.publish(Store(root, create=True), record, {})
    return root


def _seconds(page_views: int, half_px: int) -> np.ndarray:
    """Visible time of each document row, in s: most on the first screen, then less with depth."""
    depth = np.arange(ROWS)
    shown = np.where(depth < FOLD_ROW, 1.0, 0.82 * 0.5 ** ((depth - FOLD_ROW) * 32 / half_px))
    stays = np.where(depth < FOLD_ROW, 5 + 7 * depth / FOLD_ROW, 6.5)
    seconds: np.ndarray = np.round(page_views * shown * stays)
    return seconds


def _exposure() -> Iterator[Row]:
    for layout, (_, _, page_views, half_px) in LAYOUTS.items():
        for row, seconds in enumerate(_seconds(page_views, half_px)):
            counts = {
                "page_view_count": int(seconds / 6.5),
                "visitor_count": int(seconds / 15),
                "visible_ms": int(1000 * seconds),
            }
            yield {"event_date": DAY, "layout_id": layout, "viewport_class": "<1440", "cell_y": row} | counts


def _heat() -> Iterator[Row]:
    rng = np.random.default_rng(7)
    for layout, (left, width, page_views, half_px) in LAYOUTS.items():
        x, y = np.meshgrid(16 + 32 * np.arange(COLUMNS), np.arange(ROWS))
        within = 1 / (1 + np.exp((np.abs(x - left - width / 2) - width / 2) / 22))
        sidebar = 0.09 * np.exp(-(((x - left - width - 150) / 110) ** 2)) * (y < 60)
        # The newer layout: less on what lies on top, more further down.
        taste = 1.0 if layout == "feed-v7" else 0.72 + 0.7 / (1 + np.exp(-(y - 45) / 8))
        rate = (within + sidebar) * taste * (1.1 + 0.5 * np.sin(x / 71) * np.sin(y / 3.1))
        amounts = rate * _seconds(page_views, half_px)[:, None] * rng.gamma(40, 1 / 40, x.shape)
        yield from _folded(layout, amounts, rng.poisson(amounts / 450 + 0.02))


def _folded(layout: str, amounts: np.ndarray, visitors: np.ndarray) -> Iterator[Row]:
    """Cells large enough, the rest in cells twice as wide, up to 256 px, and what is left of the group."""
    shared = {"event_date": DAY, "layout_id": layout, "viewport_class": "<1440", "space": "document"}
    for edge in (1, 2, 4, 8):
        for y in range(amounts.shape[0]):
            for x in range(amounts.shape[1]):
                if visitors[y, x] >= LEAST:
                    place = {"cell_px": 32 * edge, "cell_x": x, "cell_y": y, "dwell_ms": int(amounts[y, x])}
                    counts = {"visitor_count": int(visitors[y, x]), "page_view_count": int(1.3 * visitors[y, x])}
                    yield shared | place | counts
        is_small = visitors < LEAST
        amounts, visitors = (_halved(np.where(is_small, values, 0)) for values in (amounts, visitors))
    if amounts.sum() >= 1:
        gone = {"cell_px": None, "cell_x": None, "cell_y": None, "is_remainder": True}
        yield shared | gone | {"dwell_ms": int(amounts.sum())}


def _halved(values: np.ndarray) -> np.ndarray:
    """Sums of squares of two by two."""
    padded = np.pad(values, [(0, size % 2) for size in values.shape])
    summed: np.ndarray = padded[::2, ::2] + padded[1::2, ::2] + padded[::2, 1::2] + padded[1::2, 1::2]
    return summed


def _minutes() -> Iterator[Row]:
    rng = np.random.default_rng(11)
    midnight = dt.datetime(DAY.year, DAY.month, DAY.day, tzinfo=dt.UTC)
    for platform, busiest in PLATFORMS.items():
        folded_ms = 0
        for minute in range(24 * 60):
            hour = minute / 60
            rhythm = 0.1 + 0.45 * math.exp(-(((hour - 8) / 1.6) ** 2)) + 0.4 * math.exp(-(((hour - 12.7) / 1.5) ** 2))
            rhythm += 0.88 * math.exp(-(((hour - 20.4) / 2.4) ** 2))
            page_views = int(rng.poisson(busiest * min(1.0, rhythm)))
            visible_ms = round(page_views * 21_000 * rng.gamma(60, 1 / 60))
            if page_views < LEAST + 3:
                folded_ms += visible_ms
                continue
            when = {"event_date": DAY, "minute": midnight + dt.timedelta(minutes=minute)}
            counts = {"page_view_count": page_views, "visitor_count": page_views - 3, "visible_ms": visible_ms}
            yield when | counts | {"platform": platform, "device_type": "phone"}
        gone = {"event_date": DAY, "minute": None, "is_remainder": True, "visible_ms": folded_ms}
        yield gone | {"platform": platform, "device_type": "phone", "visitor_count": 900}


def _weeks() -> Iterator[Row]:
    rng = np.random.default_rng(13)
    for days_ago in range(7 * WEEKS, -1, -1):
        date = DAY - dt.timedelta(days=days_ago)
        if days_ago == 24:  # a date without a night
            continue
        weekend = date.weekday() > 4
        for device, (viewable, measurable) in DEVICES.items():
            of = int(rng.normal(measurable, measurable * 0.04) * (0.7 if weekend and device == "desktop" else 1))
            # From a certain date on the feed is shorter on phones.
            better = 0.06 if device == "phone" and days_ago < 19 else 0.0
            share = viewable + better + 0.015 * weekend + rng.normal(0, 0.006)
            counts = {
                "measurable_count": of,
                "measurable_viewable_count": int(of * share),
                "impressions": int(of * 0.8),
            }
            yield {"event_date": date, "device_type": device, "visitor_count": of // 20} | counts
        gone = {"surface": None, "device_type": None, "item_type": None, "feed_rank_bucket": None, "is_remainder": True}
        yield gone | {"event_date": date, "measurable_count": 400, "measurable_viewable_count": 190}
