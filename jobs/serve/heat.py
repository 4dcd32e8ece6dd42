"""The heatmap as SVG: a path for each of sixteen colours, in strips of the page, and the same in a small table."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from jobs.heatmap import sheet_of
from jobs.heatmap_grid import GRID_PX, Picture, scale_of, strips_of
from jobs.heatmap_groups import MEASURES, Asked, Group, Measure, Space, fitting_groups
from jobs.report.words import amount, ratio
from jobs.serve.desk import Choices, Desk
from jobs.serve.questions import Offer, Question

#: Steps of the logarithmic scale, each a colour of the style sheet.
LEVELS = 16
MAX_STRIPS = 4
#: The fold: a line on a ground that sets it off from the colours.
FOLD = ("fold-ground", "fold-line")
#: Pages up to this many cells wide are drawn narrow.
NARROW_COLUMNS = 24
#: A row of the table.
BAND_ROWS = 8
PARTS = ("left third", "middle third", "right third")
UNITS = {
    "dwell_ms": "time the cursor rested",
    "active_ms": "time the cursor rested, within 1 s of moving",
    "click_count": "clicks",
}


@dataclass(frozen=True)
class Strip:
    """A stretch of the page and where it lies."""

    drawing: Markup
    top_px: int
    bottom_px: int


@dataclass(frozen=True)
class Band:
    """The amounts of a stretch of the page: its thirds from left to right, and its share of all that is drawn."""

    top_px: int
    bottom_px: int
    parts: tuple[str, ...]
    whole: str
    share: float | None


@dataclass(frozen=True)
class Heatmap:
    """One group's picture, and what its reader must know."""

    group: Group
    unit: str
    origin: str
    strips: tuple[Strip, ...]
    is_narrow: bool
    ticks: tuple[str, ...]
    fold: str
    bands: tuple[Band, ...]
    notes: tuple[str, ...]
    #: Other groups that can be drawn, as links.
    others: tuple[Offer, ...]


@dataclass(frozen=True)
class Nothing:
    """Why there is no picture, and questions that have one."""

    words: str
    offers: tuple[Offer, ...] = ()


def heatmap_of(desk: Desk, choices: Choices) -> Heatmap | Nothing:
    """The heatmap that is asked for: of the groups that fit it the one with the largest amount."""
    question = choices.question
    fitting = groups_that_fit(desk, choices)
    drawn = [group for group in fitting if group.drawn]
    if not drawn:
        return _nothing(desk, choices, fitting)
    space: Space = "viewport" if question.space == "viewport" else "document"
    measure: Measure = next(name for name in MEASURES if name == question.measure)
    date, surface = drawn[0].date, drawn[0].surface
    sheet, notes = sheet_of(desk.connection, drawn, Asked(date, surface, space=space, measure=measure))
    picture = sheet.picture
    name = drawn[0].name
    return Heatmap(
        group=drawn[0],
        unit=UNITS[measure],
        origin="page" if space == "document" else "viewport",
        strips=tuple(_strips(picture, measure, f"Heatmap of {name}")),
        is_narrow=picture.values.shape[1] <= NARROW_COLUMNS,
        ticks=tuple(_ticks(picture, measure)),
        fold=f"fold at about {picture.fold_px:,} px{', assumed' if picture.is_fold_assumed else ''}",
        bands=tuple(_bands(picture, measure)),
        notes=tuple(notes),
        others=tuple(
            _offer(question, g) for g in _groups_of_surface(desk, choices) if g.drawn and g.keys != drawn[0].keys
        ),
    )


def groups_that_fit(desk: Desk, choices: Choices) -> list[Group]:
    """Groups of the question's surface, layout, device and width, the largest amount first."""
    question = choices.question
    wanted = {
        "event_date": choices.date,
        "surface": choices.surface,
        "layout_id": question.layout,
        "device_type": question.device,
        "viewport_class": question.width,
        "space": question.space,
    }
    given = {name: value for name, value in wanted.items() if value is not None}
    return fitting_groups(desk.connection, given, question.measure) if choices.surface is not None else []


