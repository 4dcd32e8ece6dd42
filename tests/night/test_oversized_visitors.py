"""A visitor with too many beacons on a date is left out before anything has to hold them all, and counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.night.warehouses import DATE, START_MS, beacon, night, query, write_lines

pytestmark = pytest.mark.spark

NEXT_DAY_MS = 86_400_000


def test_page_views_of_an_oversized_visitor_are_counted_and_left_out(tmp_path: Path) -> None:
    raw, warehouse = tmp_path / "raw", tmp_path / "warehouse"
    few = [beacon(beacon_id=f"f{n}", page_view_id=f"f{n}", visitor_id="few") for n in range(3)]
    many = [beacon(beacon_id=f"m{n}", page_view_id=f"m{n // 2}", visitor_id="many", seq=n % 2) for n in range(4)]
    clocks = dict.fromkeys(("started_at_ms", "sent_at_ms", "received_at_ms"), START_MS + NEXT_DAY_MS)
    next_day = [beacon(beacon_id="n", page_view_id="n", visitor_id="many", **clocks)]
    write_lines(raw, few + many)
    write_lines(raw, next_day, date=DATE.replace(day=21))

    night(raw, warehouse, DATE.replace(day=21), max_visitor_beacons=3)

    kept = query(warehouse, "select event_date, page_view_id from clean.page_views order by all")
    assert [(date.day, name) for date, name in kept] == [(20, "f0"), (20, "f1"), (20, "f2"), (21, "n")]
    terms = query(
        warehouse,
        "select reason, row_count from ops.reconciliation where table_name = 'clean.page_views' "
        f"and quantity = 'beacons' and date = '{DATE}' order by all",
    )
    assert terms == [("conflicting", 0), ("duplicate", 0), ("input", 7), ("oversized", 4), ("used", 3)]
    assert query(warehouse, "select bool_and(adds_up) from ops.reconciliation") == [(True,)]
