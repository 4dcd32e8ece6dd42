"""The truth of a simulated night: what `clean.page_views` must say, from the lines that count."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.simulator.dirt import ACCEPTED, Line
from jobs.simulator.options import SimulationSummary
from jobs.simulator.oracle import expected_page_views, merge_beacons
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.derive import arrow_schema
from warehouse_schema.table import Array, Column, Struct

#: Columns of `clean.page_views` that the oracle knows; `visitor_id` stands for `visitor_key`.
TRUTH_COLUMNS = (
    "event_date",
    "visitor_id",
    "page_view_id",
    "started_at",
    "surface",
    "layout_id",
    "device_type",
    "viewport_class",
    "purposes",
    "traffic_class",
    "traffic_reasons",
    "beacons_received",
    "beacons_missing",
    "beacons_duplicate",
    "beacons_conflicting",
    "is_closed",
    "is_state_measured",
    "unknown_position_count",
    "gap_ms",
    "absolute_ms",
    "visible_ms",
    "engaged_ms",
    "scroll_depth_px",
    "scroll_depth_share",
    "rage_count",
    "thrash_count",
    "heat_cells",
    "hovers",
    "item_views",
    "zone_views",
    "clicks",
    "visibility",
    "exposure",
)
PAGE_VIEWS_FILE = "page_views.parquet"
PLANTED_FILE = "planted.json"


def truth_schema() -> pa.Schema:
    """The Arrow schema of the truth: as declared for `clean.page_views`, without flags that need the whole date."""
    visitor_id = Column("visitor_id", "string", "First-party id, as the tracker sent it.", personal=True)
    columns = [
        visitor_id if name == "visitor_id" else _without_flags(PAGE_VIEWS.column(name)) for name in TRUTH_COLUMNS
    ]
    return arrow_schema(columns)


def _without_flags(column: Column) -> Column:
    if not (isinstance(column.type, Array) and isinstance(column.type.of, Struct)):
        return column
    fields = tuple(f for f in column.type.of.fields if not f.name.startswith("is_first_"))
    return replace(column, type=Array(Struct(fields)))


def expected_rows(lines: Iterable[Line]) -> list[dict[str, Any]]:
    """One row per page view with an accepted beacon among `lines`, by visitor and page view.

    `lines` must be all lines of their visitors.
    """
    page_views: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for line in lines:
        if line.outcome == ACCEPTED:
            beacon = json.loads(line.text)
            beacon["line_sha256"] = hashlib.sha256(line.text).hexdigest()
            page_views.setdefault((beacon["visitor_id"], beacon["page_view_id"]), []).append(beacon)
    return expected_page_views(merge_beacons(page_views[key]) for key in sorted(page_views))


def truth_table(rows: Sequence[dict[str, Any]]) -> pa.Table:
    """The rows as an Arrow table."""
    return pa.Table.from_pylist(list(rows), schema=truth_schema())


def write_truth(directory: Path, tables: Sequence[pa.Table], summary: SimulationSummary) -> None:
    """Write `page_views.parquet`, and `planted.json` with what was planted and the expected fate of every line."""
    directory.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.concat_tables(tables), directory / PAGE_VIEWS_FILE, compression="zstd")
    planted = {
        "page_views": summary.page_views,
        "lines": summary.lines,
        "planted": dict(sorted(summary.planted.items())),
        "outcomes": {date: dict(sorted(counts.items())) for date, counts in sorted(summary.outcomes.items())},
    }
    (directory / PLANTED_FILE).write_text(json.dumps(planted, indent=2) + "\n")
