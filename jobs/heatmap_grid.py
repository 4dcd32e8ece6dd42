"""From published cells of several sizes to one grid of 32 px cells, the page's outline and its fold. Pure arrays.

A larger cell holds only what its smaller cells could not publish. So a published 32 px cell shows its own amount, and
the amount of a larger cell is spread evenly over that part of it which no smaller cell covers: intensity per area.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

GRID_PX = 32
#: Width of the drawn page by viewport class: the upper end of the class; the widest has none.
CLASS_WIDTH_PX = {"<480": 480, "<768": 768, "<1024": 1024, "<1440": 1440, "<1920": 1920}
WIDEST_PX = 2560
#: Where exposure shows no fold: heights of common screens of the class, less the browser's own bars.
ASSUMED_FOLD_PX = {"<480": 736, "<768": 896, "<1024": 1024, "<1440": 736, "<1920": 864}
ASSUMED_WIDEST_FOLD_PX = 1024
#: A first screen is no higher than this (4K), and no lower than a phone on its side.
FOLD_ROWS = range(8, 68)
#: A fall of exposure from one row to the next below this share is noise, not the fold.
MIN_FALL_SHARE = 0.03
#: The picture's values may span this much; what is smaller is drawn as the smallest.
MAX_DECADES = 4
#: Height of a strip over its width: about a sheet of paper.
STRIP_SHAPE = 1.6
#: The page is drawn down to the depth that holds this share of the amount.
DRAWN_SHARE = 0.99


class Cell(NamedTuple):
    """A published cell: its edge in px, its place in units of its edge, its amount and counts."""

    cell_px: int
    cell_x: int
    cell_y: int
    amount: int
    visitor_count: int
    page_view_count: int


@dataclass(frozen=True)
class Picture:
    """What is drawn: values per 32 px cell (NaN: nothing published), rows from the top of the page."""

    space: str
    values: Floats
    #: Rows whose exposure is not known, so that nothing can be divided by it.
    is_unknown: npt.NDArray[np.bool_]
    width_px: int
    height_px: int
    fold_px: int
    is_fold_assumed: bool
    visitors: int
    page_views: int
    outside: float


def build_picture(
    cells: Sequence[Cell], exposure: Mapping[int, int], *, viewport_class: str, space: str, per_exposure: bool
) -> Picture:
    """The grid of one group, cut to its page; amounts per 32 px cell, per second of exposure if asked."""
    fold_px, is_assumed = fold(exposure, viewport_class)
    grid, left, top = spread(cells)
    columns = CLASS_WIDTH_PX.get(viewport_class, WIDEST_PX) // GRID_PX
    page = _page(grid, left, top, columns)
    # A viewport ends somewhere below its commonest height; a document where its amount does.
    rows = min(_depth(page), max(FOLD_ROWS)) if space == "viewport" else _depth(page)
    page = _padded(page, max(rows, fold_px // GRID_PX))
    outside = float(np.nansum(grid) - np.nansum(page))
    is_unknown = np.zeros(page.shape, dtype=bool)
    if per_exposure:
        seconds = np.array([exposure.get(row, 0) / 1000 for row in range(len(page))])[:, None]
        is_unknown = ~np.isnan(page) & (seconds == 0)
        page = np.divide(page, seconds, out=np.full_like(page, np.nan), where=seconds > 0)
    return Picture(
        space=space,
        values=page,
        is_unknown=is_unknown,
        width_px=columns * GRID_PX,
        height_px=len(page) * GRID_PX,
        fold_px=fold_px,
        is_fold_assumed=is_assumed,
        visitors=max((cell.visitor_count for cell in cells), default=0),
        page_views=max((cell.page_view_count for cell in cells), default=0),
        outside=outside if outside > 0.5 else 0.0,
    )


def strips_of(picture: Picture, most: int) -> int:
    """How many strips a long page is cut into, at most `most`: each about a sheet of paper."""
    return max(1, min(most, round(picture.height_px / (STRIP_SHAPE * picture.width_px))))


def scale_of(*pictures: Picture) -> tuple[float, float]:
    """Both ends of the logarithmic scale of the pictures' amounts, the lower one at most half of the upper."""
    known = np.concatenate([picture.values[np.nan_to_num(picture.values) > 0] for picture in pictures])
    high = float(known.max()) if known.size else 1.0
    low = max(float(known.min()) if known.size else 0.1, high / 10**MAX_DECADES)
    return min(low, high / 2), high


def spread(cells: Sequence[Cell]) -> tuple[Floats, int, int]:
    """Amounts on the 32 px grid with the grid's left and top in cells (negative if cells are); NaN where none is.

    Smaller cells come first; of a larger one only the part not yet covered takes its amount, or all of it if nothing
    is left. The sum over the grid is the sum over the cells.
    """
    boxes = [(c.cell_x * k, c.cell_y * k, k, c.amount) for c in cells for k in [c.cell_px // GRID_PX]]
    left, top = min((x for x, *_ in boxes), default=0), min((y for _, y, *_ in boxes), default=0)
    right, bottom = max((x + k for x, _, k, _ in boxes), default=0), max((y + k for _, y, k, _ in boxes), default=0)
    grid = np.full((bottom - top, right - left), np.nan)
    for edge in sorted({k for _, _, k, _ in boxes}):
        is_covered = ~np.isnan(grid)
        for x, y, k, amount in boxes:
            if k == edge:
                place = np.s_[y - top : y - top + k, x - left : x - left + k]
                free = ~is_covered[place] if not is_covered[place].all() else np.ones((k, k), dtype=bool)
                grid[place] = np.where(free, np.nan_to_num(grid[place]) + amount / free.sum(), grid[place])
    return grid, left, top


def fold(exposure: Mapping[int, int], viewport_class: str) -> tuple[int, bool]:
    """Lower edge of the commonest first screen, in px, and whether it had to be assumed.

    Every page view begins at the top, and most stay there longest: a row that lies on the first screen has that time,
    the first row below it does not. So exposure falls most steeply, from one row to the next, at the fold of the
    commonest viewport height [ours]. Without such a fall a common height of the class is taken.
    """
    peak = max((exposure.get(row, 0) for row in range(FOLD_ROWS.stop)), default=0)
    falls = {row: exposure[row] - exposure[row + 1] for row in FOLD_ROWS if row in exposure and row + 1 in exposure}
    if falls and peak:
        row = max(falls, key=lambda row: (falls[row], -row))
        if falls[row] >= MIN_FALL_SHARE * peak:
            return (row + 1) * GRID_PX, False
    return ASSUMED_FOLD_PX.get(viewport_class, ASSUMED_WIDEST_FOLD_PX), True


def _page(grid: Floats, left: int, top: int, columns: int) -> Floats:
    """The part of the grid that lies on the page: from its top left corner, `columns` wide."""
    inside = grid[max(0, -top) :, max(0, -left) : max(0, columns - left)]
    return np.pad(
        inside,
        ((max(0, top), 0), (max(0, left), max(0, columns - max(0, left) - inside.shape[1]))),
        constant_values=np.nan,
    )[:, :columns]


def _depth(page: Floats) -> int:
    """Rows that hold DRAWN_SHARE of the amount."""
    by_row = np.cumsum(np.nansum(page, axis=1))
    if not len(by_row) or by_row[-1] == 0:
        return 0
    return int(np.searchsorted(by_row, DRAWN_SHARE * by_row[-1])) + 1


def _padded(page: Floats, rows: int) -> Floats:
    return np.pad(page[:rows], ((0, max(0, rows - len(page))), (0, 0)), constant_values=np.nan)
