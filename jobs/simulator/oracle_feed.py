"""The oracle's feed measures (METRICS 3) and what of the document was on screen."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from jobs.simulator.merge import ItemShare, MergedView
from jobs.simulator.oracle_cursor import CELL_PX, Rest
from jobs.simulator.oracle_time import Interval, ScrollPath, clip, join_touching, length_inside, total

HALF, WHOLE, LARGE = 0.499, 0.999, 0.299  # 0.5, 1 and 0.3 less the slack of 0.001
VIEWABLE_MS = 1000
VIEWABLE_VIDEO_MS = 2000
LARGE_PX2 = 242_500
TALL_VIEWPORTS = 2
SUBSECOND_MS = 500
SKIP_MS = 1000
#: attended time is summed in whole 2^-128 ms: exact integers, with an error far below the 10^-6 ms of the rule.
ATTENDED_UNIT = 2**128
ROUNDING_MS_INVERSE = 10**6

#: Names of the measures that need the items stream, in the order of the declaration.
ITEM_MEASURES = (
    "is_impression",
    "first_visible_ms",
    "visible_any_ms",
    "visible_ms",
    "fully_visible_ms",
    "longest_spell_ms",
    "spell_count",
    "is_viewable",
    "is_viewable_large",
    "is_viewable_tall",
    "is_subsecond",
    "is_skip",
    "hover_count",
    "hover_ms",
    "hover_visible_ms",
    "attended_ms",
)

Test = Callable[[ItemShare], bool]


def known_share(share: float | None) -> float | None:
    """The share clipped to 0..1; None if the tracker did not know it."""
    if share is None or not math.isfinite(share):
        return None
    return min(1.0, max(0.0, share))


def _at_least(share: float | None, threshold: float) -> bool:
    known = known_share(share)
    return known is not None and known >= threshold


def _in_view(record: ItemShare) -> bool:
    known = known_share(record.visible_share)
    return known is not None and known > 0


def _half_in_view(record: ItemShare) -> bool:
    return _at_least(record.visible_share, HALF)


def _half_or_filling(record: ItemShare) -> bool:
    return _half_in_view(record) or _at_least(record.viewport_share, HALF)


def spells(records: Sequence[ItemShare], holds: Test, seen: Sequence[Interval], end: int) -> list[Interval]:
    """Unbroken stretches of V in which the item's state satisfies `holds`; a state lasts until the item's next record."""
    stretches = []
    for index, record in enumerate(records):
        until = records[index + 1].t_ms if index + 1 < len(records) else end
        if holds(record):
            stretches.append((record.t_ms, until))
    return [part for a, b in join_touching(stretches) for part in clip(a, b, seen)]


def item_views(
    view: MergedView,
    rests: Sequence[Rest] | None,
    hovers: Sequence[Mapping[str, Any]] | None,
    engaged: Sequence[Interval] | None,
    seen: Sequence[Interval],
    end: int,
) -> list[dict[str, Any]] | None:
    """One entry per item of the items stream or of item_meta, by item_id; None if there is neither."""
    if view.items is None and view.item_meta is None:
        return None
    records: dict[str, list[ItemShare]] = {item_id: [] for item_id in view.item_meta or {}}
    for record in view.items or []:
        if record.item_id is not None:
            records.setdefault(record.item_id, []).append(record)
    attended = attended_ms(view, records, engaged, end)
    entries = []
    for item_id in sorted(records):
        entry = _described(view, item_id)
        if view.items is None:
            entry |= dict.fromkeys(ITEM_MEASURES)
        else:
            entry |= _measured(view, entry, records[item_id], seen, end)
            entry |= _hovered(item_id, records[item_id], rests, hovers, seen, end)
            entry["attended_ms"] = None if attended is None else attended[item_id]
        entry["click_count"] = _clicks_on(view, item_id)
        entries.append(entry)
    return entries


def _described(view: MergedView, item_id: str) -> dict[str, Any]:
    meta = (view.item_meta or {}).get(item_id, {})
    described = {name: meta.get(name) for name in ("feed_rank", "topic", "ad_id", "width_px", "height_px")}
    if described["ad_id"] is not None and "ads" not in view.purposes:
        described |= {"ad_id": "(withheld)", "topic": None}
    is_measurable = view.items is not None and view.state is not None
    return {"item_id": item_id, "item_type": _type_of(view, item_id), **described, "is_measurable": is_measurable}


def _type_of(view: MergedView, item_id: str) -> str:
    item_type = (view.item_meta or {}).get(item_id, {}).get("item_type")
    return "(none)" if item_type is None else item_type


def _clicks_on(view: MergedView, item_id: str) -> int | None:
    return None if view.clicks is None else sum(click.target == item_id for click in view.clicks)


def _measured(
    view: MergedView, entry: Mapping[str, Any], records: Sequence[ItemShare], seen: Sequence[Interval], end: int
) -> dict[str, Any]:
    any_time = spells(records, _in_view, seen, end)
    half_time = spells(records, _half_in_view, seen, end)
    longest = _longest(half_time)
    clicks = _clicks_on(view, entry["item_id"])
    return {
        "is_impression": total(any_time) > 0,
        "first_visible_ms": any_time[0][0] if any_time else None,
        "visible_any_ms": total(any_time),
        "visible_ms": total(half_time),
        "fully_visible_ms": total(spells(records, lambda r: _at_least(r.visible_share, WHOLE), seen, end)),
        "longest_spell_ms": longest,
        "spell_count": len(half_time),
        "is_viewable": longest >= (VIEWABLE_VIDEO_MS if entry["item_type"] == "video" else VIEWABLE_MS),
        "is_viewable_large": _viewable_large(entry, records, seen, end),
        "is_viewable_tall": _viewable_tall(view, entry, records, seen, end),
        "is_subsecond": SUBSECOND_MS < longest < 1000,
        "is_skip": None if clicks is None else len(half_time) >= 1 and longest < SKIP_MS and clicks == 0,
    }


def _longest(intervals: Sequence[Interval]) -> int:
    return max((b - a for a, b in intervals), default=0)


def _viewable_large(
    entry: Mapping[str, Any], records: Sequence[ItemShare], seen: Sequence[Interval], end: int
) -> bool | None:
    width, height = entry["width_px"], entry["height_px"]
    if width is None or height is None or not (math.isfinite(width) and math.isfinite(height)):
        return None
    if width * height < LARGE_PX2:
        return None
    return _longest(spells(records, lambda r: _at_least(r.visible_share, LARGE), seen, end)) >= VIEWABLE_MS


def _viewable_tall(
    view: MergedView, entry: Mapping[str, Any], records: Sequence[ItemShare], seen: Sequence[Interval], end: int
) -> bool | None:
    height, viewport = entry["height_px"], view.device.get("viewport_h_px")
    if height is None or not math.isfinite(height) or viewport is None or height <= TALL_VIEWPORTS * viewport:
        return None
    return _longest(spells(records, _half_or_filling, seen, end)) >= VIEWABLE_MS


def _hovered(
    item_id: str,
    records: Sequence[ItemShare],
    rests: Sequence[Rest] | None,
    hovers: Sequence[Mapping[str, Any]] | None,
    seen: Sequence[Interval],
    end: int,
) -> dict[str, int | None]:
    if rests is None or hovers is None:
        return {"hover_count": None, "hover_ms": None, "hover_visible_ms": None}
    half_time = spells(records, _half_in_view, seen, end)
    on_item = [(r.t_ms, r.target_stop_ms) for r in rests if r.target == item_id]
    return {
        "hover_count": sum(hover["target"] == item_id for hover in hovers),
        "hover_ms": sum(length_inside(a, b, seen) for a, b in on_item),
        "hover_visible_ms": sum(length_inside(a, b, half_time) for a, b in on_item),
    }


def attended_ms(
    view: MergedView, records: Mapping[str, Sequence[ItemShare]], engaged: Sequence[Interval] | None, end: int
) -> dict[str, int] | None:
    """Each engaged instant split over the items in view by viewport_share, zones left out; whole ms, rounded down.

    None if engagement or the items are not measured, or if no record has a known viewport_share.
    """
    if engaged is None or view.items is None or all(known_share(r.viewport_share) is None for r in view.items):
        return None
    sums = dict.fromkeys(records, 0)
    sharing = [r for r in view.items if r.item_id is not None and _type_of(view, r.item_id) != "zone"]
    for a, b, weights in _constant_shares(sharing, end):
        length = length_inside(a, b, engaged)
        everything = sum(weights.values())
        for item_id, weight in weights.items():
            if everything > 0:
                sums[item_id] += length * weight * ATTENDED_UNIT // everything
    almost_up = ATTENDED_UNIT // ROUNDING_MS_INVERSE
    return {item_id: (units + almost_up) // ATTENDED_UNIT for item_id, units in sums.items()}


def _constant_shares(records: Sequence[ItemShare], end: int) -> Iterator[tuple[int, int, dict[str, int]]]:
    """Stretches between records, each with the viewport shares in force, as integers in one common unit."""
    weights: dict[str, int] = {}
    for index, record in enumerate(records):
        assert record.item_id is not None
        share = known_share(record.viewport_share) or 0.0
        weights[record.item_id] = _exact(share)
        following = records[index + 1].t_ms if index + 1 < len(records) else end
        if record.t_ms < following:
            yield record.t_ms, following, {item_id: weight for item_id, weight in weights.items() if weight}


def _exact(share: float) -> int:
    """The double as an exact integer multiple of 2^-1074, the smallest double there is."""
    numerator, denominator = share.as_integer_ratio()
    return numerator * (2**1074 // denominator)


def exposure(view: MergedView, scroll: ScrollPath, seen: Sequence[Interval], end: int) -> list[dict[str, int]] | None:
    """Document rows of 32 px and how long each lay wholly in the viewport; None without a viewport height."""
    height = view.device.get("viewport_h_px")
    if height is None or not math.isfinite(height):
        return None
    edges = [0, *(t for t in scroll.instants if 0 < t < end), end]
    rows: dict[int, int] = {}
    for a, b in pairwise(edges):
        length = length_inside(a, b, seen)
        top = scroll.at(a)
        first_row = max(0, math.ceil(top / CELL_PX))
        last_row = math.floor((top + height) / CELL_PX) - 1
        for row in range(first_row, last_row + 1) if length else ():
            rows[row] = rows.get(row, 0) + length
    return [{"cell_y": row, "visible_ms": ms} for row, ms in sorted(rows.items())]
