"""A published warehouse of the example rows, and of what the example queries ask for beyond them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from jobs.config import HIST_EDGES_MS
from jobs.io import releases
from jobs.io.store import Store
from tests.reading.small_warehouse import release, write_table
from warehouse_schema import PINNED, TABLES
from warehouse_schema.examples import EXAMPLES, example_row

#: Rows beside the example row of a table, by what differs in them.
BESIDE: dict[str, list[dict[str, Any]]] = {
    "mart.hover_heatmap_daily": [
        {"space": "document", "cell_y": 19},
        {"cell_px": None, "cell_x": None, "cell_y": None, "is_remainder": True},
        # On touch there is no hover.
        {"device_type": "phone", "dwell_ms": None, "active_ms": None, "hover_measured_count": 0},
    ],
    "mart.viewport_exposure_daily": [{"device_type": "desktop", "layout_id": "feed-v7", "viewport_class": "<1440"}],
    "mart.ad_attention_daily": [{"device_type": "phone", "hover_ms": None, "hovered_count": 0, "hover_measured_count": 0}],
    "mart.feed_visibility_minutes": [{"minute": None, "is_remainder": True}],
    "ops.dq_results": [{"expectation": "past_bots_z", "severity": "warning", "success": None}],
}  # fmt: skip


def typed(table_name: str, values: dict[str, Any]) -> dict[str, Any]:
    """Values of an example row as Python has them: dates and instants are no longer text."""
    read = {"date": dt.date.fromisoformat, "timestamp": dt.datetime.fromisoformat}
    types = {column.name: column.type for column in TABLES[table_name].columns}
    return {
        name: read[str(types[name])](value) if value is not None and types[name] in read else value
        for name, value in values.items()
    }


def example_warehouse(root: str) -> str:
    """Write it below `root` and publish it."""
    pins = {}
    for name in EXAMPLES:
        row = typed(name, example_row(name))
        pins[name] = write_table(root, name, [row, *(row | other for other in BESIDE.get(name, ()))])
    pinned = {table.name: pins[table.name] for table in PINNED if table.name in pins}
    published = replace(release(1, pinned), configuration={"hist_edges_ms": HIST_EDGES_MS})
    assert releases.publish(Store(root, create=True), published, {})
    return root
