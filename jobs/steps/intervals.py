"""Sets of half-open intervals on one integer axis, and sums by group: the arithmetic under every kernel.

All page views of a batch share the axis: each has its own stretch, stretches never touch. So a set of intervals of
a whole batch is two sorted arrays, and every question about it is one `np.searchsorted`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Intervals:
    """Disjoint, non-touching, non-empty intervals [starts, ends), ascending."""

    starts: Ints
    ends: Ints

    @cached_property
    def _before(self) -> Ints:
        """Covered length before each interval."""
        lengths = self.ends - self.starts
        return np.concatenate(([0], np.cumsum(lengths)))

    def covered_until(self, x: Ints) -> Ints:
        """C(x): length of the set below x."""
        index = np.searchsorted(self.starts, x, side="right") - 1
        inside = np.maximum(index, 0)
        if not len(self.starts):
            return np.zeros(len(x), np.int64)
        partial = np.minimum(x, self.ends[inside]) - self.starts[inside]
        return np.where(index < 0, 0, self._before[inside] + partial)

    def length_within(self, starts: Ints, ends: Ints) -> Ints:
        """Length of the set within each [start, end): C(end) - C(start)."""
        return self.covered_until(ends) - self.covered_until(starts)

    def contains(self, x: Ints) -> Bools:
        """Whether each instant lies in the set."""
        if not len(self.starts):
            return np.zeros(len(x), bool)
        index = np.searchsorted(self.starts, x, side="right") - 1
        return (index >= 0) & (x < self.ends[np.maximum(index, 0)])

    def cut(self, starts: Ints, ends: Ints) -> tuple[Ints, Ints, Ints]:
        """Pieces of each [start, end) inside the set: (index of the query, piece start, piece end)."""
        low = np.searchsorted(self.ends, starts, side="right")
        high = np.searchsorted(self.starts, ends, side="left")
        query, rank = expand(np.maximum(high - low, 0))
        mine = low[query] + rank
        piece_starts = np.maximum(starts[query], self.starts[mine])
        piece_ends = np.minimum(ends[query], self.ends[mine])
        kept = piece_starts < piece_ends
        return query[kept], piece_starts[kept], piece_ends[kept]


def expand(counts: Ints) -> tuple[Ints, Ints]:
    """For each i, counts[i] rows: (i, rank within i)."""
    owner = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
    first = np.cumsum(counts) - counts
    return owner, np.arange(len(owner), dtype=np.int64) - first[owner]


def union(starts: Ints, ends: Ints) -> Intervals:
    """The union of any intervals; empty ones vanish, touching ones join."""
    kept = starts < ends
    starts, ends = starts[kept], ends[kept]
    if not len(starts):
        return Intervals(starts, ends)
    order = np.argsort(starts, kind="stable")
    starts, ends = starts[order], np.maximum.accumulate(ends[order])
    opens = np.concatenate(([True], starts[1:] > ends[:-1]))
    last = np.concatenate((np.flatnonzero(opens)[1:] - 1, [len(starts) - 1]))
    return Intervals(starts[opens], ends[last])


def where_total(weighted: Sequence[tuple[Intervals, int]], total: int) -> Intervals:
    """Where the weights of the sets that cover an instant add up to `total` (> 0)."""
    points = np.concatenate([edge for s, _ in weighted for edge in (s.starts, s.ends)])
    steps = np.concatenate([np.full(len(s.starts), sign * w) for s, w in weighted for sign in (1, -1)])
    if not len(points):
        return Intervals(points.astype(np.int64), points.astype(np.int64))
    order = np.argsort(points, kind="stable")
    points, level = points[order], np.cumsum(steps[order])
    last_at_point = np.concatenate((points[1:] != points[:-1], [True]))
    points, level = points[last_at_point], level[last_at_point]
    hit = np.flatnonzero(level[:-1] == total)
    return union(points[hit], points[hit + 1])


def pack(*columns: Ints) -> Ints:
    """One integer per row, ordered and distinct as the rows of `columns` are."""
    packed = np.zeros(len(columns[0]), np.int64)
    width = 1
    for column in columns:
        if not len(column):
            return packed
        low, high = int(column.min()), int(column.max())
        size = high - low + 1
        if width > 2**62 // size:
            values, packed = np.unique(packed, return_inverse=True)
            width = len(values)
        if width > 2**62 // size:
            values, ranks = np.unique(column, return_inverse=True)
            column, low, size = ranks.astype(np.int64), 0, len(values)
        packed = packed * size + (column - low)
        width *= size
    return packed


@dataclass(frozen=True)
class Groups:
    """Rows of equal key, brought together: `order` sorts the rows, `firsts` are the first sorted rows of each group."""

    order: Ints
    firsts: Ints

    @classmethod
    def of(cls, key: Ints) -> Groups:
        """Groups of equal `key`, ascending; rows keep their order within a group."""
        order = np.argsort(key, kind="stable")
        return cls(order, run_starts(key[order]))

    def __len__(self) -> int:
        return len(self.firsts)

    def first(self, values: NDArray) -> NDArray:  # type: ignore[type-arg]
        """The value of each group's first row."""
        return values[self.order[self.firsts]]

    def last(self, values: NDArray) -> NDArray:  # type: ignore[type-arg]
        """The value of each group's last row."""
        ends = np.append(self.firsts[1:], len(self.order)) - 1
        return values[self.order[ends]] if len(self) else values[:0]

    def sum(self, values: NDArray) -> Ints:  # type: ignore[type-arg]
        """Sum of integers (or of flags) per group."""
        return np.add.reduceat(values[self.order].astype(np.int64), self.firsts) if len(self) else np.zeros(0, np.int64)


def run_starts(*columns: Ints) -> Ints:
    """Indices at which a run of equal rows begins."""
    if not len(columns[0]):
        return np.zeros(0, np.int64)
    changes = np.zeros(len(columns[0]) - 1, bool)
    for column in columns:
        changes |= column[1:] != column[:-1]
    return np.concatenate(([0], np.flatnonzero(changes) + 1)).astype(np.int64)


def sum_at(index: Ints, values: NDArray, size: int) -> Ints:  # type: ignore[type-arg]
    """Exact integer sums of `values` by `index`, for indices below `size`."""
    totals = np.zeros(size, np.int64)
    np.add.at(totals, index, values.astype(np.int64))
    return totals


def max_at(index: Ints, values: Ints, size: int, empty: int = 0) -> Ints:
    """Largest of `values` by `index`; `empty` where there is none."""
    tops = np.full(size, empty, np.int64)
    np.maximum.at(tops, index, values)
    return tops
