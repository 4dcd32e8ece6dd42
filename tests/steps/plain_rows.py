"""Rows of clean.page_views in two ways: by the kernel, and by the oracle's plain loops, ready to be compared."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from jobs.config import Settings
from jobs.simulator.oracle import expected_page_view, merge_beacons
from jobs.steps.page_view_kernel import page_views
from tests.steps.beacon_table import beacon_row, beacon_table
from tests.steps.strategies import RawBeacon

Row = dict[str, Any]

FIRST_FLAGS = {
    "heat_cells": "is_first_in_hover_heatmap",
    "item_views": "is_first_in_story_attention",
    "exposure": "is_first_in_viewport_exposure",
}
#: Columns that the oracle does not speak of: they are carried over from the lowest surviving beacon.
CARRIED_OVER = (
    "session_id",
    "url",
    "document_w_px",
    "pointer_type",
    "platform",
    "viewport_w_px",
    "viewport_h_px",
    "user_agent",
    "app_version",
    "experiments",
    "is_clock_suspect",
)


def kernel_rows(beacons: Iterable[RawBeacon]) -> list[Row]:
    """What the kernel makes of the beacons, by visitor and page view."""
    return rows_of([page_views(beacon_table(list(beacons)), Settings())])


def rows_of(batches: Iterable[pa.RecordBatch]) -> list[Row]:
    """Result batches as plain rows; NaN, which equals nothing, becomes a word."""
    return [comparable(row) for batch in batches for row in batch.to_pylist()]


def comparable(value: Any) -> Any:
    """The value with every NaN replaced by 'NaN'."""
    if isinstance(value, dict):
        return {name: comparable(of) for name, of in value.items()}
    if isinstance(value, list | tuple):
        return [comparable(of) for of in value]
    return "NaN" if isinstance(value, float) and math.isnan(value) else value


def plain_rows(beacons: Iterable[RawBeacon]) -> list[Row]:
    """What the plain implementation expects, in the kernel's order and without first-of-visitor flags."""
    views: dict[tuple[str, str], list[RawBeacon]] = defaultdict(list)
    for beacon in beacons:
        views[beacon["visitor_id"], beacon["page_view_id"]].append(beacon)
    return [_plain_row(views[key]) for key in sorted(views)]


def _plain_row(beacons: list[RawBeacon]) -> Row:
    expected = expected_page_view(merge_beacons(beacons))
    lowest = min(map(beacon_row, beacons), key=lambda row: (row["seq"], row["received_at_ms"], row["line_sha256"]))
    heights = [row["document_h_px"] for row in map(beacon_row, _survivors(beacons))]
    expected["visitor_key"] = expected.pop("visitor_id")
    expected |= {name: lowest[name] for name in CARRIED_OVER}
    expected["document_h_px"] = max((h for h in heights if h is not None), default=None)
    return dict(comparable(expected))


def _survivors(beacons: list[RawBeacon]) -> list[RawBeacon]:
    kept: dict[int, RawBeacon] = {}
    for beacon in sorted(beacons, key=lambda raw: (raw["received_at_ms"], beacon_row(raw)["line_sha256"])):
        kept.setdefault(beacon["seq"], beacon)
    return list(kept.values())


def without_first_flags(rows: list[Row]) -> list[Row]:
    """The rows without the flags that need all page views of a visitor."""
    return [row | {name: _entries_without(row[name], flag) for name, flag in FIRST_FLAGS.items()} for row in rows]


def _entries_without(entries: list[Row] | None, flag: str) -> list[Row] | None:
    return entries and [{name: value for name, value in entry.items() if name != flag} for entry in entries]
