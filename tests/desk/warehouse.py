"""A published warehouse for questions and notebooks, without Spark: every mart has rows, remainders, and rows that measure nothing.

Numbers are small and round, so that a question's answer can be computed by hand beside them.
"""

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
from warehouse_schema import MARTS, PINNED, TABLES
from warehouse_schema.derive import rows
from warehouse_schema.ops.profile import ALL

Row = dict[str, Any]
DATE = dt.date(2026, 11, 20)
DATES = (dt.date(2026, 11, 6), dt.date(2026, 11, 13), DATE)
RUN = "20261121T030000000Z-1"
SETTINGS = Settings(min_visitors=20)
BINS = len(SETTINGS.hist_edges_ms) + 1
FOLDED: Row = {"is_remainder": True}
#: Kept by a remainder of the whole date: nothing but the date.
OF_DATE: Row = FOLDED | {"surface": None, "device_type": None}


def desk_warehouse(root: str, *, is_measured: bool = True) -> str:
    """Write it below `root`, as release 3. Without `is_measured` the same people came, and no stream measured them."""
    tables = {**_marts(), **_ops()}
    if not is_measured:
        tables = {name: [_unmeasured(name, row) for row in found] for name, found in tables.items()}
    pins = {name: write_table(root, name, rows(TABLES[name], *found)) for name, found in tables.items()}
    states = {str(date): EventDate("final", "0.1.0", SETTINGS.sha256()) for date in DATES}
    record = replace(
        release(3, {name: pin for name, pin in pins.items() if TABLES[name] in PINNED}),
        run_id=RUN,
        event_dates=states,
        configuration=SETTINGS.model_dump(),
    )
    assert releases.publish(Store(root, create=True), record, {})
    return root


def hist(count: int, edge: int) -> list[int]:
    """All values in the bin that begins at edge number `edge`."""
    return [count if place == edge + 1 else 0 for place in range(BINS)]


def _unmeasured(name: str, row: Row) -> Row:
    """The row if no stream had been sent: counts of what is measured are 0, amounts NULL where they may be."""
    if not name.startswith("mart."):
        return row
    table = TABLES[name]
    made = dict(row)
    for column in table.columns:
        if column.name.endswith("_hist"):
            made[column.name] = [0] * BINS
        elif column.name.endswith("_measured_count") or column.name in UNMEASURED:
            made[column.name] = 0
        elif column.name in table.additive and column.nullable:
            made[column.name] = None
    if name == "mart.ad_attention_daily":
        made["not_measurable_count"] = made.get("eligible_count", 0)
    return made


#: Counts that are 0 where nothing is measured.
UNMEASURED = {
    *("measurable_count", "measurable_viewable_count", "viewable_count", "measured_not_viewable_count", "viewable_visitor_count"),
    *("hovered_count", "skip_count", "subsecond_count", "rage_session_count", "thrash_session_count", "impressions"),
}  # fmt: skip


def _marts() -> dict[str, list[Row]]:
    found = {
        "mart.hover_heatmap_daily": [*_cells()],
        "mart.viewport_exposure_daily": [*_exposure()],
        "mart.zone_attention_daily": [*_zones()],
        "mart.story_attention_daily": [*_items()],
        "mart.feed_attention_daily": [*_places()],
        "mart.ad_attention_daily": [*_ads()],
        "mart.feed_visibility_minutes": [*_minutes()],
        "mart.session_attention_daily": [*_sessions()],
        "mart.reach_daily": [*_reach()],
    }
    assert set(found) == {table.name for table in MARTS}
    return {name: [{"event_date": DATE, **row} for row in entries] for name, entries in found.items()}


def seen(impressions: int, viewable: int, hovered: int | None, clicks: int, edge: int, item_count: int = 0) -> Row:
    """Measures of item views, all of them measured; on touch `hovered` is None, for nobody measured it."""
    items = item_count or impressions
    visible = impressions * SETTINGS.hist_edges_ms[edge]
    return {
        "item_count": items,
        "impressions": impressions,
        "measurable_count": items,
        "viewable_count": viewable,
        "measurable_viewable_count": viewable,
        "large_count": 0,
        "tall_count": 0,
        "subsecond_count": impressions // 20,
        "skip_count": impressions // 10,
        "hover_measured_count": 0 if hovered is None else items,
        "clicks_measured_count": items,
        "visible_ms": visible,
        "visible_ms_hist": hist(impressions, edge),
        "attended_ms": impressions * 1000,
        "hovered_count": hovered or 0,
        "hover_ms": None if hovered is None else hovered * 1000,
        "hover_visible_ms": None if hovered is None else hovered * 900,
        "click_count": clicks,
    }


