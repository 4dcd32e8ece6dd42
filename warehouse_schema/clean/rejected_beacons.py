"""clean.rejected_beacons: raw lines that break the contract, by reason; never the line itself."""

from __future__ import annotations

from warehouse_schema import shared as s
from warehouse_schema.table import Column, Table

#: In the order in which they are judged: a line has the first reason that fits. `withheld` stands between
#: unknown_schema and missing_field, so that of a person without consent not even a hash is kept.
REASONS = {
    "oversized": "The line is longer than max_beacon_bytes.",
    "malformed_json": "The line is not valid UTF-8, not one JSON object, or a value has another type than the contract says.",
    "unknown_schema": "The field schema is missing or not cursor-beacon/1.",
    "missing_field": "A required field, or an instant of a stream, is missing, null or empty.",
    "bad_timestamp": "A clock lies before 1970 or after 2099, or an instant is longer than max_page_view_ms after the start.",
    "negative_time": "An instant of a stream, or observed_until_ms, is negative.",
    "ragged_arrays": "The arrays of one stream differ in length.",
    "too_late": "The landing date is more than late_window_days after the repaired start's date, or the key of this date is destroyed.",
    "from_future": "The repaired start lies more than future_tolerance_ms after the end of the landing date.",
}

REJECTED_BEACONS = Table(
    name="clean.rejected_beacons",
    one_row_per="rejected raw line",
    meaning="Which lines of which raw file were refused and why; `hoverlake explain --rejected FILE` shows them while raw is kept.",
    grain=(),
    columns=(
        s.LANDING_DATE,
        Column("raw_file", "string", "File below the raw root."),
        Column("line_sha256", "string", "SHA-256 of the raw line, hex.", personal=True),
        Column("byte_length", "long", "Length of the raw line without its line end.", "bytes", low=0),
        Column("reason", "string", "First reason that fits.", allowed=tuple(REASONS), example="malformed_json"),
    ),
    partition_by=("landing_date",),
    retention_days=30,
    caveats=("Equal lines of one file are one row each: the table has no unique key.",),
)
