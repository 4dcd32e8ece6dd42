"""Visitors that never sleep (METRICS 5): input in all 24 hours of an event date, in both implementations."""

from __future__ import annotations

from typing import Any

import pytest

from tests.steps.one_view import NOON_MS, beacon
from tests.steps.plain_rows import agreed_rows
from tests.steps.strategies import RawBeacon

Records = list[tuple[Any, ...]]
LOST = (None, None, None)
HOUR_MS = 3_600_000
MIDNIGHT_MS = NOON_MS - 12 * HOUR_MS


def day_view(page_view_id: str, scroll: Records, start_ms: int = MIDNIGHT_MS, **changes: Any) -> RawBeacon:
    """A page view from `start_ms` on, sent after its last record."""
    raw = beacon(page_view_id=page_view_id, scroll=scroll, **changes)
    sent_ms = start_ms + scroll[-1][0]
    return raw | {"started_at_ms": start_ms, "sent_at_ms": sent_ms, "received_at_ms": sent_ms}


def hourly(hours: range, within_ms: int = 0) -> Records:
    return [(hour * HOUR_MS + within_ms, 9) for hour in hours]


def sleepless(*beacons: RawBeacon) -> list[bool]:
    return ["input_every_hour" in row["traffic_reasons"] for row in agreed_rows(beacons)]


@pytest.mark.parametrize(("hours", "found"), [(range(24), True), (range(23), False), (range(1, 25), False)])
def test_input_in_all_hours_of_the_event_date_is_a_reason(hours: range, found: bool) -> None:
    assert sleepless(day_view("p", hourly(hours))) == [found]
    assert sleepless(day_view("p", hourly(hours, HOUR_MS - 1))) == [found]


def test_hours_add_up_over_the_page_views_of_a_visitor_and_each_of_them_gets_the_reason() -> None:
    morning, evening = day_view("p1", hourly(range(13))), day_view("p2", hourly(range(13, 24)))
    quiet = day_view("p3", [(0, None)])

    assert sleepless(morning, evening, quiet) == [True, True, True]
    assert sleepless(morning, evening | {"visitor_id": "w"}) == [False, False]


def test_hours_after_the_event_date_and_page_views_of_other_dates_do_not_count() -> None:
    """The date's last hour is seen by a page view that began before midnight of another date, or not at all."""
    day = day_view("p1", hourly(range(23)))
    long_evening = day_view("p2", [(0, 9), *[(t + 1, 9) for t, _ in hourly(range(24))]], MIDNIGHT_MS - 1)
    next_day = day_view("p3", hourly(range(23, 24)), MIDNIGHT_MS + 24 * HOUR_MS)

    assert sleepless(day, long_evening, next_day) == [False, False, False]


def test_inputs_are_samples_scrolls_and_clicks_of_known_place() -> None:
    rest, click = hourly(range(2, 24)), [(HOUR_MS, 5, 5, None)]
    known = day_view("p", rest, pointer=[(0, 5, 5, None)], clicks=click)

    assert sleepless(known) == [True]
    assert sleepless(known | {"device": {"pointer": "touch"}}) == [True]
    assert sleepless(day_view("p", rest, pointer=[(0, *LOST)], clicks=click)) == [False]
    assert sleepless(day_view("p", rest, pointer=[(0, 5, 5, None)], clicks=[(HOUR_MS, *LOST)])) == [False]
    assert sleepless(day_view("p", [(0, None), (HOUR_MS, 9), *rest])) == [False]