#: Desktop's stories: topic, impressions (of as many item views), viewable, hovered over, clicks, edge of the time in view.
STORIES = {
    "story-1": ("film", 200, 180, 160, 40, 12),
    "story-2": ("food", 200, 150, 130, 10, 11),
    "story-3": ("film", 100, 60, 40, 15, 10),
    "story-4": ("sports", 100, 0, 60, 30, 0),
    "story-5": (None, 60, 30, 18, 3, 9),
}


def _items() -> Iterator[Row]:
    for item, (topic, *numbers) in STORIES.items():
        yield _item("desktop", "story", item, topic, seen(*numbers))
    for item, edge in (("story-1", 11), ("story-2", 12), ("story-3", 9), ("story-4", 0)):
        yield _item("phone", "story", item, STORIES[item][0], seen(80, 0 if not edge else 50, None, 20, edge))
    yield _item("desktop", "ad", "slot-1", None, seen(120, 90, 60, 12, 9))
    yield _item("desktop", "ad", None, None, seen(40, 10, 10, 2, 9) | FOLDED)
    yield _item("desktop", "story", None, None, seen(140, 60, 50, 10, 9) | FOLDED)
    yield _item("desktop", "story", "other", "film", seen(900, 900, 900, 900, 15) | {"surface": "profile"})
    yield _item("desktop", None, None, None, seen(60, 30, 20, 5, 9) | OF_DATE)


def _item(device: str, type_: str | None, item: str | None, topic: str | None, measures: Row) -> Row:
    keys = {"surface": "feed", "device_type": device, "item_type": type_, "item_id": item, "topic": topic}
    return keys | {name: value for name, value in measures.items() if name != "item_count"}


def _places() -> Iterator[Row]:
    for device, share in (("desktop", 0.6), ("phone", None)):
        for place, bucket in enumerate(("1", "2", "4-5", "6-10", "11-20")):
            count = 100 - 10 * place
            hovered = None if share is None else round(share * count)
            measures = seen(count, count - 15 * place, hovered, 10, 12 - place, item_count=200)
            yield {"device_type": device, "item_type": "story", "feed_rank_bucket": bucket} | measures
        for place, bucket in enumerate(("3", "6-10")):
            hovered = None if share is None else 40
            measures = seen(80, 60 - 30 * place, hovered, 8 - 4 * place, 10, item_count=100)
            yield {"device_type": device, "item_type": "ad", "feed_rank_bucket": bucket} | measures
    folded = {"device_type": "desktop", "item_type": "story", "feed_rank_bucket": None} | FOLDED
    yield folded | seen(50, 20, 20, 5, 9, item_count=100)
    yield {"device_type": "desktop", "item_type": "zone", "feed_rank_bucket": "(none)"} | seen(500, 500, 100, 50, 15)
    yield {"item_type": None, "feed_rank_bucket": None} | seen(30, 10, 10, 2, 9) | OF_DATE


def _ads() -> Iterator[Row]:
    for device, ad, counts in (
        ("desktop", "ad-1", (100, 10, 30, 60)),
        ("desktop", "ad-2", (60, 10, 25, 25)),
        ("desktop", None, (40, 0, 20, 20)),
        ("phone", None, (80, 20, 30, 30)),
        (None, None, (20, 0, 10, 10)),
    ):
        eligible, unmeasurable, not_viewable, viewable = counts
        has_cursor = device != "phone"
        groups = {"eligible_count": eligible, "not_measurable_count": unmeasurable}
        groups |= {
            "measured_not_viewable_count": not_viewable,
            "viewable_count": viewable,
            "viewable_visitor_count": 20,
        }
        hovers = {
            "hover_measured_count": eligible if has_cursor else 0,
            "hovered_count": eligible // 2 if has_cursor else 0,
        }
        amounts = {"hover_ms": eligible * 500 if has_cursor else None, "visible_ms": eligible * 2000}
        clicks = {
            "clicks_measured_count": eligible,
            "click_count": eligible // 10,
            "viewable_visible_ms": viewable * 3000,
        }
        keys = {"surface": "feed" if device else None, "device_type": device, "ad_id": ad, "is_remainder": ad is None}
        yield keys | groups | hovers | amounts | clicks


