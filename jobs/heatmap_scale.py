"""The scale of a heatmap's colours, and its ticks. All sheets of a kind in a picture share one scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.colors import Colormap, LogNorm, Normalize

from jobs.heatmap_grid import GRID_PX, Floats, Picture
from jobs.heatmap_grid import scale_of as ends_of
from jobs.heatmap_sheets import Heat, Sheet
from jobs.plots.colours import amounts, differences
from jobs.report.words import duration

#: Of the compared squares this share lies within the ends of the scale; the rest is drawn as the ends, which say so.
WITHIN_SHARE = 0.98
TIMES_MS = (1, 2, 5, 10, 20, 50, 100, 200, 500, *(1000 * s for s in (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200)))
LONG_TIMES_MS = tuple(3_600_000 * h for h in (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500))
UNITS = {"dwell_ms": "cursor time", "active_ms": "cursor time within 1 s of moving", "click_count": "clicks"}
MIN_TICKS, MAX_TICKS = 3, 7


@dataclass(frozen=True)
class Scale:
    """Colours of values: their range, ticks with words, and the unit. `is_cut` if values lie beyond its ends."""

    norm: Normalize
    label: str
    ticks: tuple[tuple[float, str], ...]
    is_difference: bool = False
    is_cut: bool = False

    def colours(self, on_dark: bool = False) -> Colormap:
        """The map, for light or dark grounds."""
        return differences(on_dark) if self.is_difference else amounts(on_dark)

    def coloured(self, values: Floats, on_dark: bool = False) -> Floats:
        """Red, green, blue and opacity of each value; clear where nothing is to be shown."""
        is_shown = ~np.isnan(values) if self.is_difference else np.nan_to_num(values) > 0
        scaled = np.ma.filled(self.norm(np.where(is_shown, values, self.norm.vmax or 1.0)), 0.0)
        pixels: Floats = np.asarray(self.colours(on_dark)(np.clip(scaled, 0, 1)))
        pixels[~is_shown] = 0
        return pixels


def scale_of(heat: Heat, sheet: Sheet) -> Scale:
    """The scale that the sheet shares with all sheets of its kind in the picture."""
    pictures = [other.picture for other in heat.sheets if other.kind == sheet.kind]
    if sheet.kind == "difference":
        return _difference_scale(pictures, heat.measure)
    return _amount_scale(pictures, heat.measure, heat.per_exposure)


def norm_of(*pictures: Picture) -> LogNorm:
    """The logarithmic scale of the pictures' amounts."""
    return LogNorm(*ends_of(*pictures), clip=True)


def _amount_scale(pictures: Sequence[Picture], measure: str, per_exposure: bool) -> Scale:
    norm = norm_of(*pictures)
    is_time = measure != "click_count"
    low, high = float(norm.vmin or 0), float(norm.vmax or 0)
    if is_time and not per_exposure:
        ticks = [(value, duration(value)) for value in _thinned([*TIMES_MS, *LONG_TIMES_MS], low, high)]
    else:
        ticks = [(value, f"{value:,.3g}" if value < 1000 else f"{value:,.0f}") for value in _decades(low, high)]
    return Scale(norm, f"{unit_of(measure, per_exposure)} (log scale)", tuple(ticks))


def _difference_scale(pictures: Sequence[Picture], measure: str) -> Scale:
    known = np.abs(np.concatenate([picture.values[~np.isnan(picture.values)] for picture in pictures]))
    end = float(np.quantile(known, WITHIN_SHARE, method="higher")) if known.size else 0.0
    end = end or float(known.max(initial=0.0)) or 1.0
    step = _step(end)
    marks = [number * step for number in range(-int(end / step), int(end / step) + 1)]
    return Scale(
        Normalize(-end, end, clip=True),
        f"B less A: {unit_of(measure, True)}",
        tuple((mark, f"{mark:+.3g}" if mark else "0") for mark in marks),
        is_difference=True,
        is_cut=bool((known > end).any()),
    )


def unit_of(measure: str, per_exposure: bool) -> str:
    """What the scale measures."""
    unit = f"{UNITS[measure]} per {GRID_PX} × {GRID_PX} px cell"
    if per_exposure:
        unit += ", " + ("ms" if measure != "click_count" else "clicks") + " per second on screen"
    return unit


def _thinned(candidates: Sequence[float], low: float, high: float) -> list[float]:
    inside = [value for value in candidates if low <= value <= high]
    return inside[:: math.ceil(len(inside) / MAX_TICKS)] if inside else [low, high]


def _decades(low: float, high: float) -> list[float]:
    """Round values in range: powers of ten, and steps between them where those are few."""
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 4, 5, 7)):
        inside = [step * 10.0**power for power in exponents for step in steps if low <= step * 10.0**power <= high]
        if len(inside) >= MIN_TICKS:
            return inside[:: math.ceil(len(inside) / MAX_TICKS)]
    return [low, high]


def _step(end: float) -> float:
    """A round step of which two or three lead from zero to the end."""
    power = 10.0 ** math.floor(math.log10(end))
    return next(step * power for step in (5, 2, 1, 0.5, 0.2) if end / (step * power) >= 2)


def hatched(mask: npt.NDArray[np.bool_], on_dark: bool = False, pixels: int = 8) -> Floats:
    """Grey with stripes where the mask is, else clear; `pixels` a cell."""
    large = np.kron(mask, np.ones((pixels, pixels), dtype=bool))
    rows, columns = np.indices(large.shape)
    is_stripe = (rows + columns) % pixels < max(1, pixels // 4)
    grey = np.where(is_stripe, 0.62, 0.44) if on_dark else np.where(is_stripe, 0.55, 0.8)
    shown: Floats = np.stack([grey, grey, grey, large.astype(float)], axis=2)
    return shown
