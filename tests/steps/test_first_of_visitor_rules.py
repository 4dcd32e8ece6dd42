"""First-of-visitor flags: one entry per visitor and row of a mart, among the entries that count there (METRICS 6)."""

from __future__ import annotations

from typing import Any

from tests.steps.one_view import NOON_MS, beacon
from tests.steps.plain_rows import kernel_rows
from tests.steps.strategies import RawBeacon

DAY_MS = 86_400_000
ADS = {"purposes": ["ads", "product_development"]}


def flags(entries: str, flag: str, *beacons: RawBeacon) -> list[list[bool]]:
    """The flags of every page view's entries, in the order of visitors and page views."""
    return [[entry[flag] for entry in row[entries]] for row in kernel_rows(beacons)]


def story_flags(*beacons: RawBeacon) -> list[list[bool]]:
    return flags("item_views", "is_first_in_story_attention", *beacons)


def seen(page_view_id: str, meta: dict[str, Any] | None = None, **changes: Any) -> RawBeacon:
    """A page view on which the item `i` was in view."""
    item_meta = [{"item_id": "i"} | (meta or {})]
    return beacon(until=900, page_view_id=page_view_id, items=[(0, "i", 1, None)], item_meta=item_meta, **changes)


def on_day(day: int) -> dict[str, Any]:
    start_ms = NOON_MS + day * DAY_MS
    return {"started_at_ms": start_ms, "sent_at_ms": start_ms + 900, "received_at_ms": start_ms + 900}


def test_visitor_counts_once_per_item_and_every_visitor_does() -> None:
    assert story_flags(seen("p1"), seen("p2")) == [[True], [False]]
    assert story_flags(seen("p1"), seen("p1", visitor_id="w")) == [[True], [True]]


def test_visitor_counts_anew_for_another_date_surface_device_or_item_type() -> None:
    assert story_flags(seen("p1", **on_day(0)), seen("p2", **on_day(1))) == [[True], [True]]
    assert story_flags(seen("p1"), seen("p2", page={"surface": "profile"})) == [[True], [True]]
    assert story_flags(seen("p1"), seen("p2", device={"type": "phone"})) == [[True], [True]]
    assert story_flags(seen("p1"), seen("p2", {"item_type": "video"})) == [[True], [True]]
    assert story_flags(seen("p1"), seen("p2", page={"surface": "feed", "layout_id": "x"})) == [[True], [False]]


def test_item_with_an_ad_counts_only_under_the_purpose_ads() -> None:
    """The first page view was watched without it: the second one's entry is the first that counts."""
    refused, agreed = seen("p1", {"ad_id": "a"}), seen("p2", {"ad_id": "a"}, consent=ADS)

    assert story_flags(refused, agreed) == [[False], [True]]
    assert story_flags(seen("p1"), seen("p2", consent=ADS)) == [[True], [False]]


def test_bots_count_nowhere() -> None:
    bot = {"type": "desktop", "user_agent": "Googlebot/2.1", "viewport_h_px": 64}
    person = {"type": "desktop", "user_agent": None, "viewport_h_px": 64}

    def crawled(device: dict[str, Any]) -> RawBeacon:
        return seen("p1", device=device, clicks=[(0, 1, 1, None)])

    for entries, flag in (
        ("item_views", "is_first_in_story_attention"),
        ("heat_cells", "is_first_in_hover_heatmap"),
        ("exposure", "is_first_in_viewport_exposure"),
    ):
        assert not any(flags(entries, flag, crawled(bot))[0])
        assert all(flags(entries, flag, crawled(person))[0])


def test_visitor_counts_once_per_cell_of_each_space() -> None:
    """One cell in two spaces; the second page view is scrolled by two cells: only the document's cell is new."""
    still = beacon(page_view_id="p1", pointer=[(0, 10, 10, None)], scroll=[])
    scrolled = beacon(page_view_id="p2", pointer=[(0, 10, 10, None)], scroll=[(0, 64)])

    assert flags("heat_cells", "is_first_in_hover_heatmap", still, scrolled) == [[True, True], [True, False]]


def test_visitor_counts_once_per_document_row() -> None:
    """A viewport of 64 px shows rows 0 and 1, then rows 1 and 2."""
    device = {"viewport_h_px": 64}
    top = beacon(until=900, page_view_id="p1", device=device)
    lower = beacon(until=900, page_view_id="p2", device=device, scroll=[(0, 32)])

    assert flags("exposure", "is_first_in_viewport_exposure", top, lower) == [[True, True], [False, True]]