def _cells() -> Iterator[Row]:
    """A page that is warm in its middle; at column 12, row 4 of the screen cursors are parked."""
    for space, height in (("document", 40), ("viewport", 20)):
        for x in range(8, 20):
            for y in range(height):
                dwell = 10_000 - 100 * y + 50 * x
                active = dwell // 4 if (space, x, y) == ("viewport", 12, 4) else dwell * 9 // 10
                yield _cell(space, 32, x, y, dwell, active)
        yield _cell(space, None, None, None, 300_000, 270_000) | FOLDED
        yield _cell(space, None, None, None, 100_000, 90_000) | OF_DATE | {"layout_id": None, "viewport_class": None}
        phone = {"layout_id": "feed-m4", "device_type": "phone", "viewport_class": "<480", "hover_measured_count": 0}
        yield _cell(space, 128, 1, 1, None, None) | phone
    yield _cell("document", 256, 1, 0, 90_000, 80_000) | {"layout_id": "feed-v8"}


def _cell(space: str, edge: int | None, x: int | None, y: int | None, dwell: int | None, active: int | None) -> Row:
    place = {"space": space, "cell_px": edge, "cell_x": x, "cell_y": y}
    return place | {
        "surface": "feed",
        "dwell_ms": dwell,
        "active_ms": active,
        "visitor_count": 60,
        "page_view_count": 80,
    }


