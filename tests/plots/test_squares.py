"""Two heatmaps cell by cell: on the coarser side's cells, with nothing lost, and neutral where a side is not known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.heatmap_grid import Cell
from jobs.heatmap_squares import grid_of, rows_that_hold, squares_of

EXPOSURE = dict.fromkeys(range(64), 2000)
Boxes = list[tuple[int, int, int, int]]


def cell(cell_px: int, x: int, y: int, amount: int) -> Cell:
    return Cell(cell_px, x, y, amount, 50 + x, 60 + x)


def test_small_cells_are_compared_at_the_large_one_of_the_other_side() -> None:
    a = [cell(32, 2, 1, 600), cell(32, 3, 1, 400)]
    b = [cell(64, 1, 0, 1200)]

    [square] = squares_of(a, b, {0: 2000, 1: 2000}, {0: 4000, 1: 4000})

    assert (square.x, square.y, square.edge) == (2, 0, 2)
    assert square.a is not None and square.b is not None
    assert square.a.amount == 600 + 400
    # Two cells across, two rows of 2 s each.
    assert square.a.rate == (600 + 400) / (2 * (2 + 2))
    assert square.b.rate == 1200 / (2 * (4 + 4))
    assert square.difference == 75 - 125


def test_a_large_cell_takes_in_the_small_ones_of_its_own_side_too() -> None:
    a = [cell(32, 0, 0, 10), cell(128, 0, 0, 40)]
    b = [cell(32, 0, 0, 10), cell(32, 3, 3, 5)]

    [square] = squares_of(a, b, EXPOSURE, EXPOSURE)

    assert square.edge == 4
    assert square.a is not None and square.a.amount == 10 + 40
    assert square.b is not None and square.b.amount == 10 + 5
    assert square.a.visitor_count == 50  # of the largest cell, not of both


def test_equal_cells_stay_as_small_as_they_are() -> None:
    cells = [cell(32, 0, 0, 10), cell(32, 1, 0, 20), cell(64, 4, 4, 30)]

    squares = squares_of(cells, cells, EXPOSURE, EXPOSURE)

    assert [(square.x, square.y, square.edge) for square in squares] == [(0, 0, 1), (1, 0, 1), (8, 8, 2)]
    assert [square.difference for square in squares] == [0, 0, 0]


def test_a_square_of_one_side_only_has_no_difference() -> None:
    alone, shared = squares_of([cell(32, 0, 0, 10), cell(32, 5, 1, 10)], [cell(32, 5, 1, 10)], EXPOSURE, EXPOSURE)

    assert alone.b is None and alone.difference is None
    assert shared.difference == 0


@pytest.mark.parametrize("exposure", [{}, {0: 2000}, {0: 2000, 1: 0}])
def test_without_exposure_of_every_row_there_is_no_difference(exposure: dict[int, int]) -> None:
    [square] = squares_of([cell(64, 0, 0, 10)], [cell(64, 0, 0, 10)], EXPOSURE, exposure)

    assert square.a is not None and square.a.rate is not None
    assert square.b is not None and square.b.rate is None
    assert square.difference is None


def test_what_has_no_value_is_not_zero_on_the_grid() -> None:
    squares = squares_of([cell(64, 0, 0, 10), cell(32, 3, 0, 4)], [cell(64, 0, 0, 10)], EXPOSURE, EXPOSURE)

    grid = grid_of(squares, [square.difference for square in squares], 3, 4)

    assert grid[:2, :2].tolist() == [[0, 0], [0, 0]]
    assert np.isnan(grid[0, 3]) and np.isnan(grid[2]).all()


def test_rows_are_counted_until_they_hold_the_share() -> None:
    squares = squares_of([cell(32, 0, 0, 98), cell(32, 0, 9, 1), cell(32, 0, 50, 1)], [], EXPOSURE, EXPOSURE)

    assert rows_that_hold(squares, 0.98) == 1
    assert rows_that_hold(squares, 0.99) == 10


BOXES = st.lists(
    st.tuples(st.sampled_from((32, 64, 128, 256)), st.integers(-3, 6), st.integers(-3, 6), st.integers(0, 10**9)),
    max_size=25,
    unique_by=lambda box: box[:3],
)


def area(x: int, y: int, edge: int) -> set[tuple[int, int]]:
    return {(column, row) for column in range(x, x + edge) for row in range(y, y + edge)}


@given(BOXES, BOXES)
def test_squares_never_overlap_and_hold_every_cell_whole(a: Boxes, b: Boxes) -> None:
    squares = squares_of([cell(*box) for box in a], [cell(*box) for box in b], EXPOSURE, EXPOSURE)

    areas = [area(square.x, square.y, square.edge) for square in squares]
    assert sum(map(len, areas)) == len(set().union(*areas))
    for edge_px, x, y, _ in a + b:
        edge = edge_px // 32
        own = area(x * edge, y * edge, edge)
        assert sum(own <= other for other in areas) == 1
    for boxes, sides in ((a, [square.a for square in squares]), (b, [square.b for square in squares])):
        assert sum(side.amount for side in sides if side) == sum(amount for *_, amount in boxes)
