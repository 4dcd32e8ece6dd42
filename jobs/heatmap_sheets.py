"""What a heatmap picture is made of: sheets (pages seen from above), the spots of which numbers are told, and notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from jobs.heatmap_grid import GRID_PX, Cell, Picture
from jobs.heatmap_over import Screenshot
from jobs.report.words import duration, number

#: What an amount is called, and its unit per second on screen.
AMOUNTS = {"dwell_ms": "cursor time", "active_ms": "active cursor time", "click_count": "clicks"}
CAUTION = "The cursor, not the gaze."


@dataclass(frozen=True)
class Spot:
    """A square of the page, in grid cells, and its numbers in words, one for each label of its sheet.

    `weight` tells which spots come first in a list.
    """

    x: int
    y: int
    edge: int
    said: tuple[str, ...]
    weight: float


@dataclass(frozen=True)
class Sheet:
    """One page from above. Of a difference, `picture.is_unknown` marks what cannot be compared."""

    name: str
    picture: Picture
    kind: Literal["amount", "difference"]
    labels: tuple[str, ...]
    spots: tuple[Spot, ...]


@dataclass(frozen=True)
class Heat:
    """A whole picture: title and subtitle, sheets on one common scale for each kind, and what its reader must know."""

    title: str
    subtitle: str
    sheets: tuple[Sheet, ...]
    notes: tuple[str, ...]
    measure: str
    #: Amounts are per second on screen.
    per_exposure: bool
    page: Screenshot | None = None

    @property
    def words(self) -> str:
        """The picture in lines of text."""
        return "\n".join([f"{self.title}; {self.subtitle}", *self.notes])


def amount(measure: str, value: float) -> str:
    """An amount in words."""
    return duration(value) if measure.endswith("_ms") else number(value)


def rate(measure: str, value: float | None, sign: str = "") -> str:
    """An amount per cell of 32 px and second on screen."""
    if value is None:
        return "not known"
    return f"{value:{sign}.3g} {'ms' if measure.endswith('_ms') else 'clicks'} per s on screen"


def place(x: int, y: int, edge: int) -> str:
    """A square of the grid in css px from the left and from the top."""
    left, top, size = x * GRID_PX, y * GRID_PX, edge * GRID_PX
    return f"{left:,} to {left + size:,} px from the left, {top:,} to {top + size:,} px from the top"


def size(edge: int) -> str:
    """The edge of a square in css px."""
    return f"{edge * GRID_PX} × {edge * GRID_PX} px"


def cell_spots(
    cells: Sequence[Cell], exposure: Mapping[int, int], measure: str, per_exposure: bool
) -> tuple[tuple[str, ...], tuple[Spot, ...]]:
    """Labels and spots of published cells, as the mart has them."""
    labels = (AMOUNTS[measure], "visitors", "page views", "cell", "place")
    spots = []
    for cell in cells:
        edge = cell.cell_px // GRID_PX
        x, y = cell.cell_x * edge, cell.cell_y * edge
        said = (
            amount(measure, cell.amount),
            number(cell.visitor_count),
            number(cell.page_view_count),
            size(edge),
            place(x, y, edge),
        )
        on_screen = (_on_screen(exposure, y, edge),) if per_exposure else ()
        spots.append(Spot(x, y, edge, said + on_screen, cell.amount))
    return labels + (("rows on screen",) if per_exposure else ()), tuple(spots)


def _on_screen(exposure: Mapping[int, int], y: int, edge: int) -> str:
    """Mean time on screen of the square's rows."""
    rows = [exposure[row] for row in range(y, y + edge) if row in exposure]
    return f"{duration(sum(rows) / len(rows))} each" if len(rows) == edge else "not published for all"
