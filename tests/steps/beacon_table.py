"""clean.beacons rows from raw beacons, by a plain loop: what landing does in Spark, for tests of the kernels."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

import pyarrow as pa

from jobs.steps.deduplicate import ORDER
from warehouse_schema.clean.beacons import BEACONS
from warehouse_schema.derive import arrow_schema
from warehouse_schema.raw.cursor_beacon import STREAMS

STREAM_ARRAYS = {
    "pointer": ("t_ms", "x_px", "y_px", "target"),
    "clicks": ("t_ms", "x_px", "y_px", "target"),
    "scroll": ("t_ms", "y_px"),
    "items": ("t_ms", "item_id", "visible_share", "viewport_share"),
    "state": ("t_ms", "state"),
}
SCHEMA = arrow_schema(BEACONS.columns)
#: Longer documents and viewports than these are no pages: landing takes them as unknown.
MAX_DOCUMENT_PX, MAX_VIEWPORT_PX = 1e9, 100_000


def beacon_row(raw: dict[str, Any], line: bytes | None = None) -> dict[str, Any]:
    """One row of clean.beacons from one valid raw beacon; its compact JSON stands for the line if there is none."""
    line = line or json.dumps(raw, separators=(",", ":")).encode()
    times = [t for name in STREAMS for t in ((raw.get(name) or {}).get("t_ms") or [])]
    last = max(times, default=0)
    age = raw["sent_at_ms"] - raw["started_at_ms"]
    is_suspect = age - last < -1000
    start_ms = raw["received_at_ms"] - (last if is_suspect else age)
    start_date = dt.datetime.fromtimestamp(start_ms / 1000, dt.UTC).date()
    consent = raw.get("consent") or {}
    purposes = sorted(set(consent.get("purposes") or []) - {None} - ({"ads"} if consent.get("gpc") else set()))
    return {
        "start_date": start_date,
        "landing_date": start_date,
        "visitor_key": raw["visitor_id"],
        "key_id": "1",
        "page_view_id": raw["page_view_id"],
        "seq": raw["seq"],
        "beacon_id": raw["beacon_id"],
        "received_at_ms": raw["received_at_ms"],
        "line_sha256": hashlib.sha256(line).hexdigest(),
        "raw_file": "part-0",
        "is_last": bool(raw.get("is_last")),
        "start_ms": start_ms,
        "is_clock_suspect": is_suspect,
        "queue_ms": age - last,
        "observed_until_ms": raw.get("observed_until_ms"),
        "session_id": raw.get("session_id"),
        **_context(raw.get("page") or {}, raw.get("device") or {}),
        "purposes": purposes,
        "experiments": None if raw.get("experiments") is None else list(raw["experiments"].items()),
        **{name: _stream(name, raw.get(name)) for name in STREAMS},
        "item_meta": _item_meta(raw.get("item_meta"), purposes),
    }


def _item_meta(metas: list[dict[str, Any] | None] | None, purposes: list[str]) -> list[dict[str, Any] | None] | None:
    """What items are: which advertisement is told only with the purpose ads."""
    if metas is None or "ads" in purposes:
        return metas
    withheld = {"ad_id": "(withheld)", "topic": None}
    return [meta and (meta if meta.get("ad_id") is None else meta | withheld) for meta in metas]


def _context(page: dict[str, Any], device: dict[str, Any]) -> dict[str, Any]:
    """Page and device as landing keeps them: keys are never NULL, texts and sizes may be."""
    return {
        "surface": page.get("surface") or "(none)",
        "url": page.get("url"),
        "layout_id": page.get("layout_id") or "(none)",
        "document_w_px": _size(page.get("document_w_px"), MAX_DOCUMENT_PX),
        "document_h_px": _size(page.get("document_h_px"), MAX_DOCUMENT_PX),
        "device_type": device.get("type") or "(none)",
        "pointer_type": device.get("pointer") or "(none)",
        "platform": device.get("platform") or "(none)",
        "viewport_w_px": _size(device.get("viewport_w_px"), MAX_VIEWPORT_PX),
        "viewport_h_px": _size(device.get("viewport_h_px"), MAX_VIEWPORT_PX),
        "user_agent": device.get("user_agent"),
        "app_version": device.get("app_version"),
    }


def _size(px: float | None, longest_px: float) -> float | None:
    """A length as landing keeps it: unknown unless positive and possible."""
    return px if px is not None and 0 < px <= longest_px else None


def _stream(name: str, value: dict[str, Any] | None) -> dict[str, Any] | None:
    """The stream with all its arrays, None where it was not measured: missing, null, {} or without any array."""
    arrays = {array: (value or {}).get(array) for array in STREAM_ARRAYS[name]}
    return None if all(array is None for array in arrays.values()) else arrays


def beacon_table(beacons: list[dict[str, Any]]) -> pa.Table:
    """All beacons as one table in the kernel's order."""
    rows = sorted((beacon_row(raw) for raw in beacons), key=lambda row: tuple(row[name] for name in ORDER))
    return pa.Table.from_pylist(rows, schema=SCHEMA)
