"""The last two steps of a fold ladder, for groups that are short of visitors (METRICS 6).

A group that is short takes in its smallest published row: rows published so far have min_visitors visitors each, so that
one is always enough. What has no published row beside it is published per date if that has enough visitors, and nowhere
otherwise. A date takes in no row of another group: a group whose total another table tells would be shown in part, the
missing row could be subtracted, and then the few people beside it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
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


class Remainders:
    """Where the entries of short groups go, decided from rows alone and then from the visitors of those that are left."""

    def __init__(self, short: Sequence[Row], published: Iterable[Row]) -> None:
        """`published` holds at least the smallest published row of every group in a universe of `short`."""
        by_group: dict[Keys, list[Row]] = defaultdict(list)
        for row in published:
            by_group[row.group].append(row)
        #: Per short group the row that it takes in, None if no row is published beside it.
        self.taken = {row: min(by_group[row.group], key=lambda row: row.order, default=None) for row in short}
        self.left: dict[Keys, list[Row]] = defaultdict(list)
        for row, taken in self.taken.items():
            if taken is None:
                self.left[row.universe].append(row)

    @property
    def rows(self) -> list[Row]:
        """Every row whose entries move; `place` wants their visitors."""
        return [row for row in [*self.taken, *self.taken.values()] if row is not None]

    def place(self, row_number: Ints, visitor: Ints, min_visitors: int) -> list[str]:
        """Step of each of `rows`. Entries come as (number in `rows`, visitor)."""
        visitors = _visitor_sets(row_number, visitor, self.rows)
        step: dict[Row, str] = {}
        for row, taken in self.taken.items():
            if taken is not None:
                step |= {row: GROUP, taken: GROUP}
        for left in self.left.values():
            together: set[int] = set().union(*(visitors[row] for row in left))
            step |= dict.fromkeys(left, DATE if len(together) >= min_visitors else UNPUBLISHED)
        return [step[row] for row in self.rows]


def _visitor_sets(row_number: Ints, visitor: Ints, rows: Sequence[Row]) -> dict[Row, set[int]]:
    order = np.argsort(row_number, kind="stable")
    ends = np.searchsorted(row_number[order], np.arange(len(rows)), side="right")
    parts = np.split(visitor[order], ends[:-1])
    return {row: set(np.unique(part).tolist()) for row, part in zip(rows, parts, strict=True)}
