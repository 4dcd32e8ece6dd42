from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from jobs.simulator.merge import merge_beacons, refusal, repaired_start_ms

Beacon = Callable[..., dict[str, Any]]
NOON_MS = 1_795_176_000_000
DAY = dt.date(2026, 11, 20)
DAY_MS = 86_400_000


def test_streams_are_ordered_by_time_then_beacon_then_position(beacon: Beacon) -> None:
    first = beacon(clicks=[(10, 1, 1, "a"), (30, 2, 2, "b"), (20, 3, 3, "c")])
    second = beacon(seq=1, beacon_id="b-1", clicks=[(20, 4, 4, "d"), (5, 5, 5, "e")])

    clicks = merge_beacons([second, first]).clicks

    assert clicks is not None
    assert [c.target for c in clicks] == ["e", "a", "c", "d", "b"]


def test_survivor_is_received_first_then_has_the_least_hash(beacon: Beacon) -> None:
    late = beacon(received_at_ms=NOON_MS + 9, line_sha256="00", state=[(1, "late")])
    early = beacon(received_at_ms=NOON_MS + 8, line_sha256="ff", state=[(1, "early")])
    twin = beacon(received_at_ms=NOON_MS + 8, line_sha256="fe", state=[(1, "twin")])

    merged = merge_beacons([late, early, twin])

    assert merged.state is not None
    assert [s.state for s in merged.state] == ["twin"]
    assert (merged.beacons_received, merged.beacons_duplicate, merged.beacons_conflicting) == (1, 2, 0)


def test_repeats_of_one_id_are_duplicates_and_other_ids_conflict(beacon: Beacon) -> None:
    beacons = [beacon(line_sha256=str(i), beacon_id=name) for i, name in enumerate("xxxyz")]
    beacons.append(beacon(seq=3, beacon_id="w"))

    merged = merge_beacons(beacons)

    assert (merged.beacons_received, merged.beacons_duplicate, merged.beacons_conflicting) == (2, 5 - 3, 3 - 1)
    assert merged.beacons_missing == 4 - 2


def test_stream_is_present_if_any_beacon_has_it(beacon: Beacon) -> None:
    merged = merge_beacons([beacon(scroll=None, clicks={}, state=[]), beacon(seq=1, scroll=[])])

    assert (merged.scroll, merged.clicks, merged.state, merged.items) == ([], None, [], None)


def test_context_is_the_lowest_beacons_and_the_document_the_largest(beacon: Beacon) -> None:
    low = beacon(seq=2, page={"surface": "feed", "document_h_px": 900})
    high = beacon(seq=5, page={"surface": "profile", "document_h_px": 2000}, is_last=True)

    merged = merge_beacons([high, low])

    assert merged.page == {"surface": "feed", "document_h_px": 2000}
    assert merged.is_closed
    assert merged.beacons_missing == 6 - 2


def test_purposes_are_what_every_beacon_allows(beacon: Beacon) -> None:
    def purposes(*consents: dict[str, Any]) -> list[str]:
        return merge_beacons([beacon(seq=i, consent=consent) for i, consent in enumerate(consents)]).purposes

    both = {"purposes": ["product_development", "ads"], "gpc": False}
    assert purposes(both, both) == ["ads", "product_development"]
    assert purposes(both, {"purposes": ["product_development"]}) == ["product_development"]
    assert purposes(both, {**both, "gpc": True}) == ["product_development"]


def test_last_description_of_an_item_replaces_the_one_before_as_a_whole(beacon: Beacon) -> None:
    first = beacon(item_meta=[{"item_id": "a", "topic": "film", "height_px": None}, {"item_id": "b"}])
    second = beacon(seq=1, item_meta=[{"item_id": "a", "height_px": 300}])

    assert merge_beacons([second, first]).item_meta == {"a": {"item_id": "a", "height_px": 300}, "b": {"item_id": "b"}}
    assert merge_beacons([beacon(item_meta=None)]).item_meta is None


def test_watched_time_is_the_longest_of_all_beacons(beacon: Beacon) -> None:
    assert merge_beacons([beacon(until=7000), beacon(until=5000, seq=1), beacon(seq=2)]).observed_until_ms == 7000


def test_beacons_of_two_page_views_are_refused(beacon: Beacon) -> None:
    with pytest.raises(ValueError, match="exactly one page view"):
        merge_beacons([beacon(), beacon(page_view_id="other")])


def test_device_clocks_error_cancels(beacon: Beacon) -> None:
    hours_off = beacon(started_at_ms=NOON_MS + 7_200_000, sent_at_ms=NOON_MS + 7_205_000, received_at_ms=NOON_MS + 5080)

    assert repaired_start_ms(hours_off) == NOON_MS + 80


def test_clock_that_ran_backwards_is_replaced_by_the_last_instant(beacon: Beacon) -> None:
    def start(elapsed: int) -> int:
        sent = {"sent_at_ms": NOON_MS + elapsed, "received_at_ms": NOON_MS + 9000}
        return repaired_start_ms(beacon(scroll=[(4000, 1), (3000, 1)], **sent)) - NOON_MS

    assert start(3000) == 9000 - 3000  # 1000 ms short of the last record: still believed
    assert start(2999) == 9000 - 4000


def test_beacon_is_too_late_after_three_days(beacon: Beacon) -> None:
    assert refusal(beacon(), DAY + dt.timedelta(days=3)) is None
    assert refusal(beacon(), DAY + dt.timedelta(days=4)) == "too_late"


def test_start_more_than_an_hour_after_the_landing_date_is_from_the_future(beacon: Beacon) -> None:
    elapsed = 100_000
    edge = NOON_MS + DAY_MS // 2 + 3_600_000 + elapsed

    assert refusal(beacon(received_at_ms=edge), DAY) is None
    assert refusal(beacon(received_at_ms=edge + 1), DAY) == "from_future"


def test_beacon_without_consent_is_withheld_before_anything_else(beacon: Beacon) -> None:
    assert refusal(beacon(consent=None), DAY + dt.timedelta(days=9)) == "withheld"
    assert refusal(beacon(consent={"purposes": ["ads"]}), DAY) == "withheld"
