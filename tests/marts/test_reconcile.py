"""The equations of a night hold on the marts, and break as soon as a row is lost or counted twice."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from jobs.steps.page_views_source import PageViews
from jobs.steps.reconcile import Staged, mart_equations
from tests.marts.conftest import JOBS, NIGHT_DATES, Folded, Night
from tests.marts.plain_ladder import Row
from tests.marts.plain_marts import MARTS

pytestmark = pytest.mark.spark

#: Marts whose entries lie nested in the page views of their own date.
NESTED = [name for name in JOBS if name not in ("feed_visibility_minutes", "session_attention_daily", "reach_daily")]


def _measures(folded: Folded) -> list[str]:
    return list(folded.spec.measures if folded.spec.reconciled is None else folded.spec.reconciled)


def test_every_equation_of_every_date_holds(folded: Folded) -> None:
    found = {(e.date, e.quantity) for e in folded.equations}

    assert found >= {(date, name) for date in NIGHT_DATES for name in ["page_views", *_measures(folded)]}
    assert [str(equation) for equation in folded.equations if not equation.adds_up] == []
    assert sum(equation.left for equation in folded.equations) > 0


def test_page_views_are_in_the_universe_or_have_a_reason_not_to_be(night: Night, folded: Folded) -> None:
    counts = [equation for equation in folded.equations if equation.quantity == "page_views"]
    found = {(e.date, reason): n for e in counts for reason, n in e.terms.items() if n}

    if folded.name in MARTS:
        assert found == Counter((view["event_date"], _reason(folded, view)) for view in night.rows)
    elif folded.name in NESTED:
        inside = Counter(view["event_date"] for view in night.rows if _is_in(folded, view))
        assert {date: n for (date, reason), n in found.items() if reason == "in_universe"} == inside
    elif folded.name != "feed_visibility_minutes":
        who = {"human": "in_universe", "declared_bot": "bots"}
        assert found == Counter((view["event_date"], who[view["traffic_class"]]) for view in night.rows)


def _reason(folded: Folded, view: Row) -> str:
    if view["traffic_class"] != "human":
        return "bots"
    if view[MARTS[folded.name].nested] is None:
        return "not_measured"
    entries = folded.mart.entries([view])
    if not entries:
        return "without_entries"
    return "in_universe" if any(e.exclusion is None for e in entries) else "without_ads_purpose"


def test_a_row_dropped_or_doubled_breaks_the_equations_of_what_it_holds(
    spark: SparkSession, night: Night, folds: Callable[[str, int, str], Folded]
) -> None:
    marts = [folds(name, 5, "spread") for name in JOBS]
    staged = marts[0].staged
    victims = {m.spec.name: max(_rows_of(staged, m), key=lambda row: (row["visitor_count"], str(row))) for m in marts}
    few = spark.createDataFrame(list(victims.values()), staged.rows.schema)
    broken = {
        (mart.spec.name, victims[mart.spec.name]["event_date"], measure)
        for mart in marts
        for measure in _measures(mart)
        if victims[mart.spec.name][_column(mart, measure)]
    }

    assert {name for name, _, _ in broken} == {mart.spec.name for mart in marts if _measures(mart)}
    assert _broken(staged, night.page_views, staged.rows.exceptAll(few)) == broken
    assert _broken(staged, night.page_views, staged.rows.unionAll(few)) == broken


def _rows_of(staged: Staged, mart: Folded) -> list[Any]:
    return list(staged.rows.where(f"mart = '{mart.spec.name}'").collect())


def _column(mart: Folded, measure: str) -> str:
    return dict(zip(mart.spec.measures, mart.staged.ledger.amounts, strict=False)).get(measure, measure)


def test_a_page_view_that_clean_holds_twice_breaks_the_count_of_its_date(
    night: Night, folds: Callable[[str, int, str], Folded]
) -> None:
    marts = [folds(name, 5, "spread") for name in NESTED]
    twice = next(view for view in night.rows if all(_is_in(mart, view) for mart in marts))
    again = night.page_views
    for key in ("event_date", "visitor_key", "page_view_id"):
        again = again.where(again[key] == twice[key])

    broken = _broken(marts[0].staged, night.page_views.unionAll(again), marts[0].staged.rows)

    assert broken >= {(mart.spec.name, twice["event_date"], "page_views") for mart in marts}


def _is_in(mart: Folded, view: Row) -> bool:
    return any(entry.exclusion is None for entry in mart.mart.entries([view]))


def _broken(staged: Staged, page_views: DataFrame, rows: DataFrame) -> set[tuple[str, dt.date, str]]:
    equations = mart_equations(PageViews(page_views), [replace(staged, rows=rows)])
    return {(e.table_name, e.date, e.quantity) for e in equations if not e.adds_up}
