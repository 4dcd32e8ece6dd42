"""The oracle's zones: targets that are no items, what hovered over them and what clicked them (METRICS 6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jobs.simulator.merge import MergedView

#: Measures that need a cursor.
HOVER_MEASURES = (
    "hover_count",
    "long_hover_count",
    "unclicked_hover_count",
    "dwell_ms",
    "active_ms",
    "hover_dwells_ms",
)


def zone_views(view: MergedView, hovers: Sequence[Mapping[str, Any]] | None) -> list[dict[str, Any]] | None:
    """One entry per zone with a hover or a click, by target; None if neither is measured."""
    if hovers is None and view.clicks is None:
        return None
    clicked = [click.target for click in view.clicks or []]
    targets = {hover["target"] for hover in hovers or []} | {target for target in clicked if target is not None}
    entries = []
    for target in sorted(targets - real_items(view)):
        entry: dict[str, Any] = {"target": target}
        if hovers is None:
            entry |= dict.fromkeys(HOVER_MEASURES)
        else:
            entry |= _hovered([hover for hover in hovers if hover["target"] == target], view.clicks is not None)
        entry["click_count"] = None if view.clicks is None else clicked.count(target)
        entries.append(entry)
    return entries


def real_items(view: MergedView) -> set[str]:
    """Items of the page view; what item_meta calls a zone is none."""
    described = view.item_meta or {}
    named = set(described) | {record.item_id for record in view.items or [] if record.item_id is not None}
    return {item_id for item_id in named if described.get(item_id, {}).get("item_type") != "zone"}


def _hovered(hovers: Sequence[Mapping[str, Any]], has_clicks: bool) -> dict[str, Any]:
    return {
        "hover_count": len(hovers),
        "long_hover_count": sum(hover["is_long"] for hover in hovers),
        "unclicked_hover_count": sum(not hover["is_clicked"] for hover in hovers) if has_clicks else None,
        "dwell_ms": sum(hover["dwell_ms"] for hover in hovers),
        "active_ms": sum(hover["active_ms"] for hover in hovers),
        "hover_dwells_ms": [hover["dwell_ms"] for hover in hovers],
    }
