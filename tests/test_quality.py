"""Which dates a failure holds back, and how the equations of held dates stay exact."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from expectations.results import Result
from jobs import feed_visibility_minutes, session_attention_daily, story_attention_daily
from jobs.config import Settings
from jobs.quality import dates_to_hold_back, equation_results, merged
from jobs.steps.reconcile import Equation

DATES = [dt.date(2026, 11, day) for day in (18, 19, 20, 21)]
_JOBS = (story_attention_daily, feed_visibility_minutes, session_attention_daily)
STAGED: list[Any] = [SimpleNamespace(ledger=SimpleNamespace(specs=[job.spec(Settings()) for job in _JOBS]))]


def _failure(table: str, day: int, expectation: str = "some_rule") -> Result:
    date = dt.date(2026, 11, day)
    return Result(table, date, expectation, "*", "critical", False, "3 of 9 rows", "x <= y", 3, 9, "Broken.")


def _held(*failures: Result) -> list[int]:
    return sorted(date.day for date in dates_to_hold_back(failures, DATES, [], STAGED))


def test_a_failure_holds_back_its_own_date() -> None:
    assert _held(_failure("clean.page_views", 20)) == [20]
    assert _held(_failure("mart.story_attention_daily", 19), _failure("clean.page_views", 21)) == [19, 21]


def test_a_mart_date_that_was_not_rebuilt_holds_back_the_dates_it_looks_at() -> None:
    # Minutes of the 22nd look at the page views of the 21st, sessions of the 17th at those of the 18th.
    assert _held(_failure("mart.feed_visibility_minutes", 22)) == [21]
    assert _held(_failure("mart.session_attention_daily", 17)) == [18]


@pytest.mark.parametrize("table", ["clean.beacons", "clean.rejected_beacons"])
def test_what_was_landed_wrongly_cannot_be_held_back_by_date(table: str) -> None:
    assert _held(_failure(table, 20)) == []


def test_nothing_is_left_to_publish_if_every_date_is_bad() -> None:
    assert _held(*[_failure("clean.page_views", date.day) for date in DATES]) == []


def test_the_later_look_counts() -> None:
    first, second = _failure("clean.page_views", 20), replace(_failure("clean.page_views", 20), success=True)

    assert merged([first, _failure("clean.page_views", 19)], [second]) == [second, _failure("clean.page_views", 19)]


def test_equations_become_results_and_amounts_are_not_told() -> None:
    date = DATES[0]
    equations = [
        Equation("mart.m", date, "page_views", 3, {"in_universe": 3}),
        Equation("mart.m", date, "dwell_ms", 777, {"published": 776}, is_amount=True),
        Equation("clean.beacons", date, "lines", 2, {"accepted": 1, "withheld": 0}),
    ]

    mart, beacons = equation_results(equations)

    assert (mart.success, mart.unexpected_count, mart.row_count) == (False, 1, 2)
    assert mart.observed == "1 of 2 equations broken, the first: dwell_ms"
    assert "2 != accepted 1 + withheld 0" in str(beacons.observed)
    assert [result.is_critical_failure for result in equation_results(equations[:1])] == [False]


def test_a_failure_tells_table_date_expectation_and_what_was_seen() -> None:
    told = _failure("clean.page_views", 20).told

    assert told == "clean.page_views 2026-11-20 some_rule: observed 3 of 9 rows, expected x <= y. Broken."
