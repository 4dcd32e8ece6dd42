"""The oracle's gestures and traffic class: page views of a few records, arithmetic by hand."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest

from jobs.simulator.dirt import ACCEPTED, Line
from jobs.simulator.oracle import expected_page_views, merge_beacons
from jobs.simulator.truth import TRUTH_COLUMNS, expected_rows, truth_schema
from tests.simulator.conftest import NOON_MS, make_beacon
from warehouse_schema.clean.page_views import PAGE_VIEWS

Row = Callable[..., dict[str, Any]]
HOUR_MS = 3_600_000
#: Columns that the simulator's truth leaves out: carried over from the lowest beacon, nothing is measured in them.
CARRIED_OVER = {"session_id", "url", "document_w_px", "document_h_px", "pointer_type", "platform", "viewport_w_px"}
CARRIED_OVER |= {"viewport_h_px", "user_agent", "app_version", "experiments", "is_clock_suspect", "key_id"}


@pytest.mark.parametrize(("dx", "gap_ms", "bursts"), [(29, 999, 1), (30, 999, 0), (29, 1000, 0)])
def test_three_near_clicks_are_a_rage(row: Row, dx: int, gap_ms: int, bursts: int) -> None:
    clicks = [(0, 0, 0, None), (1, 0, 0, None), (1 + gap_ms, dx, 0, None)]

    assert row(clicks=clicks)["rage_count"] == bursts


@pytest.mark.parametrize(("count", "events"), [(11, 0), (12, 1)])
def test_ten_reversals_are_a_thrash(row: Row, count: int, events: int) -> None:
    """12 samples have 11 steps, 10 of them in the other direction than the one before."""
    pointer = [(100 * number, 5 * (number % 2), 0, None) for number in range(count)]

    assert row(pointer=pointer)["thrash_count"] == events


def test_absent_streams_and_touch_are_not_measured(row: Row) -> None:
    assert (row(scroll=[])["rage_count"], row(scroll=[])["thrash_count"]) == (None, None)
    assert row(pointer=[], device={"pointer": "touch"})["thrash_count"] is None


def test_two_reasons_make_a_suspected_bot_and_one_does_not(row: Row) -> None:
    """200 samples every 8 ms: along a line that is a rhythm and a line, on a curve only a rhythm."""
    straight = row(pointer=[(8 * number, 2 * number, 0, None) for number in range(200)])
    curved = row(pointer=[(8 * number, number * number / 400, 0, None) for number in range(200)])

    assert (straight["traffic_class"], curved["traffic_class"]) == ("suspected_bot", "human")
    assert straight["traffic_reasons"] == ["collinear_steps", "constant_interval"]
    assert curved["traffic_reasons"] == ["constant_interval"]


def test_hours_add_up_over_a_visitors_page_views() -> None:
    """Hours 0 to 11 on one page view, 12 to 23 on another: only together they are a day without sleep."""
    midnight = dict.fromkeys(("started_at_ms", "sent_at_ms", "received_at_ms"), NOON_MS - 12 * HOUR_MS)
    later = dict.fromkeys(("sent_at_ms", "received_at_ms"), NOON_MS + 12 * HOUR_MS)
    halves = [
        make_beacon(page_view_id=f"p{first}", scroll=[(hour * HOUR_MS, 0) for hour in range(first, first + 12)])
        | midnight
        | later
        for first in (0, 12)
    ]

    together = expected_page_views(merge_beacons([half]) for half in halves)

    assert [row["traffic_reasons"] for row in together] == [["input_every_hour"], ["input_every_hour"]]
    assert [expected_page_views([merge_beacons([half])])[0]["traffic_reasons"] for half in halves] == [[], []]


def test_zone_entry_sums_hovers_and_clicks(row: Row) -> None:
    pointer = [(0, 9, 9, "nav"), (600, 9, 9, "story"), (800, 9, 9, "nav"), (1000, 9, 9, None)]
    clicks = [(1900, 9, 9, "nav"), (1950, 9, 9, "story")]

    [nav] = row(pointer=pointer, clicks=clicks, item_meta=[{"item_id": "story"}])["zone_views"]

    assert (nav["target"], nav["hover_count"], nav["long_hover_count"], nav["click_count"]) == ("nav", 2, 1, 1)
    assert (nav["dwell_ms"], nav["active_ms"], nav["hover_dwells_ms"]) == (600 + 200, 600 + 200, [600, 200])
    assert nav["unclicked_hover_count"] == 1  # the first ended 1300 ms before the click


def test_truth_holds_every_measured_column_without_flags() -> None:
    measured = {name for name in PAGE_VIEWS.column_names if name != "visitor_key"} | {"visitor_id"}

    assert set(TRUTH_COLUMNS) == measured - CARRIED_OVER
    assert "is_first_" not in str(truth_schema())


def test_truth_of_lines_knows_the_whole_date() -> None:
    hourly = make_beacon(scroll=[(hour * HOUR_MS, 0) for hour in range(24)])
    start_ms = NOON_MS - 12 * HOUR_MS
    sent_ms = start_ms + 23 * HOUR_MS
    beacon = hourly | {"started_at_ms": start_ms, "sent_at_ms": sent_ms, "received_at_ms": sent_ms}
    line = Line(dt.date(2026, 11, 20), sent_ms, ACCEPTED, json.dumps(beacon).encode())

    assert [row["traffic_reasons"] for row in expected_rows([line])] == [["input_every_hour"]]
