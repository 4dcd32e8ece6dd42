"""Two heatmaps cell by cell: where one has a coarser cell than the other, both are taken at the coarser one. Pure.

A larger cell holds what its smaller cells could not publish, at a place within it that nobody knows. So a square is
compared whole, with everything published in it on either side, and squares never overlap: cells are nested.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from jobs.heatmap_grid import GRID_PX, Cell, Floats

#: Edges of cells in grid cells: 32 to 256 px.
EDGES = (1, 2, 4, 8)


@dataclass(frozen=True)
class Side:
    """What one side publishes in a square. Counts are of its largest cell: they never add over cells."""

    amount: int
    visitor_count: int
    page_view_count: int
    #: Amount per cell of 32 px and second on screen; None without published exposure of every row of the square.
    rate: float | None


@dataclass(frozen=True)
class Square:
    """A square of the page, `edge` grid cells wide, with what each side has in it; None: nothing published."""

    x: int
    y: int
    edge: int
    a: Side | None
    b: Side | None

    @property
    def difference(self) -> float | None:
        """What B has more than A per cell of 32 px and second on screen; None if either is not known."""
        if self.a is None or self.b is None or self.a.rate is None or self.b.rate is None:
            return None
        return self.b.rate - self.a.rate

    @property
    def place(self) -> tuple[slice, slice]:
        """Rows and columns of the grid."""
        return np.s_[self.y : self.y + self.edge, self.x : self.x + self.edge]


def squares_of(
    a: Sequence[Cell], b: Sequence[Cell], exposure_a: Mapping[int, int], exposure_b: Mapping[int, int]
) -> list[Square]:
    """The squares in which either side has something, from the top of the page."""
    boxes = {(cell.cell_px // GRID_PX, cell.cell_x, cell.cell_y) for cell in (*a, *b)}
    inside_a, inside_b = _by_square(a, boxes), _by_square(b, boxes)
    found = []
    for edge, column, row in sorted({*inside_a, *inside_b}, key=lambda box: (box[2] * box[0], box[1] * box[0])):
        x, y = column * edge, row * edge
        sides = [
            _side(inside.get((edge, column, row)), exposure, y, edge)
            for inside, exposure in ((inside_a, exposure_a), (inside_b, exposure_b))
        ]
        found.append(Square(x, y, edge, *sides))
    return found


def _by_square(cells: Sequence[Cell], boxes: set[tuple[int, int, int]]) -> dict[tuple[int, int, int], list[Cell]]:
    """Cells by the largest published box, of either side, that they lie in."""
    found: dict[tuple[int, int, int], list[Cell]] = {}
    for cell in cells:
        edge = cell.cell_px // GRID_PX
        around = [(k, cell.cell_x * edge // k, cell.cell_y * edge // k) for k in EDGES if k >= edge]
        found.setdefault([box for box in around if box in boxes][-1], []).append(cell)
    return found


def _side(cells: Sequence[Cell] | None, exposure: Mapping[int, int], y: int, edge: int) -> Side | None:
    if not cells:
        return None
    amount = sum(cell.amount for cell in cells)
    rows_ms = [exposure.get(row, 0) for row in range(y, y + edge)]
    rate = amount / (edge * sum(rows_ms) / 1000) if all(rows_ms) else None
    return Side(amount, max(cell.visitor_count for cell in cells), max(cell.page_view_count for cell in cells), rate)


def rows_that_hold(squares: Sequence[Square], share: float) -> int:
    """Rows from the top that hold this share of both sides' amounts."""
    ends = sorted(
        (square.y + square.edge, sum(side.amount for side in (square.a, square.b) if side)) for square in squares
    )
    total, held = sum(amount for _, amount in ends), 0
    for end, amount in ends:
        held += amount
        if held >= share * total:
            return max(0, end)
    return 0


def grid_of(squares: Sequence[Square], values: Sequence[float | None], rows: int, columns: int) -> Floats:
    """The values on the grid of the page; NaN where there is none."""
    grid = np.full((rows, columns), np.nan)
    for square, value in zip(squares, values, strict=True):
        if value is not None and square.x >= 0 and square.y >= 0:
            grid[square.place] = value
    return grid