def _nothing(desk: Desk, choices: Choices, fitting: Sequence[Group]) -> Nothing:
    question = choices.question
    if any(group.remainder for group in fitting):
        return Nothing(f"{_capital(UNITS[question.measure])}: all of it lies in groups too small to draw.")
    if fitting:
        devices = ", ".join(sorted({group.device for group in fitting}))
        clicks = Offer("Draw clicks", question.but(measure="click_count").query)
        is_touch = question.measure != "click_count"
        return Nothing(
            f"{_capital(UNITS[question.measure])}: not measured, or none, on {devices}."
            + (" Touch has no hover." if is_touch else ""),
            (clicks,) if is_touch else (),
        )
    asked = " · ".join(name for name in (question.layout, question.device, question.width) if name)
    words = f"{choices.surface} has no published cell" + (f" of {asked}." if asked else ".")
    return Nothing(words, tuple(_offer(question, group) for group in _groups_of_surface(desk, choices) if group.drawn))


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]


def _groups_of_surface(desk: Desk, choices: Choices) -> list[Group]:
    free = replace(choices, question=choices.question.but(layout=None, device=None, width=None))
    return groups_that_fit(desk, free)


def _offer(question: Question, group: Group) -> Offer:
    chosen = question.but(surface=group.surface, layout=group.layout, device=group.device, width=group.viewport_class)
    return Offer(f"{group.layout} · {group.device} · {group.viewport_class} px", chosen.query)


def levels_of(picture: Picture) -> npt.NDArray[np.int64]:
    """The step of each cell's amount on the scale, from 0 to LEVELS - 1; -1 where nothing is, or nothing published."""
    low, high = scale_of(picture)
    is_shown = np.nan_to_num(picture.values) > 0
    place = np.log(np.where(is_shown, picture.values, low) / low) / math.log(high / low)
    return np.where(is_shown, np.clip((place * LEVELS).astype(np.int64), 0, LEVELS - 1), -1)


def _strips(picture: Picture, measure: str, title: str) -> Iterator[Strip]:
    rows = math.ceil(len(picture.values) / strips_of(picture, MAX_STRIPS))
    levels, edges = levels_of(picture), _edges(picture)
    warmest = amount(measure, edges[-1])
    for first in range(0, len(levels), rows):
        part = levels[first : first + rows]
        top, bottom = first * GRID_PX, (first + len(part)) * GRID_PX
        fold = picture.fold_px / GRID_PX - first
        marks = [_level(part, level, edges, measure) for level in range(LEVELS)]
        if 0 < fold <= len(part):
            marks += [Markup('<path d="M0 {:.2f}H{}" class="{}"/>').format(fold, part.shape[1], kind) for kind in FOLD]
        told = f"{top:,} to {bottom:,} px from the top; {(part >= 0).sum():,} cells of 32 × 32 px have an amount, the warmest of the page {warmest}."
        drawing = Markup(
            '<svg viewBox="0 0 {} {}" role="img" class="cells"><title>{}</title><desc>{}</desc>{}</svg>'
        ).format(part.shape[1], len(part), f"{title}, {top:,} to {bottom:,} px", told, Markup("").join(marks))
        yield Strip(drawing, top, bottom)


def _level(part: npt.NDArray[np.int64], level: int, edges: Sequence[float], measure: str) -> Markup:
    """All cells of one colour as one path: a rectangle for each run of neighbours in a row."""
    is_on = np.pad(part == level, ((0, 0), (1, 1)))
    edge = np.diff(is_on.astype(np.int8), axis=1)
    runs = zip(*np.nonzero(edge == 1), np.nonzero(edge == -1)[1], strict=True)
    outline = "".join(f"M{left} {row}h{right - left}v1h{left - right}z" for row, left, right in runs)
    if not outline:
        return Markup("")
    words = f"{amount(measure, edges[level])} to {amount(measure, edges[level + 1])} per cell"
    return Markup('<path d="{}" class="heat-{}"><title>{}</title></path>').format(outline, level, words)


def _edges(picture: Picture) -> list[float]:
    """The amounts between which the colours lie."""
    low, high = scale_of(picture)
    return [low * (high / low) ** (step / LEVELS) for step in range(LEVELS + 1)]


def _ticks(picture: Picture, measure: str) -> list[str]:
    return [amount(measure, edge) for edge in _edges(picture)[:: LEVELS // 4]]


def _bands(picture: Picture, measure: str) -> Iterator[Band]:
    whole = float(np.nansum(picture.values))
    for first in range(0, len(picture.values), BAND_ROWS):
        part = picture.values[first : first + BAND_ROWS]
        thirds = [float(np.nansum(third)) for third in np.array_split(part, len(PARTS), axis=1)]
        top, bottom = first * GRID_PX, (first + len(part)) * GRID_PX
        shown = tuple(amount(measure, third) for third in thirds)
        yield Band(top, bottom, shown, amount(measure, sum(thirds)), ratio(sum(thirds), whole))
