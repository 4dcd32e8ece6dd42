"""One page view of a few records, through the kernel: for rules whose arithmetic fits into a test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.steps.beacon_table import STREAM_ARRAYS
from tests.steps.plain_rows import Row, agreed_rows, kernel_rows
from tests.steps.strategies import RawBeacon

#: 2026-11-20 12:00:00 UTC
NOON_MS = 1_795_176_000_000


def beacon(until: int | None = None, **changes: Any) -> RawBeacon:
    """A beacon of one page view at noon on a desktop of 1280 x 640; streams are given as rows of records."""
    raw: RawBeacon = {
        "schema": "cursor-beacon/1",
        "beacon_id": "b-0",
        "page_view_id": "pv",
        "seq": 0,
        "is_last": False,
        "visitor_id": "v",
        "started_at_ms": NOON_MS,
        "sent_at_ms": NOON_MS + 10**8,
        "received_at_ms": NOON_MS + 10**8,
        "observed_until_ms": until,
        "page": {"surface": "feed", "layout_id": "l"},
        "device": {"type": "desktop", "pointer": "mouse", "viewport_w_px": 1280, "viewport_h_px": 640},
        "consent": {"purposes": ["product_development"], "gpc": False},
    }
    for name, value in changes.items():
        raw[name] = _columnar(name, value) if name in STREAM_ARRAYS and isinstance(value, list) else value
    return raw


def _columnar(name: str, records: list[tuple[Any, ...]]) -> dict[str, list[Any]]:
    return {array: [record[i] for record in records] for i, array in enumerate(STREAM_ARRAYS[name])}


def view(until: int | None = None, **changes: Any) -> Row:
    """The row of a page view of one beacon, watched `until` ms after its start."""
    (row,) = kernel_rows([beacon(until, **changes)])
    return row


def views(*cases: Mapping[str, Any]) -> list[Row]:
    """The rows of many such page views, each of a visitor of its own, in one run of the kernel: for tables of cases."""
    beacons = [beacon(**{"visitor_id": f"v{number:03}", **case}) for number, case in enumerate(cases)]
    return kernel_rows(beacons)


def agreed_view(until: int | None = None, **changes: Any) -> Row:
    """The same row, by the kernel and by the plain implementation."""
    (row,) = agreed_rows([beacon(until, **changes)])
    return row


def dwells(row: Row, space: str) -> dict[tuple[int, int], int]:
    """dwell_ms by cell of one space."""
    return {(c["cell_x"], c["cell_y"]): c["dwell_ms"] for c in row["heat_cells"] if c["space"] == space}


def item(row: Row, item_id: str = "i") -> Row:
    """The one entry of an item."""
    (entry,) = (entry for entry in row["item_views"] if entry["item_id"] == item_id)
    return dict(entry)
