"""The profile's one query against plain loops, and what it keeps to itself."""

from __future__ import annotations

import dataclasses

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from jobs.config import Settings
from jobs.steps.page_view_kernel import page_views
from jobs.steps.profile import measured, profile, rejected
from jobs.steps.reconcile import Equation
from tests.steps.beacon_table import beacon_table
from tests.steps.busy_night import busy_night
from tests.steps.one_view import beacon
from tests.steps.plain_profile import plain_profile
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.derive import arrow_schema
from warehouse_schema.ops.profile import DISTRIBUTIONS, METRICS


def _views() -> pa.Table:
    items = {"items": [(0, "i", 1, 0.4), (3000, "i", 0.2, 0.1)], "state": [(0, "visible")], "scroll": [(500, 900)]}
    more = [beacon(9000, visitor_id=name, pointer=[(100, 10, 10, "i"), (2000, -9, 7, "i")], **items) for name in "xyz"]
    batch = page_views(beacon_table([*busy_night(), *more]), Settings())
    return pa.Table.from_batches([batch]).cast(arrow_schema(PAGE_VIEWS.columns))


@pytest.mark.spark
def test_profile_is_that_of_plain_loops(spark: SparkSession) -> None:
    views = _views()
    edges = Settings().hist_edges_ms
    expected = {least: plain_profile(views.to_pylist(), edges, least) for least in (1, 6)}

    for least, plain in expected.items():
        found = profile(spark.createDataFrame(views), Settings(min_visitors=least))
        known = [m for m in found if m.metric != "layout_bucket"]
        assert sorted(map(str, known)) == sorted(map(str, plain))
    metrics = {m.metric for m in expected[1]}
    assert metrics == {*METRICS, *DISTRIBUTIONS} - {"lines_rejected", "layout_bucket"}
    assert 0 < len(expected[6]) < len(expected[1])


def test_refused_lines_are_told_by_landing_date() -> None:
    date = _views()["event_date"][0].as_py()
    lines = Equation("clean.beacons", date, "lines", 10, {"accepted": 6, "withheld": 1, "too_late": 2, "oversized": 1})

    (found,) = rejected([lines, dataclasses.replace(lines, quantity="beacons")])

    assert (found.table_name, found.metric, found.amount, found.base) == (
        "clean.rejected_beacons",
        "lines_rejected",
        3,
        10,
    )


def test_what_too_few_measured_is_left_out() -> None:
    row = {f"{part}_{name}": 5 for part in "anv" for name in METRICS} | {"event_date": None, "surface": "feed"}
    row |= {f"{name}_{n}": 0 for name in DISTRIBUTIONS for n in range(24)} | {f"b{n}": 0 for n in range(3)}

    kept = {m.metric for m in measured(row | {"v_dwell_ms": 4}, (100, 200), 5)}

    assert "page_views" in kept
    assert "hovered" in kept
    assert not kept & {"dwell_ms", "dwell_p90_ms"}
    assert list(measured(row, (100, 200), 6)) == []
