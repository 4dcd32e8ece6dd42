"""Pictures as SVG: what is drawn of which number."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from jobs.heatmap_grid import Cell, build_picture
from jobs.report.heat import _palettes
from jobs.serve.heat import LEVELS, _strips, levels_of
from jobs.serve.minutes import Minute, _outline
from jobs.serve.page import style


def _picture(*cells: tuple[int, int, int]) -> Any:
    """Cells of 32 px, each its column, row and amount, on a phone's page of 15 columns."""
    made = [Cell(32, x, y, amount, 60, 80) for x, y, amount in cells]
    return build_picture(made, {}, viewport_class="<480", space="document", per_exposure=False)


def test_the_scale_has_even_steps_in_the_logarithm_and_nothing_has_none() -> None:
    # The scale is from 1 to 2 ** 16: a step for each doubling, the upper end in the last one.
    amounts = [2**step for step in range(LEVELS + 1)]

    levels = levels_of(_picture(*((x % 15, x // 15, amount) for x, amount in enumerate(amounts))))

    # Four decades are drawn: 2 ** 16 / 10 ** 4 is about 2 ** 2.7, below which all is the lowest step.
    steps = [
        min(LEVELS - 1, max(0, int((exponent - 16 + 4 / np.log10(2)) / (4 / np.log10(2)) * LEVELS)))
        for exponent in range(17)
    ]
    assert levels.ravel()[:17].tolist() == steps
    assert set(levels.ravel()[17:].tolist()) == {-1}


def test_every_cell_is_drawn_once_in_the_colour_of_its_step() -> None:
    picture = _picture(*((x, y, 10 ** (1 + x // 4)) for x in range(12) for y in range(120)))

    strips = list(_strips(picture, "dwell_ms", "title"))

    levels = levels_of(picture)
    drawn = np.full(levels.shape, -1)
    for strip in strips:
        for outline, level in re.findall(r'<path d="([^"]+)" class="heat-(\d+)"', strip.drawing):
            for left, row, width in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", outline):
                at = np.s_[strip.top_px // 32 + int(row), int(left) : int(left) + int(width)]
                assert (drawn[at] == -1).all()
                drawn[at] = int(level)
    assert (drawn == levels).all() and (levels >= 0).sum() == 12 * 119
    assert [strip.top_px for strip in strips] == [0, *(strip.bottom_px for strip in strips[:-1])]


def test_the_fold_is_drawn_in_the_strip_where_it_lies() -> None:
    strips = list(_strips(_picture(*((3, y, 100) for y in range(120))), "dwell_ms", "title"))

    # The fold of a phone is taken to be at 736 px: 23 rows.
    assert ["M0 23.00H15" in strip.drawing for strip in strips] == [True, False, False, False]


def test_a_name_in_a_drawing_is_text() -> None:
    [strip] = _strips(_picture((0, 0, 100)), "dwell_ms", "<script>")

    assert "<title>&lt;script&gt;, 0 to 736 px</title>" in strip.drawing and "<script>" not in strip.drawing


@pytest.mark.parametrize("scheme", [0, 1])
def test_colours_are_steps_of_the_reports_palette(scheme: int) -> None:
    palette = _palettes()[scheme]
    blocks = style().split("--field")[scheme + 1]

    colours = [re.search(rf"--heat-{level}: (#\w+);", blocks).group(1) for level in range(LEVELS)]  # type: ignore[union-attr]

    places = np.rint((np.arange(LEVELS) + 0.5) / LEVELS * 255).astype(int)
    rounded = np.rint(palette[places, :3] * 255).astype(int).tolist()
    assert colours == ["#" + "".join(f"{part:02x}" for part in shade) for shade in rounded]


def test_a_gap_between_minutes_is_drawn_as_a_gap() -> None:
    minutes = [Minute(minute, at_start, 60_000, 50) for minute, at_start in ((7, 2), (5, 3), (6, 4), (10, 1))]

    assert _outline(minutes) == "M5 0V3h1V4h1V2h1V0zM10 0V1h1V0z"
    assert _outline([]) == ""
