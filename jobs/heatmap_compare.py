"""`hoverlake heatmap --compare A B`: what B has more than A, per second on screen.

A and B are two layouts, two devices or two dates of a surface. All else is the same on both sides, the viewport class
above all: at another width the same pixel holds other things. Amounts are divided by the time on screen, so that neither
more visitors nor longer looks make a difference by themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from jobs.errors import UsageError
from jobs.heatmap_grid import CLASS_WIDTH_PX, DRAWN_SHARE, GRID_PX, WIDEST_PX, Picture, fold
from jobs.heatmap_groups import Asked, cells_of, exposure_of, named
from jobs.heatmap_notes import percent
from jobs.heatmap_pair import Pair, pair_of
from jobs.heatmap_sheets import AMOUNTS, CAUTION, Heat, Sheet, Spot, place, rate, size
from jobs.heatmap_squares import Square, grid_of, rows_that_hold, squares_of

if TYPE_CHECKING:
    import duckdb


def compared(
    connection: duckdb.DuckDBPyConnection, release: int, asked: Asked, compare: tuple[str, str], panels: bool
) -> Heat:
    """The difference of two layouts, devices or dates, after both sides if `panels`."""
    pair = pair_of(connection, asked, compare)
    a, b = (cells_of(connection, group, asked.space, asked.measure) for group in (pair.a, pair.b))
    exposure_a, exposure_b = (exposure_of(connection, group) for group in (pair.a, pair.b))
    squares = squares_of(a, b, exposure_a, exposure_b)
    sheets = _sheets(pair, squares, exposure_a, asked.measure)
    dates = f"{pair.a.date}" + (f" and {pair.b.date}" if pair.what == "date" else "")
    return Heat(
        title=_title(pair),
        subtitle=f"{AMOUNTS[asked.measure]} per second on screen: what B has more than A, {dates}, release {release}",
        sheets=sheets if panels else (replace(sheets[-1], name=""),),
        notes=tuple(_notes(pair, squares, asked.measure)),
        measure=asked.measure,
        per_exposure=True,
    )


def _sheets(pair: Pair, squares: Sequence[Square], exposure: Mapping[int, int], measure: str) -> tuple[Sheet, ...]:
    """Both sides and their difference, on the squares that lie on the page; the fold is that of A."""
    fold_px, is_assumed = fold(exposure, pair.a.viewport_class)
    columns = CLASS_WIDTH_PX.get(pair.a.viewport_class, WIDEST_PX) // GRID_PX
    rows = max(rows_that_hold(squares, DRAWN_SHARE), fold_px // GRID_PX)
    inside = [square for square in squares if 0 <= square.x < columns and 0 <= square.y < rows]
    differences = [square.difference for square in inside]
    if not any(value is not None for value in differences):
        raise UsageError(
            f"{pair.name(pair.a)} and {pair.name(pair.b)} have no square in which both are published and the time on screen of "
            "both is. Compare larger groups."
        )
    counts = [side for square in inside for side in (square.a, square.b) if side]
    shared = Picture(
        space="document",
        values=np.empty((rows, columns)),
        is_unknown=np.zeros((rows, columns), dtype=bool),
        width_px=columns * GRID_PX,
        height_px=rows * GRID_PX,
        fold_px=fold_px,
        is_fold_assumed=is_assumed,
        visitors=max(side.visitor_count for side in counts),
        page_views=max(side.page_view_count for side in counts),
        outside=0.0,
    )

    def picture(values: Sequence[float | None], is_unknown: Sequence[bool]) -> Picture:
        unknown = grid_of(inside, [1.0 if unknown else None for unknown in is_unknown], rows, columns)
        return replace(shared, values=grid_of(inside, values, rows, columns), is_unknown=~np.isnan(unknown))

    labels, spots = _spots(pair, inside, measure)
    made = []
    for letter, group in (("A", pair.a), ("B", pair.b)):
        sides = [square.a if letter == "A" else square.b for square in inside]
        rates = picture(
            [side.rate if side else None for side in sides], [side is not None and side.rate is None for side in sides]
        )
        made.append(Sheet(f"{letter}: {pair.name(group)}", rates, "amount", labels, spots))
    difference = picture(differences, [value is None for value in differences])
    return (*made, Sheet("B less A", difference, "difference", labels, spots))


def _spots(pair: Pair, squares: Sequence[Square], measure: str) -> tuple[tuple[str, ...], tuple[Spot, ...]]:
    a, b = (f"{letter} ({pair.name(group)})" for letter, group in (("A", pair.a), ("B", pair.b)))
    labels = ("B less A", a, b, "visitors at least", "page views at least", "square", "place")
    spots = []
    for square in squares:
        sides = (square.a, square.b)
        said = (
            rate(measure, square.difference, "+") if square.difference is not None else "cannot be compared",
            *("nothing published" if side is None else rate(measure, side.rate) for side in sides),
            " and ".join(f"{side.visitor_count:,}" if side else "–" for side in sides),
            " and ".join(f"{side.page_view_count:,}" if side else "–" for side in sides),
            size(square.edge),
            place(square.x, square.y, square.edge),
        )
        spots.append(Spot(square.x, square.y, square.edge, said, abs(square.difference or 0)))
    return labels, tuple(spots)


def _title(pair: Pair) -> str:
    same = [named(pair.a.surface)]
    if pair.what != "layout":
        same.append(named(pair.a.layout) + ("" if pair.a.layout == pair.b.layout else f" / {named(pair.b.layout)}"))
    if pair.what != "device":
        same.append(named(pair.a.device))
    return f"A {pair.name(pair.a)} · B {pair.name(pair.b)} · {' · '.join([*same, pair.a.width])}"


def _notes(pair: Pair, squares: Sequence[Square], measure: str) -> list[str]:
    what = AMOUNTS[measure]
    notes = []
    for letter, group in (("a", pair.a), ("b", pair.b)):
        sides = [(getattr(square, letter), square.difference is not None) for square in squares]
        most = [
            max(getattr(side, count) for side, _ in sides if side) for count in ("visitor_count", "page_view_count")
        ]
        shown = sum(side.amount for side, is_known in sides if side and is_known)
        total = group.drawn + group.remainder
        notes.append(
            f"{letter.upper()} {pair.name(group)}: at least {most[0]:,} visitors and {most[1]:,} page views (the largest single cell). "
            f"{percent(shown / total)} of its {what} lies in squares compared, {percent(group.remainder / total)} in groups too small to draw."
        )
    if pair.pairs > 1:
        notes.append(f"The pair with the most {what} of {pair.pairs} (layout, device, viewport class) that fit.")
    if pair.what == "device" and pair.a.layout != pair.b.layout:
        notes.append("The layouts differ too: the same pixel may hold other things.")
    notes.append(
        "Squares are as coarse as the coarser side. Two sides may differ in who came, not only in what is compared. "
        "The middle of the scale is no difference."
    )
    notes.append(
        "Grey: nothing published on either side. Hatched: on one side only, or time on screen is not published."
    )
    return [*notes, CAUTION]
