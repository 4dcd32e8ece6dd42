"""Example queries and one example row, table by table: for people, on the docs pages and in the dictionary.

Queries are in the dialect of `hoverlake sql`, tests run each. Rows are of a simulated night; they hold no clean or
restricted table, whose rows would be about one person.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from warehouse_schema.examples import grids, items, ops, visits
from warehouse_schema.examples.example import Example

__all__ = ["EXAMPLES", "Example", "example_row"]

EXAMPLES: dict[str, tuple[Example, ...]] = {
    "mart.hover_heatmap_daily": grids.HOVER_HEATMAP_DAILY,
    "mart.viewport_exposure_daily": grids.VIEWPORT_EXPOSURE_DAILY,
    "mart.zone_attention_daily": grids.ZONE_ATTENTION_DAILY,
    "mart.story_attention_daily": items.STORY_ATTENTION_DAILY,
    "mart.feed_attention_daily": items.FEED_ATTENTION_DAILY,
    "mart.ad_attention_daily": items.AD_ATTENTION_DAILY,
    "mart.feed_visibility_minutes": visits.FEED_VISIBILITY_MINUTES,
    "mart.session_attention_daily": visits.SESSION_ATTENTION_DAILY,
    "mart.reach_daily": visits.REACH_DAILY,
    "ops.runs": ops.RUNS,
    "ops.input_files": ops.INPUT_FILES,
    "ops.reconciliation": ops.RECONCILIATION,
    "ops.dq_results": ops.DQ_RESULTS,
    "ops.dq_profile": ops.DQ_PROFILE,
}


def example_row(table_name: str) -> dict[str, Any]:
    """One row as JSON has it, dates and instants as ISO text; empty for clean and restricted tables."""
    return dict(_rows().get(table_name, {}))


@cache
def _rows() -> dict[str, dict[str, Any]]:
    text = files("warehouse_schema.examples").joinpath("rows.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, Any]] = json.loads(text)
    return found
