"""The plain marts on nights small enough to add up by hand: what the jobs are held against must itself be right."""

from __future__ import annotations

from typing import Any

import pytest

from tests.marts.plain_marts_items import ADS, FEED, ZONES, feed_rank_bucket
from tests.marts.plain_marts_next import NIGHT_MARTS
from tests.marts.plain_marts_rows import NightMart, night_rows
from tests.marts.plain_marts_views import DAY, EDGES, at_one, item, picked, shown, view, zone
from warehouse_schema.catalog import MARTS
from warehouse_schema.mart.feed_attention_daily import FEED_ATTENTION_DAILY


def test_zone_hovers_add_up_and_touch_is_not_measured() -> None:
    mouse = view("ann", zone_views=[zone("nav", [150, 700], clicks=1)])
    touch = view("bob", zone_views=[zone("nav", None, clicks=2)])
    no_clicks = view("cleo", zone_views=[zone("nav", [1000])])

    [row] = at_one(ZONES, mouse, touch, no_clicks).values()

    assert picked(row, "hover_count", "long_hover_count", "unclicked_hover_count") == [2 + 1, 1 + 1, 2]
    assert picked(row, "dwell_ms", "click_count", "dwell_ms_hist") == [850 + 1000, 1 + 2, [0, 2, 1]]
    assert picked(row, "visitor_count", "hover_measured_count", "clicks_measured_count") == [3, 2, 2]


def test_zone_nobody_could_hover_over_is_null_not_zero() -> None:
    [row] = at_one(ZONES, view(zone_views=[zone("nav", None, clicks=0)])).values()

    assert picked(row, "hover_count", "dwell_ms", "click_count", "dwell_ms_hist") == [None, None, 0, [0, 0, 0]]


def test_small_zones_of_a_layout_fold_into_one_row_and_count_a_page_view_once() -> None:
    """nav has two visitors and stays; side and foot have one each, two together."""
    ann = view("ann", zone_views=[zone("nav", [200]), zone("side", [200])])
    bob = view("bob", zone_views=[zone("nav", [200]), zone("foot", [200])])
    bob_again = view("bob", "pv-2", zone_views=[zone("foot", [200])])

    found = night_rows(ZONES, [ann, bob, bob_again], 2, EDGES)

    layout = (DAY, "feed", "feed-v7", "desktop")
    assert set(found) == {(*layout, "nav"), (*layout, None)}
    folded = found[(*layout, None)]
    assert picked(folded, "is_remainder", "visitor_count", "page_view_count", "hover_count") == [True, 2, 3, 3]


def test_zone_row_is_taken_in_by_a_remainder_that_is_too_small_alone() -> None:
    ann = view("ann", zone_views=[zone("nav", [200]), zone("side", [300])])
    bob = view("bob", zone_views=[zone("nav", [400])])

    [row] = night_rows(ZONES, [ann, bob], 2, EDGES).values()

    assert picked(row, "target", "is_remainder", "dwell_ms") == [None, True, 200 + 300 + 400]
    # A page view with two folded zones has both in one row: it is one page view with hovers measured.
    assert picked(row, "page_view_count", "hover_measured_count") == [2, 2]


@pytest.mark.parametrize(
    ("rank", "bucket"),
    [
        *[(1, "1"), (2, "2"), (3, "3"), (4, "4-5"), (5, "4-5"), (6, "6-10"), (10, "6-10"), (11, "11-20")],
        *[(20, "11-20"), (21, "21-50"), (50, "21-50"), (51, "51+"), (999, "51+"), (None, "(none)"), (0, "(none)")],
    ],
)
def test_feed_rank_falls_into_its_class(rank: int | None, bucket: str) -> None:
    assert feed_rank_bucket(rank) == bucket
    assert bucket in (FEED_ATTENTION_DAILY.column("feed_rank_bucket").allowed or ())


def test_places_of_one_class_on_one_page_view_are_item_views_of_one_page_view() -> None:
    seen = {"item_type": "story", "is_impression": True, "is_measurable": True}
    items = [
        item(feed_rank=4, visible_ms=99, is_viewable=False, **seen),
        item(feed_rank=5, visible_ms=1000, is_viewable=True, **seen),
        item(feed_rank=5, item_type="story", is_impression=False, visible_ms=0),
    ]

    [row] = at_one(FEED, view(item_views=items)).values()

    assert picked(row, "feed_rank_bucket", "item_count", "impressions", "viewable_count") == ["4-5", 3, 2, 1]
    assert picked(row, "visible_ms", "visible_ms_hist", "page_view_count") == [99 + 1000, [1, 0, 1], 1]


