"""Boundaries of the time base, of engagement, scroll depth and exposure (METRICS 1, 4, 6)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.steps.one_view import NOON_MS, view, views

HALF_HOUR_MS = 30 * 60_000


def visible(row: dict[str, Any]) -> list[tuple[int, int, str]]:
    """The visible intervals in ms since the start, with their end_reason."""
    noon = dt.datetime.fromtimestamp(NOON_MS / 1000, dt.UTC)
    ms = dt.timedelta(milliseconds=1)
    return [((v["started_at"] - noon) // ms, (v["ended_at"] - noon) // ms, v["end_reason"]) for v in row["visibility"]]


@pytest.mark.parametrize(
    ("until_ms", "end_ms"),
    [
        (None, 700),
        (699, 700),
        (701, 701),
        (700 + HALF_HOUR_MS, 700 + HALF_HOUR_MS),
        (701 + HALF_HOUR_MS, 700 + HALF_HOUR_MS),
    ],
)
def test_view_ends_with_its_last_event_or_half_an_hour_of_watching_after_it(until_ms: int | None, end_ms: int) -> None:
    row = view(until=until_ms, clicks=[(700, None, None, None)])

    assert (row["absolute_ms"], row["visible_ms"]) == (end_ms, end_ms)


def test_page_view_without_records_has_no_length() -> None:
    assert (view()["absolute_ms"], view()["visibility"], view(until=9)["absolute_ms"]) == (0, [], 9)


@pytest.mark.parametrize(("gap_ms", "is_gap"), [(HALF_HOUR_MS, False), (HALF_HOUR_MS + 1, True)])
def test_over_half_an_hour_without_events_is_not_looked_at(gap_ms: int, is_gap: bool) -> None:
    row = view(scroll=[(10, 0), (10 + gap_ms, 0), (30 + gap_ms, 0)])

    after = (10 + gap_ms, 30 + gap_ms, "last_seen")
    assert visible(row) == ([(0, 10, "gap"), after] if is_gap else [(0, 30 + gap_ms, "last_seen")])
    assert row["gap_ms"] == (gap_ms if is_gap else 0)
    assert row["visible_ms"] == 30 + (0 if is_gap else gap_ms)


def test_gap_is_measured_over_all_streams_and_from_the_start() -> None:
    """An unknown state is an event, and no more; the first record comes after 31 minutes."""
    late = HALF_HOUR_MS + 60_000

    assert view(clicks=[(late, 1, 1, None)])["gap_ms"] == late
    assert view(clicks=[(late, 1, 1, None)], state=[(60_000, "frozen")])["gap_ms"] == 0


#: States, and the visible intervals that follow from them.
STATES: list[tuple[list[tuple[int, str | None]], list[tuple[int, int, str]]]] = [
    ([(100, "hidden"), (300, "visible")], [(0, 100, "hidden"), (300, 900, "last_seen")]),
    ([(100, "background"), (300, "foreground")], [(0, 100, "background"), (300, 900, "last_seen")]),
    ([(100, "screen_off"), (300, "foreground")], [(0, 100, "screen_off"), (300, 900, "last_seen")]),
    ([(100, "background"), (100, "hidden")], [(0, 100, "hidden")]),
    ([(100, "background"), (200, "screen_off")], [(0, 100, "background")]),
    ([(100, "hidden"), (100, "visible")], [(0, 900, "last_seen")]),
    ([(100, "visible"), (100, "hidden")], [(0, 100, "hidden")]),
    ([(100, "hidden"), (200, "focused")], [(0, 100, "hidden")]),
    ([(100, "hidden"), (200, "foreground")], [(0, 100, "hidden")]),
    ([(0, "hidden"), (300, "visible")], [(300, 900, "last_seen")]),
    ([(100, "blurred"), (200, "frozen"), (300, None)], [(0, 900, "last_seen")]),
]


def test_page_is_visible_while_shown_and_in_the_foreground() -> None:
    rows = views(*({"until": 900, "state": states} for states, _ in STATES))

    for (states, expected), row in zip(STATES, rows, strict=True):
        assert visible(row) == expected, states


def test_closing_beacon_says_why_the_last_interval_ended() -> None:
    assert visible(view(until=900, is_last=True)) == [(0, 900, "closed")]
    assert visible(view(until=900, is_last=True, state=[(500, "hidden")])) == [(0, 500, "hidden")]


@pytest.mark.parametrize(("second_ms", "engaged_ms"), [(4999, 4999 + 5000), (5000, 10_000), (5001, 10_000)])
def test_engaged_time_is_the_union_of_five_seconds_after_each_input(second_ms: int, engaged_ms: int) -> None:
    row = view(until=60_000, pointer=[(0, 10, 10, None)], clicks=[(second_ms, 10, 10, None)])

    assert row["engaged_ms"] == engaged_ms


def test_engaged_time_needs_focus_and_visible_time_does_not() -> None:
    row = view(until=9000, scroll=[(0, 10)], state=[(1000, "blurred"), (1500, "focused"), (4000, "hidden")])

    assert (row["visible_ms"], row["engaged_ms"]) == (4000, 4000 - 500)


def test_records_without_a_position_are_events_and_no_inputs() -> None:
    row = view(
        until=9000,
        pointer=[(100, None, None, None)],
        clicks=[(200, 65535, 0, None)],
        scroll=[(300, None), (400, float("nan"))],
    )

    assert (row["absolute_ms"], row["engaged_ms"], row["scroll_depth_px"]) == (9000, 0, 0 + 640)


def test_engaged_time_is_null_if_no_input_is_measured() -> None:
    assert view(until=900, items=[], state=[])["engaged_ms"] is None
    assert [view(until=900, **{name: []})["engaged_ms"] for name in ("pointer", "clicks", "scroll")] == [0, 0, 0]


def test_scroll_depth_is_the_deepest_bottom_of_the_viewport() -> None:
    share_of_document_px = {None: None, 639: 1.0, 640: 1.0, 800: (100 + 640) / 800, 700: 1.0}
    pages = [{"surface": "feed", "document_h_px": px} for px in share_of_document_px]

    rows = views(*({"until": 900, "page": page, "scroll": [(0, -40), (100, 100), (200, 50)]} for page in pages))

    found = dict(zip(share_of_document_px, (row["scroll_depth_share"] for row in rows), strict=True))
    assert found == share_of_document_px
    assert {row["scroll_depth_px"] for row in rows} == {100 + 640}


def test_scroll_depth_is_at_least_the_first_screen_and_null_without_scroll() -> None:
    page = {"surface": "feed", "document_h_px": 1280}

    assert view(page=page, scroll=[(0, -40)])["scroll_depth_px"] == 640
    assert view(page=page, scroll=[])["scroll_depth_share"] == 640 / 1280
    assert (view(page=page)["scroll_depth_px"], view(page=page)["scroll_depth_share"]) == (None, None)


def test_document_row_is_exposed_while_it_lies_wholly_in_the_viewport() -> None:
    exposed = {
        (64, 0): [0, 1],
        (63.9, 0): [0],
        (64, 1): [1],
        (64, 32): [1, 2],
        (31.9, 0): [],
        (64, -32): [0],
        (64, -64): [],
    }

    rows = views(
        *(
            {"until": 700, "device": {"pointer": "mouse", "viewport_h_px": height_px}, "scroll": [(0, offset_px)]}
            for height_px, offset_px in exposed
        )
    )

    found = [[(e["cell_y"], e["visible_ms"]) for e in row["exposure"]] for row in rows]
    assert dict(zip(exposed, found, strict=True)) == {case: [(y, 700) for y in ys] for case, ys in exposed.items()}


def test_exposure_follows_the_scroll_offset_through_the_visible_time() -> None:
    """Rows 0-1 until 300, rows 1-2 until 1000 of which 200 hidden; without a viewport height nothing is known."""
    streams = {"scroll": [(300, 32)], "state": [(400, "hidden"), (600, "visible")]}

    row = view(until=1000, device={"viewport_h_px": 64}, **streams)

    assert {e["cell_y"]: e["visible_ms"] for e in row["exposure"]} == {0: 300, 1: 300 + 500, 2: 700 - 200}
    assert view(until=1000, device={}, **streams)["exposure"] is None
