"""`hoverlake heatmap --compare`: what is compared, what is drawn of it, and what is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from jobs.errors import UsageError
from jobs.heatmap import draw_heatmap
from jobs.heatmap_compare import compared
from jobs.heatmap_groups import Asked
from jobs.heatmap_scale import scale_of
from jobs.heatmap_sheets import Heat
from tests.plots.warehouse import DAY, NEXT

LAYOUTS = ("feed-v7", "feed-v8")


@pytest.fixture(scope="module")
def layouts(connection: duckdb.DuckDBPyConnection) -> Heat:
    return compared(connection, 3, Asked(DAY, "feed"), LAYOUTS, panels=True)


def test_the_difference_is_of_what_the_mart_has(layouts: Heat) -> None:
    a, b, difference = (sheet.picture.values for sheet in layouts.sheets)

    # feed-v7: 600 + 400 ms in four cells of rows on screen for 2 s each; feed-v8: 1,200 ms, 4 s each.
    assert a[0, 2] == a[1, 3] == (600 + 400) / (4 * 2)
    assert b[0, 2] == 1200 / (4 * 4)
    assert difference[0, 2] == 75 - 125
    assert difference[2, 6] == 400 / (4 * 4) - 800 / (4 * 2)


def test_what_one_side_lacks_is_neutral_and_not_zero(layouts: Heat) -> None:
    difference = layouts.sheets[2].picture

    for row, column, why in ((0, 10, "only on A"), (2, 20, "only on B"), (6, 0, "no exposure on B")):
        assert np.isnan(difference.values[row, column]), why
        assert difference.is_unknown[row, column], why
    assert not difference.is_unknown[0, 2]
    assert not difference.is_unknown[0, 0] and np.isnan(difference.values[0, 0])  # neither side
    assert any("Hatched: on one side only" in note for note in layouts.notes)


def test_both_sides_share_one_scale_and_zero_is_the_middle_of_the_difference(layouts: Heat) -> None:
    a, b, difference = (scale_of(layouts, sheet) for sheet in layouts.sheets)

    assert (a.norm.vmin, a.norm.vmax) == (b.norm.vmin, b.norm.vmax)
    assert "log scale" in a.label and "log" not in difference.label
    assert difference.norm.vmin == -(difference.norm.vmax or 0)
    assert float(difference.norm(0.0)) == 0.5
    assert (0, "0") in [(value, words) for value, words in difference.ticks]


def test_the_words_say_what_was_compared_and_how_much_of_it(layouts: Heat) -> None:
    words = layouts.words

    assert "A feed-v7 · B feed-v8 · feed · desktop · viewport width <1440 px" in words
    assert "2026-11-20, release 3" in words
    # Of feed-v7 all but 500 + 100 of 2,400 drawn and 600 in its remainder is in squares with both sides.
    assert "A feed-v7: at least 70 visitors and 90 page views" in words
    assert f"{1800 / 3000:.1%} of its cursor time lies in squares compared" in words
    assert f"{600 / 3000:.1%} in groups too small to draw" in words
    assert layouts.notes[-1] == "The cursor, not the gaze."


def test_numbers_of_a_square_are_told_in_words(layouts: Heat) -> None:
    sheet = layouts.sheets[2]
    [spot] = [spot for spot in sheet.spots if (spot.x, spot.y) == (2, 0)]

    told = dict(zip(sheet.labels, spot.said, strict=True))
    assert told["B less A"] == "-50 ms per s on screen"
    assert told["A (feed-v7)"] == "125 ms per s on screen"
    assert told["visitors at least"] == "63 and 61"
    assert told["square"] == "64 × 64 px"


def test_dates_are_compared_without_a_date(warehouse: str, tmp_path: Path) -> None:
    words = draw_heatmap(warehouse, None, "feed", compare=(str(DAY), str(NEXT)), output=tmp_path / "dates.png")

    assert "A 2026-11-20 · B 2026-11-27 · feed · feed-v7 · desktop" in words
    assert "2026-11-20 and 2026-11-27" in words


def test_devices_are_compared_within_one_viewport_class_and_layout(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    heat = compared(connection, 3, Asked(DAY, "feed"), ("desktop", "tablet"), panels=False)

    assert heat.title == "A desktop · B tablet · feed · feed-v7 · viewport width <1440 px"
    assert [sheet.kind for sheet in heat.sheets] == ["difference"]
    assert heat.sheets[0].picture.values[1, 2] == 900 / 1 - 600 / 2


@pytest.mark.parametrize(
    ("compare", "more", "words"),
    [
        (("feed-v7", "feed-v7"), {}, "both are the same"),
        ((str(DAY), str(DAY)), {"date": None}, "both are the same"),
        (
            ("feed-v7", "feed-v9"),
            {},
            "neither two dates, nor two layouts or two devices of feed on 2026-11-20. Layouts: .*v8",
        ),
        (("feed-v7", "desktop"), {}, "neither two dates, nor two layouts or two devices"),
        (("feed-v7", "2026-11-20"), {"date": None}, "one is a date and one is not"),
        (("feed-v7", "feed-v8"), {"date": None}, "on which date"),
        ((str(DAY), str(NEXT)), {}, "names the dates: leave out --date"),
        ((str(DAY), "2026-11-21"), {"date": None}, "no event_date 2026-11-21 .* There is: 2026-11-20, 2026-11-27"),
        (("20261120", "2026-11-27"), {"date": None}, "one is a date and one is not"),
        (LAYOUTS, {"layout": "feed-v7"}, "--layout is what --compare compares"),
        (("desktop", "phone"), {}, "touch has no hover"),
        (("desktop", "pen"), {}, "no viewport class has both.*--by device"),
        (("desktop", "phone"), {"surface": "odd"}, "two layouts and two devices"),
        (LAYOUTS, {"space": "viewport"}, "known for rows of the document only"),
        (LAYOUTS, {"by": "device"}, "two pictures"),
        (LAYOUTS, {"over": Path("page.png")}, "leave out --compare"),
        (None, {"panels": True}, "give --compare"),
        (("'; drop table x; --", "<b>"), {}, "neither two dates"),
        (("a\x1b[31m", "b\n"), {}, r"a\\x1b\[31m b\\n: neither"),
    ],
)
def test_what_cannot_be_compared_is_explained(
    warehouse: str, tmp_path: Path, compare: tuple[str, str] | None, more: dict[str, Any], words: str
) -> None:
    asked = {"date": str(DAY), "surface": "feed", "output": tmp_path / "x.png"} | more

    with pytest.raises(UsageError, match=words):
        draw_heatmap(warehouse, compare=compare, **asked)

    assert not (tmp_path / "x.png").exists()


def test_without_a_square_of_both_sides_nothing_is_drawn(warehouse: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="left and right have no square in which both are published"):
        draw_heatmap(warehouse, DAY, "apart", compare=("left", "right"), output=tmp_path / "x.png")
