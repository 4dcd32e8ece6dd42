"""The equations of a night hold on the marts, and break as soon as a row is lost or counted twice."""

from __future__ import annotations

from collections import Counter

import pytest
from pyspark.sql import DataFrame, SparkSession

from jobs.config import Settings
from jobs.steps.reconcile import amount_equations, page_view_equations
from tests.marts.conftest import JOBS, Folded, Night
from tests.marts.plain_marts import MARTS, PlainMart, Row

pytestmark = pytest.mark.spark


def test_amounts_add_up_at_every_threshold(folded: Folded) -> None:
    measures = JOBS[folded.mart.name].WRITES.additive
    dates = {entry.keys[0] for entry in folded.clean}

    assert {(e.date, e.quantity) for e in folded.equations} == {(date, name) for date in dates for name in measures}
    assert [str(equation) for equation in folded.equations if not equation.adds_up] == []


def test_a_staged_row_dropped_or_doubled_breaks_its_own_equations(
    spark: SparkSession, night: Night, folded: Folded
) -> None:
    if folded.min_visitors != 5:
        pytest.skip("the row's threshold does not matter to the check: shown at 5")
    spec = JOBS[folded.mart.name].spec(Settings(min_visitors=5))
    kept = [row for row in folded.staged.collect() if not row["is_remainder"]]
    victim = max(kept, key=lambda row: (row[next(iter(spec.measures))], folded.keys(row)))
    one = spark.createDataFrame([victim], folded.staged.schema)
    broken = {(victim["event_date"], name) for name in spec.measures if victim[name]}

    for staged in (folded.staged.exceptAll(one), folded.staged.unionAll(one)):
        assert _broken(night, folded, staged) == broken
    assert broken


def _broken(night: Night, folded: Folded, staged: DataFrame) -> set[tuple[object, str]]:
    spec = JOBS[folded.mart.name].spec(Settings(min_visitors=folded.min_visitors))
    equations = amount_equations(night.page_views, spec, staged, folded.folding)
    return {(e.date, e.quantity) for e in equations if not e.adds_up}


@pytest.mark.parametrize("mart", MARTS.values(), ids=MARTS)
def test_page_views_are_in_the_universe_or_have_a_reason_not_to_be(night: Night, mart: PlainMart) -> None:
    equations = page_view_equations(night.page_views, JOBS[mart.name].spec(Settings()))

    expected = Counter((view["event_date"], _reason(mart, view)) for view in night.rows)
    assert {(e.date, reason): n for e in equations for reason, n in e.terms.items()} == expected
    assert all(equation.adds_up for equation in equations)


def _reason(mart: PlainMart, view: Row) -> str:
    if view["traffic_class"] != "human":
        return "bots"
    if view[mart.nested] is None:
        return "not_measured"
    entries = mart.entries([view])
    if not entries:
        return "without_entries"
    return "in_universe" if any(e.exclusion is None for e in entries) else "without_ads_purpose"


@pytest.mark.parametrize("mart", MARTS.values(), ids=MARTS)
def test_a_page_view_that_clean_holds_twice_breaks_the_equation_of_its_date(night: Night, mart: PlainMart) -> None:
    counted = [view for view in night.rows if _reason(mart, view) == "in_universe"]
    twice = counted[0]
    is_it = (night.page_views["visitor_key"] == twice["visitor_key"]) & (
        night.page_views["page_view_id"] == twice["page_view_id"]
    )
    on_date = night.page_views["event_date"] == twice["event_date"]
    doubled = night.page_views.unionAll(night.page_views.where(is_it & on_date))

    equations = page_view_equations(doubled, JOBS[mart.name].spec(Settings()))

    assert {e.date for e in equations if not e.adds_up} == {twice["event_date"]}
