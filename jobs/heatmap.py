"""`hoverlake heatmap`: a picture of where cursors rested on one layout, one UTC day, from published marts only.

A picture shows exactly one group: a layout, a device and a viewport class. Their cells must not be pooled, because
the same pixel holds different things in another layout or at another width. Where several groups fit the question,
the one with the largest amount is drawn, and both title and summary say how many there were.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from jobs.errors import UsageError
from jobs.heatmap_grid import Cell, Picture, build_picture
from jobs.heatmap_notes import notes_on
from jobs.io import releases
from jobs.io.store import Store
from jobs.publication import closes_on
from jobs.sql import connect, opened_release
from warehouse_schema.mart.hover_heatmap_daily import HOVER_HEATMAP_DAILY as HEATMAP
from warehouse_schema.mart.viewport_exposure_daily import VIEWPORT_EXPOSURE_DAILY as EXPOSURE

if TYPE_CHECKING:
    import duckdb

Space = Literal["document", "viewport"]
Measure = Literal["dwell_ms", "active_ms", "click_count"]
MEASURES = ("dwell_ms", "active_ms", "click_count")
SUFFIXES = (".png", ".svg")
GROUP = ("layout_id", "device_type", "viewport_class")


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
        return f"{self.surface} · {self.layout} · {self.device} · viewport width {self.viewport_class} px"


def draw_heatmap(
    warehouse: str,
    date: dt.date | str,
    surface: str,
    layout: str | None = None,
    device: str | None = None,
    space: Space = "document",
    measure: Measure = "dwell_ms",
    per_exposure: bool = False,
    *,
    output: Path,
) -> str:
    """Draw the group with the largest amount to `output` (.png or .svg); returns what was drawn, in words.

    `per_exposure` divides each cell by the time its document row was on screen. UsageError for a date, surface,
    layout or device that the newest release does not have: the message lists those it has.
    """
    day = _checked(date, space, measure, per_exposure, output)
    _check_closed(warehouse, day)
    with connect(warehouse, [HEATMAP.name, EXPOSURE.name]) as connection:
        groups = groups_of(connection, day, surface, layout, device, space, measure)
        picture, notes = picture_of(connection, groups, space, measure, per_exposure)
    group, release = groups[0], releases.newest_number(Store(warehouse))
    from jobs.heatmap_picture import save_picture

    others = f" (largest of {len(groups)} groups)" if len(groups) > 1 else ""
    title = f"{group.name}{others}\n{TITLES[measure]}, {group.date}, {space} space, release {release}"
    try:
        save_picture(picture, output, title=title, notes=notes, measure=measure, per_exposure=per_exposure)
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror or error}. Choose another --output.") from error
    return "\n".join([f"{output}: {title.replace(chr(10), '; ')}", *notes])


def picture_of(
    connection: duckdb.DuckDBPyConnection, groups: Sequence[Group], space: Space, measure: Measure, per_exposure: bool
) -> tuple[Picture, list[str]]:
    """The picture of the first group, with what its reader must know."""
    group = groups[0]
    picture = build_picture(
        _cells(connection, group, space, measure),
        _exposure(connection, group),
        viewport_class=group.viewport_class,
        space=space,
        per_exposure=per_exposure,
    )
    without_group = _share_without_group(connection, group.date, space, measure)
    return picture, notes_on(group, groups, picture, measure, without_group)


def _check_closed(warehouse: str, date: dt.date) -> None:
    """UsageError for a date that is built, and that marts do not show yet."""
    release = opened_release(warehouse)
    if release is not None and str(date) in release.awaiting_publication:
        raise UsageError(
            f"event date {date} is not shown by {HEATMAP.name} yet: it is published when its window closes, on "
            f"{closes_on(date, release.configuration)}. Draw an earlier date."
        )


TITLES = {
    "dwell_ms": "where cursors rested",
    "active_ms": "where cursors rested within 1 s of moving",
    "click_count": "where clicks fell",
}


def _checked(date: dt.date | str, space: str, measure: str, per_exposure: bool, output: Path) -> dt.date:
    if measure not in MEASURES:
        raise UsageError(f"--measure {measure} is unknown. Choose one of {', '.join(MEASURES)}.")
    if space not in ("document", "viewport"):
        raise UsageError(f"--space {space} is unknown. Choose document or viewport.")
    if per_exposure and space == "viewport":
        raise UsageError(
            "exposure is known for rows of the document only. Use --space document, or leave out exposure."
        )
    if output.suffix.lower() not in SUFFIXES:
        raise UsageError(f"--output {output} must end in {' or '.join(SUFFIXES)}.")
    try:
        return dt.date.fromisoformat(str(date))
    except ValueError as error:
        raise UsageError(f"--date {date} is no date. Write it as 2026-11-20.") from error


def groups_of(
    connection: duckdb.DuckDBPyConnection,
    date: dt.date,
    surface: str,
    layout: str | None,
    device: str | None,
    space: str,
    measure: str,
) -> list[Group]:
    """Groups that fit the question and can be drawn, the largest amount first (ties: key order)."""
    asked = {"event_date": date, "surface": surface, "layout_id": layout, "device_type": device, "space": space}
    wanted = {name: value for name, value in asked.items() if value is not None}
    fitting = fitting_groups(connection, wanted, measure)
    if not fitting:
        raise _nothing_there(connection, wanted)
    groups = [group for group in fitting if group.drawn]
    if not groups:
        raise UsageError(_nothing_measured(fitting, measure))
    return groups


def fitting_groups(connection: duckdb.DuckDBPyConnection, wanted: Mapping[str, Any], measure: str) -> list[Group]:
    """Groups with these keys, event_date and surface among them; also those of which nothing can be drawn."""
    rows = connection.execute(
        f"""
        select {", ".join(GROUP)}, sum({measure}) filter (cell_px is not null), sum({measure}) filter (cell_px is null)
        from {HEATMAP.name} where {" and ".join(f"{name} = ?" for name in wanted)}
        group by all order by 4 desc nulls last, 1, 2, 3
        """,
        list(wanted.values()),
    ).fetchall()
    date, surface = wanted["event_date"], wanted["surface"]
    return [Group(date, surface, row[0], row[1], row[2], row[3] or 0, row[4] or 0) for row in rows]


def _nothing_there(connection: duckdb.DuckDBPyConnection, wanted: dict[str, Any]) -> UsageError:
    """Name the first word of the question that has no rows, and the values that do."""
    conditions: list[str] = []
    values: list[Any] = []
    for name, value in wanted.items():
        where = " and ".join([*conditions, f"{name} is not null"])
        rows = connection.execute(
            f"select distinct {name} from {HEATMAP.name} where {where} order by 1", values
        ).fetchall()
        there = [row[0] for row in rows]
        if value not in there:
            within = f" with {', '.join(map(str, values))}" if values else ""
            return UsageError(f"there is no {name} {value} in {HEATMAP.name}{within}. There is: {_listed(there)}.")
        conditions.append(f"{name} = ?")
        values.append(value)
    raise AssertionError("each word has rows, all together have none")


def _listed(values: Sequence[Any]) -> str:
    newest = [str(value) for value in values[-20:]]
    return ("... " if len(values) > 20 else "") + (", ".join(newest) or "nothing")


def _nothing_measured(groups: Sequence[Group], measure: str) -> str:
    surface, date = groups[0].surface, groups[0].date
    if any(group.remainder for group in groups):
        return f"all {measure} of {surface} on {date} lies in groups too small to draw. Draw a larger surface or another date."
    devices = ", ".join(sorted({str(group.device) for group in groups}))
    return (
        f"{measure} was not measured, or is zero, on {surface} on {date} ({devices}): touch has no hover. "
        "Try --measure click_count or another --device."
    )


def _cells(connection: duckdb.DuckDBPyConnection, group: Group, space: str, measure: str) -> list[Cell]:
    rows = connection.execute(
        f"""
        select cell_px, cell_x, cell_y, coalesce({measure}, 0), visitor_count, page_view_count from {HEATMAP.name}
        where event_date = ? and surface = ? and layout_id = ? and device_type = ? and viewport_class = ?
            and space = ? and cell_px is not null order by cell_px, cell_y, cell_x
        """,
        [*group.keys, space],
    ).fetchall()
    return [Cell(*row) for row in rows]


def _exposure(connection: duckdb.DuckDBPyConnection, group: Group) -> dict[int, int]:
    """Visible time of each published document row, in ms."""
    rows = connection.execute(
        f"""
        select cell_y, visible_ms from {EXPOSURE.name}
        where event_date = ? and surface = ? and layout_id = ? and device_type = ? and viewport_class = ?
            and cell_y is not null
        """,
        group.keys,
    ).fetchall()
    return dict(rows)


def _share_without_group(connection: duckdb.DuckDBPyConnection, date: dt.date, space: str, measure: str) -> float:
    """Share of the date's amount that was folded over all its groups: some of it may belong to the one drawn."""
    row = connection.execute(
        f"select sum({measure}) filter (surface is null) / sum({measure}) from {HEATMAP.name} where event_date = ? and space = ?",
        [date, space],
    ).fetchone()
    return float(row[0] or 0) if row else 0.0
