"""A sound row of every table, and for every rule a change that breaks it.

Cases of one table lie on dates of their own: one audit of all of them tells which date broke which rule.
"""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Callable
from typing import Any

from tests.steps.one_view import NOON_MS, view
from warehouse_schema.derive import rows
from warehouse_schema.table import Table

Row = dict[str, Any]
Change = Callable[[Row], object]

DATE = dt.date(2026, 11, 20)
PSEUDONYM = "5e" * 32

#: A page view on which everything is measured and every list has an entry.
_STREAMS: dict[str, Any] = {
    "pointer": [(1000, 10, 10, "i"), (3000, 20, 10, "i"), (6000, 700, 300, "nav"), (9000, 700, 300, None)],
    "clicks": [(6500, 700, 300, "nav")],
    "scroll": [(0, 0), (4000, 320)],
    "items": [(0, "i", 1, 0.4), (5000, "i", 0.6, 0.3), (8000, "i", 0.2, 0.1)],
    "item_meta": [{"item_id": "i", "item_type": "story", "feed_rank": 1}],
    "state": [(0, "visible"), (12_000, "hidden")],
}


def sound_page_view() -> Row:
    """A row as the kernel makes it."""
    return view(15_000, **_STREAMS)


def _set(**values: Any) -> Change:
    return lambda row: row.update(values)


def _in(array: str, **values: Any) -> Change:
    """The first entry of a list changed."""
    return lambda row: row[array][0].update(values)


def _more(array: str, name: str, amount: int = 1) -> Change:
    """An amount of the first entry of a list made larger."""
    return lambda row: row[array][0].update({name: row[array][0][name] + amount})


def _longer_interval(row: Row) -> None:
    row["visibility"][0]["ended_at"] += dt.timedelta(milliseconds=1)


def _turned_interval(row: Row) -> None:
    interval = row["visibility"][0]
    interval["started_at"], interval["ended_at"] = interval["ended_at"], interval["started_at"]


def _wrong_date(row: Row) -> None:
    row["started_at"] += dt.timedelta(days=1)


def _cell_dwell(space: str, amount: int) -> Change:
    def change(row: Row) -> None:
        cell = next(cell for cell in row["heat_cells"] if cell["space"] == space)
        cell["dwell_ms"] += amount

    return change


def _both_cells(row: Row) -> None:
    for space in ("viewport", "document"):
        _cell_dwell(space, 10**6)(row)


PAGE_VIEW_CASES: dict[str, Change] = {
    "event_date_is_that_of_the_start": _wrong_date,
    "one_beacon_at_least": _set(beacons_received=0),
    "visible_within_absolute": _set(absolute_ms=11_999),
    "engaged_within_visible": _set(engaged_ms=12_001),
    "visible_is_sum_of_intervals": _longer_interval,
    "intervals_have_length": _turned_interval,
    "dwell_within_visible": _both_cells,
    "dwell_equal_in_both_spaces": _cell_dwell("document", -1),
    "active_within_dwell": _in("heat_cells", active_ms=10**6),
    "stays_within_dwell": _in("heat_cells", stay_count=10**4),
    "hover_active_within_dwell": _in("hovers", active_ms=10**6),
    "hover_long_enough": _in("hovers", dwell_ms=149, active_ms=0, is_long=False),
    "hovers_within_dwell": _in("hovers", dwell_ms=10**6),
    "fully_within_half_within_any": _more("item_views", "fully_visible_ms", 10**6),
    "item_within_page": _in("item_views", visible_any_ms=12_001),
    "impression_is_time_in_view": _in("item_views", is_impression=False),
    "spells_within_visible": _in("item_views", spell_count=0),
    "viewable_by_longest_spell": _in("item_views", is_viewable=False),
    "item_hover_visible_within_hover": _in("item_views", hover_ms=1, hover_visible_ms=2),
    "item_hovers_within_dwell": _in("item_views", hover_ms=10**6),
    "ad_only_with_its_purpose": _in("item_views", ad_id="ad-1"),
    "attended_within_engaged": _in("item_views", attended_ms=10**6),
    "exposed_rows_within_screen": _in("exposure", visible_ms=10**6),
    "no_row_exposed_below_scroll_depth": _in("exposure", cell_y=30),
}

BEACON = {"visitor_key": PSEUDONYM, "purposes": ["product_development"], "line_sha256": "ab", "start_ms": NOON_MS}
BEACON_CASES: dict[str, Change] = {
    "visitor_is_pseudonym": _set(visitor_key="v-1"),
    "has_purpose_product_development": _set(purposes=["ads"]),
    "start_date_is_that_of_the_start": lambda row: row.update(start_ms=row["start_ms"] - 86_400_000),
    "not_from_the_future": lambda row: row.update(landing_date=row["landing_date"] - dt.timedelta(days=2)),
}

#: Rules of items, shared by the marts that sum them.
_BROKEN_ITEMS: dict[str, Change] = {
    "viewable_among_impressions": _set(viewable_count=3),
    "measurable_viewable_among_both": _set(measurable_viewable_count=2),
    "viewable_have_time_in_view": _set(visible_ms=999),
    "histogram_holds_every_impression": _set(visible_ms_hist=[1, 2]),
    "hover_visible_within_hover": _set(hover_visible_ms=501),
    "hovered_among_measured": _set(hovered_count=3),
}

