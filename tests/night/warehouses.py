"""Small nights for tests: write raw lines, run a night in this process, read what it published."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jobs.config import Settings
from jobs.io import releases
from jobs.io.store import Store
from jobs.io.warehouse import open_table
from jobs.nightly import Night, run_night
from jobs.progress import Progress
from jobs.sql import connect
from warehouse_schema import MARTS, TABLES

DATE = dt.date(2026, 11, 20)
START_MS = 1_795_168_800_000  # 2026-11-20T10:00:00Z
DAY_MS = 86_400_000
#: Ten seconds before midnight, counted from START_MS.
BEFORE_MIDNIGHT_MS = 14 * 3_600_000 - 10_000


def beacon(**changes: Any) -> dict[str, Any]:
    """A valid beacon of 5 s on a desktop feed; `changes` replace whole fields."""
    return {
        "schema": "cursor-beacon/1",
        "beacon_id": "b-1",
        "page_view_id": "pv-1",
        "seq": 0,
        "is_last": True,
        "visitor_id": "v-1",
        "started_at_ms": START_MS,
        "sent_at_ms": START_MS + 5000,
        "received_at_ms": START_MS + 5000,
        "observed_until_ms": 5000,
        "page": {"surface": "feed", "layout_id": "L1", "document_w_px": 1280, "document_h_px": 3200},
        "device": {
            "type": "desktop",
            "pointer": "mouse",
            "platform": "web",
            "viewport_w_px": 1280,
            "viewport_h_px": 800,
        },
        "consent": {"purposes": ["product_development"], "gpc": False},
        "pointer": {"t_ms": [1000, 2000], "x_px": [10, 40], "y_px": [10, 10], "target": ["story-1", None]},
        "items": {"t_ms": [0], "item_id": ["story-1"], "visible_share": [1.0], "viewport_share": [0.5]},
        "item_meta": [{"item_id": "story-1", "item_type": "story", "feed_rank": 1}],
        **changes,
    }


def dated_beacon(
    name: str, day: int, *, seq: int = 0, after_ms: int = 0, watched_ms: int | None = None, delay_ms: int = 0
) -> dict[str, Any]:
    """A beacon of page view `name` on the day, sent after the page was watched so long (5 s per beacon), and received
    `delay_ms` after that: so much later its start is taken to be."""
    start, watched = START_MS + day * DAY_MS + after_ms, watched_ms or 5000 * (seq + 1)
    clocks = {"started_at_ms": start, "sent_at_ms": start + watched, "received_at_ms": start + watched + delay_ms}
    return beacon(
        beacon_id=f"{name}-{seq}", page_view_id=name, visitor_id=name[0], seq=seq, is_last=False,
        observed_until_ms=watched, **clocks,
    )  # fmt: skip


def write_lines(
    raw: Path, lines: Iterable[bytes | dict[str, Any]], date: dt.date = DATE, name: str = "a.ndjson.gz"
) -> Path:
    """A raw file of `lines` in the folder of a landing date."""
    path = raw / f"landing_date={date}" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    content = b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines)
    path.write_bytes(gzip.compress(content, mtime=0) if name.endswith(".gz") else content)
    return path


def night(raw: Path, warehouse: Path, date: dt.date = DATE, *, rebuild: bool = False, **settings: Any) -> str:
    """Run one night in this process; thresholds as given, groups of one visitor allowed."""
    chosen = Settings(**{"min_visitors": 1, **settings})
    return run_night(Night(date, str(raw), str(warehouse), chosen, rebuild, Progress()))


def query(warehouse: Path, text: str) -> list[tuple[Any, ...]]:
    """Rows of a query on the newest release."""
    return connect(str(warehouse)).execute(text).fetchall()


def published(warehouse: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all marts of the newest release, in a fixed order."""
    return {t.name: query(warehouse, f"select * from {t.name} order by all") for t in MARTS}


def page_views(warehouse: Path) -> list[tuple[Any, ...]]:
    """All page views of the newest release, without what the key file decides."""
    return query(warehouse, "select * exclude (visitor_key) from clean.page_views order by page_view_id, event_date")


def versions(warehouse: Path) -> dict[str, int]:
    """Latest version of every table, pinned or not."""
    found = {name: open_table(str(warehouse), table) for name, table in TABLES.items()}
    return {name: table.version() for name, table in found.items() if table is not None}


def newest_release(warehouse: Path) -> releases.Release:
    """The current release."""
    release = releases.newest(Store(str(warehouse)))
    assert release is not None
    return release
