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


def ranked(page_view_id: str, *ranks: int | None, **changes: Any) -> RawBeacon:
    """A page view with one seen item per rank, named in the order of the ranks."""
    items = [(0, f"i{number}", 1, None) for number in range(len(ranks))]
    meta = [{"item_id": f"i{number}", "feed_rank": rank} for number, rank in enumerate(ranks)]
    return beacon(until=1500, page_view_id=page_view_id, items=items, item_meta=meta, **changes)


def test_bucket_of_ranks_counts_once_per_visitor_and_once_per_page_view() -> None:
    two_views = (ranked("p1", 4, 5, 6), ranked("p2", 5, 7, 11))

    assert flags("item_views", "is_first_in_feed_attention", *two_views) == [[True, False, True], [False, False, True]]
    assert flags("item_views", "is_first_of_page_view_in_feed_attention", *two_views) == [
        [True, False, True],
        [True, True, True],
    ]


def test_ranks_share_a_bucket_up_to_its_bound() -> None:
    cases = [
        *[(1, 2, True), (2, 3, True), (3, 4, True), (4, 5, False), (5, 6, True), (6, 10, False), (10, 11, True)],
        *[(11, 20, False), (20, 21, True), (21, 50, False), (50, 51, True), (51, 9999, False)],
        *[(None, 1, True), (None, 0, False), (None, -1, False), (0, 51, True)],
    ]
    told = [ranked("p", rank, following, visitor_id=f"v{n:02}") for n, (rank, following, _) in enumerate(cases)]

    found = flags("item_views", "is_first_in_feed_attention", *told)

    for (rank, following, is_new), of in zip(cases, found, strict=True):
        assert of == [True, is_new], (rank, following)


def test_item_type_parts_a_bucket_of_ranks_and_the_item_does_not() -> None:
    flag = "is_first_of_page_view_in_feed_attention"
    of_two_types = ranked("p", 1, 1)
    of_two_types["item_meta"][1]["item_type"] = "video"

    assert flags("item_views", flag, ranked("p", 1, 1)) == [[True, False]]
    assert flags("item_views", flag, of_two_types) == [[True, True]]


def shown_ads(page_view_id: str, *shown_ms: int, **changes: Any) -> RawBeacon:
    """A page view with one slot of the creative `a` per number, in view for so long, and a story beside them."""
    items = [(0, "story", 1, None)] + [(0, f"slot{number}", 1, None) for number in range(len(shown_ms))]
    items += [(ms, f"slot{number}", 0, None) for number, ms in enumerate(shown_ms)]
    meta = [{"item_id": f"slot{number}", "ad_id": "a"} for number in range(len(shown_ms))]
    context = {"consent": ADS, "state": []} | changes
    return beacon(until=3000, page_view_id=page_view_id, items=items, item_meta=meta, **context)


AD_FLAGS = (
    "is_first_in_ad_attention",
    "is_first_of_page_view_in_ad_attention",
    "is_first_viewable_in_ad_attention",
)


def ad_flags(*beacons: RawBeacon) -> list[list[list[bool]]]:
    """The three flags of every slot, and of the story after them."""
    by_flag = [flags("item_views", flag, *beacons) for flag in AD_FLAGS]
    return [[list(entry) for entry in zip(*views, strict=True)] for views in zip(*by_flag, strict=True)]


def test_creative_counts_once_per_visitor_once_per_page_view_and_once_viewable() -> None:
    """The first viewable slot (1000 ms) is another one than the first slot; a story is no advertisement."""
    assert ad_flags(shown_ads("p1", 999, 1000), shown_ads("p2", 1000)) == [
        [[True, True, False], [False, False, True], [False, False, False]],
        [[False, True, False], [False, False, False]],
    ]


def test_viewable_creative_must_be_measurable() -> None:
    """Without a state stream it is viewable, but whether the page was seen at all is not known."""
    assert ad_flags(shown_ads("p1", 1000, state=None), shown_ads("p2", 1000)) == [
        [[True, True, False], [False, False, False]],
        [[False, True, True], [False, False, False]],
    ]


def test_creative_counts_only_under_the_purpose_ads_and_for_humans() -> None:
    bot = {"device": {"user_agent": "Googlebot/2.1"}}

    assert ad_flags(shown_ads("p1", 1000, consent={"purposes": ["product_development"]}))[0][0] == [False] * 3
    assert ad_flags(shown_ads("p1", 1000, **bot))[0][0] == [False] * 3


def test_creative_counts_anew_on_another_device_but_not_on_another_layout() -> None:
    flag = "is_first_in_ad_attention"
    first = shown_ads("p1", 9)

    assert flags("item_views", flag, first, shown_ads("p2", 9, device={"type": "phone"}))[1][0]
    assert not flags("item_views", flag, first, shown_ads("p2", 9, page={"surface": "feed", "layout_id": "x"}))[1][0]


def test_zone_counts_once_per_visitor_layout_and_device() -> None:
    def clicked(page_view_id: str, **changes: Any) -> RawBeacon:
        return beacon(page_view_id=page_view_id, clicks=[(0, 1, 1, "nav"), (9, 1, 1, "nav")], **changes)

    flag = "is_first_in_zone_attention"
    assert flags("zone_views", flag, clicked("p1"), clicked("p2")) == [[True], [False]]
    assert flags("zone_views", flag, clicked("p1"), clicked("p1", visitor_id="w")) == [[True], [True]]
    for change in ({"device": {"type": "phone"}}, {"page": {"surface": "feed", "layout_id": "x"}}, on_day(1)):
        assert flags("zone_views", flag, clicked("p1"), clicked("p2", **change)) == [[True], [True]]
    assert flags("zone_views", flag, clicked("p1", device={"user_agent": "Googlebot/2.1"})) == [[False]]