_ITEMS = {
    "impressions": 2,
    "measurable_count": 2,
    "viewable_count": 1,
    "measurable_viewable_count": 1,
    "hover_measured_count": 2,
    "clicks_measured_count": 2,
    "visible_ms": 3000,
    "visible_ms_hist": [1, 1],
    "hovered_count": 1,
    "hover_ms": 500,
    "hover_visible_ms": 400,
}
#: Per mart a row on which every rule can be broken.
SOUND_MARTS: dict[str, Row] = {
    "mart.hover_heatmap_daily": {
        "hover_measured_count": 80,
        "clicks_measured_count": 80,
        **{"dwell_ms": 900, "active_ms": 500, "stay_count": 2, "click_count": 1},
    },
    "mart.viewport_exposure_daily": {"visible_ms": 100},
    "mart.zone_attention_daily": {
        **{"hover_measured_count": 80, "clicks_measured_count": 80, "hover_count": 2, "long_hover_count": 1},
        **{"unclicked_hover_count": 1, "dwell_ms": 900, "active_ms": 500, "dwell_ms_hist": [1, 1]},
    },
    "mart.story_attention_daily": _ITEMS,
    "mart.feed_attention_daily": _ITEMS | {"item_count": 3},
    "mart.ad_attention_daily": {
        **{"eligible_count": 100, "not_measurable_count": 10, "measured_not_viewable_count": 30, "viewable_count": 60},
        **{"viewable_visitor_count": 50, "visible_ms": 90_000, "viewable_visible_ms": 80_000},
        **{"hover_measured_count": 2, "hovered_count": 1},
    },
    "mart.feed_visibility_minutes": {"minute": None, "visible_ms": 60_000, "visible_at_start_count": 3},
    "mart.session_attention_daily": {
        **{"session_count": 70, "engaged_session_count": 2, "engaged_measured_count": 2, "engaged_ms_hist": [1, 1]},
        **{"rage_measured_count": 2, "thrash_measured_count": 2, "engaged_ms": 10, "visible_ms": 20},
    },
    "mart.reach_daily": {"visitors_1d": 60, "visitors_7d": 60, "visitors_28d": 70},
}
MART_CASES: dict[str, dict[str, Change]] = {
    "mart.hover_heatmap_daily": {
        "cell_of_the_ladder": _set(cell_px=33),
        "active_within_dwell": _set(active_ms=901),
        "stays_within_dwell": _set(stay_count=7),
        "measured_within_page_views": _set(clicks_measured_count=81),
        "amounts_only_where_measured": _set(clicks_measured_count=0),
    },
    "mart.viewport_exposure_daily": {
        "row_below_the_top": _set(cell_y=-1),
        "reach_falls_with_depth": _set(cell_y=21, page_view_count=123),
    },
    "mart.zone_attention_daily": {
        "hovers_hold_long_and_unclicked": _set(unclicked_hover_count=3),
        "active_within_dwell": _set(active_ms=901),
        "hovers_have_dwell": _set(dwell_ms=299, active_ms=0),
        "histogram_holds_every_hover": _set(dwell_ms_hist=[1, 0]),
        "measured_within_page_views": _set(hover_measured_count=81),
    },
    "mart.story_attention_daily": _BROKEN_ITEMS,
    "mart.feed_attention_daily": {
        **_BROKEN_ITEMS,
        "items_hold_every_count": _set(item_count=1),
    },
    "mart.ad_attention_daily": {
        "eligible_is_sum_of_groups": _set(eligible_count=101),
        "page_views_within_eligible": _set(page_view_count=101),
        "viewable_visitors_within_all": _set(viewable_visitor_count=61),
        "viewable_time_within_visible": _set(viewable_visible_ms=90_001),
        "viewable_have_time_in_view": _set(viewable_visible_ms=59_999),
        "hovered_among_measured": _set(hovered_count=3),
    },
    "mart.feed_visibility_minutes": {
        "minute_of_the_date": lambda row: row.update(minute=row["minute"] + dt.timedelta(seconds=1)),
        "minute_holds_visible_time": _set(visible_ms=80 * 60_000 + 1),
        "visible_at_start_among_page_views": _set(visible_at_start_count=81),
    },
    "mart.session_attention_daily": {
        "sessions_at_most_page_views": _set(session_count=81),
        "visitors_at_most_sessions": _set(session_count=59),
        "sessions_hold_every_count": _set(engaged_session_count=71),
        "rage_and_thrash_among_measured": _set(thrash_session_count=3),
        "engaged_within_visible": _set(engaged_ms=21),
        "histogram_holds_every_session": _set(engaged_ms_hist=[1, 2]),
    },
    "mart.reach_daily": {
        "longer_windows_reach_more": _set(visitors_7d=80),
        "one_day_is_the_date": _set(visitors_1d=50),
    },
}


def cases_of_every_mart(table: Table) -> dict[str, Change]:
    """What breaks the rules that all marts share."""
    text = next(column.name for column in table.columns if column.type == "string")
    key = next(name for name in table.grain if table.column(name).nullable)
    return {
        "group_of_min_visitors": _set(visitor_count=49),
        "no_pseudonym": _set(**{text: f"x-{PSEUDONYM}"}),
        "keys_away_only_in_remainders": _set(**{key: None}),
        "visitors_at_most_page_views": _set(visitor_count=81, session_count=81)
        if "session_count" in table.column_names
        else _set(visitor_count=81),
    }


def on_date(row: Row, date: dt.date) -> Row:
    """The row, moved to another date with all its instants."""
    away = date - DATE
    moved = copy.deepcopy(row)
    for name in ("event_date", "start_date", "landing_date", "started_at"):
        if name in moved:
            moved[name] += away
    if "start_ms" in moved:
        moved["start_ms"] += away.days * 86_400_000
    if "minute" in moved:
        moved["minute"] = dt.datetime.combine(date, dt.time(12, 7), dt.UTC)
    for interval in moved.get("visibility") or []:
        interval["started_at"] += away
        interval["ended_at"] += away
    return moved


def mart_row(table: Table) -> Row:
    """A sound row of a mart."""
    (row,) = rows(table, SOUND_MARTS[table.name])
    return row
