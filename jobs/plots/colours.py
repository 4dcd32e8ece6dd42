"""Colour maps: perceptually uniform, and told apart by colour-blind people. `tests/plots/test_colours.py` measures both.

Amounts go from light to dark (magma without its very ends), or on dark screens from dark to light. Differences go from one
blue through a pale middle to one orange: even steps of lightness and chroma in CIELAB, the same on either side, so that
equal differences of opposite sign look equally strong. Blue and orange stay apart without red or green cones.
"""

from __future__ import annotations

from functools import cache

import matplotlib
import numpy as np
import numpy.typing as npt
from matplotlib.colors import LinearSegmentedColormap

Floats = npt.NDArray[np.float64]

SHADES = 256
#: Hue in degrees of CIELAB: what is less, and what is more.
LESS_HUE, MORE_HUE = 280.0, 58.0
#: Lightness (CIELAB L*) of the middle and the ends, and chroma at the ends: the most that sRGB has of both hues there.
LIGHT, DARK = (96.0, 38.0), (24.0, 76.0)
LIGHT_CHROMA, DARK_CHROMA = 46.0, 35.0
#: Lines: blue, orange, green, purple, grey, each with a mark of its own in `draw` and `svg`.
SERIES = ("#0b62a8", "#b04900", "#00805c", "#8a3d7a", "#4d5560")
#: White point D65, and XYZ to linear sRGB (IEC 61966-2-1).
D65 = np.array([0.95047, 1.0, 1.08883])
XYZ_TO_RGB = np.array(
    [[3.2404542, -1.5371385, -0.4985314], [-0.9692660, 1.8760108, 0.0415560], [0.0556434, -0.2040259, 1.0572252]]
)


@cache
def amounts(on_dark: bool = False) -> LinearSegmentedColormap:
    """More is further from the page's ground."""
    low, high = (0.27, 1.0) if on_dark else (0.96, 0.03)
    shades = matplotlib.colormaps["magma"](np.linspace(low, high, SHADES))
    return LinearSegmentedColormap.from_list("amounts", list(shades), N=SHADES)


@cache
def differences(on_dark: bool = False) -> LinearSegmentedColormap:
    """Blue for less, orange for more; the middle, zero, is near the page's ground."""
    middle, end = DARK if on_dark else LIGHT
    chroma = DARK_CHROMA if on_dark else LIGHT_CHROMA
    strength = np.linspace(-1, 1, SHADES + 1)
    hue = np.radians(np.where(strength < 0, LESS_HUE, MORE_HUE))
    size = np.abs(strength)
    lab = np.stack([middle + (end - middle) * size, chroma * size * np.cos(hue), chroma * size * np.sin(hue)], axis=1)
    return LinearSegmentedColormap.from_list("differences", list(srgb(lab)), N=SHADES + 1)


def srgb(lab: Floats) -> Floats:
    """CIELAB (D65) as sRGB, 0 to 1; what sRGB cannot show is cut to what it can."""
    level = (lab[:, :1] + 16) / 116
    parts = np.concatenate([level + lab[:, 1:2] / 500, level, level - lab[:, 2:3] / 200], axis=1)
    xyz = D65 * np.where(parts > 6 / 29, parts**3, 3 * (6 / 29) ** 2 * (parts - 4 / 29))
    linear = np.clip(xyz @ XYZ_TO_RGB.T, 0, 1)
    shown: Floats = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return shown
