"""Charts by matplotlib: a figure for notebooks, a file for everybody."""

from __future__ import annotations

import math
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from jobs.plots.canvas import INK, PAPER, RULE, SOFT, drawing, save
from jobs.plots.chart import Axis, Chart, Panel, Series
from jobs.plots.colours import SERIES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis as AxisOfAxes

WIDTH_IN, LEFT_IN, RIGHT_IN = 8.5, 0.95, 0.3
PANEL_IN, LOW_PANEL_IN, GAP_IN, KEY_IN = 2.5, 1.7, 0.85, 0.2
TOP_IN, LINE_IN, CHARS = 0.85, 0.17, 134
#: Names that are shorter together stand in one row of the key.
KEY_CHARS = 84
#: Of line n: its mark and dashes, so that lines differ without colour too.
MARKS, DASHES = ("o", "s", "^", "D", "v"), ("-", (0, (6, 2)), (0, (2, 1.5)), (0, (6, 2, 1.5, 2)), (0, (1, 1)))
GAP = "#d5d8dc"
DPI = 110


def save_chart(chart: Chart, output: Path) -> None:
    """Write the chart; the ending of `output` decides png or svg. Equal charts give equal bytes."""
    with drawing():
        save(figure_of(chart), output)


def figure_of(chart: Chart) -> Figure:
    """The chart as a figure, panels below each other."""
    height = PANEL_IN if len(chart.panels) < 3 else LOW_PANEL_IN
    keys = [KEY_IN * _key_rows(panel) for panel in chart.panels]
    notes = [line for note in chart.notes for line in textwrap.wrap(note, CHARS)]
    bottom = 0.2 + LINE_IN * len(notes)
    total = TOP_IN + sum(keys) + len(chart.panels) * (height + GAP_IN) + bottom
    figure = Figure(figsize=(WIDTH_IN, total), dpi=DPI, facecolor=PAPER)
    points = min(11.5, 11.5 * (WIDTH_IN - LEFT_IN) / (0.095 * len(chart.title)))
    figure.text(0.25 / WIDTH_IN, 1 - 0.3 / total, chart.title, fontsize=points, weight="bold", color=INK, va="center")
    figure.text(0.25 / WIDTH_IN, 1 - 0.54 / total, chart.subtitle, fontsize=9.5, color=INK, va="center")
    below = total - TOP_IN
    for panel, key in zip(chart.panels, keys, strict=True):
        below -= 0.2 + key + height
        axes = figure.add_axes(
            (LEFT_IN / WIDTH_IN, below / total, (WIDTH_IN - LEFT_IN - RIGHT_IN) / WIDTH_IN, height / total)
        )
        _draw(axes, panel, _key_rows(panel))
        below -= GAP_IN - 0.2
    figure.text(0.25 / WIDTH_IN, 0.15 / total, "\n".join(notes), fontsize=8, color=INK, va="bottom", linespacing=1.35)
    return figure


def _key_rows(panel: Panel) -> int:
    """Rows of the panel's key; none where the title names the only line."""
    if len(panel.series) == 1 and panel.shape != "steps":
        return 0
    return 1 if sum(len(one.title) + 8 for one in panel.series) <= KEY_CHARS else len(panel.series)


def _draw(axes: Axes, panel: Panel, key_rows: int) -> None:
    for low, high in panel.gaps:
        axes.axvspan(low, high, color=GAP, linewidth=0, zorder=0, snap=False)
    for number, one in enumerate(panel.series):
        _draw_series(axes, panel.shape, number, one)
    _set_axes(axes, panel)
    if key_rows:
        axes.legend(
            loc="lower left", bbox_to_anchor=(0.0, 1.0), fontsize=8.5, frameon=False, borderaxespad=0.1, handlelength=3.2,
            labelspacing=0.25, borderpad=0.0, ncols=1 if key_rows > 1 else len(panel.series), columnspacing=1.6,
        )  # fmt: skip
    axes.set_title(panel.title, fontsize=9.5, weight="bold", color=INK, loc="left", pad=6 + 14.4 * key_rows)


def _draw_series(axes: Axes, shape: str, number: int, one: Series) -> None:
    """Line `number` as steps, as a line with a mark at each point, or as a fine line."""
    xs = [mark.x for mark in one.marks]
    ys = [math.nan if mark.y is None else mark.y for mark in one.marks]
    style: dict[str, Any] = {"color": SERIES[number], "linestyle": DASHES[number], "label": one.title}
    if shape == "steps":
        axes.stairs(ys, [*xs, xs[-1] + 1], linewidth=1.8, **style)
    elif shape == "points":
        axes.plot(xs, ys, linewidth=1.8, marker=MARKS[number], markersize=5, **style)
    else:
        axes.plot(xs, ys, linewidth=1.3, **style)
        # A number between two gaps has no line: it is seen as a dot.
        padded = [math.nan, *ys, math.nan]
        alone = [n for n, y in enumerate(ys) if y == y and padded[n] != padded[n] and padded[n + 2] != padded[n + 2]]
        dots = [xs[n] for n in alone], [ys[n] for n in alone]
        axes.plot(*dots, color=SERIES[number], marker=".", markersize=3, linestyle="none")


def _set_axes(axes: Axes, panel: Panel) -> None:
    axes.set_facecolor("#ffffff")
    _set_axis(axes.xaxis, panel.x)
    _set_axis(axes.yaxis, panel.y)
    axes.set_xlim(panel.x.low, panel.x.high)
    axes.set_ylim(panel.y.low, panel.y.high * 1.02)
    axes.set_xlabel(panel.x.title, fontsize=8.5, color=INK)
    axes.set_ylabel(panel.y.title, fontsize=8.5, color=INK)
    axes.grid(axis="y", color=RULE, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8, colors=INK, length=3)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(SOFT)


def _set_axis(axis: AxisOfAxes, wanted: Axis) -> None:
    words = dict(wanted.ticks)
    axis.set_major_locator(FixedLocator(list(words)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: words[min(words, key=lambda place: abs(place - value))]))
