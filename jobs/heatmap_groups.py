"""What of `mart.hover_heatmap_daily` a heatmap shows: groups, their published cells, the exposure of their rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from jobs.errors import UsageError
from jobs.heatmap_grid import Cell
from jobs.pinned import listed
from jobs.sql_output import printable
from warehouse_schema.mart.hover_heatmap_daily import HOVER_HEATMAP_DAILY as HEATMAP
from warehouse_schema.mart.viewport_exposure_daily import VIEWPORT_EXPOSURE_DAILY as EXPOSURE

if TYPE_CHECKING:
    import duckdb

Space = Literal["document", "viewport"]
Measure = Literal["dwell_ms", "active_ms", "click_count"]
MEASURES: tuple[Measure, ...] = ("dwell_ms", "active_ms", "click_count")
GROUP = ("layout_id", "device_type", "viewport_class")
#: Longest name that fits a title.
NAME_CHARS = 40


@dataclass(frozen=True)
class Asked:
    """What a heatmap is asked for: a date and a surface; layout and device, or None for the one with the most."""

    date: dt.date
    surface: str
    layout: str | None = None
    device: str | None = None
    space: Space = "document"
    measure: Measure = "dwell_ms"
    per_exposure: bool = False

    def but(self, **values: Any) -> Asked:
        """The same question with other values."""
        return replace(self, **values)

    @property
    def wanted(self) -> dict[str, Any]:
        """The mart's keys that the question names, with their values."""
        named = {"event_date": self.date, "surface": self.surface, "layout_id": self.layout}
        named |= {"device_type": self.device, "space": self.space}
        return {name: value for name, value in named.items() if value is not None}


@dataclass(frozen=True)
class Group:
    """One layout, device and viewport class of a surface on a date, with its amounts of the measure."""

    date: dt.date
    surface: str
    layout: str
    device: str
    viewport_class: str
    #: In rows with a cell, and in the group's remainder without one.
    drawn: int
    remainder: int

    @property
    def keys(self) -> list[Any]:
        """Values of the mart's keys, in order."""
        return [self.date, self.surface, self.layout, self.device, self.viewport_class]

    @property
    def name(self) -> str:
        """The group in words."""
        return " · ".join([named(self.surface), named(self.layout), named(self.device), self.width])

    @property
    def width(self) -> str:
        """The viewport class in words."""
        return f"viewport width {self.viewport_class} px"


def named(text: str) -> str:
    """A name of the logs as a title can show it: printable, and of a long one both ends, in which names differ."""
    shown = printable(text)
    return shown if len(shown) <= NAME_CHARS else f"{shown[: NAME_CHARS - 16]}…{shown[-15:]}"


def groups_of(connection: duckdb.DuckDBPyConnection, asked: Asked) -> list[Group]:
    """Groups that fit the question and can be drawn, the largest amount first; UsageError if there is none."""
    fitting = fitting_groups(connection, asked.wanted, asked.measure)
    if not fitting:
        raise nothing_there(connection, HEATMAP.name, asked.wanted)
    groups = [group for group in fitting if group.drawn]
    if not groups:
        raise UsageError(_nothing_measured(fitting, asked.measure))
    return groups


def fitting_groups(connection: duckdb.DuckDBPyConnection, wanted: Mapping[str, Any], measure: str) -> list[Group]:
    """Groups with these keys, event_date and surface among them, the largest amount first (ties: key order); also those
    of which nothing can be drawn."""
    rows = connection.execute(
        f"""
        select {", ".join(GROUP)}, sum({measure}) filter (cell_px is not null), sum({measure}) filter (cell_px is null)
        from {HEATMAP.name} where {" and ".join(f"{name} = ?" for name in wanted)}
        group by all order by 4 desc nulls last, 1, 2, 3
        """,
        list(wanted.values()),
    ).fetchall()
    return [
        Group(wanted["event_date"], wanted["surface"], layout, device, width, int(drawn or 0), int(remainder or 0))
        for layout, device, width, drawn, remainder in rows
    ]


def nothing_there(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    wanted: Mapping[str, Any],
    within: str = "true",
    within_values: Sequence[Any] = (),
) -> UsageError:
    """Name the first word of the question that has no rows, and the values that do, among the rows `within`."""
    conditions: list[str] = [within]
    values: list[Any] = list(within_values)
    said: list[str] = []
    for name, value in wanted.items():
        where = " and ".join([*conditions, f"{name} is not null"])
        rows = connection.execute(f"select distinct {name} from {table} where {where} order by 1", values).fetchall()
        there = [row[0] for row in rows]
        if value not in there:
            with_ = f" with {', '.join(said)}" if said else ""
            return UsageError(
                f"there is no {name} {printable(str(value))} in {table}{with_}. There is: {listed(there)}."
            )
        conditions.append(f"{name} = ?")
        values.append(value)
        said.append(printable(str(value)))
    raise AssertionError("each word has rows, all together have none")


def _nothing_measured(groups: Sequence[Group], measure: str) -> str:
    what = f"{measure} of {printable(groups[0].surface)} on {groups[0].date}"
    if any(group.remainder for group in groups):
        return f"all {what} lies in groups too small to draw. Draw a larger surface or another date."
    devices = ", ".join(sorted({printable(str(group.device)) for group in groups}))
    return (
        f"{what} was not measured, or is zero ({devices}): touch has no hover. "
        "Try --measure click_count or another --device."
    )


def cells_of(connection: duckdb.DuckDBPyConnection, group: Group, space: str, measure: str) -> list[Cell]:
    """The group's published cells."""
    rows = connection.execute(
        f"""
        select cell_px, cell_x, cell_y, coalesce({measure}, 0), visitor_count, page_view_count from {HEATMAP.name}
        where event_date = ? and surface = ? and layout_id = ? and device_type = ? and viewport_class = ?
            and space = ? and cell_px is not null order by cell_px, cell_y, cell_x
        """,
        [*group.keys, space],
    ).fetchall()
    return [Cell(*row) for row in rows]


def exposure_of(connection: duckdb.DuckDBPyConnection, group: Group) -> dict[int, int]:
    """Visible time of each published document row of the group, in ms."""
    rows = connection.execute(
        f"""
        select cell_y, visible_ms from {EXPOSURE.name}
        where event_date = ? and surface = ? and layout_id = ? and device_type = ? and viewport_class = ?
            and cell_y is not null
        """,
        group.keys,
    ).fetchall()
    return dict(rows)


def share_without_group(connection: duckdb.DuckDBPyConnection, date: dt.date, space: str, measure: str) -> float:
    """Share of the date's amount that was folded over all its groups: some of it may belong to the one drawn."""
    row = connection.execute(
        f"select sum({measure}) filter (surface is null) / sum({measure}) from {HEATMAP.name} where event_date = ? and space = ?",
        [date, space],
    ).fetchone()
    return float(row[0] or 0) if row else 0.0
