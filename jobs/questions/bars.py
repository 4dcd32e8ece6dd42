"""Bars of an answer's rows: one panel a column, names on the left, behind each bar how many it is of."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure

from jobs.plots.canvas import INK, PAPER, SOFT, drawing, save
from jobs.plots.colours import SERIES
from jobs.questions.question import Bar, Bars, Row
from jobs.report.words import NOT_MEASURED, duration, number, share

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH_IN, ROW_IN, TOP_IN, PANEL_TITLE_IN, LINE_IN = 8.5, 0.2, 0.68, 0.14, 0.16
CHAR_IN, LEFT_LEAST_IN, CHARS, DPI = 0.072, 0.7, 122, 100
#: Of a row for which a flag in its name is true.
MARKED = "yes"
#: More rows are not read: the picture says how many it leaves out.
MAX_ROWS = 24
#: Of a panel's width, what the longest bar takes; the rest is for the numbers behind it.
BAR_SHARE = 0.5


def save_bars(bars: Bars, rows: Sequence[Row], title: str, subtitle: str, notes: Sequence[str], output: Path) -> None:
    """Write the bars; the ending of `output` decides png or svg. Equal rows give equal bytes."""
    with drawing():
        save(figure_of(bars, rows, title, subtitle, notes), output)


def figure_of(bars: Bars, rows: Sequence[Row], title: str, subtitle: str, notes: Sequence[str]) -> Figure:
    """The bars as a figure, rows in the order given."""
    shown = rows[:MAX_ROWS]
    names = [name_of(row, bars.names) for row in shown]
    notes = [*_notes(bars, len(rows)), *notes, bars.caution]
    lines = [line for note in notes for line in textwrap.wrap(note, CHARS)]
    heads = textwrap.wrap(title, 88)
    top = TOP_IN + 0.2 * (len(heads) - 1)
    bottom = 0.25 + LINE_IN * len(lines)
    top += PANEL_TITLE_IN * max(len(_wrapped(panel)) for panel in bars.panels)
    height = top + ROW_IN * len(shown) + bottom
    left = max(LEFT_LEAST_IN, 0.2 + CHAR_IN * max(map(len, names)))
    figure = Figure(figsize=(WIDTH_IN, height), dpi=DPI, facecolor=PAPER)
    figure.text(0.02, 1 - 0.16 / height, "\n".join(heads), fontsize=11.5, weight="bold", color=INK, va="top")
    figure.text(0.02, 1 - (0.3 + 0.2 * len(heads)) / height, subtitle, fontsize=9, color=INK, va="center")
    figure.text(0.02, 0.12 / height, "\n".join(lines), fontsize=8, color=INK, va="bottom", linespacing=1.35)
    panel_in = (WIDTH_IN - left - 0.15) / len(bars.panels)
    for place, panel in enumerate(bars.panels):
        axes = figure.add_axes(
            (
                (left + place * panel_in) / WIDTH_IN,
                bottom / height,
                (panel_in - 0.1) / WIDTH_IN,
                ROW_IN * len(shown) / height,
            )
        )
        _draw(axes, panel, shown, SERIES[place])
        axes.set_yticks(range(len(shown)), names if place == 0 else [""] * len(shown))
    return figure


def name_of(row: Row, columns: Sequence[str]) -> str:
    """What the bar is of, in words; what is unknown is left out."""
    words = [
        MARKED if row[column] is True else str(row[column]) for column in columns if row[column] not in (None, False)
    ]
    return " · ".join(words)


def said(panel: Bar, value: Any) -> str:
    """The bar's number in words."""
    if value is None:
        return NOT_MEASURED
    if panel.kind == "per_100":
        return f"{value:.1f}"
    return {"share": share, "time": duration, "count": number}[panel.kind](float(value))


def _label(panel: Bar, row: Row) -> str:
    """The number, and how many it is of."""
    value = row[panel.column]
    if not panel.of or value is None:
        return said(panel, value)
    return f"{said(panel, value)}{' of ' if panel.kind == 'share' else ', n '}{number(row[panel.of])}"


def _draw(axes: Axes, panel: Bar, rows: Sequence[Row], colour: str) -> None:
    values = [row[panel.column] for row in rows]
    highest = max((float(value) for value in values if value is not None), default=0.0) or 1.0
    axes.barh(range(len(rows)), [float(value or 0) for value in values], height=0.66, color=colour)
    for place, (row, value) in enumerate(zip(rows, values, strict=True)):
        at = float(value or 0) + 0.015 * highest / BAR_SHARE
        axes.text(at, place, _label(panel, row), fontsize=8, color=INK if value is not None else SOFT, va="center")
    axes.set_xlim(0, highest / BAR_SHARE)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_facecolor(PAPER)
    axes.set_title("\n".join(_wrapped(panel)), fontsize=9, weight="bold", color=INK, loc="left", pad=4)
    axes.tick_params(labelsize=8, colors=INK, length=0)
    axes.set_xticks([])
    for side in ("top", "right", "bottom"):
        axes.spines[side].set_visible(False)
    axes.spines["left"].set_color(SOFT)


def _wrapped(panel: Bar) -> list[str]:
    return textwrap.wrap(panel.title, 34)


def _notes(bars: Bars, row_count: int) -> list[str]:
    nouns = dict.fromkeys(panel.nouns for panel in bars.panels if panel.nouns)
    notes = [f"Bars begin at zero; each panel has a scale of its own. Behind a bar, of how many: {', '.join(nouns)}."]
    if not nouns:
        notes = ["Bars begin at zero; each panel has a scale of its own."]
    if row_count > MAX_ROWS:
        notes.append(f"Drawn are the first {MAX_ROWS} of {row_count} rows.")
    return notes
