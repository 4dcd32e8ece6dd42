"""Rules of lists in clean.page_views by plain loops over one row, written apart from their SQL.

None stands for what is not known, as NULL does: it breaks nothing.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

Row = dict[str, Any]
Known = bool | None
Holds = Callable[[Row], Known]


def _known(compare: Callable[[Any, Any], bool], a: Any, b: Any) -> Known:
    return None if a is None or b is None else compare(a, b)


def _le(a: Any, b: Any) -> Known:
    return _known(operator.le, a, b)


def _lt(a: Any, b: Any) -> Known:
    return _known(operator.lt, a, b)


def _eq(a: Any, b: Any) -> Known:
    return _known(operator.eq, a, b)


def _both(a: Known, b: Known) -> Known:
    return False if a is False or b is False else None if a is None or b is None else True


def _times(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a * b


def _each(nested: str, holds: Callable[[Row, Row], Known]) -> Holds:
    return lambda row: not any(holds(entry, row) is False for entry in row[nested] or [])


def _total(row: Row, nested: str, name: str, space: str | None = None) -> int | None:
    if row[nested] is None:
        return None
    return sum(entry[name] or 0 for entry in row[nested] if space is None or entry["space"] == space)


def _dwell(row: Row, space: str = "viewport") -> int | None:
    return _total(row, "heat_cells", "dwell_ms", space)


def _length_ms(row: Row) -> int:
    lengths = [entry["ended_at"] - entry["started_at"] for entry in row["visibility"]]
    return sum(round(length.total_seconds() * 1000) for length in lengths)


def _lowest(row: Row, cell_px: int) -> int | None:
    """Lower edge of the lowest row that was on the screen."""
    known = [entry["cell_y"] for entry in row["exposure"] or [] if entry["cell_y"] is not None]
    return (max(known) + 1) * cell_px if known else None


def plain_rules(t: Mapping[str, Any]) -> dict[str, Holds]:
    """Whether each rule holds on a row, with the thresholds `t`."""
    return _of_times_and_cursor(t) | _of_feed_and_screen(t)


def _of_times_and_cursor(t: Mapping[str, Any]) -> dict[str, Holds]:
    return {
        "visible_is_sum_of_intervals": lambda r: _eq(r["visible_ms"], _length_ms(r)),
        "intervals_have_length": _each("visibility", lambda e, r: _lt(e["started_at"], e["ended_at"])),
        "dwell_within_visible": lambda r: _le(_dwell(r), r["visible_ms"]),
        "dwell_equal_in_both_spaces": lambda r: _eq(_dwell(r), _dwell(r, "document")),
        "active_within_dwell": _each("heat_cells", lambda e, r: _le(e["active_ms"], e["dwell_ms"])),
        "stays_within_dwell": _each(
            "heat_cells", lambda e, r: _le(_times(e["stay_count"], t["stay_ms"]), e["dwell_ms"])
        ),
        "hover_active_within_dwell": _each("hovers", lambda e, r: _le(e["active_ms"], e["dwell_ms"])),
        "hover_long_enough": _each(
            "hovers",
            lambda e, r: _both(
                _le(t["hover_ms"], e["dwell_ms"]), _eq(e["is_long"], _le(t["long_hover_ms"], e["dwell_ms"]))
            ),
        ),
        "hovers_within_dwell": lambda r: _le(_total(r, "hovers", "dwell_ms"), _dwell(r)),
    }


def _of_feed_and_screen(t: Mapping[str, Any]) -> dict[str, Holds]:
    def least_spell(entry: Row) -> int:
        return int(t["viewable_video_ms"] if entry["item_type"] == "video" else t["viewable_ms"])

    return {
        "fully_within_half_within_any": _each(
            "item_views",
            lambda e, r: _both(_le(e["fully_visible_ms"], e["visible_ms"]), _le(e["visible_ms"], e["visible_any_ms"])),
        ),
        "item_within_page": _each("item_views", lambda e, r: _le(e["visible_any_ms"], r["visible_ms"])),
        "impression_is_time_in_view": _each(
            "item_views", lambda e, r: _eq(e["is_impression"], _lt(0, e["visible_any_ms"]))
        ),
        "spells_within_visible": _each(
            "item_views",
            lambda e, r: _both(
                _le(e["longest_spell_ms"], e["visible_ms"]), _eq(_lt(0, e["spell_count"]), _lt(0, e["visible_ms"]))
            ),
        ),
        "viewable_by_longest_spell": _each(
            "item_views", lambda e, r: _eq(e["is_viewable"], _le(least_spell(e), e["longest_spell_ms"]))
        ),
        "item_hover_visible_within_hover": _each("item_views", lambda e, r: _le(e["hover_visible_ms"], e["hover_ms"])),
        "item_hovers_within_dwell": lambda r: _le(_total(r, "item_views", "hover_ms"), _dwell(r)),
        "attended_within_engaged": lambda r: _le(_total(r, "item_views", "attended_ms"), r["engaged_ms"] or 0),
        "ad_only_with_its_purpose": _each(
            "item_views", lambda e, r: e["ad_id"] in (None, "(withheld)") or "ads" in r["purposes"]
        ),
        "exposed_rows_within_screen": lambda r: _le(
            _times(_total(r, "exposure", "visible_ms"), t["cell_px"]), _times(r["visible_ms"], r["viewport_h_px"])
        ),
        "no_row_exposed_below_scroll_depth": lambda r: _le(_lowest(r, t["cell_px"]), r["scroll_depth_px"]),
    }
