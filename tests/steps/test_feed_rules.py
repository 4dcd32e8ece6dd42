"""Boundaries of the feed kernel (METRICS 3), each with a case on either side."""

from __future__ import annotations

from typing import Any

import pytest

from tests.steps.one_view import item, view, views


def seen_for(ms: int, share: float = 0.5, **changes: Any) -> dict[str, Any]:
    """An item with this visible_share for `ms`, then out of view."""
    return item(view(**shown_for(ms, share, **changes)))


def shown_for(ms: int, share: float | None = 0.5, **changes: Any) -> dict[str, Any]:
    return {"until": 9000, "items": [(100, "i", share, 0.25), (100 + ms, "i", 0, 0)]} | changes


def test_shares_count_from_their_threshold_less_the_slack() -> None:
    cases = [
        (None, 0, 0, 0),
        (-0.1, 0, 0, 0),
        (0, 0, 0, 0),
        (0.001, 700, 0, 0),
        (0.498, 700, 0, 0),
        (0.499, 700, 700, 0),
        (0.998, 700, 700, 0),
        (0.999, 700, 700, 700),
        (1.2, 700, 700, 700),
        (float("inf"), 0, 0, 0),
    ]

    entries = [item(row) for row in views(*(shown_for(700, share) for share, *_ in cases))]

    for (share, *expected), entry in zip(cases, entries, strict=True):
        found = [entry["visible_any_ms"], entry["visible_ms"], entry["fully_visible_ms"]]
        assert found == expected, share
        assert entry["is_impression"] == (found[0] > 0), share
        assert entry["first_visible_ms"] == (100 if found[0] else None), share


@pytest.mark.parametrize(("item_type", "needed_ms"), [("story", 1000), ("ad", 1000), (None, 1000), ("video", 2000)])
def test_item_is_viewable_after_one_second_and_a_video_after_two(item_type: str | None, needed_ms: int) -> None:
    meta = [{"item_id": "i", "item_type": item_type}]

    rows = views(*(shown_for(needed_ms + d, item_meta=meta) for d in (-1, 0, 1)))

    assert [item(row)["is_viewable"] for row in rows] == [False, True, True]


@pytest.mark.parametrize(("ms", "is_subsecond"), [(500, False), (501, True), (999, True), (1000, False)])
def test_subsecond_lies_between_half_a_second_and_a_second(ms: int, is_subsecond: bool) -> None:
    assert seen_for(ms)["is_subsecond"] is is_subsecond


def test_skip_is_a_short_spell_without_a_click() -> None:
    on_item, elsewhere = [(150, 10, 10, "i")], [(150, 10, 10, "j")]

    assert seen_for(999, clicks=elsewhere)["is_skip"] is True
    assert seen_for(999, clicks=on_item)["is_skip"] is False
    assert seen_for(1000, clicks=[])["is_skip"] is False
    assert seen_for(999, share=0.4, clicks=[])["is_skip"] is False  # no spell at half
    assert seen_for(999)["is_skip"] is None


@pytest.mark.parametrize(
    ("width_px", "share", "ms", "is_viewable_large"),
    [
        (485, 0.299, 1000, True),
        (485, 0.298, 1000, False),
        (485, 0.299, 999, False),
        (484.9, 1, 1000, None),
        (None, 1, 1000, None),
        (float("inf"), 1, 1000, None),
    ],
)
def test_large_items_need_a_second_at_thirty_percent(
    width_px: float | None, share: float, ms: int, is_viewable_large: bool | None
) -> None:
    """485 x 500 px are 242,500 px2: just large."""
    meta = [{"item_id": "i", "width_px": width_px, "height_px": 500}]

    assert seen_for(ms, share=share, item_meta=meta)["is_viewable_large"] is is_viewable_large


@pytest.mark.parametrize(
    ("height_px", "viewport_share", "is_viewable_tall"),
    [(1280, 1, None), (1280.5, 0.499, True), (1280.5, 0.498, False), (None, 1, None)],
)
def test_items_over_two_viewports_tall_may_fill_half_the_viewport_instead(
    height_px: float | None, viewport_share: float, is_viewable_tall: bool | None
) -> None:
    """The viewport is 640 px high; the item never shows more than 40 % of itself."""
    meta = [{"item_id": "i", "height_px": height_px}]
    records = [(0, "i", 0.4, viewport_share), (1000, "i", 0, 0)]

    assert item(view(until=1000, items=records, item_meta=meta))["is_viewable_tall"] is is_viewable_tall


def test_tall_spell_may_change_from_one_condition_to_the_other() -> None:
    records = [(0, "i", 0.5, 0.1), (500, "i", 0.4, 0.6), (1000, "i", 0.4, 0.1)]
    meta = [{"item_id": "i", "height_px": 2000}]

    entry = item(view(until=1000, items=records, item_meta=meta))

    assert (entry["is_viewable_tall"], entry["is_viewable"], entry["visible_ms"]) == (True, False, 500)


