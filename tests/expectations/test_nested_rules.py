"""Rules of lists, counted by DuckDB in a batch, are those of plain loops; and one that cannot be counted fails alone."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from expectations.auditing import Audited, audit
from expectations.catalog import NESTED
from expectations.nested_rules import in_batches, rules_question
from expectations.results import NOT_EVALUATED
from expectations.suites import expectations_of
from jobs.config import Settings
from tests.expectations.broken_rows import PAGE_VIEW_CASES, sound_page_view
from tests.expectations.plain_rules import plain_rules
from warehouse_schema import TABLES
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.derive import arrow_schema, example_value, spark_schema

#: So short that amounts of a few ms are on both sides of each.
THRESHOLDS = Settings().model_dump() | {
    **{"stay_ms": 1, "hover_ms": 1, "long_hover_ms": 2, "viewable_ms": 1, "viewable_video_ms": 2, "cell_px": 1}
}
PLAIN = plain_rules(THRESHOLDS)
START = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
SCHEMA = arrow_schema(PAGE_VIEWS.columns)
_CHANGED = {
    **{"visible_ms": st.integers(0, 9), "engaged_ms": st.integers(0, 3), "scroll_depth_px": st.integers(0, 5)},
    "viewport_h_px": st.integers(0, 3),
}
#: Fields of entries that rules look at, beside amounts of 0 to 3.
_OTHERS = {
    **{name: st.booleans() for name in ("is_long", "is_impression", "is_viewable")},
    "space": st.sampled_from(["viewport", "document"]),
    "item_type": st.sampled_from(["story", "video"]),
    "ad_id": st.sampled_from(["ad-1", "(withheld)"]),
    "cell_y": st.integers(-1, 3),
    **{
        name: st.integers(0, 3).map(lambda ms: START + dt.timedelta(milliseconds=ms))
        for name in ("started_at", "ended_at")
    },
}
_FIELDS = {
    "heat_cells": ("space", "dwell_ms", "active_ms", "stay_count"),
    "hovers": ("dwell_ms", "active_ms", "is_long"),
    "item_views": (
        *("item_type", "is_impression", "is_viewable", "visible_any_ms", "visible_ms", "fully_visible_ms"),
        *("longest_spell_ms", "spell_count", "hover_ms", "hover_visible_ms", "attended_ms", "ad_id"),
    ),
    "exposure": ("cell_y", "visible_ms"),
}


def _example() -> dict[str, Any]:
    return {column.name: example_value(column) for column in PAGE_VIEWS.columns}


@st.composite
def page_views(draw: st.DrawFn) -> dict[str, Any]:
    """A page view whose amounts know nothing of each other, many of them NULL."""
    row = _example() | {name: draw(st.none() | values) for name, values in _CHANGED.items()}
    for nested, names in _FIELDS.items():
        entry = st.fixed_dictionaries({n: st.none() | _OTHERS.get(n, st.integers(0, 3)) for n in names})
        row[nested] = draw(st.none() | st.lists(entry, max_size=3))
    row["purposes"] = draw(st.sampled_from([["product_development"], ["ads", "product_development"]]))
    times = st.fixed_dictionaries({name: _OTHERS[name] for name in ("started_at", "ended_at")})
    row["visibility"] = draw(st.lists(times, max_size=3))
    return row


def _broken(rows: list[dict[str, Any]]) -> dict[str, int]:
    """How many of the rows break each rule, as a batch counts them; those that none breaks are left out."""
    batch = pa.Table.from_pylist(rows, schema=SCHEMA)
    wanted = expectations_of(PAGE_VIEWS, THRESHOLDS)
    (line,) = rules_question(PAGE_VIEWS, THRESHOLDS).lines(batch).to_pylist()
    assert line["numbers"][0] == len(rows)
    assert None not in line["numbers"]
    counted = zip(in_batches(wanted), line["numbers"][1:], strict=True)
    return {wanted[number].name: count for number, count in counted if count and wanted[number].rule}


@settings(max_examples=60)
@given(st.lists(page_views(), min_size=1, max_size=8))
def test_counts_are_those_of_plain_loops(rows: list[dict[str, Any]]) -> None:
    plain = Counter(name for row in rows for name, holds in PLAIN.items() if holds(row) is False)

    assert {name: count for name, count in _broken(rows).items() if name in PLAIN} == plain


def test_every_rule_that_looks_into_a_list_has_a_plain_reading() -> None:
    rules = {expectation.rule for expectation in expectations_of(PAGE_VIEWS, THRESHOLDS) if expectation.rule}

    assert {rule.name for rule in rules if rule.each or "list_" in rule.holds} == set(PLAIN)
    assert {name for name in TABLES if _has_each(name)} == set(NESTED)


def _has_each(name: str) -> bool:
    return any(e.rule and e.rule.each for e in expectations_of(TABLES[name], THRESHOLDS))


@pytest.mark.parametrize("name", PAGE_VIEW_CASES)
def test_a_row_that_breaks_a_rule_is_counted(name: str) -> None:
    broken = sound_page_view()
    PAGE_VIEW_CASES[name](broken)
    thresholds = Settings().model_dump()
    wanted = expectations_of(PAGE_VIEWS, thresholds)
    place = next(place for place, n in enumerate(in_batches(wanted), 1) if wanted[n].name == name)
    question = rules_question(PAGE_VIEWS, thresholds)

    counts = [
        question.lines(pa.Table.from_pylist(rows, schema=SCHEMA))["numbers"][0][place].as_py()
        for rows in ([sound_page_view()], [sound_page_view(), broken])
    ]

    assert counts == [0, 1]


@pytest.mark.spark
def test_no_page_views_break_nothing(spark: SparkSession) -> None:
    nothing = spark.createDataFrame([], spark_schema(PAGE_VIEWS.columns))

    results = audit([Audited(nothing, PAGE_VIEWS, [START.date()])], THRESHOLDS)

    assert len(results) == len(expectations_of(PAGE_VIEWS, THRESHOLDS))
    assert [result for result in results if not result.success] == []


@pytest.mark.spark
def test_a_rule_that_cannot_be_evaluated_fails_and_keeps_no_other_from_it(spark: SparkSession) -> None:
    rows = spark.createDataFrame(pa.Table.from_pylist([sound_page_view()], schema=SCHEMA)).drop("hovers")

    results = audit([Audited(rows, PAGE_VIEWS, [START.date()])], Settings().model_dump())

    failed = {result.expectation: result.observed for result in results if not result.success}
    assert set(failed) == {
        "ExpectTableColumnsToMatchSet",
        *("hover_active_within_dwell", "hover_long_enough", "hovers_within_dwell"),
    }
    assert failed["hover_long_enough"] == NOT_EVALUATED


def test_a_missing_column_leaves_only_what_asks_for_it_uncounted() -> None:
    batch = pa.Table.from_pylist([_example()], schema=SCHEMA)
    question = rules_question(PAGE_VIEWS, THRESHOLDS)

    (line,) = question.lines(batch.drop_columns("hovers")).to_pylist()

    uncounted = [sql for sql, count in zip(question.numbers, line["numbers"], strict=True) if count is None]
    assert uncounted == [sql for sql in question.numbers if "hovers" in sql]
    assert len(uncounted) == 3
