"""The picture of a page that a heatmap is laid over: read, checked against the viewport class, scaled to css px."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from jobs.errors import UsageError
from jobs.heatmap_grid import CLASS_WIDTH_PX
from jobs.heatmap_groups import named

#: Narrowest and widest viewport that a screenshot is believed to be of, in css px.
NARROWEST_PX, WIDEST_PX = 240, 5120
#: Pixels of a screenshot per css px: ordinary and dense screens.
DENSITIES = (1, 2, 3)
#: A page is no lower than this share of its width, and no higher than this many css px.
LOWEST_SHARE, HIGHEST_PX = 0.2, 100_000
#: The page is drawn in grey, no darker than this, so that the colours above it can be read.
DARKEST = 0.5


@dataclass(frozen=True)
class Screenshot:
    """A page's picture in shades of grey, one pixel per css px, and how it was read."""

    pixels: npt.NDArray[np.uint8]
    note: str

    @property
    def width_px(self) -> int:
        """Width of the page in css px."""
        return int(self.pixels.shape[1])

    @property
    def height_px(self) -> int:
        """Height of the page in css px."""
        return int(self.pixels.shape[0])


def read_screenshot(path: Path, viewport_class: str, height_px: int) -> Screenshot:
    """The upper `height_px` of the page.

    UsageError for a file that is no picture, and for a width that no viewport of the class has, at 1, 2 or 3 pixels
    per css px.
    """
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as picture:
                width, height = picture.size
                density = _density(path, width, height, viewport_class)
                shown = picture.convert("RGBA")
    except UsageError:
        raise
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UsageError(
            f"--over {path} cannot be read as a picture: {_short(error)}. Give a screenshot as PNG or JPEG."
        ) from error
    ground = Image.new("RGBA", shown.size, "white")
    grey = Image.alpha_composite(ground, shown).convert("L")
    css = grey.resize((round(width / density), round(height / density)), Image.Resampling.BOX)
    css = css.crop((0, 0, css.width, min(css.height, height_px)))
    pixels = 255 * (DARKEST + (1 - DARKEST) * np.asarray(css, dtype=np.float64) / 255)
    return Screenshot(np.rint(pixels).astype(np.uint8), _note(path, width, height, density, css.width))


def _note(path: Path, width: int, height: int, density: int, css_width: int) -> str:
    scaled = f", scaled from {density} pixels to one css px" if density > 1 else ""
    return (
        f"Below: {named(path.name)} ({width:,} × {height:,} pixels), as a page {css_width:,} css px wide{scaled}. Page views of other "
        "widths in the class, or of another height above a place, lay differently. Shades mix with the page: take numbers "
        "from the table, not from a shade."
    )


def _density(path: Path, width: int, height: int, viewport_class: str) -> int:
    lowest, highest = widths_of(viewport_class)
    fitting = [density for density in DENSITIES if lowest <= width / density < highest]
    if not fitting:
        raise UsageError(
            f"--over {path} is {width} pixels wide: no page of viewport class {viewport_class} ({lowest} to {highest - 1} css px) at "
            "1, 2 or 3 pixels per css px. Take it at such a width, or choose --layout and --device to fit it."
        )
    css_height = height / fitting[0]
    if not LOWEST_SHARE * width / fitting[0] <= css_height <= HIGHEST_PX:
        raise UsageError(
            f"--over {path} is {width} × {height} pixels: no page has that shape. Take a screenshot of the whole page."
        )
    return fitting[0]


def widths_of(viewport_class: str) -> tuple[int, int]:
    """Least css width of the class, and the first width above it."""
    edges = [NARROWEST_PX, *CLASS_WIDTH_PX.values(), WIDEST_PX + 1]
    names = [*CLASS_WIDTH_PX, ">=1920"]
    if viewport_class not in names:
        return NARROWEST_PX, WIDEST_PX + 1
    place = names.index(viewport_class)
    return edges[place], edges[place + 1]


def _short(error: BaseException) -> str:
    return (getattr(error, "strerror", None) or str(error)).split("\n", 1)[0][:200].rstrip(".")