def test_spell_goes_on_over_records_and_ends_with_an_unknown_share() -> None:
    going_on = [(0, "i", 0.5, None), (400, "i", 0.9, None), (1000, "i", 0, None)]
    unknown = [(0, "i", 0.5, None), (400, "i", None, None), (600, "i", 0.9, None), (1000, "i", 0, None)]

    whole, broken = item(view(items=going_on)), item(view(items=unknown))

    assert (whole["longest_spell_ms"], whole["spell_count"]) == (400 + 600, 1)
    assert (broken["longest_spell_ms"], broken["spell_count"], broken["visible_ms"]) == (400, 2, 400 + 400)


def test_of_records_at_one_instant_the_last_holds() -> None:
    ends_high = [(0, "i", 0, None), (0, "i", 1, None)]
    ends_low = [(0, "i", 1, None), (0, "i", 0, None)]

    assert item(view(until=300, items=ends_high))["visible_ms"] == 300
    assert item(view(until=300, items=ends_low))["visible_ms"] == 0


def test_leaving_the_visible_time_ends_a_spell_and_losing_focus_does_not() -> None:
    records = [(0, "i", 1, None)]

    hidden = item(view(until=1500, items=records, state=[(600, "hidden"), (700, "visible")]))
    blurred = item(view(until=1500, items=records, state=[(600, "blurred"), (700, "focused")]))

    assert (hidden["spell_count"], hidden["longest_spell_ms"], hidden["is_viewable"]) == (2, 1500 - 700, False)
    assert (blurred["spell_count"], blurred["longest_spell_ms"], blurred["is_viewable"]) == (1, 1500, True)


def test_item_known_only_by_its_meta_was_not_seen() -> None:
    meta = [{"item_id": "i", "item_type": "ad", "ad_id": "a"}]

    unseen, unmeasured = item(view(until=500, items=[], item_meta=meta)), item(view(until=500, item_meta=meta))

    assert (unseen["is_impression"], unseen["visible_any_ms"], unseen["first_visible_ms"]) == (False, 0, None)
    assert (unmeasured["is_impression"], unmeasured["visible_any_ms"]) == (None, None)
    assert view(until=500)["item_views"] is None
    assert (unseen["item_type"], unseen["ad_id"]) == ("ad", "(withheld)")


def test_item_is_measurable_if_items_and_state_are_measured() -> None:
    items = [(0, "i", 1, None)]

    assert item(view(until=9, items=items, state=[]))["is_measurable"] is True
    assert item(view(until=9, items=items))["is_measurable"] is False


def test_hover_on_an_item_counts_short_touches_and_its_visible_part() -> None:
    """On the item 0..100 and 300..700: only the second is a hover; half of it is in view until 500."""
    pointer = [(0, 10, 10, "i"), (100, 10, 10, None), (300, 10, 10, "i"), (700, 10, 10, None)]

    entry = item(view(until=900, pointer=pointer, items=[(0, "i", 1, None), (500, "i", 0.1, None)]))

    assert entry["hover_count"] == 1
    assert entry["hover_ms"] == 100 + 400
    assert entry["hover_visible_ms"] == 100 + 200


def test_attended_time_is_split_by_viewport_share_and_rounded_down() -> None:
    """A click at 0 engages 5000 ms; 0.25 : 0.5 are 1/3 and 2/3; a zone takes no part."""
    items = [(0, "i", 1, 0.25), (0, "j", 1, 0.5), (0, "z", 1, 1)]

    row = view(until=9000, clicks=[(0, 10, 10, None)], items=items, item_meta=[{"item_id": "z", "item_type": "zone"}])

    assert row["engaged_ms"] == 5000
    assert [item(row, name)["attended_ms"] for name in ("i", "j", "z")] == [5000 // 3, 5000 * 2 // 3, 0]


def test_attended_time_that_is_whole_stays_whole() -> None:
    """0.1 : 0.6 of 700 ms are 100 and 600, which doubles make 99.999... of."""
    items = [(0, "i", 1, 0.1), (0, "j", 1, 0.6)]

    row = view(until=700, clicks=[(0, 10, 10, None)], items=items)

    assert [item(row, name)["attended_ms"] for name in ("i", "j")] == [100, 600]


def test_attended_time_is_null_without_inputs_or_without_viewport_shares() -> None:
    with_shares, without = [(0, "i", 1, 0.5)], [(0, "i", 1, None)]

    assert item(view(until=900, items=with_shares))["attended_ms"] is None
    assert item(view(until=900, items=without, clicks=[]))["attended_ms"] is None
    assert item(view(until=900, items=with_shares, clicks=[]))["attended_ms"] == 0
