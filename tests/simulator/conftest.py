"""Page views of a few records each, for arithmetic by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from jobs.simulator.oracle import expected_page_view, merge_beacons

FIELDS = {
    "pointer": ("t_ms", "x_px", "y_px", "target"),
    "clicks": ("t_ms", "x_px", "y_px", "target"),
    "scroll": ("t_ms", "y_px"),
    "items": ("t_ms", "item_id", "visible_share", "viewport_share"),
    "state": ("t_ms", "state"),
}
#: 2026-11-20 12:00:00 UTC
NOON_MS = 1_795_176_000_000

Rows = list[tuple[Any, ...]]


def columnar(name: str, rows: Rows) -> dict[str, list[Any]]:
    """Records of a stream as the raw contract has them: one array per field."""
    return {field: [row[i] for row in rows] for i, field in enumerate(FIELDS[name])}


def make_beacon(until: int | None = None, **changes: Any) -> dict[str, Any]:
    """A beacon of one page view at noon; streams are given as rows, other fields as they are."""
    beacon: dict[str, Any] = {
        "schema": "cursor-beacon/1",
        "beacon_id": "b-0",
        "page_view_id": "pv",
        "seq": 0,
        "is_last": False,
        "visitor_id": "v",
        "started_at_ms": NOON_MS,
        "sent_at_ms": NOON_MS + 100_000,
        "received_at_ms": NOON_MS + 100_000,
        "observed_until_ms": until,
        "page": {"surface": "feed", "layout_id": "l"},
        "device": {"type": "desktop", "pointer": "mouse", "viewport_w_px": 1280, "viewport_h_px": 640},
        "consent": {"purposes": ["product_development"], "gpc": False},
    }
    for name, value in changes.items():
        beacon[name] = columnar(name, value) if name in FIELDS and isinstance(value, list) else value
    return beacon


@pytest.fixture
def beacon() -> Callable[..., dict[str, Any]]:
    return make_beacon


@pytest.fixture
def row() -> Callable[..., dict[str, Any]]:
    """The oracle's row for a page view of one beacon: `until` is how long it was watched."""

    def expected(until: int | None = None, **changes: Any) -> dict[str, Any]:
        return expected_page_view(merge_beacons([make_beacon(until, **changes)]))

    return expected
