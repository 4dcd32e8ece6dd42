from __future__ import annotations

from collections.abc import Callable
from typing import Any

Row = Callable[..., dict[str, Any]]
Cells = dict[tuple[str, int, int], dict[str, Any]]


def cells(view: dict[str, Any]) -> Cells:
    return {(c["space"], c["cell_x"], c["cell_y"]): c for c in view["heat_cells"]}


def dwells(view: dict[str, Any], space: str) -> dict[tuple[int, int], int]:
    return {key[1:]: c["dwell_ms"] for key, c in cells(view).items() if key[0] == space}


def test_rest_lasts_until_the_next_sample_and_the_last_until_the_end(row: Row) -> None:
    view = row(until=3000, pointer=[(0, 10, 10, None), (1200, 40, 10, None)])

    assert dwells(view, "viewport") == {(0, 0): 1200, (1, 0): 3000 - 1200}
    assert [c["active_ms"] for c in view["heat_cells"]] == [1000, 1000, 1000, 1000]


def test_rest_is_five_seconds_at_most(row: Row) -> None:
    view = row(until=90_000, pointer=[(0, 10, 10, None), (9000, 40, 10, None)])

    assert dwells(view, "viewport") == {(0, 0): 5000, (1, 0): 5000}


def test_unknown_position_ends_the_rest_and_is_counted(row: Row) -> None:
    view = row(
        until=9000,
        pointer=[(0, 10, 10, None), (300, None, None, None), (500, 65535, 65535, None), (600, 40, 1e6, None)],
    )

    assert dwells(view, "viewport") == {(0, 0): 300}
    assert view["unknown_position_count"] == 3


def test_scroll_under_a_still_cursor_moves_the_rest_in_the_document(row: Row) -> None:
    view = row(until=1000, pointer=[(0, 10, 10, None)], scroll=[(400, 64), (700, 64.5), (900, 128)])

    assert dwells(view, "viewport") == {(0, 0): 1000}
    assert dwells(view, "document") == {(0, 0): 400, (0, 2): 300 + 200, (0, 4): 100}
    assert cells(view)["document", 0, 2]["stay_count"] == 1
    assert cells(view)["document", 0, 2]["sample_count"] == 0
    assert cells(view)["document", 0, 4]["stay_count"] == 0


def test_active_part_is_counted_from_the_sample_not_from_the_scroll(row: Row) -> None:
    view = row(until=3000, pointer=[(0, 10, 10, None)], scroll=[(800, 64), (2000, 128)])

    active = {key[2]: c["active_ms"] for key, c in cells(view).items() if key[0] == "document"}
    assert active == {0: 800, 2: 1000 - 800, 4: 0}


def test_scroll_in_a_hidden_tab_makes_no_entry_without_time(row: Row) -> None:
    view = row(until=3000, pointer=[(100, 10, 10, None)], scroll=[(200, 64)], state=[(50, "hidden")])

    assert dwells(view, "document") == {(0, 0): 0}


def test_scroll_at_the_sample_s_own_instant_counts_before_it(row: Row) -> None:
    view = row(until=1000, pointer=[(400, 10, 10, None)], scroll=[(400, 64)])

    assert dwells(view, "document") == {(0, 2): 600}


def test_scroll_without_offset_cuts_nothing(row: Row) -> None:
    view = row(until=1000, pointer=[(0, 10, 10, "nav")], scroll=[(400, None)])

    assert dwells(view, "document") == {(0, 0): 1000}
    assert view["hovers"][0]["dwell_ms"] == 1000


def test_positions_left_of_the_viewport_have_negative_cells(row: Row) -> None:
    view = row(until=10, pointer=[(0, -1, -33, None)])

    assert dwells(view, "viewport") == {(-1, -2): 10}


def test_two_rests_in_one_cell_are_one_stay_if_together_long_enough(row: Row) -> None:
    long_enough = row(until=900, pointer=[(0, 1, 1, None), (100, 2, 2, None), (150, 40, 1, None)])
    too_short = row(until=900, pointer=[(0, 1, 1, None), (100, 2, 2, None), (149, 40, 1, None)])

    assert cells(long_enough)["viewport", 0, 0]["stay_count"] == 1
    assert cells(too_short)["viewport", 0, 0]["stay_count"] == 0


