"""The drawing itself. A long page is cut into strips, side by side, read from left to right like columns of print."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from jobs.heatmap_grid import GRID_PX, Picture, strips_of
from jobs.heatmap_scale import Scale, hatched, scale_of
from jobs.heatmap_sheets import Heat, Sheet
from jobs.plots.canvas import INK, PAPER, drawing, save

if TYPE_CHECKING:
    from matplotlib.axes import Axes


MAX_STRIPS = 6
#: Width of the drawn pages together, and of the narrowest strip.
PAGES_IN, NARROWEST_IN, GAP_IN, BAR_IN, LEFT_IN = 11.0, 1.1, 0.5, 0.16, 0.65
PAGE, NOTHING, FOLD = "#ffffff", "#dedede", "#0072b2"
#: Opacity of amounts above a page's picture.
OVER = 0.62
LINE_IN, CHARS_PER_IN = 0.17, 14.5


def save_heat(heat: Heat, output: Path) -> None:
    """Write the picture; the ending of `output` decides png or svg. Equal pictures give equal bytes."""
    with drawing():
        save(figure_of(heat), output)


def figure_of(heat: Heat) -> Figure:
    """The picture as a figure, all sheets at one number of css px per inch."""
    rows, strips = _cut(heat.sheets)
    drawn_px = sum(count * sheet.picture.width_px for count, sheet in zip(strips, heat.sheets, strict=True))
    narrowest_px = min(sheet.picture.width_px for sheet in heat.sheets)
    widest = 6.0 if sum(strips) == 1 else PAGES_IN
    px_in = max(widest / drawn_px, NARROWEST_IN / narrowest_px)
    height_in = rows * GRID_PX * px_in
    scales = {sheet.kind: scale_of(heat, sheet) for sheet in heat.sheets}
    bars_in = 1.35 * len(scales)
    width_in = max(8.0, LEFT_IN + drawn_px * px_in + GAP_IN * sum(strips) + bars_in)
    notes = _wrapped([*heat.notes[:-1], *_legend(heat), heat.notes[-1]], width_in)
    lines = max(sheet.name.count("\n") + 1 if sheet.name else 0 for sheet in heat.sheets)
    top_in, bottom_in = 0.85 + LINE_IN * lines, 0.45 + LINE_IN * (len(notes) + 1)
    total_in = height_in + top_in + bottom_in
    figure = Figure(figsize=(width_in, total_in), dpi=_dpi(width_in, total_in), facecolor=PAPER)
    left_in = LEFT_IN
    for sheet, count in zip(heat.sheets, strips, strict=True):
        strip_in = sheet.picture.width_px * px_in
        for number in range(count):
            box = (left_in / width_in, bottom_in / total_in, strip_in / width_in, height_in / total_in)
            axes = figure.add_axes(box)
            _draw_strip(axes, heat, sheet, number * rows, rows, scales[sheet.kind])
            if number == 0 and sheet.name:
                axes.set_title(sheet.name, fontsize=9.5, color=INK, loc="left", pad=5)
            left_in += strip_in + GAP_IN
    for scale in scales.values():
        bar = figure.add_axes(
            ((left_in - GAP_IN / 2) / width_in, bottom_in / total_in, BAR_IN / width_in, height_in / total_in)
        )
        _draw_legend(figure, bar, scale, OVER if heat.page else 1.0)
        left_in += 1.35
    _write_words(figure, heat, notes, total_in)
    return figure


def _cut(sheets: Sequence[Sheet]) -> tuple[int, list[int]]:
    """Rows of every strip, and how many strips each sheet is cut into: the same height for all."""
    if len(sheets) == 1:
        count = strips_of(sheets[0].picture, MAX_STRIPS)
        return math.ceil(len(sheets[0].picture.values) / count), [count]
    longest = max(len(sheet.picture.values) for sheet in sheets)
    most = max(1, MAX_STRIPS // len(sheets))
    best: tuple[float, int, list[int]] | None = None
    for parts in range(1, most + 1):
        rows = math.ceil(longest / parts)
        strips = [math.ceil(len(sheet.picture.values) / rows) for sheet in sheets]
        across = sum(count * sheet.picture.width_px for count, sheet in zip(strips, sheets, strict=True))
        off = abs(math.log(across / (rows * GRID_PX) / 1.2))
        if best is None or off < best[0]:
            best = (off, rows, strips)
    assert best is not None
    return best[1], best[2]


def _dpi(width_in: float, height_in: float) -> float:
    """Large pictures get fewer dots, so that the longer side has about 2,000."""
    return min(120.0, max(72.0, 2000 / max(width_in, height_in)))


def _draw_strip(axes: Axes, heat: Heat, sheet: Sheet, first: int, rows: int, scale: Scale) -> None:
    picture = sheet.picture
    part = picture.values[first : first + rows]
    unknown = picture.is_unknown[first : first + rows]
    top, bottom = first * GRID_PX, (first + len(part)) * GRID_PX
    extent = (0, picture.width_px, bottom, top)
    axes.set_facecolor(NOTHING if sheet.kind == "difference" else PAGE)
    if heat.page is not None:
        page = heat.page
        below = (0, page.width_px, page.height_px, 0)
        axes.imshow(
            page.pixels, cmap="gray", vmin=0, vmax=255, extent=below, interpolation="antialiased", aspect="auto"
        )
    axes.imshow(
        scale.coloured(part),
        extent=extent,
        interpolation="nearest",
        aspect="auto",
        alpha=None if heat.page is None else OVER * (scale.coloured(part)[:, :, 3] > 0),
    )
    if unknown.any():
        axes.imshow(hatched(unknown), extent=extent, interpolation="nearest", aspect="auto")
    axes.set_xlim(0, picture.width_px)
    axes.set_ylim(top + rows * GRID_PX, top)
    axes.tick_params(labelsize=7, colors=INK, length=2)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=max(2, int(picture.width_px / 320)), steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    for spine in axes.spines.values():
        spine.set_color("#888888")
    if first == 0 and sheet is heat.sheets[0]:
        axes.set_ylabel(
            f"px from the top of the {'page' if picture.space == 'document' else 'viewport'}", fontsize=7.5, color=INK
        )
    if top < picture.fold_px <= top + rows * GRID_PX:
        _draw_fold(axes, picture)


def _draw_fold(axes: Axes, picture: Picture) -> None:
    axes.axhline(picture.fold_px, color=PAGE, linewidth=2.6)
    axes.axhline(picture.fold_px, color=FOLD, linestyle=(0, (6, 3)), linewidth=1.6)
    words = f"fold ≈ {picture.fold_px:,} px" + (", assumed" if picture.is_fold_assumed else "")
    axes.annotate(
        words,
        (picture.width_px, picture.fold_px),
        xytext=(-3, 3),
        textcoords="offset points",
        ha="right",
        fontsize=7.5,
        color=FOLD,
        bbox={"facecolor": PAGE, "edgecolor": "none", "alpha": 0.9, "pad": 1},
    )


def _draw_legend(figure: Figure, axes: Axes, scale: Scale, alpha: float) -> None:
    from matplotlib.cm import ScalarMappable

    extend = "both" if scale.is_cut else "neither"
    shades = ScalarMappable(scale.norm, scale.colours())
    bar = figure.colorbar(shades, cax=axes, extend=extend, alpha=alpha, extendfrac=0.02)
    bar.ax.yaxis.set_major_locator(FixedLocator([value for value, _ in scale.ticks]))
    bar.ax.yaxis.set_minor_locator(NullLocator())
    words = dict(scale.ticks)
    bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: words[min(words, key=lambda w: abs(w - value))]))
    bar.ax.tick_params(labelsize=7.5, colors=INK)
    height_in = figure.get_figheight()
    chars = int(CHARS_PER_IN * axes.get_position().height * height_in)
    bar.set_label(textwrap.fill(scale.label, max(24, chars)), fontsize=8, color=INK)


def _legend(heat: Heat) -> list[str]:
    """What has no colour of the scale."""
    if any(sheet.kind == "difference" for sheet in heat.sheets):
        return []
    grey = (
        ["Hatched: exposure of the row is not published."]
        if any(s.picture.is_unknown.any() for s in heat.sheets)
        else []
    )
    nothing = "Clear" if heat.page else "White"
    return [
        *grey,
        f"{nothing}: nothing there, or nothing published. Larger squares: small cells merged, their amount spread over the square.",
    ]


def _wrapped(notes: Sequence[str], width_in: float) -> list[str]:
    return [line for note in notes for line in textwrap.wrap(note, int(CHARS_PER_IN * (width_in - 1.0)))]


def _write_words(figure: Figure, heat: Heat, notes: Sequence[str], total_in: float) -> None:
    width_in = figure.get_figwidth()
    left = LEFT_IN / width_in
    # A bold letter of this size is about 0.095 in wide: a long title gets a smaller one.
    points = min(11.5, 11.5 * (width_in - LEFT_IN - 0.2) / (0.095 * len(heat.title)))
    figure.text(left, 1 - 0.32 / total_in, heat.title, fontsize=points, weight="bold", color=INK, va="center")
    figure.text(left, 1 - 0.57 / total_in, heat.subtitle, fontsize=9.5, color=INK, va="center")
    figure.text(left, 0.12 / total_in, "\n".join(notes), fontsize=8, color=INK, va="bottom", linespacing=1.35)
