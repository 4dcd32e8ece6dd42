"""The drawing itself. A long page is cut into strips, side by side, read from left to right like columns of print."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib

# Draws to files only: no window system is asked for.
matplotlib.use("Agg")

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from jobs.heatmap_grid import GRID_PX, Picture, scale_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_STRIPS = 6
#: Height of a strip over its width: about a sheet of paper.
STRIP_SHAPE = 1.6
PAGE, UNKNOWN, INK, FOLD = "#ffffff", "#c8c8c8", "#222222", "#0072b2"
TIME_TICKS_MS = (1, 3, 10, 30, 100, 300, *(1000 * s for s in (1, 3, 10, 30, 60, 180, 600, 1800, 3600, 10_800, 36_000)))
UNITS = {"dwell_ms": "cursor time", "active_ms": "cursor time within 1 s of moving", "click_count": "clicks"}


def save_picture(
    picture: Picture, output: Path, *, title: str, notes: Sequence[str], measure: str, per_exposure: bool
) -> None:
    """Write the picture; the ending of `output` decides png or svg."""
    strips = strips_of(picture)
    rows = math.ceil(len(picture.values) / strips)
    strip_in = min(6.0, max(2.3, 11.0 / strips))
    height_in = strip_in * rows * GRID_PX / picture.width_px
    width_in = max(7.5, strips * (strip_in + 0.5) + 1.6)
    top_in, bottom_in = 0.85, 0.45 + 0.17 * (len(notes) + 2)
    figure = Figure(figsize=(width_in, height_in + top_in + bottom_in), dpi=120, facecolor="#f4f4f2")
    total_in = height_in + top_in + bottom_in
    norm = norm_of(picture)
    left_in = 0.65
    for number in range(strips):
        box = (left_in / width_in, bottom_in / total_in, strip_in / width_in, height_in / total_in)
        axes = figure.add_axes(box)
        _draw_strip(axes, picture, number * rows, rows, norm)
        left_in += strip_in + 0.5
    bar = figure.add_axes(((left_in - 0.25) / width_in, bottom_in / total_in, 0.16 / width_in, height_in / total_in))
    _draw_legend(figure, bar, norm, measure, per_exposure)
    _write_words(figure, title, notes, picture, per_exposure, total_in)
    figure.savefig(
        output,
        format=output.suffix.lower().lstrip("."),
        metadata={"Date": None} if output.suffix.lower() == ".svg" else None,
    )


def strips_of(picture: Picture) -> int:
    """Columns that a long page is cut into."""
    return max(1, min(MAX_STRIPS, round(picture.height_px / (STRIP_SHAPE * picture.width_px))))


def _colors() -> Any:
    """Magma from light to dark, without its palest end: perceptually uniform, safe for the colour-blind."""
    shades = matplotlib.colormaps["magma_r"](np.linspace(0.04, 1.0, 256))
    return LinearSegmentedColormap.from_list("light_to_dark", list(shades))


def norm_of(picture: Picture) -> LogNorm:
    """The logarithmic scale of the picture's amounts."""
    return LogNorm(*scale_of(picture), clip=True)


def _draw_strip(axes: Axes, picture: Picture, first: int, rows: int, norm: LogNorm) -> None:
    part = picture.values[first : first + rows]
    unknown = picture.is_unknown[first : first + rows]
    top, bottom = first * GRID_PX, (first + len(part)) * GRID_PX
    extent = (0, picture.width_px, bottom, top)
    axes.set_facecolor(PAGE)
    shown = np.ma.masked_where(~(np.nan_to_num(part) > 0), part)
    axes.imshow(shown, cmap=_colors(), norm=norm, extent=extent, interpolation="nearest", aspect="auto")
    if unknown.any():
        grey = np.ma.masked_where(~unknown, np.ones(unknown.shape))
        axes.imshow(
            grey,
            cmap=LinearSegmentedColormap.from_list("unknown", [UNKNOWN, UNKNOWN]),
            extent=extent,
            interpolation="nearest",
            aspect="auto",
        )
    axes.set_xlim(0, picture.width_px)
    axes.set_ylim(top + rows * GRID_PX, top)
    axes.tick_params(labelsize=7, colors=INK, length=2)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    for spine in axes.spines.values():
        spine.set_color("#888888")
    if first == 0:
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


def _draw_legend(figure: Figure, axes: Axes, norm: LogNorm, measure: str, per_exposure: bool) -> None:
    from matplotlib.cm import ScalarMappable

    bar = figure.colorbar(ScalarMappable(norm, _colors()), cax=axes)
    is_time = measure != "click_count"
    wording = _per_second if per_exposure else duration if is_time else _plain
    is_duration = is_time and not per_exposure
    bar.ax.yaxis.set_major_locator(FixedLocator(TIME_TICKS_MS) if is_duration else LogLocator(subs=(1.0, 3.0)))
    bar.ax.yaxis.set_minor_locator(NullLocator())
    bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: wording(value)))
    unit = f"{UNITS[measure]} per {GRID_PX} × {GRID_PX} px cell"
    if per_exposure:
        unit += ", " + ("ms" if is_time else "clicks") + " per second on screen"
    bar.ax.tick_params(labelsize=7.5, colors=INK)
    bar.set_label(unit + " (log scale)", fontsize=8, color=INK)


def duration(ms: float) -> str:
    """A time in the largest unit of which there is one at least, in three digits."""
    for size, unit in ((3_600_000, "h"), (60_000, "min"), (1000, "s")):
        if ms >= size:
            return f"{ms / size:.3g} {unit}"
    return f"{ms:.3g} ms"


def _per_second(value: float) -> str:
    return f"{value:.3g}"


def _plain(value: float) -> str:
    return f"{value:,.3g}" if value < 1000 else f"{value:,.0f}"


def _write_words(
    figure: Figure, title: str, notes: Sequence[str], picture: Picture, per_exposure: bool, total_in: float
) -> None:
    head, _, second = title.partition("\n")
    width_in = figure.get_figwidth()
    left = 0.65 / width_in
    figure.text(left, 1 - 0.32 / total_in, head, fontsize=11.5, weight="bold", color=INK, va="center")
    figure.text(left, 1 - 0.57 / total_in, second, fontsize=9.5, color=INK, va="center")
    grey = ["Grey: exposure of the row is not published."] if per_exposure and picture.is_unknown.any() else []
    legend = "White: nothing there, or nothing published. Larger squares: small cells merged, their amount spread over the square."
    words = [*notes[:-1], *grey, legend, notes[-1]]
    figure.text(left, 0.12 / total_in, "\n".join(words), fontsize=8, color=INK, va="bottom", linespacing=1.35)
