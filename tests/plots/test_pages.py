"""Pages of pictures as files: they ask for nothing, run one script that is known, and every text in them is a text."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from pathlib import Path
from typing import Any

import pytest

from jobs.heatmap import draw_heatmap
from jobs.plots.asked import Question
from jobs.plots.html import embedded
from jobs.plots.plot import draw_plot
from tests.plots.warehouse import DAY, EVIL

EMBEDDED = re.compile(r'<script type="application/json" id="([a-z]+-\d+)">(.*?)</script>', re.S)


def page(warehouse: str, folder: Path, kind: str = "heatmap", **more: Any) -> str:
    """The page's source."""
    output = folder / "page.html"
    if kind == "heatmap":
        draw_heatmap(warehouse, DAY, more.pop("surface", "feed"), output=output, **more)
    else:
        draw_plot(warehouse, kind, Question(DAY, DAY, **more), output)
    return output.read_text(encoding="utf-8")


def data(source: str) -> dict[str, Any]:
    return {name: json.loads(text) for name, text in EMBEDDED.findall(source)}


def test_the_cells_of_the_page_are_those_of_the_mart(warehouse: str, connection: Any, tmp_path: Path) -> None:
    sheet = data(page(warehouse, tmp_path, layout="feed-v8"))["sheet-1"]

    asked = connection.execute(
        "select cell_px, cell_x, cell_y, dwell_ms, visitor_count, page_view_count from mart.hover_heatmap_daily "
        "where event_date = ? and layout_id = 'feed-v8' order by 1, 3, 2",
        [DAY],
    ).fetchall()
    assert sheet["labels"] == ["cursor time", "visitors", "page views", "cell", "place"]
    assert len(sheet["spots"]) == len(asked) == 4
    for (x, y, edge, said), (px, cell_x, cell_y, dwell, visitors, page_views) in zip(
        sheet["spots"], asked, strict=True
    ):
        assert (x, y, edge) == (cell_x * edge, cell_y * edge, px // 32)
        assert said[0] == (f"{dwell / 1000:.3g} s" if dwell >= 1000 else f"{dwell} ms")
        assert said[1:4] == [str(visitors), str(page_views), f"{px} × {px} px"]
        assert said[4].startswith(f"{cell_x * px:,} to {(cell_x + 1) * px:,} px from the left")


def test_the_places_of_a_plot_hold_its_numbers(warehouse: str, tmp_path: Path) -> None:
    panel = data(page(warehouse, tmp_path, "position-curve"))["panel-1"]

    share, heading, pairs = panel["places"][0]
    assert 0 < share < 0.2
    assert heading == "place 1"
    assert pairs[0] == ["desktop", "75.0 %, 150 of 200 measurable item views"]
    assert panel["places"][2][2][0] == ["desktop", "not published"]


def test_the_table_says_the_same(warehouse: str, tmp_path: Path) -> None:
    source = page(warehouse, tmp_path, "position-curve")

    table = source.split("<details>")[1]
    assert "75.0 %, 150 of 200 measurable item views" in table
    assert "place 3" not in table  # nobody has a number there


@pytest.mark.parametrize(
    "kind", ["heatmap", "position-curve", "feed-visibility", "exposure", "trend", "dwell-distribution"]
)
def test_a_page_asks_for_nothing_and_runs_only_its_own_script(warehouse: str, tmp_path: Path, kind: str) -> None:
    source = page(warehouse, tmp_path, kind)

    assert re.findall(r'(?:src|href|srcset|action)="(?!data:)[^"]*"', source) == []
    assert "url(" not in source and "@import" not in source and "http" not in source.replace("http-equiv", "")
    [script] = re.findall(r"<script>(.*?)</script>", source, re.S)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    [policy] = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', source)
    assert html.unescape(policy) == (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{digest}'"
    )
    assert len(re.findall("<script", source)) == 1 + len(EMBEDDED.findall(source))


@pytest.mark.parametrize("kind", ["heatmap", "position-curve", "trend"])
def test_a_name_that_is_a_script_is_a_text(warehouse: str, tmp_path: Path, kind: str) -> None:
    source = page(warehouse, tmp_path, kind, surface=EVIL)

    assert "alert(1)" in source
    assert "<script>alert" not in source
    assert "\x07" not in source
    assert all("<" not in text for _, text in EMBEDDED.findall(source))


def test_embedded_data_cannot_end_its_element() -> None:
    text = embedded({"name": "</script><!-- & \u2028"})

    assert "<" not in text and ">" not in text and "\u2028" not in text
    assert json.loads(text) == {"name": "</script><!-- & \u2028"}


def test_a_comparison_shows_both_sides_and_the_difference(warehouse: str, tmp_path: Path) -> None:
    source = page(warehouse, tmp_path, compare=("feed-v7", "feed-v8"), panels=True)

    sheets = data(source)
    assert re.findall('data-heatmap="([^"]*)" data-name="([^"]*)"', source) == [
        ("sheet-1", "A: feed-v7"),
        ("sheet-1", "B: feed-v8"),
        ("sheet-1", "B less A"),
    ]
    assert list(sheets) == ["sheet-1"]
    assert source.count('class="legend"') == 2
    assert "-50 ms per s on screen" in source.split("<details>")[1]
    assert "cannot be compared" in source
