"""How beacons become one page view: repeats, rivals, gaps, context and purposes (METRICS 1, 4)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.steps.one_view import NOON_MS, beacon, item
from tests.steps.plain_rows import Row, agreed_rows, kernel_rows
from tests.steps.strategies import RawBeacon


def one_row(*beacons: RawBeacon) -> Row:
    (row,) = kernel_rows(beacons)
    return row


def counts(row: Row) -> tuple[int, int, int, int]:
    return (
        row["beacons_received"],
        row["beacons_missing"],
        row["beacons_duplicate"],
        row["beacons_conflicting"],
    )


def received(later_ms: int, **changes: Any) -> RawBeacon:
    """The beacon of `one_view`, received and sent so much later."""
    at_ms = NOON_MS + 10**8 + later_ms
    return beacon(sent_at_ms=at_ms, received_at_ms=at_ms, **changes)


@pytest.mark.parametrize(
    ("again", "expected"),
    [
        ([], (1, 0, 0, 0)),
        ([received(0)], (1, 0, 1, 0)),
        ([received(5), received(9)], (1, 0, 2, 0)),
        ([received(5, beacon_id="other")], (1, 0, 0, 1)),
        ([received(5, beacon_id="other"), received(7, beacon_id="other")], (1, 0, 1, 1)),
        ([received(5, seq=1)], (2, 0, 0, 0)),
        ([received(5, seq=4, beacon_id="b-4")], (2, 3, 0, 0)),
    ],
)
def test_repeats_rivals_and_missing_numbers_are_counted(
    again: list[RawBeacon], expected: tuple[int, int, int, int]
) -> None:
    """Received, missing, duplicate (same seq and beacon_id), conflicting (same seq, other beacon_id)."""
    assert counts(one_row(received(0), *again)) == expected


def test_lowest_number_that_never_came_is_missing_too() -> None:
    assert counts(one_row(beacon(seq=2))) == (1, 2, 0, 0)


@pytest.mark.parametrize("later_ms", [-1, 1])
def test_earlier_received_of_two_rivals_survives(later_ms: int) -> None:
    first = received(0, clicks=[(100, 1, 1, None)])
    rival = received(later_ms, beacon_id="other", clicks=[(900, 1, 1, None)])

    row = one_row(first, rival)

    assert [c["t_ms"] for c in row["clicks"]] == ([100] if later_ms > 0 else [900])


def test_rivals_received_at_one_instant_are_settled_by_their_content() -> None:
    rivals = [received(0, beacon_id=name, clicks=[(t, 1, 1, None)]) for name, t in (("a", 100), ("b", 200), ("c", 300))]

    clicks = [
        [c["t_ms"] for c in one_row(*order)["clicks"]] for order in (rivals, rivals[::-1], rivals[1:] + rivals[:1])
    ]

    assert clicks[0] == clicks[1] == clicks[2]


def test_same_page_view_id_of_two_visitors_is_two_page_views() -> None:
    rows = kernel_rows([beacon(visitor_id="v"), beacon(visitor_id="w", until=70)])

    assert [(r["visitor_key"], r["absolute_ms"], counts(r)) for r in rows] == [
        ("v", 0, (1, 0, 0, 0)),
        ("w", 70, (1, 0, 0, 0)),
    ]


def test_records_are_ordered_by_time_then_beacon_then_position() -> None:
    low = beacon(seq=0, clicks=[(500, 1, 1, "c"), (100, 1, 1, "a"), (500, 1, 1, "d")])
    high = beacon(seq=1, clicks=[(500, 1, 1, "e"), (200, 1, 1, "b")])

    assert [c["target"] for c in one_row(high, low)["clicks"]] == ["a", "b", "c", "d", "e"]


def test_context_is_the_lowest_beacons_and_the_document_the_largest() -> None:
    low = beacon(seq=1, page={"surface": "feed", "layout_id": "l", "document_h_px": 900}, session_id="s")
    high = beacon(seq=2, page={"surface": "profile", "document_h_px": 1200}, device={"pointer": "touch"})

    row = one_row(high, low)

    assert (row["surface"], row["layout_id"], row["pointer_type"], row["session_id"]) == ("feed", "l", "mouse", "s")
    assert row["document_h_px"] == 1200


def test_missing_keys_of_context_have_a_name() -> None:
    row = one_row(beacon(page={"surface": ""}, device={}))

    assert [row[n] for n in ("surface", "layout_id", "device_type", "viewport_class")] == ["(none)"] * 4


@pytest.mark.parametrize(
    ("width_px", "label"),
    [(479.5, "<480"), (480, "<768"), (1919, "<1920"), (1920, ">=1920"), (None, "(none)"), (0, "(none)")],
)
def test_viewport_class_ends_below_its_number(width_px: float | None, label: str) -> None:
    assert one_row(beacon(device={"viewport_w_px": width_px}))["viewport_class"] == label


def test_purposes_are_those_of_every_beacon() -> None:
    both = {"purposes": ["product_development", "ads"]}
    one = {"purposes": ["product_development"]}
    refused_by_signal = both | {"gpc": True}

    assert one_row(beacon(consent=both), beacon(seq=1, consent=both))["purposes"] == ["ads", "product_development"]
    assert one_row(beacon(consent=both), beacon(seq=1, consent=one))["purposes"] == ["product_development"]
    assert one_row(beacon(consent=both), beacon(seq=1, consent=refused_by_signal))["purposes"] == [
        "product_development"
    ]


def test_of_several_descriptions_of_an_item_the_last_holds_whole() -> None:
    ads = {"purposes": ["product_development", "ads"]}
    first, last = {"item_id": "i", "topic": "a", "feed_rank": 1}, {"item_id": "i", "topic": "b"}
    low = beacon(seq=0, item_meta=[first, last], consent=ads)
    high = beacon(seq=1, item_meta=[{"item_id": "i", "ad_id": "x"}, None, {"topic": "no item"}], consent=ads)

    before, after = item(one_row(low)), item(one_row(high, low))

    assert [before[n] for n in ("topic", "feed_rank", "ad_id")] == ["b", None, None]
    assert [after[n] for n in ("topic", "feed_rank", "ad_id")] == [None, None, "x"]


def test_which_advertisement_it_was_needs_the_purpose_ads_of_every_beacon() -> None:
    ad = {"item_id": "i", "item_type": "ad", "feed_rank": 2, "topic": "travel", "ad_id": "x"}
    both, one = {"purposes": ["product_development", "ads"]}, {"purposes": ["product_development"]}
    agreed = beacon(consent=both, item_meta=[ad, {**ad, "item_id": "s", "ad_id": None}])

    def told(*others: RawBeacon) -> list[tuple[Any, ...]]:
        (row,) = agreed_rows([agreed, *others])
        return [tuple(entry[n] for n in ("item_type", "feed_rank", "topic", "ad_id")) for entry in row["item_views"]]

    story = ("ad", 2, "travel", None)
    assert told() == [("ad", 2, "travel", "x"), story]
    assert told(beacon(seq=1, consent=both)) == [("ad", 2, "travel", "x"), story]
    assert told(beacon(seq=1, consent=one)) == [("ad", 2, None, "(withheld)"), story]
    assert told(beacon(seq=1, consent=both | {"gpc": True})) == [("ad", 2, None, "(withheld)"), story]


@pytest.mark.parametrize("absent", [None, {}, "left out"])
def test_stream_is_present_if_any_beacon_has_its_arrays(absent: dict[str, Any] | str | None) -> None:
    unsaid = beacon(seq=0) if absent == "left out" else beacon(seq=0, scroll=absent)

    assert one_row(unsaid)["scroll_depth_px"] is None
    assert one_row(unsaid, beacon(seq=1, scroll=[]))["scroll_depth_px"] == 640


def test_page_view_belongs_to_the_date_of_its_lowest_beacon() -> None:
    """The first beacon's repaired start is 23:59:59.999 of the day before, the second's is midnight."""
    midnight_ms = NOON_MS + 43_200_000
    before = {"started_at_ms": midnight_ms - 1, "sent_at_ms": midnight_ms + 500, "received_at_ms": midnight_ms + 500}
    after = {"started_at_ms": midnight_ms, "sent_at_ms": midnight_ms + 900, "received_at_ms": midnight_ms + 900}

    assert str(one_row(beacon(seq=0, **before), beacon(seq=1, **after))["event_date"]) == "2026-11-20"
    assert str(one_row(beacon(seq=1, **before), beacon(seq=0, **after))["event_date"]) == "2026-11-21"


def test_any_closing_beacon_closes_the_page_view() -> None:
    assert one_row(beacon(seq=0, is_last=True), beacon(seq=1))["is_closed"] is True
    assert one_row(beacon(seq=0), beacon(seq=1))["is_closed"] is False
    assert one_row(received(0), received(1, is_last=True))["is_closed"] is False  # that one did not survive
