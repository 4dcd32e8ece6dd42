"""The simulator's truth beside what a night has published, row by row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from jobs.io import releases
from jobs.io.keys import key_file, load_key
from jobs.io.store import Store
from jobs.io.warehouse import open_table
from jobs.steps.pseudonym import visitor_key
from warehouse_schema.clean.page_views import PAGE_VIEWS

Rows = dict[tuple[str, str], dict[str, Any]]


def expected_page_views(truth: Path, warehouse: Path) -> Rows:
    """Rows of the truth by (visitor key, page view)."""
    key = load_key(key_file(str(warehouse)))
    rows = pq.read_table(truth / "page_views.parquet").to_pylist()
    return {(visitor_key(row.pop("visitor_id"), key), row["page_view_id"]): row for row in rows}


def published_page_views(warehouse: Path) -> Rows:
    """clean.page_views at the newest release by (visitor key, page view), without first-of-visitor flags."""
    release = releases.newest(Store(str(warehouse)))
    assert release is not None
    table = open_table(str(warehouse), PAGE_VIEWS, release.tables[PAGE_VIEWS.name])
    assert table is not None
    rows = table.to_pyarrow_table().to_pylist()
    return {(row["visitor_key"], row["page_view_id"]): _without_flags(row) for row in rows}


def _without_flags(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_flags(entry) for entry in value]
    if isinstance(value, dict):
        return {k: _without_flags(v) for k, v in value.items() if not k.startswith("is_first_")}
    return value


def differences(found: Rows, expected: Rows) -> list[str]:
    """What differs, in words; empty if both have the same page views with equal values in all columns of the truth."""
    problems = [f"{key}: only in the truth" for key in expected.keys() - found.keys()]
    problems += [f"{key}: not in the truth" for key in found.keys() - expected.keys()]
    for key in expected.keys() & found.keys():
        problems += [
            f"{key} {column}: {found[key][column]!r} instead of {value!r}"[:500]
            for column, value in expected[key].items()
            if found[key][column] != value
        ]
    return problems
