"""clean.beacons: accepted beacons, one row each, streams kept as arrays.

Duplicates stay: which of two rivals survives is settled when page views are built, from all landing dates at once.
"""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.config import Settings
from jobs.steps.parse import ACCEPTED, TEXTS, text, text_key
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
    "url": "page.url",
    "user_agent": "device.user_agent",
    "app_version": "device.app_version",
    "experiments": "experiments",
    "item_meta": "item_meta",
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


def transform(judged: DataFrame, settings: Settings, *, pseudonym: Callable[[Column], Column]) -> DataFrame:
    """Rows of clean.beacons from judged lines; `pseudonym` turns visitor ids into keys.

    The pseudonym of a line that is not accepted is NULL, and the filter asks for it: a filter on anything known
    before would be moved below the parser, which would then run twice.
    """
    is_accepted = F.col("outcome") == ACCEPTED
    keyed = judged.withColumn("visitor_key", pseudonym(F.when(is_accepted, text("visitor_id"))))
    columns = {
        "start_date": F.to_date(F.timestamp_millis(F.col("clock.start_ms"))),
        "is_last": F.coalesce(F.col("beacon.is_last"), F.lit(False)),
        "purposes": purposes(),
        **{name: F.col(name) for name in ("landing_date", "visitor_key", "line_sha256", "raw_file")},
        **{name: F.col(f"clock.{name}") for name in ("start_ms", "queue_ms", "is_clock_suspect")},
        **{name: text(path) if path in TEXTS else F.col(f"beacon.{path}") for name, path in _KEPT_AS_SENT.items()},
        **{name: text_key(path) for name, path in _KEYS.items()},
        **{name: _size(path, settings) for name, path in _SIZES.items()},
        **{stream: _stream(stream) for stream in raw.STREAMS},
    }
    accepted = keyed.where(F.col("visitor_key").isNotNull())
    return accepted.select(*[columns[c.name].alias(c.name) for c in WRITES.columns])


def purposes() -> Column:
    """Purposes of the beacon, sorted; Global Privacy Control removes ads."""
    sent = F.array_sort(F.array_distinct(F.array_compact(F.col("beacon.consent.purposes"))))
    return F.when(F.col("beacon.consent.gpc"), F.array_remove(sent, "ads")).otherwise(sent)


def _size(path: str, settings: Settings) -> Column:
    """A length in px; unknown unless positive, and for viewports no longer than any known position."""
    value = F.col(f"beacon.{path}")
    top = settings.max_coordinate_px if path.startswith("device.") else 1e9
    return F.when((value > 0) & (value <= top), value)


def _stream(stream: str) -> Column:
    """The stream, NULL where it was not measured: missing, null or {}."""
    value = F.col(f"beacon.{stream}")
    (declared,) = (c.type for c in raw.COLUMNS if c.name == stream)
    arrays = [value[field.name] for field in declared.fields]  # type: ignore[union-attr]
    return F.when(F.coalesce(*[F.array_size(a) for a in arrays]).isNotNull(), value)
