"""Heatmap pictures: the arithmetic of the grid exactly, the picture by what it says and that it is drawn."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.errors import UsageError
from jobs.heatmap import draw_heatmap
from jobs.heatmap_grid import Cell, build_picture, fold, spread
from tests.reading.small_warehouse import publish_release, write_table
from warehouse_schema import TABLES
from warehouse_schema.derive import rows

HEATMAP, EXPOSURE = "mart.hover_heatmap_daily", "mart.viewport_exposure_daily"
DAY = dt.date(2026, 11, 20)
NO_CELL = {"cell_px": None, "cell_x": None, "cell_y": None, "is_remainder": True}
NO_GROUP = {"surface": None, "layout_id": None, "device_type": None, "viewport_class": None}


def cell(cell_px: int, x: int, y: int, amount: int, visitors: int = 50) -> Cell:
    return Cell(cell_px, x, y, amount, visitors, visitors + 10)


def document(**values: Any) -> dict[str, Any]:
    return {"event_date": DAY, "space": "document", "dwell_ms": 0, "active_ms": 0, "click_count": 0} | values


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A desktop group of 900 ms drawn and 100 ms folded, a smaller tablet group, and a phone without a cursor."""
    heat = [
        document(cell_px=32, cell_x=2, cell_y=1, dwell_ms=600, active_ms=10, visitor_count=70, page_view_count=90),
        document(cell_px=64, cell_x=1, cell_y=0, dwell_ms=300, visitor_count=50, page_view_count=55),
        document(**NO_CELL, dwell_ms=100),
        document(**NO_CELL, **NO_GROUP, dwell_ms=77),
        document(device_type="tablet", viewport_class="<1024", cell_px=32, cell_x=0, cell_y=0, dwell_ms=100),
        document(
            device_type="phone", viewport_class="<480", cell_x=0, cell_y=0, dwell_ms=None, active_ms=None, click_count=8
        ),
        document(space="viewport", cell_px=32, cell_x=2, cell_y=1, dwell_ms=5000),
    ]
    exposure = [{"event_date": DAY, "cell_y": row, "visible_ms": 2000} for row in range(3)]
    root = str(tmp_path_factory.mktemp("heatmap") / "warehouse")
    pins = {
        HEATMAP: write_table(root, HEATMAP, rows(TABLES[HEATMAP], *heat)),
        EXPOSURE: write_table(root, EXPOSURE, rows(TABLES[EXPOSURE], *exposure)),
    }
    publish_release(root, pins, number=7)
    return root


def test_a_larger_cell_is_spread_over_what_its_smaller_cells_do_not_cover() -> None:
    grid, left, top = spread([cell(32, 0, 0, 600), cell(64, 0, 0, 300)])

    assert (left, top) == (0, 0)
    assert grid.tolist() == [[600, 300 / 3], [300 / 3, 300 / 3]]


def test_a_larger_cell_that_is_wholly_covered_is_added_to_all_of_it() -> None:
    small = [cell(32, x, y, 10) for x in (0, 1) for y in (0, 1)]

    grid, _, _ = spread([*small, cell(64, 0, 0, 40)])

    assert grid.tolist() == [[10 + 40 / 4] * 2] * 2


def test_cells_left_of_and_above_the_page_keep_their_place() -> None:
    grid, left, top = spread([cell(64, -1, -1, 400), cell(32, 0, 0, 7)])

    assert (left, top) == (-2, -2)
    assert grid[2, 2] == 7 and grid[0, 0] == 400 / 4 and np.isnan(grid[2, 0])


@given(
    st.lists(
        st.tuples(st.sampled_from((32, 64, 128, 256)), st.integers(-3, 6), st.integers(-3, 6), st.integers(0, 10**9)),
        max_size=30,
        unique_by=lambda box: box[:3],
    )
)
def test_nothing_is_lost_or_made_by_spreading(boxes: list[tuple[int, int, int, int]]) -> None:
    grid, _, _ = spread([cell(*box) for box in boxes])

    assert np.nansum(grid) == pytest.approx(sum(amount for *_, amount in boxes))


def test_exposure_falls_at_the_fold() -> None:
    exposure = {row: 1000 + 10 * row for row in range(25)} | {row: 700 - 5 * row for row in range(25, 60)}

    assert fold(exposure, "<1440") == (25 * 32, False)


def test_without_a_fall_of_exposure_the_fold_is_assumed() -> None:
    assert fold({row: 1000 - row for row in range(60)}, "<480") == (736, True)
    assert fold({}, ">=1920") == (1024, True)
    # A missing row is not a fall: what was folded away is not zero.
    assert fold({10: 1000, 12: 10}, "<1440") == (736, True)


