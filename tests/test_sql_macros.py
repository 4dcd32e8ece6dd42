"""Quantiles of `_hist` columns: against the values themselves, binned with NumPy as the marts bin them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pytest

from jobs.config import HIST_EDGES_MS
from jobs.errors import UsageError
from jobs.io import releases
from jobs.io.store import Store
from jobs.sql import run_sql
from jobs.sql_macros import macros
from tests.reading.small_warehouse import publish_release, release, write_table
from warehouse_schema import TABLES
from warehouse_schema.derive import rows

STORIES = "mart.story_attention_daily"
EDGES = np.array(HIST_EDGES_MS)
BINS = len(EDGES) + 1


def connection_for(edges: Sequence[int]) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for macro in macros(replace(release(1, {}), configuration={"hist_edges_ms": list(edges)})):
        connection.execute(macro)
    return connection


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with connection_for(HIST_EDGES_MS) as made:
        yield made


def bin_of(values: object) -> np.ndarray:
    """0 below the first edge, then [edge, next edge), the last from the last edge on."""
    return np.searchsorted(EDGES, values, side="right")


def hist_of(values: np.ndarray) -> list[int]:
    return np.bincount(bin_of(values), minlength=BINS).tolist()


def quantile(connection: duckdb.DuckDBPyConnection, hist: Sequence[int] | None, q: float) -> int | None:
    [found] = connection.execute("select hist_quantile(?::bigint[], ?)", [hist, q]).fetchone() or ()
    return found


def quantiles(connection: duckdb.DuckDBPyConnection, hists: Sequence[Sequence[int]], qs: Sequence[float]) -> list[int]:
    """The quantile of each distribution, in one query."""
    query = "select hist_quantile(unnest(?::bigint[][]), unnest(?::double[]))"
    return [found for [found] in connection.execute(query, [hists, qs]).fetchall()]


def durations(seed: int, count: int, typical_ms: float = 3000, spread: float = 1.0) -> np.ndarray:
    """Whole ms as people leave them: log-normal."""
    return np.floor(np.random.default_rng(seed).lognormal(np.log(typical_ms), spread, count)).astype(np.int64)


def test_an_estimate_always_shares_the_bin_of_the_true_quantile(connection: duckdb.DuckDBPyConnection) -> None:
    dice = np.random.default_rng(1)
    # Half of the nights lie partly below the first edge or beyond the last one.
    nights = [
        durations(seed, int(dice.integers(1, 3000)), np.exp(dice.uniform(3, 14)), dice.uniform(0.2, 3))
        for seed in range(60)
    ]
    qs = dice.choice([0, 0.07, 0.25, 0.5, 0.9], len(nights)).tolist()

    estimates = quantiles(connection, [hist_of(values) for values in nights], qs)

    for values, q, estimate in zip(nights, qs, estimates, strict=True):
        true = np.quantile(values, q, method="inverted_cdf")
        assert bin_of(estimate) == bin_of(true)
        if EDGES[0] <= true < EDGES[-1]:
            # Neighbouring edges are whole ms: 141 / 100 and 283 / 200 are the square root of two, rounded.
            assert max(estimate / true, true / estimate) <= np.sqrt(2) * 1.001


def test_on_durations_as_people_leave_them_the_estimate_is_within_5_percent(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """Measured over these 40 nights of 5,000 durations: 3.0 % at worst, 0.6 % in the median; the bound is 41 %."""
    nights = [durations(seed, 5000, spread=1.2) for seed in range(40)]
    hists = [hist_of(values) for values in nights]

    ratios = [
        estimate / np.quantile(values, q, method="inverted_cdf")
        for q in (0.5, 0.9)
        for values, estimate in zip(nights, quantiles(connection, hists, [q] * len(hists)), strict=True)
    ]

    assert len(ratios) == 80
    assert np.abs(np.log(ratios)).max() < np.log(1.05)


def test_within_a_bin_values_are_even_in_the_logarithm(connection: duckdb.DuckDBPyConnection) -> None:
    hist = [0] * BINS
    hist[2] = 4  # [141, 200): the values stand for 141 * (200 / 141) ** (1/8, 3/8, 5/8, 7/8)

    assert [quantile(connection, hist, q) for q in (0.25, 0.5, 0.75)] == [147, 160, 175]
    assert quantile(connection, [*hist[:2], 1, *hist[3:]], 0.5) == 167  # sqrt(141 * 200) = 167.9


def test_the_first_bin_starts_at_0_and_the_last_is_told_by_its_start(connection: duckdb.DuckDBPyConnection) -> None:
    below, beyond = [4] + [0] * (BINS - 1), [0] * (BINS - 1) + [4]

    # Even in ms from 0 to 100: 12.5, 37.5, 62.5, 87.5.
    assert [quantile(connection, below, q) for q in (0, 0.5, 0.9)] == [12, 37, 87]
    assert [quantile(connection, beyond, q) for q in (0, 0.5, 0.9)] == [HIST_EDGES_MS[-1]] * 3


def test_a_rank_that_meets_a_bin_s_last_value_stays_in_it(connection: duckdb.DuckDBPyConnection) -> None:
    hist = [0] * BINS
    hist[1], hist[5] = 7, 93  # the 7th of 100 values is the last in [100, 141)

    # In floating point 0.07 * 100 is a little over 7.
    assert [bin_of(quantile(connection, hist, q)) for q in (0.07, 0.08)] == [1, 5]


def test_no_values_have_no_quantile(connection: duckdb.DuckDBPyConnection) -> None:
    assert quantile(connection, None, 0.5) is None
    assert quantile(connection, [], 0.5) is None
    assert quantile(connection, [0] * BINS, 0.5) is None


def test_far_out_quantiles_need_more_than_1000_values(connection: duckdb.DuckDBPyConnection) -> None:
    hist = [0] * BINS
    few, enough = [*hist[:3], 1000, *hist[4:]], [*hist[:3], 1001, *hist[4:]]

    assert quantile(connection, few, 0.9) is not None
    assert quantile(connection, few, 0.99) is None
    assert quantile(connection, enough, 0.99) is not None


def test_sums_of_distributions_are_the_distribution_of_all_values(connection: duckdb.DuckDBPyConnection) -> None:
    nights = [durations(seed, 500, typical_ms=10 ** (1 + seed)) for seed in range(6)]
    connection.execute("create or replace temp table nights (surface varchar, hist bigint[])")
    for number, values in enumerate(nights):
        connection.execute("insert into nights values (?, ?)", ["feed" if number % 2 else "profile", hist_of(values)])
    connection.execute("insert into nights values ('feed', null), ('touch', null), ('none', [])")

    found = connection.execute(
        "select surface, hist_sum(hist), hist_p50(hist_sum(hist)), hist_p90(hist_sum(hist)) from nights group by 1"
    ).fetchall()

    feed, profile = (np.concatenate(nights[first::2]) for first in (1, 0))
    by_surface = {surface: rest for surface, *rest in found}
    for surface, values in (("feed", feed), ("profile", profile)):
        hist, p50, p90 = by_surface[surface]
        assert hist == hist_of(values)
        assert bin_of([p50, p90]).tolist() == bin_of(np.quantile(values, [0.5, 0.9], method="inverted_cdf")).tolist()
    assert by_surface["touch"] == by_surface["none"] == [None, None, None]


def test_any_edges_can_be_in_force_also_one_alone_and_one_at_0() -> None:
    with connection_for([1000]) as one, connection_for([0, 10]) as from_zero:
        assert [quantile(one, hist, 0.5) for hist in ([1, 0], [0, 1])] == [500, 1000]
        assert quantile(from_zero, [0, 1, 0], 0.5) == 5  # even in ms where the logarithm has no start
        assert one.execute("select hist_edges_ms()").fetchone() == ([1000],)


@pytest.mark.parametrize("query", ["select hist_p50([1, 2])", "select hist_sum(h) from (values ([1, 2])) as t (h)"])
def test_a_distribution_of_other_edges_is_refused(connection: duckdb.DuckDBPyConnection, query: str) -> None:
    with pytest.raises(duckdb.Error, match="does not have the 30 bins of hist_edges_ms"):
        connection.execute(query)


@pytest.mark.parametrize("q", [-0.1, 1.1, float("nan")])
def test_a_share_out_of_range_is_refused(connection: duckdb.DuckDBPyConnection, q: float) -> None:
    with pytest.raises(duckdb.Error, match="q must lie between 0 and 1"):
        quantile(connection, [1] * BINS, q)


def test_hoverlake_sql_reads_quantiles_by_the_edges_of_the_release(tmp_path: Path) -> None:
    day = dt.date(2026, 11, 20)
    stories = rows(
        TABLES[STORIES],
        {"event_date": day, "item_id": "a", "visible_ms_hist": [0, 3, 0]},
        {"event_date": day, "item_id": "b", "visible_ms_hist": [0, 0, 6]},
    )
    pinned = {STORIES: write_table(str(tmp_path), STORIES, stories)}
    published = replace(release(1, pinned), configuration={"hist_edges_ms": [10, 40]})
    assert releases.publish(Store(str(tmp_path), create=True), published, {})

    each = f"select hist_p50(visible_ms_hist) as p50 from {STORIES} order by item_id"
    merged = f"select hist_p50(hist_sum(visible_ms_hist)) as p50 from {STORIES}"

    assert run_sql(str(tmp_path), each, "csv") == "p50\n20\n40\n"  # sqrt(10 * 40); the start of the open bin
    assert run_sql(str(tmp_path), merged, "csv") == "p50\n40\n"


def test_without_recorded_edges_there_is_an_error_and_no_guess(tmp_path: Path) -> None:
    publish_release(str(tmp_path), {})

    with pytest.raises(UsageError, match="release 1 records no hist_edges_ms"):
        run_sql(str(tmp_path), f"select hist_p50(visible_ms_hist) from {STORIES} union all select hist_p50([1])")
