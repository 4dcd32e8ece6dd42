"""The last two steps of a fold ladder, for groups that are short of visitors (METRICS 6).

A group that is short takes in its smallest published row. What has no published row beside it is published per date;
if that, too, is short, it takes in the smallest published row of the date. Rows published so far have min_visitors
visitors each, so that one is always enough, and none beside it means: not published.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from jobs.steps.intervals import Ints
from jobs.steps.marts import DATE, GROUP, UNPUBLISHED

Keys = tuple[object, ...]


@dataclass(frozen=True)
class Row:
    """A row of a mart by its keys at `step`: published already, or what is left of a group that is short."""

    keys: Keys
    step: str
    visitor_count: int
    group: Keys = field(compare=False)
    universe: Keys = field(compare=False)

    @property
    def order(self) -> tuple[object, ...]:
        """Fewest visitors first; ties by key order, NULL first."""
        return self.visitor_count, *((key is not None, key) for key in self.keys), self.step


def _smallest(rows: Iterable[Row]) -> Row | None:
    return min(rows, key=lambda row: row.order, default=None)


class Remainders:
    """Where the entries of short groups go, decided from rows alone and then from the visitors of a few of them."""

    def __init__(self, short: Sequence[Row], published: Iterable[Row]) -> None:
        """`published` holds at least the two smallest published rows of every group in a universe of `short`: one
        may be taken in by its group, another by its date."""
        published = list(published)
        by_group: dict[Keys, list[Row]] = defaultdict(list)
        for row in published:
            by_group[row.group].append(row)
        #: Per short group the row that it takes in, None if no row is published beside it.
        self.taken = {row: _smallest(by_group[row.group]) for row in short}
        self.left: dict[Keys, list[Row]] = defaultdict(list)
        for row, taken in self.taken.items():
            if taken is None:
                self.left[row.universe].append(row)
        free = set(published) - set(self.taken.values())
        self.spare = {u: _smallest(row for row in free if row.universe == u) for u in self.left}

    @property
    def rows(self) -> list[Row]:
        """Every row whose entries may move; `place` wants their visitors."""
        every = [*self.taken, *self.taken.values(), *self.spare.values()]
        return [row for row in every if row is not None]

    def place(self, row_number: Ints, visitor: Ints, min_visitors: int) -> list[str | None]:
        """Step of each of `rows`; None where a row stays as it is published. Entries come as (number in `rows`,
        visitor)."""
        visitors = _visitor_sets(row_number, visitor, self.rows)
        step: dict[Row, str] = {}
        for row, taken in self.taken.items():
            if taken is not None:
                step |= {row: GROUP, taken: GROUP}
        for universe, left in self.left.items():
            together: set[int] = set().union(*(visitors[row] for row in left))
            beside = [] if len(together) >= min_visitors else self._smallest_of_date(universe, visitors)
            is_enough = len(together) >= min_visitors or bool(beside)
            step |= dict.fromkeys([*left, *beside], DATE if is_enough else UNPUBLISHED)
        return [step.get(row) for row in self.rows]

    def _smallest_of_date(self, universe: Keys, visitors: Mapping[Row, set[int]]) -> list[Row]:
        """The rows that make up the smallest published row of the date, remainders of groups included."""
        spare = self.spare[universe]
        made = [(spare, [spare])] if spare else []
        for row, taken in self.taken.items():
            if taken is not None and row.universe == universe:
                count = len(visitors[row] | visitors[taken])
                made.append((Row(row.keys, GROUP, count, row.group, universe), [row, taken]))
        return min(made, key=lambda pair: pair[0].order, default=(None, []))[1]


def _visitor_sets(row_number: Ints, visitor: Ints, rows: Sequence[Row]) -> dict[Row, set[int]]:
    order = np.argsort(row_number, kind="stable")
    ends = np.searchsorted(row_number[order], np.arange(len(rows)), side="right")
    parts = np.split(visitor[order], ends[:-1])
    return {row: set(np.unique(part).tolist()) for row, part in zip(rows, parts, strict=True)}
