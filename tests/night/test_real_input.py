"""Real logs through the same night: dwell of 70 people's cursors, seconds in view of 16,240 stories."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.io.keys import key_file, load_key
from jobs.sources import import_source
from jobs.steps.pseudonym import visitor_key
from tests.night.warehouses import DATE, night, query
from tests.sources import dice_expected, sapimouse_expected

pytestmark = [pytest.mark.spark, dice_expected.needs_dice_feed, sapimouse_expected.needs_sapimouse]


@pytest.fixture(scope="module")
def real_warehouse(spark: object, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("real")
    import_source("sapimouse", sapimouse_expected.DATA, root / "raw", DATE)
    import_source("dice-feed", dice_expected.DATA, root / "raw", DATE)
    night(root / "raw", root / "warehouse")
    return root / "warehouse"


@pytest.mark.parametrize("space", ["viewport", "document"])
def test_total_dwell_of_every_person_is_what_the_trace_holds(real_warehouse: Path, space: str) -> None:
    key = load_key(key_file(str(real_warehouse)))
    expected = {
        visitor_key(f"sapimouse:{user}", key): dwell for user, dwell in sapimouse_expected.expected_dwell_ms().items()
    }

    rows = query(
        real_warehouse,
        f"""select visitor_key, sum(cell.dwell_ms)::bigint
            from (select visitor_key, unnest(heat_cells) as cell from clean.page_views where layout_id = 'sapimouse')
            where cell.space = '{space}' group by all""",
    )

    assert len(expected) == 70
    assert dict(rows) == expected


def test_seconds_in_view_of_every_story_are_those_that_the_study_published(real_warehouse: Path) -> None:
    key = load_key(key_file(str(real_warehouse)))
    rows = query(
        real_warehouse,
        """select visitor_key, item.item_id, item.visible_ms
           from (select visitor_key, unnest(item_views) as item from clean.page_views where surface = 'feed')""",
    )
    found = {(visitor, item): visible_ms for visitor, item, visible_ms in rows}

    expected = dice_expected.expected_rows()
    wrong = [
        row for row in expected if not _agrees(found.get((visitor_key(row.visitor_id, key), row.item_id)), row.seconds)
    ]

    assert len(expected) == 16_240
    assert wrong == []


def _agrees(visible_ms: int | None, seconds: float | None) -> bool:
    """Never seen is no row, not 0; seen agrees within a thousandth of a second."""
    if visible_ms is None or seconds is None:
        return visible_ms is None and seconds is None
    return abs(visible_ms - seconds * 1000) <= 1.0001


def test_stories_were_first_seen_in_the_order_that_the_study_published(real_warehouse: Path) -> None:
    key = load_key(key_file(str(real_warehouse)))
    published = dice_expected.expected_rows()
    orders = dice_expected.expected_order(published)
    expected = {visitor_key(row.visitor_id, key): orders[row.study, row.participant] for row in published}

    rows = query(
        real_warehouse,
        """select visitor_key, list(item.item_id order by item.first_visible_ms)
           from (select visitor_key, unnest(item_views) as item from clean.page_views where surface = 'feed')
           where item.is_impression group by all""",
    )

    assert len(expected) == 406
    assert {v: list(order) for v, order in rows} == expected


def test_real_logs_reach_the_marts(real_warehouse: Path) -> None:
    ((cells,),) = query(real_warehouse, "select count(*) from mart.hover_heatmap_daily where surface = 'task'")
    ((stories, seen),) = query(
        real_warehouse, "select count(distinct item_id), sum(impressions) from mart.story_attention_daily"
    )

    assert cells > 1000
    assert (stories, seen) == (40, 15_665)
