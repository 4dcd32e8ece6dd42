"""The night's heatmap as pictures that lie in the page itself: one for light screens, one for dark ones."""

from __future__ import annotations

import base64
import datetime as dt
import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from jobs.heatmap import sheet_of
from jobs.heatmap_grid import GRID_PX, Floats, Picture, strips_of
from jobs.heatmap_groups import Asked, groups_of
from jobs.report.words import duration
from warehouse_schema.mart.hover_heatmap_daily import HOVER_HEATMAP_DAILY

if TYPE_CHECKING:
    from matplotlib.colors import LogNorm

MEASURE = "dwell_ms"
MAX_STRIPS = 4
TICKS = 5


@dataclass(frozen=True)
class Strip:
    """A stretch of the page: its pictures as data URIs, where it lies, and the fold as a share of its height."""

    light: str
    dark: str
    top_px: int
    bottom_px: int
    fold: float | None
    columns: int
    rows: int


@dataclass(frozen=True)
class Heatmap:
    """The busiest group of the busiest surface, in strips from left to right."""

    group: str
    strips: tuple[Strip, ...]
    legend_light: str
    legend_dark: str
    ticks: tuple[str, ...]
    fold: str
    notes: tuple[str, ...]


def heatmap_of(connection: duckdb.DuckDBPyConnection, date: dt.date) -> Heatmap | None:
    """The date's heatmap; None if no cell is published: nothing measured, or groups too small."""
    row = connection.execute(
        f"""
        select surface from {HOVER_HEATMAP_DAILY.name} where event_date = ? and space = 'document' and cell_px is not null
        group by 1 having sum({MEASURE}) > 0 order by sum({MEASURE}) desc, 1 limit 1
        """,
        [date],
    ).fetchone()
    if row is None:
        return None
    asked = Asked(date, row[0])
    groups = groups_of(connection, asked)
    sheet, notes = sheet_of(connection, groups, asked)
    picture = sheet.picture
    assumed = ", assumed" if picture.is_fold_assumed else ""
    light, dark = _palettes()
    return Heatmap(
        group=groups[0].name,
        strips=tuple(_strips(picture)),
        legend_light=_uri(light[None, :, :]),
        legend_dark=_uri(dark[None, :, :]),
        ticks=tuple(_ticks(picture)),
        fold=f"fold at about {picture.fold_px:,} px{assumed}",
        notes=tuple(notes),
    )


def _strips(picture: Picture) -> list[Strip]:
    from jobs.heatmap_scale import norm_of

    rows = math.ceil(len(picture.values) / strips_of(picture, MAX_STRIPS))
    norm = norm_of(picture)
    found = []
    for first in range(0, len(picture.values), rows):
        part = picture.values[first : first + rows]
        place = (picture.fold_px / GRID_PX - first) / len(part)
        light, dark = (_uri(_coloured(part, norm, palette)) for palette in _palettes())
        found.append(
            Strip(
                light=light,
                dark=dark,
                top_px=first * GRID_PX,
                bottom_px=(first + len(part)) * GRID_PX,
                fold=place if 0 < place <= 1 else None,
                columns=part.shape[1],
                rows=len(part),
            )
        )
    return found


def _palettes() -> tuple[Floats, Floats]:
    """256 colours each, perceptually uniform and safe for the colour-blind: more is further from the page's ground."""
    import matplotlib
    import numpy as np

    shades = np.asarray(matplotlib.colormaps["magma"](np.linspace(0.0, 1.0, 256)))
    places = np.linspace(0, 255, 256)
    return shades[np.rint(245 - places * 245 / 255).astype(int)], shades[np.rint(70 + places * 185 / 255).astype(int)]


def _coloured(part: Floats, norm: LogNorm, palette: Floats) -> Floats:
    """Red, green, blue and opacity per cell; nothing there is clear."""
    import numpy as np

    is_shown = np.nan_to_num(part) > 0
    scaled: Floats = np.ma.filled(norm(np.where(is_shown, part, 1.0)), 0.0)
    pixels: Floats = palette[np.clip(np.rint(scaled * 255), 0, 255).astype(int)].copy()
    pixels[~is_shown] = 0
    return pixels


def _uri(pixels: Floats) -> str:
    from matplotlib.image import imsave

    file = io.BytesIO()
    imsave(file, pixels, format="png")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def _ticks(picture: Picture) -> list[str]:
    """Times at even places of the logarithmic scale."""
    from jobs.heatmap_scale import norm_of

    norm = norm_of(picture)
    low, high = math.log(norm.vmin or 1), math.log(norm.vmax or 1)
    return [duration(math.exp(low + (high - low) * n / (TICKS - 1))) for n in range(TICKS)]
