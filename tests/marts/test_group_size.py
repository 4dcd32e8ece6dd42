"""Group size (METRICS 6): nothing published is a small group, nor what a small group leaves of a larger one."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest

from tests.marts.conftest import THRESHOLDS, Folded
from tests.marts.plain_ladder import DATE, FINEST, GROUP, UNPUBLISHED, Keys, PlainMart, climb, gathered, visitors
from tests.marts.plain_marts import MARTS
from tests.marts.small_night import page_views


@pytest.mark.spark
def test_no_row_has_fewer_visitors_than_the_threshold(folded: Folded) -> None:
    assert folded.rows or set(folded.step_of.values()) == {UNPUBLISHED}
    assert all(row["visitor_count"] >= folded.min_visitors for row in folded.rows)


@pytest.mark.spark
def test_groups_are_hidden_whole_and_only_where_all_of_a_date_are_too_few(folded: Folded) -> None:
    groups = gathered(folded.counted, lambda entry: _rung(folded.mart, GROUP)(entry.keys))
    dates = gathered(folded.counted, lambda entry: _rung(folded.mart, DATE)(entry.keys))

    for members in groups.values():
        steps = {folded.step_of[entry.id] for entry in members}
        assert len(steps) == 1 or steps.isdisjoint({DATE, UNPUBLISHED})
    for members in dates.values():
        steps = gathered(members, lambda entry: folded.step_of[entry.id])
        assert DATE not in steps or UNPUBLISHED not in steps
        assert visitors(steps.get(UNPUBLISHED, [])) < folded.min_visitors


@pytest.mark.spark
def test_a_group_with_published_rows_has_no_small_remainder(folded: Folded) -> None:
    groups = gathered(folded.counted, lambda entry: _rung(folded.mart, GROUP)(entry.keys))

    for members in groups.values():
        steps = gathered(members, lambda entry: folded.step_of[entry.id])
        own_rows = steps.keys() - {GROUP, DATE, UNPUBLISHED}
        elsewhere = [entry for step in (GROUP, DATE, UNPUBLISHED) for entry in steps.get(step, [])]
        if own_rows and elsewhere:
            assert visitors(elsewhere) >= folded.min_visitors
        if GROUP in steps:
            assert visitors(steps[GROUP]) >= folded.min_visitors


def _rung(mart: PlainMart, name: str) -> Callable[[Keys], Keys]:
    return next(rung.fold for rung in mart.rungs if rung.name == name)


def test_the_small_night_takes_every_turn_of_the_ladder() -> None:
    night = page_views()
    steps, turns, ties = set(), set(), set()
    for mart, min_visitors in product(MARTS.values(), THRESHOLDS):
        entries = [entry for entry in mart.entries(night) if entry.exclusion is None]
        ladder = climb(mart, entries, min_visitors)
        steps |= {(mart.name, step) for step in ladder.step_of.values()}
        turns |= {(step, taken) for step, taken, _ in ladder.taken_in}
        ties |= {step for step, _, is_tie in ladder.taken_in if is_tie}

    rungs = {(mart.name, rung.name) for mart in MARTS.values() for rung in mart.rungs}
    assert steps == rungs | {(name, UNPUBLISHED) for name in MARTS}
    assert turns >= {(GROUP, FINEST), (GROUP, "cells of 128 px")}
    assert {step for step, _ in turns} == ties == {GROUP}