@pytest.mark.parametrize("mart", [FEED, ADS], ids=["feed", "ads"])
def test_ads_count_only_with_the_purpose_and_bots_never(mart: NightMart) -> None:
    ad = [item(ad_id="ad-1", feed_rank=1)]
    agreed = view("ann", item_views=ad, purposes=["ads", "product_development"])
    refused = view("bob", item_views=ad, purposes=["product_development"])
    bot = view("cleo", item_views=ad, purposes=["ads"], traffic_class="suspected_bot")

    [row] = at_one(mart, agreed, refused, bot).values()

    assert picked(row, "visitor_count", "page_view_count") == [1, 1]


def test_groups_of_ad_views_add_up_to_the_eligible_ones() -> None:
    """ann sees the ad twice, in two slots; bob's state is not measured, so his long sight counts for nothing."""
    ads = {"purposes": ["ads"]}
    good = item(ad_id="ad", is_measurable=True, is_viewable=True, visible_ms=1500, hover_count=1, hover_ms=300)
    short = item(ad_id="ad", is_measurable=True, is_viewable=False, visible_ms=400, click_count=1)
    blind = item(ad_id="ad", is_measurable=False, is_viewable=True, visible_ms=9000)
    story = item(ad_id=None, is_measurable=True, is_viewable=True, visible_ms=77)

    [row] = at_one(
        ADS, view("ann", item_views=[good, short, story], **ads), view("bob", item_views=[blind], **ads)
    ).values()

    assert picked(row, "not_measurable_count", "measured_not_viewable_count", "viewable_count") == [1, 1, 1]
    assert picked(row, "eligible_count", "viewable_visitor_count", "visitor_count") == [1 + 1 + 1, 1, 2]
    assert picked(row, "visible_ms", "viewable_visible_ms") == [1500 + 400 + 9000, 1500]
    assert picked(row, "hovered_count", "hover_ms", "hover_measured_count") == [1, 300, 1]
    assert picked(row, "click_count", "clicks_measured_count") == [1, 1]


def test_visitors_of_a_viewable_ad_are_counted_once_over_folded_ads() -> None:
    seen = {"is_measurable": True, "is_viewable": True, "visible_ms": 2000}
    both = [item(ad_id="ad-1", **seen), item(ad_id="ad-2", **seen)]

    night = [view("ann", item_views=both, purposes=["ads"]), view("bob", item_views=both[1:], purposes=["ads"])]

    [(keys, row)] = night_rows(ADS, night, 2, EDGES).items()

    assert night_rows(ADS, night, 3, EDGES) == {}
    assert keys == (DAY, "feed", "desktop", None)
    assert picked(row, "viewable_count", "viewable_visitor_count") == [2 + 1, 2]


@pytest.mark.parametrize("mart", NIGHT_MARTS.values(), ids=NIGHT_MARTS)
def test_bots_count_nowhere(mart: NightMart) -> None:
    seen = {"zone_views": [zone("nav", [200], 1)], "item_views": [item(ad_id="ad-1")], "visibility": shown((0, 9))}
    human = view("ann", "pv-1", purposes=["ads"], **seen)
    bots = [human | {"page_view_id": kind, "traffic_class": kind} for kind in ("declared_bot", "suspected_bot")]

    assert at_one(mart, human, *bots) == at_one(mart, human)
    assert at_one(mart, *bots) == {}


@pytest.mark.parametrize(
    "table", [t for t in MARTS if t.name.removeprefix("mart.") in NIGHT_MARTS], ids=lambda table: table.name
)
def test_rows_are_as_they_are_declared(table: Any) -> None:
    full = {"zone_views": [zone("nav", [200], 1)], "item_views": [item(ad_id="ad-1", feed_rank=2)]}
    night = [view(name, purposes=["ads"], visibility=shown((0, 9)), **full) for name in "ab"]
    night += [view("c", device_type="phone", visibility=shown((0, 9)), purposes=["ads"], **full)]

    for min_visitors in (1, 2, 3):
        found = night_rows(NIGHT_MARTS[table.name.removeprefix("mart.")], night, min_visitors, EDGES)

        assert found
        for keys, row in found.items():
            assert set(row) == set(table.column_names)
            assert keys == tuple(row[name] for name in table.grain)
            assert (None in keys) == row["is_remainder"]
            for column in table.columns:
                value = row[column.name]
                assert column.nullable if value is None else column.low is None or value >= column.low
                assert value is None or column.allowed is None or value in column.allowed
