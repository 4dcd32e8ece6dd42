"""The maths of comparing with the past, by hand."""

from __future__ import annotations

import math
import random

import duckdb
import pytest

from jobs.io.releases import Release
from jobs.sql_macros import macros
from jobs.steps.past import chance_psi, mad, population_stability_index, quantile_of_bins, rare_psi, robust_z


def test_mad_is_the_median_distance_from_the_median() -> None:
    # Median 10; distances 3, 1, 0, 2, 90; their median 2.
    assert mad([7, 9, 10, 12, 100]) == 2


def test_robust_z_counts_deviations_from_the_median() -> None:
    assert robust_z(10 + 3 * 1.4826 * 2, [7, 9, 10, 12, 100], 0) == pytest.approx(3)
    assert robust_z(10 - 2 * 1.4826 * 2, [7, 9, 10, 12, 100], 0) == pytest.approx(-2)


def test_one_odd_day_moves_neither_median_nor_deviation() -> None:
    assert robust_z(15, [7, 9, 10, 12, 100], 0) == robust_z(15, [7, 9, 10, 12, 10**9], 0)


def test_days_that_were_all_equal_do_not_make_the_next_one_an_alarm() -> None:
    assert robust_z(11, [10] * 8, least_sigma=0.5) == 2
    assert robust_z(10, [10] * 8, 0) == 0
    assert robust_z(11, [10] * 8, 0) == math.inf


def test_stability_index_of_equal_shares_is_nothing() -> None:
    assert population_stability_index({"a": 500, "b": 500}, {"a": 500, "b": 500}) == 0
    assert population_stability_index({"a": 5000, "b": 5000}, {"a": 500, "b": 500}) == pytest.approx(0, abs=1e-6)


def test_stability_index_is_that_of_the_textbook() -> None:
    # (0.6 - 0.5) ln(0.6 / 0.5) + (0.4 - 0.5) ln(0.4 / 0.5) = 0.0405
    assert population_stability_index({"a": 600_000, "b": 400_000}, {"a": 500_000, "b": 500_000}) == pytest.approx(
        0.1 * math.log(1.2) - 0.1 * math.log(0.8), abs=1e-5
    )


def test_a_class_that_is_gone_weighs_much_and_finitely() -> None:
    assert 1 < population_stability_index({"a": 400}, {"a": 4000, "b": 6000}) < math.inf


def test_chance_is_what_samples_of_one_distribution_differ_by() -> None:
    draws = random.Random(1)

    def sample(size: int) -> dict[str, int]:
        drawn = draws.choices("abc", [5, 3, 2], k=size)
        return {name: drawn.count(name) for name in "abc"}

    pairs = [(sample(200), sample(800)) for _ in range(300)]

    mean = sum(population_stability_index(*pair) for pair in pairs) / len(pairs)
    assert chance_psi(3, 200, 800) == pytest.approx(2 * (1 / 200 + 1 / 800))
    assert mean == pytest.approx(chance_psi(3, 200, 800), rel=0.25)


@pytest.mark.parametrize(("now", "past"), [(6, 36), (20, 160), (200, 1600)])
def test_what_is_rare_by_chance_is_seldom_seen(now: int, past: int) -> None:
    draws = random.Random(2)

    def sample(size: int) -> dict[str, int]:
        drawn = draws.choices("abcd", [5, 3, 1, 1], k=size)
        return {name: drawn.count(name) for name in "abcd"}

    found = [population_stability_index(sample(now), sample(past)) for _ in range(4000)]

    assert sum(index > rare_psi(4, now, past, deviations=3) for index in found) <= 20  # 0.13 % and some
    assert sum(index > rare_psi(4, now, past, deviations=4) for index in found) <= 2


@pytest.mark.parametrize(
    ("degrees", "deviations", "chi_square"), [(1, 3.0, 10.273), (2, 3.0, 13.215), (3, 4.0, 23.66), (23, 4.0, 61.56)]
)
def test_rare_is_a_quantile_of_chi_square(degrees: int, deviations: float, chi_square: float) -> None:
    assert rare_psi(degrees + 1, 1000, deviations=deviations) * 1000 == pytest.approx(chi_square, rel=0.1)


@pytest.mark.parametrize(
    ("counts", "share", "expected"),
    [
        ([0, 1, 0, 0], 0.5, 141),  # 100 * 2 ** 0.5
        ([1, 0, 0, 0], 0.9, 50),  # half of the way to 100
        ([8, 0, 2, 0], 0.8, 93),  # the eighth of eight: 100 * 7.5 / 8
        ([8, 0, 2, 0], 0.9, 237),  # the first of two: 200 * 2 ** 0.25
        ([0, 0, 0, 5], 0.9, 400),
        ([0, 0, 0, 0], 0.9, None),
    ],
)
def test_quantile_lies_within_its_bin(counts: list[int], share: float, expected: int | None) -> None:
    assert quantile_of_bins(counts, (100, 200, 400), share) == expected


def test_quantile_is_that_of_the_sql_macro() -> None:
    edges = (100, 200, 400)
    release = Release(1, "r", "", "", {}, {}, {"hist_edges_ms": edges})
    connection = duckdb.connect()
    for macro in macros(release):
        connection.execute(macro)
    draws = random.Random(2)

    for counts in [[draws.choice([0, 0, 1, 2, 7, 50]) for _ in range(4)] for _ in range(50)]:
        for share in (0.1, 0.5, 0.9):
            ((expected,),) = connection.execute(f"select hist_quantile({counts}, {share})").fetchall()
            assert quantile_of_bins(counts, edges, share) == expected
