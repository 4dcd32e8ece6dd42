"""Files of pictures: what is drawn is what was asked for, every text is a text, and equal pictures are equal bytes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from jobs.errors import UsageError
from jobs.heatmap import draw_heatmap, heat_of
from jobs.heatmap_devices import by_device
from jobs.heatmap_groups import Asked, named
from jobs.heatmap_picture import figure_of as figure_of_heat
from jobs.heatmap_scale import scale_of
from jobs.plots.asked import Question
from jobs.plots.draw import figure_of
from jobs.plots.plot import KINDS, chart_of, draw_plot
from tests.plots.warehouse import DAY, EVIL, NEXT

ON = Question(DAY, DAY)


def texts(svg: Path) -> list[str]:
    """What is written in the picture."""
    root = ElementTree.fromstring(svg.read_bytes())
    return ["".join(element.itertext()).strip() for element in root.iter() if element.tag.endswith("}text")]


def draw(warehouse: str, kind: str, output: Path, **more: Any) -> str:
    """A heatmap or a plot."""
    if kind != "heatmap":
        return draw_plot(warehouse, kind, Question(**({"first": DAY, "last": DAY} | more)), output)
    return draw_heatmap(warehouse, DAY, more.pop("surface", "feed"), output=output, **more)


@pytest.mark.parametrize("suffix", ["png", "svg", "html"])
@pytest.mark.parametrize("kind", ["heatmap", *KINDS])
def test_equal_pictures_are_equal_bytes(warehouse: str, tmp_path: Path, kind: str, suffix: str) -> None:
    first, second = (tmp_path / f"{n}" / f"picture.{suffix}" for n in (1, 2))
    for path in (first, second):
        path.parent.mkdir()
        draw(warehouse, kind, path)

    assert first.read_bytes() == second.read_bytes()
    # Neither when nor where it was made.
    assert str(tmp_path).encode() not in first.read_bytes()


@pytest.mark.parametrize("kind", ["heatmap", *KINDS])
def test_what_is_said_stands_in_the_picture(warehouse: str, tmp_path: Path, kind: str) -> None:
    said = draw(warehouse, kind, tmp_path / "a.svg").split(": ", 1)[1]

    title, *notes = said.splitlines()
    written = " ".join(texts(tmp_path / "a.svg"))
    for words in [*title.split("; "), *notes]:
        assert words in re.sub(r"\s+", " ", written)


def test_numbers_of_a_plot_are_drawn_where_the_axis_says(warehouse: str, connection: Any, release: Any) -> None:
    chart = chart_of(connection, release, "position-curve", ON)

    axes = figure_of(chart).axes[0]
    desktop = axes.get_lines()[0]
    assert desktop.get_xdata().tolist()[:2] == [0, 1]
    assert desktop.get_ydata().tolist()[:2] == [150 / 200, 50 / 100]
    assert np.isnan(desktop.get_ydata()[2])
    assert axes.get_ylim()[0] == 0


def test_a_heatmap_and_its_colour_bar_have_one_scale(warehouse: str, connection: Any) -> None:
    heat = heat_of(connection, 3, Asked(DAY, "feed"))
    sheet = heat.sheets[0]
    scale = scale_of(heat, sheet)

    figure = figure_of_heat(heat)
    bar = figure.axes[-1]
    assert "log scale" in bar.get_ylabel()
    assert bar.get_ylim() == pytest.approx((100, 600))
    assert (scale.norm.vmin, scale.norm.vmax) == (100, 600)
    # The warmest cell has the last colour of the map.
    drawn = np.asarray(figure.axes[0].get_images()[0].get_array())
    row, column = np.unravel_index(np.nanargmax(sheet.picture.values), sheet.picture.values.shape)
    assert drawn[row, column].tolist() == pytest.approx(list(scale.colours()(1.0)))


def test_devices_share_one_scale_and_those_without_a_cursor_are_named(connection: Any) -> None:
    heat = by_device(connection, 3, Asked(DAY, "feed"))

    assert [sheet.name.split(" · ")[0] for sheet in heat.sheets] == ["desktop", "tablet", "pen"]
    scales = {(scale.norm.vmin, scale.norm.vmax) for scale in (scale_of(heat, sheet) for sheet in heat.sheets)}
    assert len(scales) == 1
    assert scales.pop()[1] == 900  # the tablet's one cell: the warmest of all
    assert "phone: no cell of cursor time is published." in heat.notes
    assert heat.notes[-1] == "The cursor, not the gaze."


def test_one_device_is_not_compared_with_itself(warehouse: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="leave out --device"):
        draw_heatmap(warehouse, DAY, "feed", by="device", device="desktop", output=tmp_path / "x.png")


def test_all_sheets_have_one_measure_of_length(connection: Any) -> None:
    figure = figure_of_heat(by_device(connection, 3, Asked(DAY, "feed")))

    sheets = [axes for axes in figure.axes if axes.get_images()]
    widths = [axes.get_position().width / (axes.get_xlim()[1] - axes.get_xlim()[0]) for axes in sheets]
    assert widths == pytest.approx([widths[0]] * len(widths))


@pytest.mark.parametrize("suffix", ["png", "svg", "html"])
@pytest.mark.parametrize("kind", ["heatmap", "position-curve", "dwell-distribution", "trend"])
def test_a_name_that_is_markup_or_a_formula_is_a_text(warehouse: str, tmp_path: Path, kind: str, suffix: str) -> None:
    if kind == "dwell-distribution":
        draw(warehouse, kind, tmp_path / f"a.{suffix}", surface=EVIL, measure="visible_ms")
    else:
        draw(warehouse, kind, tmp_path / f"a.{suffix}", surface=EVIL)

    content = (tmp_path / f"a.{suffix}").read_bytes()
    assert b"<script>alert" not in content
    if suffix == "svg":
        assert any("<script>alert(1)" in text and "\\frac{$" in text for text in texts(tmp_path / "a.svg"))


def test_long_names_keep_both_ends() -> None:
    shown = [named(f"layout-{'x' * 60}-{n}") for n in (1, 2)]

    assert shown[0] != shown[1]
    assert all(len(name) == 40 and name.startswith("layout-") for name in shown)
    assert named("x" * 40) == "x" * 40


def test_distributions_of_other_bins_are_no_traceback(warehouse: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="built under other edges"):
        draw_plot(warehouse, "dwell-distribution", Question(NEXT, NEXT), tmp_path / "x.png")


def test_an_older_release_is_drawn_as_it_was(warehouse: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no release 2 in .*; the newest is 3"):
        draw_heatmap(warehouse, DAY, "feed", release=2, output=tmp_path / "x.png")
    with pytest.raises(UsageError, match="there is no release 2"):
        draw_plot(warehouse, "trend", Question(), tmp_path / "x.png", release=2)
    assert "release 3" in draw_plot(warehouse, "trend", Question(NEXT, NEXT), tmp_path / "x.png", release=3)


@pytest.mark.parametrize("name", ["a.jpeg", "a", "a.html.gz"])
def test_a_file_of_no_known_kind_is_refused(warehouse: str, tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"must end in \.png, \.svg or \.html"):
        draw_plot(warehouse, "trend", Question(), tmp_path / name)


@pytest.mark.parametrize("name", ["a.png", "a.html"])
def test_a_file_that_cannot_be_written_is_told(warehouse: str, tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"cannot be written: No such file or directory\. Choose another --output"):
        draw_plot(warehouse, "trend", Question(), tmp_path / "no such folder" / name)
