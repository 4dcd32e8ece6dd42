"""A heatmap as a page of its own: the same pixels as the picture, and the numbers of each cell under pointer and keys."""

from __future__ import annotations

from typing import Any

import numpy as np
from markupsafe import Markup

from jobs.heatmap_grid import GRID_PX
from jobs.heatmap_scale import Scale, hatched, scale_of
from jobs.heatmap_sheets import Heat, Sheet
from jobs.plots.html import data_uri, embedded, rendered

#: Opacity of amounts above a page's picture.
OVER = 0.62
#: Rows of the table of numbers; what is left out is told.
TABLE_ROWS = 200
#: Marks of depth are this many css px apart, at most so many.
DEPTHS_PX, MAX_DEPTHS = (100, 250, 500, 1000, 2500, 5000, 10_000), 10


def page_of(heat: Heat) -> str:
    """The page as HTML. Texts of the warehouse are escaped wherever they stand."""
    scales = {sheet.kind: scale_of(heat, sheet) for sheet in heat.sheets}
    columns = [sheet.picture.values.shape[1] for sheet in heat.sheets]
    return rendered(
        "heatmap.html.j2",
        title=heat.title,
        subtitle=heat.subtitle,
        notes=[*heat.notes[:-1], *_clear(heat), heat.notes[-1]],
        what="a cell of the heatmap",
        sheets=[_sheet(heat, sheet, scales[sheet.kind]) for sheet in heat.sheets],
        widest=max(columns),
        total=sum(columns),
        legends=[_legend(scale, OVER if heat.page else 1.0) for scale in scales.values()],
        tables=[_table(sheet) for sheet in _of_own_numbers(heat)],
    )


def _sheet(heat: Heat, sheet: Sheet, scale: Scale) -> dict[str, Any]:
    picture = sheet.picture
    rows, columns = picture.values.shape
    name = sheet.name.replace("\n", " · ")
    first = next(n for n, other in enumerate(heat.sheets, 1) if other.spots is sheet.spots)
    is_first = heat.sheets[first - 1] is sheet
    folded = f"fold ≈ {picture.fold_px:,} px" + (", assumed" if picture.is_fold_assumed else "")
    return {
        "name": sheet.name,
        "kind": sheet.kind,
        "rows": rows,
        "columns": columns,
        "label": f"{name or heat.title}: {scale.label}. {len(sheet.spots):,} cells; arrow keys lead from one to the next.",
        "layers": _layers(heat, sheet, scale),
        "depths": _depths(rows * GRID_PX),
        "fold": 100 * picture.fold_px / picture.height_px if picture.fold_px < picture.height_px else None,
        "fold_words": folded,
        "line": name,
        "data_id": f"sheet-{first}",
        # Sheets of a comparison tell the same numbers: they are in the page once.
        "data": _data(sheet) if is_first else None,
    }


def _data(sheet: Sheet) -> Markup:
    rows, columns = sheet.picture.values.shape
    spots = [[spot.x, spot.y, spot.edge, spot.said] for spot in sheet.spots]
    return embedded({"columns": columns, "rows": rows, "labels": sheet.labels, "spots": spots})


def _layers(heat: Heat, sheet: Sheet, scale: Scale) -> list[dict[str, str]]:
    picture = sheet.picture
    layers = []
    if heat.page is not None:
        share = 100 * heat.page.width_px / picture.width_px
        height = 100 * heat.page.height_px / picture.height_px
        style = f"width: {share:.4f}%; height: {height:.4f}%"
        layers.append({"kind": "page", "light": data_uri(heat.page.pixels), "dark": "", "style": style})
    opacity = f"opacity: {OVER}" if heat.page else ""
    layers.append(
        {
            "kind": "cells",
            "light": data_uri(scale.coloured(picture.values)),
            # Above a page, which is light, colours stay those of light grounds.
            "dark": "" if heat.page else data_uri(scale.coloured(picture.values, on_dark=True)),
            "style": opacity,
        }
    )
    if picture.is_unknown.any():
        light, dark = (data_uri(hatched(picture.is_unknown, on_dark)) for on_dark in (False, True))
        layers.append({"kind": "cells", "light": light, "dark": dark, "style": ""})
    return layers


def _depths(height_px: int) -> list[dict[str, Any]]:
    step = next((step for step in DEPTHS_PX if height_px / step <= MAX_DEPTHS), DEPTHS_PX[-1])
    return [{"share": 100 * px / height_px, "words": f"{px:,} px"} for px in range(0, height_px - step // 4, step)]


def _legend(scale: Scale, opacity: float) -> dict[str, Any]:
    along = np.linspace(0, 1, 256)
    strips = []
    for on_dark in (False, opacity == 1.0):
        colours = np.asarray(scale.colours(on_dark)(along))[None, :, :].copy()
        colours[:, :, :3] = 1 - opacity * (1 - colours[:, :, :3])
        strips.append(data_uri(colours))
    ticks = [{"share": 100 * float(scale.norm(value)), "words": words} for value, words in scale.ticks]
    return {
        "light": strips[0],
        "dark": strips[1],
        "ticks": ticks,
        "label": scale.label,
        "is_cut": scale.is_cut,
    }


def _clear(heat: Heat) -> list[str]:
    """What has no colour of the scale."""
    if any(sheet.kind == "difference" for sheet in heat.sheets):
        return []
    unknown = any(sheet.picture.is_unknown.any() for sheet in heat.sheets)
    return [
        *(["Hatched: exposure of the row is not published."] if unknown else []),
        "Clear: nothing there, or nothing published. Larger squares: small cells merged, their amount spread over the square.",
    ]


def _of_own_numbers(heat: Heat) -> list[Sheet]:
    """Sheets whose numbers are not those of another one: of a comparison, the difference says all."""
    differences = [sheet for sheet in heat.sheets if sheet.kind == "difference"]
    return differences or list(heat.sheets)


def _table(sheet: Sheet) -> dict[str, Any]:
    first = sorted(sheet.spots, key=lambda spot: -spot.weight)[:TABLE_ROWS]
    name = sheet.name.replace("\n", " · ")
    cut = f"the first {len(first):,} of {len(sheet.spots):,}" if len(first) < len(sheet.spots) else f"{len(first):,}"
    return {
        "caption": f"{name + ': ' if name else ''}{cut} cells, the largest first; hoverlake sql gives all.",
        "labels": sheet.labels,
        "rows": [spot.said for spot in first],
    }
