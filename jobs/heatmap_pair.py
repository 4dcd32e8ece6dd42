"""What `hoverlake heatmap --compare A B` compares: two layouts, two devices or two dates, found from their values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from jobs.dates import iso_date
from jobs.errors import UsageError
from jobs.heatmap_groups import Asked, Group, groups_of, named
from jobs.pinned import listed
from jobs.sql_output import printable
from warehouse_schema.mart.hover_heatmap_daily import HOVER_HEATMAP_DAILY as HEATMAP

if TYPE_CHECKING:
    import duckdb

What = Literal["layout", "device", "date"]
COLUMNS: dict[What, str] = {"layout": "layout_id", "device": "device_type"}
#: What must be equal on both sides, besides the surface, and may differ where nothing is equal.
FIXED: dict[What, tuple[str, ...]] = {
    "layout": ("date", "device", "viewport_class"),
    "device": ("date", "viewport_class"),
    "date": ("layout", "device", "viewport_class"),
}


@dataclass(frozen=True)
class Pair:
    """Two groups that differ in what is compared, of how many such pairs."""

    what: What
    a: Group
    b: Group
    pairs: int

    def name(self, group: Group) -> str:
        """What tells the group from the other."""
        return named(str(getattr(group, self.what)))


def dates_of(compare: tuple[str, str], date: dt.date | None) -> tuple[dt.date, ...]:
    """The dates that a comparison reads: A and B if they are dates, else the one that is asked for."""
    a, b = map(iso_date, compare)
    if a is None or b is None:
        if date is None and (a or b):
            raise UsageError(f"--compare {_said(compare)}: one is a date and one is not. Compare two of a kind.")
        if date is None:
            raise UsageError(f"--compare {_said(compare)} on which date? Give --date 2026-11-20.")
        return (date,)
    if date is not None:
        raise UsageError(f"--compare {_said(compare)} names the dates: leave out --date.")
    return a, b


def pair_of(connection: duckdb.DuckDBPyConnection, asked: Asked, compare: tuple[str, str]) -> Pair:
    """The two groups with the largest amount on the smaller side, of those equal in all that is not compared."""
    what = _what(connection, asked, compare)
    sides = [groups_of(connection, _one_side(asked, what, value)) for value in compare]
    pairs = [
        (a, b) for a in sides[0] for b in sides[1] if all(getattr(a, key) == getattr(b, key) for key in FIXED[what])
    ]
    # Two devices may share a layout; where they do, other layouts are no comparison.
    same = [(a, b) for a, b in pairs if a.layout == b.layout]
    pairs = same if what == "device" and same else pairs
    if not pairs:
        raise UsageError(_no_pair(what, compare, sides))
    a, b = max(pairs, key=lambda pair: min(pair[0].drawn, pair[1].drawn))
    return Pair(what, a, b, len(pairs))


def _what(connection: duckdb.DuckDBPyConnection, asked: Asked, compare: tuple[str, str]) -> What:
    """What A and B are, found from their values; UsageError where that can be nothing, or two things."""
    if compare[0] == compare[1]:
        raise UsageError(f"--compare {_said(compare)}: both are the same. Give two that differ.")
    there = {what: _values(connection, asked, column) for what, column in COLUMNS.items()}
    found: list[What] = [what for what in COLUMNS if set(compare) <= set(there[what])]
    if all(map(iso_date, compare)):
        found.append("date")
    if len(found) > 1:
        raise UsageError(
            f"--compare {_said(compare)}: these are two {found[0]}s and two {found[1]}s. Ask hoverlake sql instead."
        )
    if not found:
        raise UsageError(
            f"--compare {_said(compare)}: neither two dates, nor two layouts or two devices of {printable(asked.surface)} "
            f"on {asked.date}. Layouts: {listed(there['layout'])}. Devices: {listed(there['device'])}."
        )
    return found[0]


def _values(connection: duckdb.DuckDBPyConnection, asked: Asked, column: str) -> list[str]:
    rows = connection.execute(
        f"select distinct {column} from {HEATMAP.name} where event_date = ? and surface = ? and {column} is not null "
        "order by 1",
        [asked.date, asked.surface],
    ).fetchall()
    return [row[0] for row in rows]


def _one_side(asked: Asked, what: What, value: str) -> Asked:
    if what != "date" and getattr(asked, what) is not None:
        raise UsageError(f"--{what} is what --compare compares: leave it out.")
    return asked.but(**{what: dt.date.fromisoformat(value) if what == "date" else value})


def _no_pair(what: What, compare: tuple[str, str], sides: Sequence[Sequence[Group]]) -> str:
    have = [
        f"{printable(value)} has " + ", ".join(sorted({f"{g.layout} {g.device} {g.viewport_class}" for g in groups}))
        for value, groups in zip(compare, sides, strict=True)
    ]
    hint = " hoverlake heatmap --by device shows them side by side." if what == "device" else ""
    return (
        f"--compare {_said(compare)}: no viewport class has both, all else equal, and at another width the same pixel holds "
        f"other things. {printable('; '.join(have))}.{hint}"
    )


def _said(compare: tuple[str, str]) -> str:
    return printable(" ".join(compare))
