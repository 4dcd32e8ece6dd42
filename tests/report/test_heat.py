"""The heatmap's pictures: what lies where, and in which colour."""

from __future__ import annotations

import base64
import datetime as dt
import io
from typing import Any

import numpy as np
from matplotlib.image import imread

from jobs.heatmap_grid import Cell, build_picture
from jobs.report.heat import _palettes, _strips, heatmap_of
from jobs.sql import connect
from tests.reading.small_warehouse import publish_release, write_table
from warehouse_schema import TABLES
from warehouse_schema.derive import rows

DATE = dt.date(2026, 11, 20)
HEATMAP, EXPOSURE = "mart.hover_heatmap_daily", "mart.viewport_exposure_daily"


def _pixels(uri: str) -> Any:
    return imread(io.BytesIO(base64.b64decode(uri.removeprefix("data:image/png;base64,"))), format="png")


def _picture(*cells: tuple[int, int, int]) -> Any:
    """Cells of 32 px, each its column, row and amount, on a phone's page of 15 columns."""
    made = [Cell(32, x, y, amount, 60, 80) for x, y, amount in cells]
    return build_picture(made, {}, viewport_class="<480", space="document", per_exposure=False)


def test_more_is_darker_on_light_and_lighter_on_dark_and_nothing_is_clear() -> None:
    (strip,) = _strips(_picture((0, 0, 100), (1, 0, 10_000)))

    light, dark = _pixels(strip.light), _pixels(strip.dark)
    assert light[0, 1, :3].sum() < light[0, 0, :3].sum()
    assert dark[0, 1, :3].sum() > dark[0, 0, :3].sum()
    assert light[0, 0, 3] == dark[0, 0, 3] == 1
    assert light[0, 2, 3] == dark[0, 2, 3] == light[5, 1, 3] == 0


def test_brightness_of_the_colours_goes_one_way() -> None:
    for palette, sign in zip(_palettes(), (-1, 1), strict=True):
        brightness = palette[:, :3] @ np.array([0.2126, 0.7152, 0.0722])
        assert (sign * np.diff(brightness) >= -0.002).all()


def test_strips_are_the_page_from_its_top_without_a_gap_and_one_has_the_fold() -> None:
    strips = _strips(_picture(*((3, y, 100) for y in range(120))))

    assert len(strips) == 4
    assert [strip.top_px for strip in strips] == [0, *(strip.bottom_px for strip in strips[:-1])]
    assert sum(_pixels(strip.light).shape[0] for strip in strips) == strips[-1].bottom_px / 32
    # The fold of a phone is taken to be at 736 px: 23 rows.
    assert [strip.fold for strip in strips] == [23 / strips[0].rows, None, None, None]


def test_the_busiest_surface_is_drawn_and_a_date_without_cells_is_none(tmp_path: Any) -> None:
    root = str(tmp_path)
    cell = {"event_date": DATE, "space": "document", "cell_px": 32, "cell_x": 1, "cell_y": 1, "is_remainder": False}
    cell |= {"viewport_class": "<1440"}
    cells = [
        cell | {"surface": "feed", "dwell_ms": 100},
        cell | {"surface": "profile", "dwell_ms": 900},
        cell | {"surface": "phone", "dwell_ms": None, "event_date": DATE + dt.timedelta(days=1)},
    ]
    pins = {
        HEATMAP: write_table(root, HEATMAP, rows(TABLES[HEATMAP], *cells)),
        EXPOSURE: write_table(root, EXPOSURE, []),
    }
    publish_release(root, pins)

    with connect(root, [HEATMAP, EXPOSURE]) as connection:
        drawn, none = heatmap_of(connection, DATE), heatmap_of(connection, DATE + dt.timedelta(days=1))

    assert drawn is not None and drawn.group.startswith("profile · ")
    assert none is None
