"""What holds for the plain marts on any night: nothing is lost by folding, parts add up, small groups stay hidden."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest

from tests.marts.plain_ladder import UNPUBLISHED, Row, climb, plain_rows, total_or_none
from tests.marts.plain_marts import STORIES
from tests.marts.plain_marts_items import FEED
from tests.marts.plain_marts_next import NIGHT_MARTS
from tests.marts.plain_marts_rows import NightMart, night_rows
from tests.marts.plain_marts_time import SESSIONS, sessions
from tests.marts.plain_marts_views import EDGES, crowd
from warehouse_schema.catalog import MARTS

SEEDS = range(2)
TABLES = {table.name.removeprefix("mart."): table for table in MARTS}
every_mart = pytest.mark.parametrize("mart", NIGHT_MARTS.values(), ids=NIGHT_MARTS)


def total(rows: Iterable[Row], name: str) -> int:
    return total_or_none(row[name] for row in rows) or 0


@every_mart
@pytest.mark.parametrize("min_visitors", [1, 2, 6])
def test_folding_loses_no_amount_and_shows_no_small_group(mart: NightMart, min_visitors: int) -> None:
    remainders = 0
    for seed in SEEDS:
        night = crowd(seed)
        counted = [entry for entry in mart.entries(night) if entry.exclusion is None]
        steps = climb(mart, counted, min_visitors).step_of
        hidden = [entry.amounts for entry in counted if steps[entry.id] == UNPUBLISHED]

        found = night_rows(mart, night, min_visitors, EDGES).values()

        assert min(row["visitor_count"] for row in found) >= min_visitors
        for name in TABLES[mart.name].additive:
            assert total(found, name) + total(hidden, name) == total([e.amounts for e in counted], name)
        remainders += sum(row["is_remainder"] for row in found)
    assert remainders > 0 or min_visitors < 6
    assert remainders == 0 or min_visitors > 1


@pytest.mark.parametrize("seed", SEEDS)
def test_the_position_curve_is_the_stories_in_another_order(seed: int) -> None:
    night = crowd(seed)
    stories = [entry for entry in STORIES.entries(night) if entry.exclusion is None]
    by_story = plain_rows(STORIES, stories, climb(STORIES, stories, 1).step_of, EDGES).values()

    by_place = night_rows(FEED, night, 1, EDGES).values()

    for name in set(TABLES["feed_attention_daily"].additive) - {"item_count"}:
        assert total(by_place, name) == total(by_story, name)
    assert total(by_place, "item_count") == len(stories)


@pytest.mark.parametrize("min_visitors", [1, 3])
def test_parts_of_a_row_add_up(min_visitors: int) -> None:
    for seed in SEEDS:
        night = crowd(seed)
        rows = {name: night_rows(mart, night, min_visitors, EDGES).values() for name, mart in NIGHT_MARTS.items()}

        for row in rows["ad_attention_daily"]:
            groups = ("not_measurable_count", "measured_not_viewable_count", "viewable_count")
            assert row["eligible_count"] == sum(row[name] for name in groups)
            assert row["viewable_visitor_count"] <= min(row["viewable_count"], row["visitor_count"])
        for row in rows["zone_attention_daily"]:
            assert sum(row["dwell_ms_hist"]) == (row["hover_count"] or 0)
        for row in rows["feed_attention_daily"]:
            assert sum(row["visible_ms_hist"]) == row["impressions"]
        for row in rows["session_attention_daily"]:
            assert sum(row["engaged_ms_hist"]) == row["engaged_measured_count"] <= row["session_count"]
        for row in rows["feed_visibility_minutes"]:
            assert row["visible_ms"] <= 60_000 * row["page_view_count"] or row["is_remainder"]
        for row in rows["reach_daily"]:
            assert abs(row["visitors_1d"] - row["visitor_count"]) <= 5
            assert row["visitors_1d"] <= row["visitors_7d"] <= row["visitors_28d"]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_page_view_is_in_exactly_one_session_and_bots_are_in_their_own(seed: int) -> None:
    night = crowd(seed)

    found = sessions(night)

    names = Counter(view["page_view_id"] for views in found for view in views)
    assert names == Counter(view["page_view_id"] for view in night)
    assert all(len({(view["visitor_key"], view["traffic_class"]) for view in views}) == 1 for views in found)
    humans = [view for view in night if view["traffic_class"] == "human"]
    assert total(night_rows(SESSIONS, night, 1, EDGES).values(), "page_view_count") == len(humans)
