"""What the reader of a heatmap must know, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from jobs.heatmap_grid import Picture
from jobs.heatmap_sheets import AMOUNTS, CAUTION

if TYPE_CHECKING:
    from jobs.heatmap_groups import Group


def notes_on(group: Group, groups: Sequence[Group], picture: Picture, measure: str, without_group: float) -> list[str]:
    """What the reader must know: how many people, what is not drawn, what it does not mean."""
    what = AMOUNTS[measure]
    total = group.drawn + group.remainder
    notes = [at_least(picture)]
    if len(groups) > 1:
        share = group.drawn / sum(other.drawn for other in groups)
        notes.append(
            f"The largest of {len(groups)} groups (layout, device, viewport class) that fit: {share:.0%} of their {what}."
        )
    if group.remainder:
        notes.append(f"{percent(group.remainder / total)} of {what} lies in groups too small to draw.")
    notes += without_surface(without_group, what)
    if picture.outside:
        notes.append(f"{percent(picture.outside / total)} of {what} lies outside the part of the page drawn.")
    notes.append(CAUTION)
    return notes


def at_least(picture: Picture) -> str:
    """How many people, at least."""
    return (
        f"At least {picture.visitors:,} visitors and {picture.page_views:,} page views (the largest single cell: counts "
        "do not add over cells)."
    )


def without_surface(share: float, what: str) -> list[str]:
    """What of the date cannot be told a surface."""
    if not share:
        return []
    return [f"{percent(share)} of the date's {what} is published without its surface: too few visitors."]


def percent(share: float) -> str:
    """A share, and that it is there even where it is tiny."""
    return f"{share:.1%}" if share >= 0.001 else "Under 0.1%"
