"""What a change of the input must do to the rows, and nothing else."""

from __future__ import annotations

import copy
import datetime as dt
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.config import Settings
from jobs.steps.page_view_kernel import page_view_batches
from tests.steps.beacon_table import beacon_table
from tests.steps.plain_rows import Row, kernel_rows, rows_of
from tests.steps.strategies import RawBeacon, nights

#: A share of the profile's examples: these properties run the kernel twice each.
FEWER = settings(max_examples=max(4, settings().max_examples // 3))
DAY_MS = 86_400_000
CLOCKS = ("started_at_ms", "sent_at_ms", "received_at_ms")
INSTANTS = {"event_date", "started_at", "visibility"}


@FEWER
@given(nights())
def test_the_same_people_twice_are_twice_the_rows(beacons: list[RawBeacon]) -> None:
    others = [{**beacon, "visitor_id": f"{beacon['visitor_id']} again"} for beacon in beacons]

    rows, both = kernel_rows(beacons), kernel_rows([*beacons, *others])

    assert _without_visitor(both) == sorted(_without_visitor(rows) * 2)


def _told_once(beacons: list[RawBeacon]) -> list[RawBeacon]:
    """One beacon per number: which of two rivals survives is decided by a hash of the line, that is by everything."""
    return list({(b["visitor_id"], b["page_view_id"], b["seq"]): b for b in beacons}.values())


def _without_visitor(rows: list[Row]) -> list[str]:
    return sorted(repr({name: value for name, value in row.items() if name != "visitor_key"}) for row in rows)


@FEWER
@given(nights(), st.integers(1, 400))
def test_a_night_some_days_later_has_other_dates_and_nothing_else(beacons: list[RawBeacon], days: int) -> None:
    once = _told_once(beacons)
    later = [{**beacon, **{clock: beacon[clock] + days * DAY_MS for clock in CLOCKS}} for beacon in once]

    for row, shifted in zip(kernel_rows(once), kernel_rows(later), strict=True):
        assert shifted["event_date"] == row["event_date"] + dt.timedelta(days=days)
        assert shifted["started_at"] == row["started_at"] + dt.timedelta(days=days)
        assert [i["end_reason"] for i in shifted["visibility"]] == [i["end_reason"] for i in row["visibility"]]
        assert {n: v for n, v in shifted.items() if n not in INSTANTS} == {
            n: v for n, v in row.items() if n not in INSTANTS
        }


@FEWER
@given(nights())
def test_a_screen_of_twice_the_size_on_a_grid_of_twice_the_size_has_equal_cells(beacons: list[RawBeacon]) -> None:
    once = _told_once(beacons)
    wide = [_twice_as_large(beacon) for beacon in once]

    for row, scaled in zip(_rows(once, Settings()), _rows(wide, _TWICE), strict=True):
        assert scaled["heat_cells"] == row["heat_cells"]
        assert scaled["exposure"] == row["exposure"]
        assert scaled["hovers"] == row["hovers"]
        assert scaled["scroll_depth_share"] == row["scroll_depth_share"]


_TWICE = Settings(cell_px=64, max_coordinate_px=2 * Settings().max_coordinate_px)
#: Lengths in css px by the place they have in a beacon.
_LENGTHS = {
    "page": ("document_w_px", "document_h_px"),
    "device": ("viewport_w_px", "viewport_h_px"),
    "pointer": ("x_px", "y_px"),
    "clicks": ("x_px", "y_px"),
    "scroll": ("y_px",),
}


def _twice_as_large(beacon: RawBeacon) -> RawBeacon:
    large = copy.deepcopy(beacon)
    # The width decides the class of the viewport, which groups first visitors: it stays.
    for part, names in _LENGTHS.items():
        for name in names:
            values = (large.get(part) or {}).get(name)
            if values is not None and name != "viewport_w_px":
                large[part][name] = [_twice(v) for v in values] if isinstance(values, list) else _twice(values)
    return large


def _twice(value: Any) -> Any:
    """Twice the length; 65535 stands for an unknown position and stays, as does what is no length at all."""
    return value if value is None or value == 65535 or abs(value) > 1e8 else 2 * value


def _rows(beacons: list[RawBeacon], chosen: Settings) -> list[Row]:
    table: pa.Table = beacon_table(beacons)
    return rows_of(page_view_batches(iter(table.combine_chunks().to_batches()), chosen))


@FEWER
@given(nights())
def test_without_the_items_stream_item_measures_are_unknown_not_zero(beacons: list[RawBeacon]) -> None:
    measured = ("is_impression", "visible_ms", "longest_spell_ms", "is_viewable", "hover_ms", "attended_ms", "is_skip")
    without = [{name: value for name, value in beacon.items() if name != "items"} for beacon in beacons]

    for row in kernel_rows(without):
        for item in row["item_views"] or []:
            assert [item[name] for name in measured] == [None] * len(measured)
            assert item["is_measurable"] is False
