"""Boundaries of the cursor kernel (METRICS 2), each with a case on either side."""

from __future__ import annotations

from typing import Any

import pytest

from tests.steps.one_view import dwells, view, views


def stays(row: dict[str, Any]) -> list[int]:
    return [c["stay_count"] for c in row["heat_cells"] if c["space"] == "viewport"]


@pytest.mark.parametrize(("gap_ms", "dwell_ms"), [(4999, 4999), (5000, 5000), (5001, 5000)])
def test_rest_is_the_gap_to_the_next_record_but_five_seconds_at_most(gap_ms: int, dwell_ms: int) -> None:
    row = view(until=gap_ms, pointer=[(0, 10, 10, None), (gap_ms, 40, 10, None)])

    assert dwells(row, "viewport") == {(0, 0): dwell_ms, (1, 0): 0}


@pytest.mark.parametrize(("gap_ms", "active_ms"), [(999, 999), (1000, 1000), (1001, 1000)])
def test_active_part_ends_a_second_after_the_sample(gap_ms: int, active_ms: int) -> None:
    row = view(until=gap_ms, pointer=[(0, 10, 10, None)])

    assert [c["active_ms"] for c in row["heat_cells"]] == [active_ms, active_ms]


def test_active_part_is_counted_from_the_sample_not_from_the_scroll() -> None:
    row = view(until=3000, pointer=[(0, 10, 10, None)], scroll=[(800, 64), (2000, 128)])

    active = {c["cell_y"]: c["active_ms"] for c in row["heat_cells"] if c["space"] == "document"}
    assert active == {0: 800, 2: 1000 - 800, 4: 0}


def test_position_is_known_if_finite_and_possible() -> None:
    is_known_of_px = {
        **dict.fromkeys((0, -1, 65534, 65535.5, 100_000, -100_000), True),
        **dict.fromkeys((65535, 100_000.5, -100_001, None, float("nan"), float("inf")), False),
    }
    cases = [(at, is_known) for px, is_known in is_known_of_px.items() for at in ((px, 10), (10, px))]

    rows = views(*({"until": 100, "pointer": [(0, *at, None)]} for at, _ in cases))

    for (at, is_known), row in zip(cases, rows, strict=True):
        assert row["unknown_position_count"] == (0 if is_known else 1), at
        assert len(row["heat_cells"]) == (2 if is_known else 0), at


def test_unknown_position_ends_the_rest_and_breaks_stay_and_hover() -> None:
    samples = [(0, 10, 10, "a"), (100, None, None, None), (120, 10, 10, "a")]

    broken = view(until=220, pointer=samples)
    whole = view(until=220, pointer=[s for s in samples if s[1] is not None])

    assert (dwells(broken, "viewport"), stays(broken), broken["hovers"]) == ({(0, 0): 100 + 100}, [0], [])
    assert (dwells(whole, "viewport"), stays(whole)) == ({(0, 0): 120 + 100}, [1])
    assert [h["dwell_ms"] for h in whole["hovers"]] == [120 + 100]


@pytest.mark.parametrize(("second_ms", "stay_count"), [(49, 0), (50, 1)])
def test_stay_needs_150_ms_in_one_cell(second_ms: int, stay_count: int) -> None:
    row = view(until=100 + second_ms, pointer=[(0, 10, 10, None), (100, 31, 31, None)])

    assert dwells(row, "viewport") == {(0, 0): 100 + second_ms}
    assert stays(row) == [stay_count]


@pytest.mark.parametrize(("dwell_ms", "is_long"), [(149, None), (150, False), (499, False), (500, True)])
def test_hover_needs_150_ms_and_is_long_from_500(dwell_ms: int, is_long: bool | None) -> None:
    row = view(until=9000, pointer=[(1000, 10, 10, "a"), (1000 + dwell_ms, 10, 10, None)])

    assert [h["is_long"] for h in row["hovers"]] == ([] if is_long is None else [is_long])


@pytest.mark.parametrize(("gap_ms", "sample_counts"), [(5000, [2]), (5001, [1, 1])])
def test_samples_over_five_seconds_apart_are_two_hovers(gap_ms: int, sample_counts: list[int]) -> None:
    row = view(until=gap_ms + 200, pointer=[(0, 10, 10, "a"), (gap_ms, 10, 10, "a")])

    assert [h["sample_count"] for h in row["hovers"]] == sample_counts


@pytest.mark.parametrize(("shown_again_ms", "dwell_ms"), [(300, [200 + 400]), (301, [200 + 399])])
def test_state_without_length_does_not_exist(shown_again_ms: int, dwell_ms: list[int]) -> None:
    """Hidden at 300, at the second sample; shown again at once, or a millisecond later, which that rest lacks."""
    pointer = [(100, 10, 10, "a"), (300, 10, 10, "a")]

    row = view(until=700, pointer=pointer, state=[(300, "hidden"), (shown_again_ms, "visible")])

    assert [h["dwell_ms"] for h in row["hovers"]] == dwell_ms


def test_hidden_tab_between_two_samples_makes_two_hovers() -> None:
    pointer = [(0, 10, 10, "a"), (1000, 10, 10, "a")]

    hidden = view(until=1200, pointer=pointer, state=[(300, "hidden"), (400, "visible")])
    blurred = view(until=1200, pointer=pointer, state=[(300, "blurred"), (400, "focused")])

    assert [h["dwell_ms"] for h in hidden["hovers"]] == [1000 - 100, 200]
    assert [h["dwell_ms"] for h in blurred["hovers"]] == [1000 + 200]


