from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest

Row = Callable[..., dict[str, Any]]


def items(view: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {entry["item_id"]: entry for entry in view["item_views"]}


def only(view: dict[str, Any]) -> dict[str, Any]:
    (entry,) = view["item_views"]
    return dict(entry)


def seen_for(row: Row, ms: int, share: float = 0.5, **changes: Any) -> dict[str, Any]:
    """The entry of an item that was in view by `share` for `ms`, with its viewport share 0.1."""
    return only(row(until=9000, items=[(1000, "a", share, 0.1), (1000 + ms, "a", 0.0, 0.0)], **changes))


def test_share_holds_until_the_items_next_record(row: Row) -> None:
    entry = only(
        row(
            until=5000,
            items=[(500, "a", 0.5, None), (1000, "a", 1.0, None), (3000, "a", 0.2, None), (4000, "a", 0.0, None)],
        )
    )

    assert entry["visible_any_ms"] == 500 + 2000 + 1000
    assert entry["visible_ms"] == 500 + 2000
    assert entry["fully_visible_ms"] == 2000
    assert (entry["longest_spell_ms"], entry["spell_count"], entry["first_visible_ms"]) == (2500, 1, 500)
    assert (entry["is_impression"], entry["is_viewable"]) == (True, True)


def test_last_of_several_records_at_one_instant_holds(row: Row) -> None:
    entry = only(row(until=2000, items=[(0, "a", 1.0, None), (0, "a", 0.0, None)]))

    assert (entry["is_impression"], entry["first_visible_ms"], entry["visible_any_ms"]) == (False, None, 0)


def test_shares_are_compared_with_a_slack_of_a_thousandth(row: Row) -> None:
    assert seen_for(row, 100, 0.499)["visible_ms"] == 100
    assert seen_for(row, 100, 0.4989)["visible_ms"] == 0
    assert seen_for(row, 100, 0.999)["fully_visible_ms"] == 100
    assert seen_for(row, 100, 1.7)["fully_visible_ms"] == 100
    assert seen_for(row, 100, 0.0001)["visible_any_ms"] == 100
    assert seen_for(row, 100, -0.2)["visible_any_ms"] == 0


def test_null_share_is_unknown_and_ends_the_state_before(row: Row) -> None:
    entry = only(row(until=5000, items=[(0, "a", 1.0, None), (700, "a", None, None), (2000, "a", 1.0, None)]))

    assert (entry["visible_ms"], entry["spell_count"], entry["longest_spell_ms"]) == (700 + 3000, 2, 3000)


def test_leaving_the_tab_ends_a_spell(row: Row) -> None:
    entry = only(row(until=1800, items=[(0, "a", 1.0, None)], state=[(900, "hidden"), (950, "visible")]))

    assert (entry["spell_count"], entry["longest_spell_ms"], entry["visible_ms"]) == (2, 900, 900 + 850)
    assert (entry["is_viewable"], entry["is_measurable"]) == (False, True)


def test_viewable_is_one_second_and_two_for_video(row: Row) -> None:
    def is_viewable(ms: int, item_type: str) -> bool:
        return bool(seen_for(row, ms, item_meta=[{"item_id": "a", "item_type": item_type}])["is_viewable"])

    assert [is_viewable(999, "ad"), is_viewable(1000, "ad")] == [False, True]
    assert [is_viewable(1999, "video"), is_viewable(2000, "video")] == [False, True]


def test_large_items_are_viewable_at_30_percent(row: Row) -> None:
    def large(ms: int, width: int | None, share: float = 0.299) -> bool | None:
        meta = [{"item_id": "a", "item_type": "ad", "width_px": width, "height_px": 250}]
        value: bool | None = seen_for(row, ms, share, item_meta=meta)["is_viewable_large"]
        return value

    assert [large(1000, 970), large(999, 970), large(1000, 970, 0.298)] == [True, False, False]
    assert [large(1000, 969), large(1000, None)] == [None, None]


def test_tall_items_are_viewable_by_half_a_screen(row: Row) -> None:
    def tall(height: int | None, viewport_share: float) -> bool | None:
        entry = only(
            row(
                items=[(0, "a", 0.2, viewport_share), (1000, "a", 0.2, 0.1)],
                item_meta=[{"item_id": "a", "item_type": "story", "width_px": 10, "height_px": height}],
            )
        )
        value: bool | None = entry["is_viewable_tall"]
        return value

    assert [tall(1281, 0.499), tall(1281, 0.498)] == [True, False]
    assert [tall(1280, 1.0), tall(None, 1.0)] == [None, None]


def test_subsecond_lies_between_half_a_second_and_one(row: Row) -> None:
    assert [seen_for(row, ms)["is_subsecond"] for ms in (500, 501, 999, 1000)] == [False, True, True, False]


def test_skip_is_seen_shortly_and_not_clicked(row: Row) -> None:
    assert seen_for(row, 999, clicks=[])["is_skip"] is True
    assert seen_for(row, 1000, clicks=[])["is_skip"] is False
    assert seen_for(row, 999, share=0.3, clicks=[])["is_skip"] is False
    assert seen_for(row, 999, clicks=[(5, None, None, "a")])["is_skip"] is False
    assert seen_for(row, 999, clicks=[(5, 1, 1, "b")])["is_skip"] is True
    assert seen_for(row, 999)["is_skip"] is None


def test_clicks_on_an_item_count_whatever_their_position(row: Row) -> None:
    entry = seen_for(row, 10, clicks=[(5, None, None, "a"), (6, 1, 1, "a"), (7, 1, 1, None)])

    assert entry["click_count"] == 2
    assert seen_for(row, 10)["click_count"] is None


def test_hover_time_counts_short_touches_and_the_part_with_half_in_view(row: Row) -> None:
    pointer = [(0, 1, 1, "a"), (100, 1, 1, None), (200, 1, 1, "a"), (600, 1, 1, None)]
    entry = only(row(until=900, pointer=pointer, items=[(0, "a", 0.2, None), (300, "a", 0.6, None)]))

    assert (entry["hover_count"], entry["hover_ms"], entry["hover_visible_ms"]) == (1, 100 + 400, 300)


def test_hover_of_an_item_is_null_on_touch_and_without_pointer(row: Row) -> None:
    touch = only(row(items=[(0, "a", 1, 1)], pointer=[(0, 1, 1, "a")], device={"pointer": "touch"}))

    assert (touch["hover_count"], touch["hover_ms"], touch["hover_visible_ms"]) == (None, None, None)
    assert only(row(items=[(0, "a", 1, 1)]))["hover_ms"] is None


def test_engaged_time_is_split_by_viewport_share(row: Row) -> None:
    view = row(
        until=9000,
        clicks=[(0, 1, 1, None)],
        items=[(0, "a", 1, 0.5), (0, "b", 1, 0.25), (0, "nav", 1, 0.9), (3000, "a", 0, 0.0), (4000, "b", 0, None)],
        item_meta=[{"item_id": "nav", "item_type": "zone"}],
    )

    # a: 3000 x 0.5 / 0.75; b: 3000 x 0.25 / 0.75, then 1000 alone; the last 1000 engaged ms belong to nobody
    assert {name: entry["attended_ms"] for name, entry in items(view).items()} == {
        "a": 2000,
        "b": 1000 + 1000,
        "nav": 0,
    }


def test_attended_time_is_rounded_down_per_item_over_the_whole_page_view(row: Row) -> None:
    view = row(
        until=6,
        clicks=[(0, 1, 1, None)],
        items=[(0, "a", 1, 0.1), (0, "b", 1, 0.1), (0, "c", 1, 0.1), (5, "c", 1, 0.0)],
    )

    # a, b: 5 / 3 + 1 / 2 = 2.17; c: 5 / 3 = 1.67
    assert {name: entry["attended_ms"] for name, entry in items(view).items()} == {"a": 2, "b": 2, "c": 1}


def test_thirds_that_add_up_to_a_whole_are_not_rounded_away(row: Row) -> None:
    shares = [(0, "a", 1, 0.1), (0, "b", 1, 0.1), (0, "c", 1, 0.1), (1, "a", 1, 0.1), (2, "a", 1, 0.1)]
    view = row(until=3, clicks=[(0, 1, 1, None)], items=shares)

    # 1 / 3 + 1 / 3 + 1 / 3
    assert {name: entry["attended_ms"] for name, entry in items(view).items()} == {"a": 1, "b": 1, "c": 1}


@pytest.mark.parametrize(
    "changes",
    [{"items": [(0, "a", 1.0, 0.5)]}, {"items": [(0, "a", 1.0, None)], "clicks": []}],
    ids=["no inputs measured", "no viewport share known"],
)
def test_attended_time_is_null_where_it_cannot_be_told(row: Row, changes: dict[str, Any]) -> None:
    assert only(row(until=9, **changes))["attended_ms"] is None


def test_which_advertisement_it_was_is_told_under_the_purpose_ads_only(row: Row) -> None:
    meta = [{"item_id": "a", "item_type": "ad", "ad_id": "x", "topic": "travel"}, {"item_id": "b", "topic": "travel"}]

    ad, story = row(until=9, item_meta=meta)["item_views"]

    assert (ad["ad_id"], ad["topic"], ad["item_type"]) == ("(withheld)", None, "ad")
    assert (story["ad_id"], story["topic"]) == (None, "travel")


def test_hover_and_item_of_a_hashed_target_still_join(row: Row) -> None:
    target = "ann@example.org"
    watched = row(until=900, pointer=[(0, 1, 1, target)], items=[(0, target, 1.0, 0.5)])

    assert (
        watched["hovers"][0]["target"]
        == only(watched)["item_id"]
        == "hashed:" + sha256(target.encode()).hexdigest()[:32]
    )


def test_item_that_is_only_described_was_not_seen(row: Row) -> None:
    entry = only(
        row(
            until=9000,
            items=[],
            item_meta=[{"item_id": "a", "item_type": "ad", "feed_rank": 3, "ad_id": "x", "topic": None}],
            consent={"purposes": ["product_development", "ads"]},
        )
    )

    assert (entry["item_type"], entry["feed_rank"], entry["ad_id"]) == ("ad", 3, "x")
    assert (entry["is_impression"], entry["visible_ms"], entry["spell_count"], entry["first_visible_ms"]) == (
        False,
        0,
        0,
        None,
    )


def test_described_items_without_the_items_stream_are_not_measured(row: Row) -> None:
    entry = only(row(until=9000, clicks=[(1, 1, 1, "a")], state=[], item_meta=[{"item_id": "a", "item_type": "story"}]))

    assert (entry["is_impression"], entry["visible_ms"], entry["is_skip"], entry["attended_ms"]) == (
        None,
        None,
        None,
        None,
    )
    assert (entry["is_measurable"], entry["click_count"]) == (False, 1)


def test_item_that_nobody_described_has_no_type(row: Row) -> None:
    entry = only(row(items=[(0, "a", 1, 1)]))

    assert (entry["item_type"], entry["feed_rank"], entry["is_viewable_large"]) == ("(none)", None, None)


def test_exposure_counts_rows_that_lie_wholly_in_the_viewport(row: Row) -> None:
    view = row(until=3000, scroll=[(1000, 32), (2000, 33)], device={"viewport_h_px": 64})

    # offset 0 shows rows 0 and 1, 32 rows 1 and 2, 33 only row 2
    assert view["exposure"] == [
        {"cell_y": 0, "visible_ms": 1000},
        {"cell_y": 1, "visible_ms": 1000 + 1000},
        {"cell_y": 2, "visible_ms": 1000 + 1000},
    ]


def test_exposure_counts_only_visible_time_and_rows_of_the_document(row: Row) -> None:
    view = row(until=3000, scroll=[(0, -32)], state=[(500, "hidden")], device={"viewport_h_px": 64})

    assert view["exposure"] == [{"cell_y": 0, "visible_ms": 500}]


def test_exposure_without_scroll_is_the_first_screen_and_null_without_viewport(row: Row) -> None:
    assert row(until=7, device={"viewport_h_px": 40})["exposure"] == [{"cell_y": 0, "visible_ms": 7}]
    assert row(until=7, device={})["exposure"] is None
