"""The profile's one question against plain loops, and what it keeps to itself."""

from __future__ import annotations

import dataclasses
from functools import cache
from random import Random
from zlib import crc32

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from jobs.config import Settings
from jobs.steps.ledger_kernels import run
from jobs.steps.page_view_kernel import page_views
from jobs.steps.page_views_source import PageViews
from jobs.steps.profile import (
    layout_buckets,
    measured,
    profile,
    profile_question,
    rejected,
    totals,
)
from jobs.steps.questions import LINE, ask
from jobs.steps.reconcile import Equation
from tests.steps.beacon_table import beacon_table
from tests.steps.busy_night import busy_night
from tests.steps.one_view import beacon
from tests.steps.plain_profile import plain_profile
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.derive import arrow_schema
from warehouse_schema.ops.profile import DISTRIBUTIONS, METRICS


@cache
def _views() -> pa.Table:
    items = {"items": [(0, "i", 1, 0.4), (3000, "i", 0.2, 0.1)], "state": [(0, "visible")], "scroll": [(500, 900)]}
    more = [beacon(9000, visitor_id=name, pointer=[(100, 10, 10, "i"), (2000, -9, 7, "i")], **items) for name in "xyz"]
    batch = page_views(beacon_table([*busy_night(), *more]), Settings())
    return pa.Table.from_batches([batch]).cast(arrow_schema(PAGE_VIEWS.columns))


def _buckets(views: pa.Table) -> pa.Table:
    """A bucket of each layout, which Spark makes otherwise."""
    layouts = views["layout_id"].unique()
    return pa.table({"bucketed": layouts, "layout_bucket": pa.array([n % 3 for n in range(len(layouts))], pa.int64())})


def _shuffled(views: pa.Table, random: Random) -> pa.Table:
    return views.take(random.sample(range(views.num_rows), views.num_rows))


@pytest.mark.spark
def test_profile_is_that_of_plain_loops(spark: SparkSession) -> None:
    views = _views()
    edges = Settings().hist_edges_ms
    expected = {least: plain_profile(views.to_pylist(), edges, least) for least in (1, 6)}

    for least, plain in expected.items():
        clean = PageViews(spark.createDataFrame(views))
        lines = ask(clean, profile_question(Settings(), layout_buckets(clean)))
        found = profile(lines, Settings(min_visitors=least))
        known = [m for m in found if m.metric != "layout_bucket"]
        assert sorted(map(str, known)) == sorted(map(str, plain))
    metrics = {m.metric for m in expected[1]}
    assert metrics == {*METRICS, *DISTRIBUTIONS} - {"lines_rejected", "layout_bucket"}
    assert 0 < len(expected[6]) < len(expected[1])


@settings(max_examples=5)
@given(st.randoms(use_true_random=False), st.integers(4, 20), st.integers(1, 3))
def test_profile_is_the_same_however_page_views_lie_in_batches(random: Random, batch_rows: int, parts: int) -> None:
    views = _shuffled(_views(), random)
    question = profile_question(Settings(), _buckets(views))

    cuts = range(0, views.num_rows, batch_rows)
    lines = pa.concat_tables([question.lines(views.slice(cut, batch_rows)) for cut in cuts])
    part = [crc32(key.encode()) % parts for key in lines["visitor_key"].to_pylist()]
    surfaces = [run(question.whole, LINE, lines=lines.filter(pa.array([p == n for p in part]))) for n in range(parts)]
    rows = totals(pa.concat_tables(surfaces), Settings())

    found = [m for row in rows for m in measured(row, Settings().hist_edges_ms, 2) if m.metric != "layout_bucket"]
    plain = plain_profile(views.to_pylist(), Settings().hist_edges_ms, 2)
    assert sorted(map(str, found)) == sorted(map(str, plain))
    buckets = [m for row in rows for m in measured(row, Settings().hist_edges_ms, 2) if m.metric == "layout_bucket"]
    assert buckets and {m.class_ for m in buckets} <= {"0", "1", "2"}


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
