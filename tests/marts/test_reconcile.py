"""The equations of a night hold on the marts, and break as soon as a row is lost or counted twice."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from pyspark.sql import DataFrame, SparkSession

from jobs.steps.reconcile import mart_equations
from tests.marts.conftest import JOBS, Folded, Night
from tests.marts.plain_ladder import PlainMart, Row
from tests.marts.plain_marts import MARTS

pytestmark = pytest.mark.spark


def test_every_equation_of_every_date_holds(folded: Folded) -> None:
    quantities = ["page_views", *JOBS[folded.mart.name].WRITES.additive]
    dates = {entry.keys[0] for entry in folded.clean}

    assert {(e.date, e.quantity) for e in folded.equations} == {(date, name) for date in dates for name in quantities}
    assert [str(equation) for equation in folded.equations if not equation.adds_up] == []


def test_page_views_are_in_the_universe_or_have_a_reason_not_to_be(night: Night, folded: Folded) -> None:
    expected = Counter((view["event_date"], _reason(folded.mart, view)) for view in night.rows)

    counts = [equation for equation in folded.equations if equation.quantity == "page_views"]

    assert {(e.date, reason): n for e in counts for reason, n in e.terms.items() if n} == expected


def _reason(mart: PlainMart, view: Row) -> str:
    if view["traffic_class"] != "human":
        return "bots"
    if view[mart.nested] is None:
        return "not_measured"
    entries = mart.entries([view])
    if not entries:
        return "without_entries"
    return "in_universe" if any(e.exclusion is None for e in entries) else "without_ads_purpose"


@pytest.mark.parametrize("name", MARTS)
def test_a_row_dropped_or_doubled_breaks_the_equations_of_what_it_holds(
    spark: SparkSession, night: Night, folds: Callable[[str, int], Folded], name: str
) -> None:
    folded = folds(name, 5)
    victim = max(folded.result.rows.collect(), key=lambda row: (row["visitor_count"], row["event_date"]))
    one = spark.createDataFrame([victim], folded.result.rows.schema)
    broken = {(victim["event_date"], measure) for measure in JOBS[name].WRITES.additive if victim[measure]}

    assert broken
    assert _broken(folded, night.page_views, folded.result.rows.exceptAll(one)) == broken
    assert _broken(folded, night.page_views, folded.result.rows.unionAll(one)) == broken


@pytest.mark.parametrize("name", MARTS)
def test_a_page_view_that_clean_holds_twice_breaks_the_count_of_its_date(
    night: Night, folds: Callable[[str, int], Folded], name: str
) -> None:
    folded = folds(name, 5)
    twice = next(view for view in night.rows if _reason(folded.mart, view) == "in_universe")
    views, names = night.page_views, ("event_date", "visitor_key", "page_view_id")
    again = views
    for key in names:
        again = again.where(again[key] == twice[key])

    broken = _broken(folded, views.unionAll(again), folded.result.rows)

    assert (twice["event_date"], "page_views") in broken
    assert {date for date, _ in broken} == {twice["event_date"]}


def _broken(folded: Folded, page_views: DataFrame, staged: DataFrame) -> set[tuple[dt.date, str]]:
    equations = mart_equations(page_views, [replace(folded.result, rows=staged)])
    return {(e.date, e.quantity) for e in equations if not e.adds_up}
