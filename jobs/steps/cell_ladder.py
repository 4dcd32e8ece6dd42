"""Cells of too few visitors merge into larger ones: which step of the ladder each folded entry is published at.

Only folded entries come here, fewer than min_visitors visitors per cell: their number is bounded by the number of
cells, not by the number of people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from jobs.steps.intervals import Groups, Ints, pack, sum_at
from jobs.steps.streams import encode


@dataclass(frozen=True)
class CellStep:
    """Cells `factor` times as wide as the finest ones."""

    name: str
    factor: int


def place(
    entries: pa.Table, group: Sequence[str], cell: tuple[str, str], steps: Sequence[CellStep], min_visitors: int
) -> pa.Array:
    """Of entries with columns `group`, `cell` (x, y) and `person`: the first step at which the unplaced entries of an
    entry's cell have min_visitors visitors, by name; NULL if there is none."""
    groups = pack(*[encode(entries[name].combine_chunks().cast(pa.string())).columns[0] for name in group])
    visitor = encode(entries["person"].combine_chunks()).columns[0]
    cell_x, cell_y = (np.asarray(entries[name], np.int64) for name in cell)
    placed = np.full(len(visitor), -1, np.int64)
    for number, step in enumerate(steps):
        waiting = np.flatnonzero(placed < 0)
        at = pack(groups[waiting], cell_x[waiting] // step.factor, cell_y[waiting] // step.factor)
        enough = visitors_per_row(at, visitor[waiting]) >= min_visitors
        placed[waiting[enough]] = number
    names = pa.array([step.name for step in steps], pa.string())
    return names.take(pa.array(placed, mask=placed < 0))


def visitors_per_row(cell: Ints, visitor: Ints) -> Ints:
    """For each row the number of distinct visitors of its cell."""
    if not len(cell):
        return cell
    cells = np.unique(cell, return_inverse=True)[1].astype(np.int64)
    pairs = Groups.of(pack(cells, visitor))
    counts = sum_at(pairs.first(cells), np.ones(len(pairs)), int(cells.max()) + 1)
    return counts[cells]
