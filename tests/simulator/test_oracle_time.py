from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
HALF_HOUR = 30 * 60_000
Row = Callable[..., dict[str, Any]]


def at(ms: int) -> dt.datetime:
    return NOON + dt.timedelta(milliseconds=ms)


def test_watching_lasts_until_the_flush_but_at_most_30_minutes_after_the_last_event(row: Row) -> None:
    assert row(until=4000, scroll=[(1000, 0)])["absolute_ms"] == 4000
    assert row(until=500, scroll=[(1000, 0)])["absolute_ms"] == 1000
    assert row(until=None, scroll=[(1000, 0)])["absolute_ms"] == 1000
    assert row(until=9_000_000, scroll=[(1000, 0)])["absolute_ms"] == 1000 + HALF_HOUR


def test_page_view_without_records_lasts_as_long_as_it_was_watched(row: Row) -> None:
    view = row(until=2500)

    assert (view["absolute_ms"], view["visible_ms"], view["engaged_ms"]) == (2500, 2500, None)
    assert (view["heat_cells"], view["hovers"], view["item_views"], view["clicks"]) == (None, None, None, None)


def test_more_than_30_minutes_without_an_event_is_a_gap(row: Row) -> None:
    view = row(until=HALF_HOUR + 5000, scroll=[(1000, 0), (1000 + HALF_HOUR + 1, 50)])

    assert view["gap_ms"] == HALF_HOUR + 1
    assert view["visible_ms"] == 1000 + (5000 - 1001)
    assert [v["end_reason"] for v in view["visibility"]] == ["gap", "last_seen"]


def test_exactly_30_minutes_without_an_event_is_no_gap(row: Row) -> None:
    view = row(scroll=[(1000, 0), (1000 + HALF_HOUR, 50)])

    assert (view["gap_ms"], view["visible_ms"]) == (0, 1000 + HALF_HOUR)


def test_null_position_null_offset_and_unknown_state_are_events(row: Row) -> None:
    assert row(pointer=[(700, None, None, None)])["absolute_ms"] == 700
    assert row(scroll=[(800, None)])["absolute_ms"] == 800
    assert row(state=[(900, "dozing")])["absolute_ms"] == 900


def test_hidden_tab_is_not_visible_time(row: Row) -> None:
    view = row(until=10_000, state=[(2000, "hidden"), (5000, "visible")], is_last=True)

    assert view["visible_ms"] == 2000 + 5000
    assert view["visibility"] == [
        {"started_at": at(0), "ended_at": at(2000), "end_reason": "hidden"},
        {"started_at": at(5000), "ended_at": at(10_000), "end_reason": "closed"},
    ]


def test_of_several_states_at_one_instant_the_last_of_each_flag_holds(row: Row) -> None:
    view = row(until=9000, state=[(2000, "hidden"), (2000, "visible"), (4000, "visible"), (4000, "hidden")])

    assert view["visible_ms"] == 4000
    assert len(view["visibility"]) == 1


def test_hidden_goes_before_background_as_the_reason(row: Row) -> None:
    both = row(until=9000, state=[(2000, "background"), (2000, "hidden")])
    dark = row(until=9000, state=[(2000, "screen_off"), (6000, "foreground"), (8000, "background")])

    assert [v["end_reason"] for v in both["visibility"]] == ["hidden"]
    assert [v["end_reason"] for v in dark["visibility"]] == ["screen_off", "background"]


def test_page_without_state_is_taken_as_visible_and_says_so(row: Row) -> None:
    view = row(until=3000, scroll=[])

    assert (view["is_state_measured"], view["visible_ms"], view["engaged_ms"]) == (False, 3000, 0)


def test_engaged_time_is_the_union_of_five_seconds_after_inputs(row: Row) -> None:
    view = row(
        until=30_000, pointer=[(1000, 1, 1, None), (4000, 2, 2, None), (20_000, None, None, None)], scroll=[(15_000, 3)]
    )

    assert view["engaged_ms"] == (9000 - 1000) + 5000


def test_blurred_window_is_seen_but_not_engaged(row: Row) -> None:
    view = row(until=30_000, clicks=[(1000, 1, 1, None)], state=[(2000, "blurred"), (3000, "focused")])

    assert (view["visible_ms"], view["engaged_ms"]) == (30_000, 1000 + 3000)


def test_engaged_time_ends_with_the_view(row: Row) -> None:
    assert row(until=3000, clicks=[(1000, 1, 1, None)])["engaged_ms"] == 2000


def test_scroll_depth_is_the_lowest_bottom_of_the_viewport(row: Row) -> None:
    view = row(scroll=[(0, 100), (10, 900), (20, None), (30, -50)], page={"document_h_px": 3080})

    assert (view["scroll_depth_px"], view["scroll_depth_share"]) == (900 + 640, 1540 / 3080)
    assert row(scroll=[(0, -50)], page={})["scroll_depth_px"] == 640
    assert row(scroll=[], page={"document_h_px": 600})["scroll_depth_share"] == 1.0
    assert row(scroll=[(0, 9000)], page={"document_h_px": 700})["scroll_depth_share"] == 1.0
    assert row(page={"document_h_px": 600})["scroll_depth_px"] is None


def test_missing_keys_are_named_none(row: Row) -> None:
    view = row(until=1, page={}, device={})

    assert (view["surface"], view["layout_id"], view["device_type"], view["viewport_class"]) == ("(none)",) * 4


def test_viewport_classes_end_below_their_number(row: Row) -> None:
    def of(width: int) -> str:
        return str(row(until=1, device={"viewport_w_px": width})["viewport_class"])

    assert [of(479), of(480), of(1919), of(1920)] == ["<480", "<768", "<1920", ">=1920"]


def test_bot_that_names_itself_is_labelled(row: Row) -> None:
    google = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"

    assert row(until=1, device={"user_agent": google})["traffic_class"] == "declared_bot"
    assert row(until=1, device={"user_agent": None})["traffic_class"] == "human"
