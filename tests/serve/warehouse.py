"""A warehouse of two releases for `hoverlake serve`: names that are no names, dates of every state, numbers that changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from deltalake import DeltaTable, write_deltalake

from jobs.config import Settings
from jobs.io import releases
from jobs.io.releases import EventDate
from jobs.io.store import Store, table_uri
from tests.reading.small_warehouse import write_table
from tests.report.warehouse import CHECK, DATE, LATER, RUN, report_warehouse, run_row
from warehouse_schema import TABLES
from warehouse_schema.derive import arrow_schema, rows

EMPTY, AWAITED, BLOCKED = (DATE + dt.timedelta(days=days) for days in (-1, 1, 2))
OLD, NEW = 7, 8
#: A layout that a spreadsheet would run.
FORMULA = "=HYPERLINK(1)"
#: By what impressions of the newer release are more.
MORE = 1000
SETTINGS = Settings(min_visitors=20, publish_provisional="none")
HEATMAP, EXPOSURE, FEED, MINUTES = (
    "mart.hover_heatmap_daily",
    "mart.viewport_exposure_daily",
    "mart.feed_attention_daily",
    "mart.feed_visibility_minutes",
)


def desk_warehouse(root: str, **more: Any) -> str:
    """Write both releases below `root`; `more` goes to the older one's."""
    blocked = CHECK | {"run_id": LATER, "event_date": BLOCKED, "success": False, "observed": "17 of 400 rows"}
    report_warehouse(
        root,
        ops_runs=[run_row(LATER, 11, str(BLOCKED))],
        ops_dq_results=[blocked],
        mart_hover_heatmap_daily=[*_cells()],
        mart_viewport_exposure_daily=[*_exposure()],
        mart_feed_visibility_minutes=[*_minutes()],
        **more,
    )
    publish_newer(root, NEW, MORE)
    return root


def publish_newer(root: str, number: int, more: int) -> None:
    """Publish a release in which every place of the feed has `more` impressions, and a further date awaits publication."""
    store = Store(root)
    before = releases.newest(store)
    assert before is not None
    tables = {**before.tables, FEED: _again(root, more)}
    state = EventDate("provisional", "0.1.0", SETTINGS.sha256())
    newer = replace(
        before,
        number=number,
        run_id=f"{RUN}-{number}",
        tables=tables,
        event_dates={str(date): state for date in (EMPTY, DATE, AWAITED)},
        configuration=SETTINGS.model_dump(),
        awaiting_publication=[str(AWAITED)],
    )
    write_table(root, "ops.runs", rows(TABLES["ops.runs"], run_row(newer.run_id, 0, str(EMPTY))))
    assert releases.publish(store, newer, {})


def _again(root: str, more: int) -> int:
    """Write the places of the feed anew, with more impressions; the version."""
    uri = table_uri(root, TABLES[FEED].path)
    found = DeltaTable(uri).to_pyarrow_table().to_pylist()
    for row in found:
        row["impressions"] += more
    schema = arrow_schema(TABLES[FEED].columns)
    write_deltalake(
        uri, schema.empty_table().from_pylist(found, schema=schema), mode="overwrite", partition_by="event_date"
    )
    return DeltaTable(uri).version()


def _cells() -> Iterator[dict[str, Any]]:
    """A phone's clicks of a layout that is a formula, one cell left of the page; a surface all of whose cells are too small."""
    phone = {"event_date": DATE, "surface": "search", "layout_id": FORMULA, "device_type": "phone"}
    phone |= {"viewport_class": "<480", "space": "document", "dwell_ms": None, "active_ms": None}
    for x in range(-1, 12):
        yield phone | {"cell_px": 32, "cell_x": x, "cell_y": 3, "click_count": 40 + x, "visitor_count": 60}
    folded = {
        "event_date": DATE,
        "surface": "profile",
        "layout_id": "profile-m2",
        "space": "document",
        "dwell_ms": 900_000,
    }
    yield folded | {"is_remainder": True, "cell_px": None, "cell_x": None, "cell_y": None}


def _exposure() -> Iterator[dict[str, Any]]:
    for surface, layout, ms in (("feed", "feed-v6", 9_000_000), ("search", FORMULA, 500_000)):
        yield {"event_date": DATE, "surface": surface, "layout_id": layout, "cell_y": 0, "visible_ms": ms}


def _minutes() -> Iterator[dict[str, Any]]:
    """A desktop's day with a gap at noon, a phone's evening, a remainder of each and one of neither."""
    midnight = dt.datetime.combine(DATE, dt.time(), dt.UTC)
    for minute in [*range(480, 720), *range(780, 1080)]:
        at = {"event_date": DATE, "minute": midnight + dt.timedelta(minutes=minute), "platform": "web"}
        yield at | {
            "device_type": "desktop",
            "visible_at_start_count": minute // 10,
            "visible_ms": 60_000 * (minute // 10),
        }
    for minute in range(1200, 1300):
        at = {"event_date": DATE, "minute": midnight + dt.timedelta(minutes=minute), "platform": "android"}
        yield at | {"device_type": "phone", "visible_at_start_count": 30, "visible_ms": 1_800_000}
    folded = {
        "event_date": DATE,
        "minute": None,
        "is_remainder": True,
        "visible_at_start_count": 5,
        "visible_ms": 7_200_000,
    }
    yield folded | {"platform": "web", "device_type": "desktop"}
    yield folded | {"platform": None, "device_type": None}
