"""clean.beacons: accepted beacons, one row each, streams kept as arrays.

Free text is stored as `free_text` says, and of an ad what the beacon's purposes allow (`consent`).
Duplicates stay: which of two rivals survives is settled when page views are built, from all landing dates at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.config import Settings
from jobs.steps.consent import beacon_allows, beacon_purposes, in_place_of, withheld_fields
from jobs.steps.free_text import TARGETS, stored_target, stored_url
from jobs.steps.marts import literal
from jobs.steps.parse import ACCEPTED, START_DATE, TEXTS, stream_fields, text, text_key
from warehouse_schema.clean.beacons import BEACONS
from warehouse_schema.raw import cursor_beacon as raw

READS, WRITES = raw.SCHEMA_ID, BEACONS

_KEPT_AS_SENT = {
    "page_view_id": "page_view_id",
    "seq": "seq",
    "beacon_id": "beacon_id",
    "received_at_ms": "received_at_ms",
    "observed_until_ms": "observed_until_ms",
    "session_id": "session_id",
    "user_agent": "device.user_agent",
    "app_version": "device.app_version",
    "experiments": "experiments",
}
_KEYS = {
    "surface": "page.surface",
    "layout_id": "page.layout_id",
    "device_type": "device.type",
    "pointer_type": "device.pointer",
    "platform": "device.platform",
}
_SIZES = {
    "document_w_px": "page.document_w_px",
    "document_h_px": "page.document_h_px",
    "viewport_w_px": "device.viewport_w_px",
    "viewport_h_px": "device.viewport_h_px",
}


def with_visitor_keys(judged: DataFrame, key_id: str, pseudonym: Callable[[Column, Column], Column]) -> DataFrame:
    """Judged lines with `key_id`, SQL for the id of the key that holds on START_DATE, and the `visitor_key` that `pseudonym`
    makes of the visitor id under it: NULL of lines that are not accepted, and of visitors who are erased."""
    accepted_visitor = F.expr(f"IF(outcome = '{ACCEPTED}', {text('visitor_id')}, NULL)")
    keyed = judged.withColumn("key_id", F.expr(key_id))
    return keyed.withColumn("visitor_key", pseudonym(accepted_visitor, F.col("key_id")))


def transform(keyed: DataFrame, settings: Settings) -> DataFrame:
    """Rows of clean.beacons from judged lines with their visitor keys.

    The filter asks for the pseudonym: a filter on anything known before would be moved below the parser, which would
    then run twice.
    """
    columns = {
        "start_date": START_DATE,
        "is_last": "coalesce(beacon.is_last, FALSE)",
        "purposes": beacon_purposes(),
        "url": stored_url(text("page.url"), settings),
        "item_meta": _item_meta(settings),
        **{name: name for name in ("landing_date", "visitor_key", "key_id", "line_sha256", "raw_file")},
        **{name: f"clock.{name}" for name in ("start_ms", "queue_ms", "is_clock_suspect")},
        **{name: text(path) if path in TEXTS else f"beacon.{path}" for name, path in _KEPT_AS_SENT.items()},
        **{name: text_key(path) for name, path in _KEYS.items()},
        **{name: _size(path, settings) for name, path in _SIZES.items()},
        **{stream: _stream(stream, settings) for stream in raw.STREAMS},
    }
    return keyed.where("visitor_key IS NOT NULL").selectExpr(
        *[f"{columns[c.name]} AS {c.name}" for c in WRITES.columns]
    )


def _size(path: str, settings: Settings) -> str:
    """A length in px; unknown unless positive, and for viewports no longer than any known position."""
    value = f"beacon.{path}"
    top = settings.max_coordinate_px if path.startswith("device.") else 1e9
    return f"IF({value} > 0 AND {value} <= {top}, {value}, NULL)"


def _stream(stream: str, settings: Settings) -> str:
    """The stream, NULL where it was not measured: missing, null or {}. Targets that may name people are hashed."""
    fields = {name: f"beacon.{stream}.{name}" for name in stream_fields(stream)}
    kept = f"beacon.{stream}"
    if stream in TARGETS:
        array = fields[TARGETS[stream]]
        hashed = f"transform({array}, target -> {stored_target('target', settings)})"
        kept = f"IF(may_name_people, {_struct(fields | {TARGETS[stream]: hashed})}, {kept})"
    sizes = ", ".join(f"array_size({array})" for array in fields.values())
    return f"IF(coalesce({sizes}) IS NOT NULL, {kept}, NULL)"


def _item_meta(settings: Settings) -> str:
    """What items are: ids as in streams, and what names an ad only with the purpose that it needs."""
    fields = {column.name: f"meta.{column.name}" for column in raw.ITEM_META.fields}
    needs = withheld_fields(WRITES.name, "item_meta")
    for name, purpose in needs.items():
        other = in_place_of(name)
        may_keep = f"meta.ad_id IS NULL OR {beacon_allows(purpose)}"
        fields[name] = f"IF({may_keep}, meta.{name}, {'NULL' if other is None else literal(other)})"
    fields["item_id"] = f"IF(may_name_people, {stored_target('meta.item_id', settings)}, meta.item_id)"
    stored = f"transform(beacon.item_meta, meta -> IF(meta IS NULL, NULL, {_struct(fields)}))"
    is_whole = " AND ".join(map(beacon_allows, dict.fromkeys(needs.values())))
    return f"IF(may_name_people OR NOT ({is_whole}), {stored}, beacon.item_meta)"


def _struct(fields: Mapping[str, str]) -> str:
    pairs = [f"'{name}', {value}" for name, value in fields.items()]
    return f"named_struct({', '.join(pairs)})"
