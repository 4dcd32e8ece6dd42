"""Interval arithmetic against plain sets of integers."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.steps.intervals import Groups, Intervals, Ints, expand, pack, run_starts, union, where_total

Pairs = list[tuple[int, int]]
#: Short axis: overlaps, touching ends and equal points are the rule there.
pairs = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=6)
MORE = settings(max_examples=2 * settings().max_examples)


def arrays(intervals: Pairs) -> tuple[Ints, Ints]:
    both = np.array(intervals, np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def instants(intervals: Pairs) -> set[int]:
    return {x for a, b in intervals for x in range(a, b)}


def covered(intervals: Intervals) -> set[int]:
    return instants(list(zip(intervals.starts.tolist(), intervals.ends.tolist(), strict=True)))


def assert_is_normal(intervals: Intervals) -> None:
    """Non-empty, ascending, and not even touching: what every question asked of a set relies on."""
    edges = np.column_stack((intervals.starts, intervals.ends)).ravel()
    assert (np.diff(edges) > 0).all()


@MORE
@given(pairs)
def test_union_holds_exactly_the_instants_of_its_parts(parts: Pairs) -> None:
    joined = union(*arrays(parts))

    assert covered(joined) == instants(parts)
    assert_is_normal(joined)


@MORE
@given(st.lists(st.tuples(pairs, st.sampled_from((-1, 1, 2))), min_size=1, max_size=4), st.integers(1, 3))
def test_where_total_holds_instants_whose_weights_add_up(weighted: list[tuple[Pairs, int]], total: int) -> None:
    found = where_total([(union(*arrays(parts)), weight) for parts, weight in weighted], total)

    sums = {x: sum(weight for parts, weight in weighted if x in instants(parts)) for x in range(21)}
    assert covered(found) == {x for x, level in sums.items() if level == total}
    assert_is_normal(found)


@MORE
@given(pairs, pairs)
def test_cut_gives_the_pieces_of_every_query_inside_the_set(parts: Pairs, queries: Pairs) -> None:
    query, starts, ends = union(*arrays(parts)).cut(*arrays(queries))

    for index, (a, b) in enumerate(queries):
        mine = query == index
        pieces = list(zip(starts[mine].tolist(), ends[mine].tolist(), strict=True))
        assert instants(pieces) == instants([(a, b)]) & instants(parts)
        assert sum(d - c for c, d in pieces) == len(instants(pieces)), "pieces overlap"
    assert (np.diff(query) >= 0).all()


@MORE
@given(pairs, pairs)
def test_length_and_membership_are_those_of_the_set(parts: Pairs, queries: Pairs) -> None:
    whole = union(*arrays(parts))
    forward = [(min(q), max(q)) for q in queries]

    lengths = whole.length_within(*arrays(forward)).tolist()
    assert lengths == [len(instants([q]) & instants(parts)) for q in forward]
    points = np.arange(-1, 22)
    assert whole.contains(points).tolist() == [x in instants(parts) for x in points.tolist()]
    assert whole.covered_until(points).tolist() == [sum(y < x for y in instants(parts)) for x in points.tolist()]


def test_touching_intervals_are_one_and_empty_ones_are_none() -> None:
    joined = union(*arrays([(5, 7), (0, 2), (2, 4), (9, 9)]))

    assert list(zip(joined.starts.tolist(), joined.ends.tolist(), strict=True)) == [(0, 4), (5, 7)]


@MORE
@given(st.lists(st.integers(0, 4), max_size=6))
def test_expand_counts_ranks_within_each_owner(counts: list[int]) -> None:
    owner, rank = expand(np.array(counts, np.int64))

    expected = [(i, r) for i, n in enumerate(counts) for r in range(n)]
    assert list(zip(owner.tolist(), rank.tolist(), strict=True)) == expected


#: Neighbours, repeats, and values so far apart that three columns of them exceed 64 bits.
_VALUES = st.sampled_from((-(2**40), -1, 0, 1, 2**40, 2**40 + 1))
tuples = st.lists(st.tuples(_VALUES, _VALUES, _VALUES), min_size=1, max_size=8)


@MORE
@given(tuples)
def test_packed_columns_are_ordered_and_distinct_as_their_rows(rows: list[tuple[int, int, int]]) -> None:
    packed = pack(*np.array(rows, np.int64).T).tolist()

    for a, b in zip(rows, packed, strict=True):
        for c, d in zip(rows, packed, strict=True):
            assert (a < c) == (b < d)


@MORE
@given(st.lists(st.tuples(st.integers(-2, 2), st.integers(-9, 9)), max_size=8))
def test_groups_sum_and_pick_like_a_dictionary(rows: list[tuple[int, int]]) -> None:
    keys, values = np.array(rows, np.int64).reshape(-1, 2).T
    by_key: dict[int, list[int]] = {}
    for key, value in sorted(rows, key=lambda row: row[0]):
        by_key.setdefault(key, []).append(value)

    groups = Groups.of(keys)

    assert groups.first(keys).tolist() == list(by_key)
    assert groups.first(values).tolist() == [of[0] for of in by_key.values()]
    assert groups.last(values).tolist() == [of[-1] for of in by_key.values()]
    assert groups.sum(values).tolist() == [sum(of) for of in by_key.values()]


def test_a_run_starts_where_any_column_changes() -> None:
    assert run_starts(np.array([1, 1, 1, 2]), np.array([7, 7, 8, 8])).tolist() == [0, 2, 3]
    assert run_starts(np.zeros(0, np.int64)).tolist() == []