def test_break_ends_a_stay(row: Row) -> None:
    apart = row(until=5300, pointer=[(0, 1, 1, None), (5001, 2, 2, None)])
    close = row(until=5300, pointer=[(0, 1, 1, None), (5000, 2, 2, None)])
    hidden = row(until=500, pointer=[(0, 1, 1, None), (300, 2, 2, None)], state=[(250, "hidden"), (260, "visible")])
    left = row(until=900, pointer=[(0, 1, 1, None), (200, None, None, None), (300, 1, 1, None)])

    assert [cells(v)["viewport", 0, 0]["stay_count"] for v in (apart, close, hidden, left)] == [2, 1, 2, 2]


def test_visit_to_another_cell_of_no_length_splits_a_stay(row: Row) -> None:
    view = row(until=400, pointer=[(0, 1, 1, None), (200, 40, 1, None), (200, 1, 1, None)])

    assert cells(view)["viewport", 0, 0]["stay_count"] == 2
    assert (
        cells(view)["viewport", 1, 0] | {"dwell_ms": 0, "sample_count": 1, "stay_count": 0}
        == cells(view)["viewport", 1, 0]
    )


def test_sample_in_a_hidden_tab_counts_without_time(row: Row) -> None:
    view = row(until=2000, pointer=[(1000, 1, 1, None)], state=[(500, "hidden")])

    cell = cells(view)["viewport", 0, 0]
    assert (cell["sample_count"], cell["dwell_ms"], cell["active_ms"]) == (1, 0, 0)


def test_clicks_count_in_their_own_cell_and_offset(row: Row) -> None:
    view = row(
        until=50, pointer=[], clicks=[(10, 1, 1, None), (30, 1, 1, None), (40, None, None, "nav")], scroll=[(20, 320)]
    )

    assert {key: c["click_count"] for key, c in cells(view).items()} == {
        ("document", 0, 0): 1,
        ("document", 0, 10): 1,
        ("viewport", 0, 0): 2,
    }
    assert cells(view)["viewport", 0, 0]["dwell_ms"] == 0


def test_touch_has_clicks_and_no_hover(row: Row) -> None:
    view = row(until=900, pointer=[(0, 1, 1, "nav")], clicks=[(0, 1, 1, "nav")], device={"pointer": "touch"})

    assert view["hovers"] is None
    assert view["heat_cells"][0] == {
        "space": "document", "cell_x": 0, "cell_y": 0, "dwell_ms": None, "active_ms": None,
        "sample_count": None, "stay_count": None, "click_count": 1,
    }  # fmt: skip
    assert view["engaged_ms"] == 900
    assert row(until=900, pointer=[(0, 1, 1, None)], device={"pointer": "touch"})["heat_cells"] is None


def test_clicks_that_are_not_measured_are_null_not_zero(row: Row) -> None:
    view = row(until=900, pointer=[(0, 1, 1, "nav")])

    assert view["heat_cells"][0]["click_count"] is None
    assert view["hovers"][0]["is_clicked"] is None


def test_hover_is_a_run_on_one_target(row: Row) -> None:
    pointer = [
        (0, 1, 1, "nav"),
        (100, 2, 2, "nav"),
        (700, 3, 3, "a"),
        (800, 4, 4, None),
        (900, 5, 5, "a"),
        (1050, 6, 6, None),
    ]
    view = row(until=1100, pointer=pointer, clicks=[])

    assert view["hovers"] == [
        {
            "target": "nav",
            "start_ms": 0,
            "dwell_ms": 100 + 600,
            "active_ms": 700,
            "sample_count": 2,
            "is_long": True,
            "is_clicked": False,
        },
        {
            "target": "a",
            "start_ms": 900,
            "dwell_ms": 150,
            "active_ms": 150,
            "sample_count": 1,
            "is_long": False,
            "is_clicked": False,
        },
    ]


def test_after_a_scroll_the_target_is_unknown_until_the_next_sample(row: Row) -> None:
    view = row(until=3000, pointer=[(0, 1, 1, "a"), (1000, 1, 1, "a")], scroll=[(200, 50), (300, 80)])

    assert [(h["dwell_ms"], h["active_ms"], h["sample_count"]) for h in view["hovers"]] == [(200 + 2000, 200 + 1000, 2)]


def test_click_within_a_second_after_the_hover_belongs_to_it(row: Row) -> None:
    def is_clicked(t: int, target: str = "a") -> bool:
        view = row(until=9000, pointer=[(100, 1, 1, "a"), (400, 1, 1, None)], clicks=[(t, None, None, target)])
        return bool(view["hovers"][0]["is_clicked"])

    assert [is_clicked(99), is_clicked(100), is_clicked(1400), is_clicked(1401), is_clicked(200, "b")] == [
        False, True, True, False, False,
    ]  # fmt: skip
