"""Rows of clean.page_views in two ways: by the kernel, and by the oracle's plain loops, ready to be compared."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from jobs.config import Settings
from jobs.simulator.oracle import expected_page_views, merge_beacons
from jobs.steps.page_view_kernel import page_views
from tests.steps.beacon_table import beacon_row, beacon_table
from tests.steps.strategies import RawBeacon

Row = dict[str, Any]

#: Columns that the oracle does not speak of: they are carried over from the lowest surviving beacon.
CARRIED_OVER = (
    "key_id",
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
    keys = sorted(views)
    expected = expected_page_views(merge_beacons(views[key]) for key in keys)
    return [_with_carried_over(row, views[key]) for row, key in zip(expected, keys, strict=True)]


def _with_carried_over(expected: Row, beacons: list[RawBeacon]) -> Row:
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


def agreed_rows(beacons: Iterable[RawBeacon]) -> list[Row]:
    """The kernel's rows, once the plain implementation has come to the same: a case by hand then holds for both."""
    beacons = list(beacons)
    rows, expected = kernel_rows(beacons), plain_rows(beacons)
    for row, plain in zip(without_first_flags(rows), expected, strict=True):
        assert row == plain, {name: (row[name], plain[name]) for name in row if row[name] != plain[name]}
    return rows


def without_first_flags(rows: list[Row]) -> list[Row]:
    """The rows without the flags `is_first_*`, which need all page views of a visitor."""
    return [{name: _without_flags(value) for name, value in row.items()} for row in rows]


def _without_flags(value: Any) -> Any:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [{name: of for name, of in entry.items() if not name.startswith("is_first_")} for entry in value]
    return value
