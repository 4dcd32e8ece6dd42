"""Zones of a page view and what they collect (METRICS 6), in both implementations."""

from __future__ import annotations

from typing import Any

from tests.steps.one_view import agreed_view
from tests.steps.plain_rows import Row

Records = list[tuple[Any, ...]]
TOUCH = {"pointer": "touch"}
HOVER_MEASURES = (
    "hover_count",
    "long_hover_count",
    "unclicked_hover_count",
    "dwell_ms",
    "active_ms",
    "hover_dwells_ms",
)
#: Rests on nav of 200, 1600 and 149 ms (the last is no hover), on an unnamed place in between.
NAV: Records = [
    (0, 10, 10, "nav"),
    (200, 90, 90, None),
    (1000, 10, 10, "nav"),
    (2600, 90, 90, None),
    (5000, 10, 10, "nav"),
    (5149, 90, 90, None),
]


def zones(**changes: Any) -> dict[str, Row]:
    """Entries by target."""
    return {entry["target"]: entry for entry in agreed_view(**changes)["zone_views"]}


def test_zone_sums_its_hovers_and_keeps_each_dwell() -> None:
    nav = zones(pointer=NAV, clicks=[])["nav"]

    assert (nav["hover_count"], nav["long_hover_count"]) == (2, 1)
    assert (nav["dwell_ms"], nav["active_ms"]) == (200 + 1600, 200 + 1000)
    assert nav["hover_dwells_ms"] == [200, 1600]


def test_hover_without_a_click_is_unclicked_and_clicks_count_at_any_position() -> None:
    """A click 1001 ms after the first hover is on none; clicks on another target count there."""
    pointer = [(0, 10, 10, "nav"), (200, 90, 90, None), (3000, 10, 10, "nav"), (3500, 90, 90, None)]
    missed, hit, elsewhere = (1201, 10, 10, "nav"), (3100, None, None, "nav"), (3200, 10, 10, "foot")

    found = zones(pointer=pointer, clicks=[missed, hit, elsewhere])

    assert (found["nav"]["hover_count"], found["nav"]["unclicked_hover_count"]) == (2, 1)
    assert (found["nav"]["click_count"], found["foot"]["click_count"]) == (2, 1)
    assert (found["foot"]["hover_count"], found["foot"]["dwell_ms"], found["foot"]["hover_dwells_ms"]) == (0, 0, [])


def test_entry_needs_a_kept_hover_or_a_click() -> None:
    short = [(0, 10, 10, "nav"), (149, 90, 90, None)]

    assert zones(pointer=short, clicks=[(0, 10, 10, None)]) == {}
    assert [*zones(pointer=short, clicks=[(0, 10, 10, "nav")])] == ["nav"]


def test_items_are_no_zones_unless_their_type_says_so() -> None:
    """Known by the stream alone, by item_meta alone, of the type zone, or not at all."""
    targets = ("streamed", "described", "typed", "unnamed")
    clicks = [(0, 10, 10, target) for target in targets]
    meta = [{"item_id": "described", "item_type": None}, {"item_id": "typed", "item_type": "zone"}]

    assert [*zones(clicks=clicks, items=[(0, "streamed", 1, 1)], item_meta=meta)] == ["typed", "unnamed"]
    assert [*zones(clicks=clicks)] == ["described", "streamed", "typed", "unnamed"]


def test_zone_that_is_described_keeps_its_item_view() -> None:
    meta = [{"item_id": "typed", "item_type": "zone"}]
    row = agreed_view(clicks=[(0, 10, 10, "typed")], items=[(0, "typed", 1, 1)], item_meta=meta)

    assert [entry["item_id"] for entry in row["item_views"]] == ["typed"]
    assert [entry["target"] for entry in row["zone_views"]] == ["typed"]


def test_last_description_says_whether_an_item_is_a_zone() -> None:
    story, zone = {"item_id": "x", "item_type": "story"}, {"item_id": "x", "item_type": "zone"}
    clicks = [(0, 10, 10, "x")]

    assert [*zones(clicks=clicks, item_meta=[story, zone])] == ["x"]
    assert [*zones(clicks=clicks, item_meta=[zone, story])] == []


def test_hovers_are_null_on_touch_and_without_a_pointer_stream() -> None:
    clicks = [(0, 10, 10, "nav")]

    for nav in (zones(pointer=NAV, clicks=clicks, device=TOUCH)["nav"], zones(clicks=clicks)["nav"]):
        assert {name: nav[name] for name in HOVER_MEASURES} == dict.fromkeys(HOVER_MEASURES)
        assert nav["click_count"] == 1


def test_clicks_are_null_without_a_clicks_stream() -> None:
    nav = zones(pointer=NAV)["nav"]

    assert (nav["hover_count"], nav["click_count"], nav["unclicked_hover_count"]) == (2, None, None)


def test_column_is_null_if_neither_is_measured_and_empty_if_nothing_happened() -> None:
    assert agreed_view(scroll=[(0, 1)])["zone_views"] is None
    assert agreed_view(pointer=NAV, device=TOUCH)["zone_views"] is None
    assert agreed_view(pointer=[])["zone_views"] == []
    assert agreed_view(clicks=[])["zone_views"] == []
