"""The fused kernel against the plain implementation: thousands of adversarial page views, whole rows.

What the generator must bring about is counted along: equal rows prove nothing about a rule that never applied.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from hypothesis import given, settings

from tests.steps.busy_night import busy_night
from tests.steps.plain_rows import Row, agreed_rows
from tests.steps.strategies import RawBeacon, nights
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.shared import TRAFFIC_REASONS


def _zones(row: Row) -> list[Row]:
    return row["zone_views"] or []


def _items(row: Row) -> list[Row]:
    return row["item_views"] or []


#: What must occur among the examples of a run.
FEATURES: dict[str, Callable[[Row], bool]] = {
    **{f"reason {name}": lambda row, name=name: name in row["traffic_reasons"] for name in TRAFFIC_REASONS},
    "human with one reason": lambda row: row["traffic_class"] == "human" and len(row["traffic_reasons"]) == 1,
    "suspected bot": lambda row: row["traffic_class"] == "suspected_bot",
    "declared bot with a cursor's reason": lambda row: (
        len(row["traffic_reasons"]) > 1 and row["traffic_class"] == "declared_bot"
    ),
    "rage": lambda row: (row["rage_count"] or 0) > 0,
    "two rages": lambda row: (row["rage_count"] or 0) > 1,
    "many clicks without rage": lambda row: row["rage_count"] == 0 and len(row["clicks"]) > 2,
    "thrash": lambda row: (row["thrash_count"] or 0) > 0,
    "two thrashes": lambda row: (row["thrash_count"] or 0) > 1,
    "clicks and no cursor": lambda row: row["thrash_count"] is None and row["rage_count"] is not None,
    "neither": lambda row: row["zone_views"] is None,
    "zone of two hovers": lambda row: any(len(zone["hover_dwells_ms"] or []) > 1 for zone in _zones(row)),
    "zone only clicked": lambda row: any(zone["hover_count"] == 0 and zone["click_count"] for zone in _zones(row)),
    "zone of clicked and other hovers": lambda row: any(
        0 < (zone["unclicked_hover_count"] or 0) < zone["hover_count"] for zone in _zones(row)
    ),
    "zone without hovers measured": lambda row: any(zone["hover_count"] is None for zone in _zones(row)),
    "zone without clicks measured": lambda row: any(zone["click_count"] is None for zone in _zones(row)),
    "item that is a zone": lambda row: bool(
        {zone["target"] for zone in _zones(row)} & {item["item_id"] for item in _items(row)}
    ),
    "hovered item beside a zone": lambda row: bool(_zones(row)) and any(item["hover_count"] for item in _items(row)),
}


#: So many generated nights make every feature occur without help.
ENOUGH_EXAMPLES = 300


def _equal_rows(beacons: list[RawBeacon]) -> list[Row]:
    rows = agreed_rows(beacons)
    assert all(set(row) == set(PAGE_VIEWS.column_names) for row in rows)
    return rows


def _features(rows: list[Row]) -> set[str]:
    return {name for name, occurs in FEATURES.items() if any(map(occurs, rows))}


def test_a_night_with_every_feature_equals_the_plain_implementation() -> None:
    rows = _equal_rows(busy_night())

    assert set(FEATURES) - _features(rows) == set()


def test_page_views_equal_the_plain_implementation() -> None:
    seen: Counter[str] = Counter()

    @given(nights())
    def rows_are_equal(beacons: list[RawBeacon]) -> None:
        seen.update(_features(_equal_rows(beacons)))

    rows_are_equal()

    if settings().max_examples >= ENOUGH_EXAMPLES:
        assert set(FEATURES) - set(seen) == set(), seen