def _exposure() -> Iterator[Row]:
    """Fewer and fewer page views show a row; the new layout loses them more slowly, and the phone has no cursor."""
    for layout, device, width, lost in (
        ("feed-v7", "desktop", "<1440", 1),
        ("feed-v8", "desktop", "<1440", 0.5),
        ("feed-m4", "phone", "<480", 1),
    ):
        for y in range(60):
            views = round(200 - lost * y)
            keys = {"layout_id": layout, "device_type": device, "viewport_class": width, "cell_y": y}
            yield keys | {"visible_ms": views * 6000, "page_view_count": views, "visitor_count": views // 2}
    yield {"cell_y": None, "visible_ms": 500_000} | FOLDED
    yield {"layout_id": None, "viewport_class": None, "cell_y": None, "visible_ms": 700_000} | OF_DATE


def _zones() -> Iterator[Row]:
    for layout, target, views, hovers, clicks in (
        ("feed-v7", "nav", 200, 500, 40),
        ("feed-v7", "sidebar", 100, 150, 5),
        ("feed-v8", "nav", 50, 150, 15),
    ):
        counted = {"hover_measured_count": views, "clicks_measured_count": views, "page_view_count": views}
        hovered = {"hover_count": hovers, "long_hover_count": hovers // 2, "unclicked_hover_count": hovers - clicks}
        times = {"dwell_ms": hovers * 1000, "active_ms": hovers * 800, "dwell_ms_hist": hist(hovers, 6)}
        yield {"layout_id": layout, "target": target, "click_count": clicks} | counted | hovered | times
    yield {"target": None, "hover_count": 50, "dwell_ms_hist": hist(50, 5)} | FOLDED
    yield {"layout_id": None, "target": None, "hover_count": 50, "dwell_ms_hist": hist(50, 5)} | OF_DATE


def _minutes() -> Iterator[Row]:
    for platform, device, minutes in (("ios", "phone", range(720, 725)), ("web", "desktop", range(600, 601))):
        for minute in minutes:
            at = dt.datetime.combine(DATE, dt.time(minute // 60, minute % 60), dt.UTC)
            amounts = {"visible_ms": 600_000 + 1000 * minute, "visible_at_start_count": 20, "page_view_count": 30}
            yield {"minute": at, "platform": platform, "device_type": device} | amounts
    for platform, device, visible in (("ios", "phone", 1_000_000), ("web", "desktop", 9_000_000)):
        yield {"minute": None, "platform": platform, "device_type": device, "visible_ms": visible} | FOLDED
    yield {"minute": None, "platform": None, "device_type": None, "visible_ms": 500_000} | FOLDED


def _sessions() -> Iterator[Row]:
    for days_later, date in enumerate(DATES):
        for device, platform, sessions, engaged in (
            ("desktop", "web", 200, 150 + 10 * days_later),
            ("phone", "ios", 100, 60),
            (None, None, 40, 20),
        ):
            has_cursor = device != "phone"
            counts = {"session_count": sessions, "engaged_session_count": engaged, "engaged_measured_count": sessions}
            rage = {"rage_measured_count": sessions, "rage_session_count": sessions // 50}
            thrash = {
                "thrash_measured_count": sessions if has_cursor else 0,
                "thrash_session_count": 1 if has_cursor else 0,
            }
            times = {
                "engaged_ms": sessions * 30_000,
                "engaged_ms_hist": hist(sessions, 15),
                "page_view_count": sessions * 2,
            }
            keys = {"event_date": date, "device_type": device, "platform": platform, "is_remainder": device is None}
            yield keys | counts | rage | thrash | times | {"visible_ms": sessions * 40_000}


def _reach() -> Iterator[Row]:
    for surface, device, count in (("feed", "desktop", 150), ("feed", "phone", 90), (None, None, 30)):
        keys = {"surface": surface, "device_type": device, "is_remainder": surface is None, "visitor_count": count}
        yield keys | {"visitors_1d": count, "visitors_7d": 2 * count, "visitors_28d": 3 * count}


def _ops() -> dict[str, list[Row]]:
    ended = dt.datetime(2026, 11, 21, 3, tzinfo=dt.UTC)
    dates = {"landing_date": DATE, "started_at": ended, "ended_at": ended, "event_dates": str(DATE)}
    lines = {"input": 1000, "accepted": 930, "withheld": 60, "malformed_json": 10, "from_future": 0}
    equation = {"run_id": RUN, "table_name": "clean.beacons", "quantity": "lines", "date": DATE, "adds_up": True}
    return {
        "ops.runs": [{"run_id": RUN, "exit_code": 0, "message": "done", **dates}],
        "ops.input_files": [{"run_id": RUN, "landing_date": DATE, "raw_file": "a", "outcome": "landed"}],
        "ops.reconciliation": [equation | {"reason": reason, "row_count": count} for reason, count in lines.items()],
        "ops.dq_results": [*_checks()],
        "ops.dq_profile": [*_profile()],
    }


def _checks() -> Iterator[Row]:
    for date in DATES:
        for name, severity, success in (
            ("engaged_within_visible", "critical", True),
            ("marts_add_up", "critical", True),
            ("past_bots_z", "warning", False if date == DATE else None),
            ("past_viewable_z", "warning", None),
        ):
            check = {"run_id": RUN, "table_name": "clean.page_views", "event_date": date, "expectation": name}
            words = {"column_name": "feed", "meaning": "Something is odd.", "owner": "pipeline"}
            yield check | words | {"severity": severity, "success": success, "observed": "0.31", "threshold": "4"}


def _profile() -> Iterator[Row]:
    for date in DATES:
        shared = {
            "run_id": RUN,
            "event_date": date,
            "table_name": "clean.page_views",
            "lag_days": 0,
            "is_published": True,
        }
        of_feed = shared | {"surface": "feed", "visitor_count": 200}
        for metric, amount, base in (("page_views", 500, None), ("bots", 40, 500), ("beacons_missing", 50, 5000)):
            yield of_feed | {"metric": metric, "class": ALL, "amount": amount, "base": base}
        for metric, amount in (
            ("cursor_measured", 240),
            ("items_measured", 450),
            ("state_measured", 440),
            ("viewable", 300),
        ):
            yield of_feed | {"metric": metric, "class": ALL, "amount": amount, "base": 460}
        for hour, amount in (("08", 100), ("12", 150), ("20", 250)):
            yield of_feed | {"metric": "start_hour", "class": hour, "amount": amount, "base": 500}
        lines = {"table_name": "clean.rejected_beacons", "surface": ALL, "visitor_count": None}
        yield shared | lines | {"metric": "lines_rejected", "class": ALL, "amount": 10, "base": 1000}