def test_scroll_ends_the_target_dwell_but_not_the_hover() -> None:
    pointer = [(0, 10, 10, "a"), (1000, 10, 10, "a")]

    row = view(until=1100, pointer=pointer, scroll=[(200, 64)])
    at_once = view(until=1100, pointer=pointer, scroll=[(0, 64)])

    assert [(h["dwell_ms"], h["sample_count"]) for h in row["hovers"]] == [(200 + 100, 2)]
    assert [h["dwell_ms"] for h in at_once["hovers"]] == [
        1000 + 100
    ]  # a scroll at the sample's own instant was before it


def test_hover_is_clicked_from_its_start_to_a_second_after_its_end() -> None:
    """The hover lasts from 100 to 400: clicks count until 400 + 1000."""
    expected = {
        (99, "a"): False,
        (100, "a"): True,
        (1400, "a"): True,
        (1401, "a"): False,
        (300, "b"): False,
        (300, None): False,
    }
    pointer = [(100, 10, 10, "a"), (400, 10, 10, None)]

    rows = views(*({"until": 9000, "pointer": pointer, "clicks": [(t, None, None, target)]} for t, target in expected))

    found = [[hover["is_clicked"] for hover in row["hovers"]] for row in rows]
    assert dict(zip(expected, found, strict=True)) == {click: [is_clicked] for click, is_clicked in expected.items()}


def test_hover_is_neither_clicked_nor_unclicked_without_clicks() -> None:
    pointer = [(0, 10, 10, "a")]

    assert [h["is_clicked"] for h in view(until=200, pointer=pointer)["hovers"]] == [None]
    assert [h["is_clicked"] for h in view(until=200, pointer=pointer, clicks=[])["hovers"]] == [False]


def test_rest_is_cut_at_scrolls_in_the_document_only() -> None:
    """Offsets 64 and 64.5 leave the cursor at y 10 in row 2; -40 brings row floor((10 - 40) / 32) = -1."""
    row = view(until=1000, pointer=[(0, 10, 10, None)], scroll=[(400, 64), (700, 64.5), (900, -40), (950, None)])

    assert dwells(row, "viewport") == {(0, 0): 1000}
    assert dwells(row, "document") == {(0, 0): 400, (0, 2): 300 + 200, (0, -1): 100}


def test_scroll_while_hidden_makes_no_cell_without_time_or_sample() -> None:
    """The rest goes on to 900, hidden from 100: only the piece before the scroll has a sample and time."""
    pointer = [(0, 10, 10, None)]

    hidden = view(until=900, pointer=pointer, scroll=[(200, 64)], state=[(100, "hidden")])
    shown = view(until=900, pointer=pointer, scroll=[(200, 64)])

    assert dwells(hidden, "document") == {(0, 0): 100}
    assert dwells(shown, "document") == {(0, 0): 200, (0, 2): 700}


def test_cells_are_floors_also_left_of_zero() -> None:
    row = view(until=0, pointer=[(0, -0.5, 31.99, None), (0, 32, -32, None), (0, 0, -32.5, None)])

    assert set(dwells(row, "viewport")) == {(-1, 0), (1, -1), (0, -2)}


def test_identical_samples_are_real_and_both_counted() -> None:
    row = view(until=300, pointer=[(0, 10, 10, None), (0, 10, 10, None)])

    assert [(c["sample_count"], c["dwell_ms"]) for c in row["heat_cells"]] == [(2, 300), (2, 300)]


def test_samples_and_clicks_out_of_view_are_counted_without_time() -> None:
    row = view(until=900, pointer=[(200, 10, 10, None)], clicks=[(300, 10, 10, None)], state=[(100, "hidden")])

    assert [(c["sample_count"], c["click_count"], c["dwell_ms"]) for c in row["heat_cells"]] == [(1, 1, 0), (1, 1, 0)]


def test_touch_has_clicks_but_no_cursor() -> None:
    streams = {"pointer": [(0, 10, 10, "a")], "clicks": [(100, 10, 10, "a")]}
    touch = {"type": "phone", "pointer": "touch", "viewport_h_px": 640}

    finger, mouse = view(until=500, device=touch, **streams), view(until=500, **streams)

    measures = ("dwell_ms", "active_ms", "sample_count", "stay_count", "click_count")
    assert [[c[m] for m in measures] for c in finger["heat_cells"]] == [[None, None, None, None, 1]] * 2
    assert finger["hovers"] is None
    assert [[c[m] for m in measures] for c in mouse["heat_cells"]] == [[500, 500, 1, 1, 1]] * 2
    assert len(mouse["hovers"]) == 1


def test_streams_that_are_absent_are_null_and_empty_ones_are_nothing() -> None:
    absent, empty = view(until=500), view(until=500, pointer=[], clicks=[])

    assert (absent["heat_cells"], absent["hovers"], absent["clicks"]) == (None, None, None)
    assert (empty["heat_cells"], empty["hovers"], empty["clicks"]) == ([], [], [])
    assert (absent["unknown_position_count"], empty["unknown_position_count"]) == (None, 0)