def test_per_exposure_divides_by_the_seconds_of_the_row_and_marks_unknown_rows() -> None:
    cells = [cell(32, 0, 0, 600), cell(32, 0, 1, 600)]

    picture = build_picture(cells, {0: 3000}, viewport_class="<480", space="document", per_exposure=True)

    assert picture.values[0, 0] == 600 / 3
    assert np.isnan(picture.values[1, 0]) and picture.is_unknown[1, 0]
    assert picture.is_unknown.sum() == 1


def test_what_lies_outside_the_page_is_counted_not_hidden() -> None:
    cells = [cell(32, 0, 0, 900), cell(32, -1, 0, 60), cell(32, 15, 0, 40)]

    picture = build_picture(cells, {}, viewport_class="<480", space="document", per_exposure=False)

    assert picture.outside == 60 + 40
    assert np.nansum(picture.values) == 900
    assert picture.values.shape[1] == 480 // 32


def test_counts_are_those_of_the_largest_row_never_a_sum() -> None:
    picture = build_picture(
        [cell(32, 0, 0, 1, visitors=60), cell(32, 1, 0, 1, visitors=70)],
        {},
        viewport_class="<480",
        space="document",
        per_exposure=False,
    )

    assert (picture.visitors, picture.page_views) == (70, 80)


def test_the_largest_group_is_drawn_and_the_words_say_so(warehouse: str, tmp_path: Path) -> None:
    words = draw_heatmap(warehouse, "2026-11-20", "feed", output=tmp_path / "feed.png")

    assert "feed · feed-v7 · desktop · viewport width <1440 px (largest of 2 groups)" in words
    assert "release 7" in words
    assert "At least 70 visitors and 90 page views" in words
    assert "90% of their cursor time" in words  # 900 of 900 + 100
    assert "10.0% of cursor time lies in groups too small to draw" in words  # 100 of 900 + 100
    assert "6.5% of the date's cursor time is published without its surface" in words  # 77 of 900 + 100 + 100 + 77
    assert (tmp_path / "feed.png").read_bytes().startswith(b"\x89PNG")


def test_svg_is_drawn_with_its_words_inside(warehouse: str, tmp_path: Path) -> None:
    draw_heatmap(warehouse, DAY, "feed", device="desktop", space="viewport", output=tmp_path / "feed.svg")

    assert "desktop" in (tmp_path / "feed.svg").read_text()


@pytest.mark.parametrize(
    "choice",
    [
        {"measure": "click_count", "device": "phone"},
        {"measure": "active_ms", "per_exposure": True, "layout": "feed-v7", "device": "desktop"},
    ],
)
def test_every_choice_is_drawn(warehouse: str, tmp_path: Path, choice: dict[str, Any]) -> None:
    draw_heatmap(warehouse, DAY, "feed", output=tmp_path / "a.png", **choice)

    assert (tmp_path / "a.png").stat().st_size > 5000


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"date": "2026-11-19"}, "no event_date 2026-11-19 .* There is: 2026-11-20"),
        ({"date": "20 November"}, "is no date"),
        ({"surface": "profile"}, "no surface profile .* There is: feed"),
        ({"layout": "feed-v8"}, "no layout_id feed-v8 .* There is: feed-v7"),
        ({"device": "watch"}, "no device_type watch .* There is: desktop, phone, tablet"),
        ({"device": "phone"}, "touch has no hover"),
        ({"measure": "sample_count"}, "--measure sample_count is unknown"),
        ({"space": "viewport", "per_exposure": True}, "exposure is known for rows of the document only"),
    ],
)
def test_what_cannot_be_drawn_is_explained(warehouse: str, tmp_path: Path, asked: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        draw_heatmap(warehouse, **{"date": DAY, "surface": "feed", "output": tmp_path / "a.png"} | asked)


def test_output_must_be_a_picture_that_can_be_written(warehouse: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"must end in \.png, \.svg or \.html"):
        draw_heatmap(warehouse, DAY, "feed", output=tmp_path / "a.jpeg")
    with pytest.raises(UsageError, match="cannot be written"):
        draw_heatmap(warehouse, DAY, "feed", output=tmp_path / "no such folder" / "a.png")


def test_matplotlib_is_not_loaded_before_something_is_drawn() -> None:
    code = "import sys, jobs.heatmap, jobs.explain; print('matplotlib' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"
