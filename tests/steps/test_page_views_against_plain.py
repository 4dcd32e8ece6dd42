"""The fused kernel against the plain implementation: thousands of adversarial page views, whole rows."""

from __future__ import annotations

from hypothesis import given

from tests.steps.plain_rows import kernel_rows, plain_rows, without_first_flags
from tests.steps.strategies import RawBeacon, nights
from warehouse_schema.clean.page_views import PAGE_VIEWS


@given(nights())
def test_page_views_equal_the_plain_implementation(beacons: list[RawBeacon]) -> None:
    rows = without_first_flags(kernel_rows(beacons))
    expected = plain_rows(beacons)

    assert [set(row) for row in expected] == [set(PAGE_VIEWS.column_names)] * len(rows)
    for row, plain in zip(rows, expected, strict=True):
        assert row == plain, {name: (row[name], plain[name]) for name in row if row[name] != plain[name]}
