"""What the reader of a heatmap must know, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from jobs.heatmap_grid import Picture

if TYPE_CHECKING:
    from jobs.heatmap import Group

AMOUNTS = {"dwell_ms": "cursor time", "active_ms": "active cursor time", "click_count": "clicks"}


def notes_on(group: Group, groups: Sequence[Group], picture: Picture, measure: str, without_group: float) -> list[str]:
    """What the reader must know: how many people, what is not drawn, what it does not mean."""
    what = AMOUNTS[measure]
    total = group.drawn + group.remainder
    notes = [
        f"At least {picture.visitors:,} visitors and {picture.page_views:,} page views (the largest single cell: counts do not add over cells)."
    ]
    if len(groups) > 1:
        share = group.drawn / sum(other.drawn for other in groups)
        notes.append(
            f"The largest of {len(groups)} groups (layout, device, viewport class) that fit: {share:.0%} of their {what}."
        )
    if group.remainder:
        notes.append(f"{_percent(group.remainder / total)} of {what} lies in groups too small to draw.")
    if without_group:
        notes.append(
            f"{_percent(without_group)} of the date's {what} is published without its surface: too few visitors."
        )
    if picture.outside:
        notes.append(f"{_percent(picture.outside / total)} of {what} lies outside the part of the page drawn.")
    notes.append("The cursor, not the gaze.")
    return notes


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= 0.001 else "Under 0.1%"
