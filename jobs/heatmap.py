"""`hoverlake heatmap`: a picture of where cursors rested on one layout, one UTC day, from published marts only.

A sheet of a picture shows exactly one group: a layout, a device and a viewport class. Their cells must not be pooled,
because the same pixel holds different things in another layout or at another width. Where several groups fit the
question, the one with the largest amount is drawn, and both title and notes say how many there were.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from jobs.dates import iso_date
from jobs.errors import UsageError
from jobs.heatmap_grid import Cell, Picture, build_picture
from jobs.heatmap_groups import (
    MEASURES,
    Asked,
    Group,
    Measure,
    Space,
    cells_of,
    exposure_of,
    groups_of,
    share_without_group,
)
from jobs.heatmap_notes import notes_on
from jobs.heatmap_pair import dates_of
from jobs.heatmap_sheets import Heat, Sheet, cell_spots
from jobs.output import check_suffix, writing
from jobs.pinned import check_not_awaited
from jobs.plots.reading import answering
from jobs.sql import opened_release
from warehouse_schema.mart.hover_heatmap_daily import HOVER_HEATMAP_DAILY as HEATMAP
from warehouse_schema.mart.viewport_exposure_daily import VIEWPORT_EXPOSURE_DAILY as EXPOSURE

if TYPE_CHECKING:
    import duckdb

SUFFIXES = (".png", ".svg", ".html")
TITLES = {
    "dwell_ms": "where cursors rested",
    "active_ms": "where cursors rested within 1 s of moving",
    "click_count": "where clicks fell",
}


def draw_heatmap(
    warehouse: str,
    date: dt.date | str | None,
    surface: str,
    layout: str | None = None,
    device: str | None = None,
    space: Space = "document",
    measure: Measure = "dwell_ms",
    per_exposure: bool = False,
    *,
    output: Path,
    compare: tuple[str, str] | None = None,
    panels: bool = False,
    by: Literal["device"] | None = None,
    over: Path | None = None,
    release: int | None = None,
) -> str:
    """Draw to `output` (.png, .svg or .html); returns what was drawn, in words.

    Without `compare` and `by`: the group with the largest amount, laid over the page's picture `over` if there is one.
    `per_exposure` divides each cell by the time its document row was on screen. `compare` two layouts, devices or dates:
    the difference per second on screen, beside it both sides if `panels`. `by` device: a sheet each, on one scale.
    UsageError for a date, surface, layout or device that the release does not have: the message lists those it has.
    """
    from jobs.heatmap_compare import compared
    from jobs.heatmap_devices import by_device

    _check_choices(space, measure, per_exposure, output)
    _check_together(compare, panels, by, over, space, device)
    day = None if date is None else _date(date)
    dates = dates_of(compare, day) if compare else (day,) if day else ()
    if not dates:
        raise UsageError("a heatmap of which date? Give --date 2026-11-20.")
    record = opened_release(warehouse, release)
    assert record is not None, "needed, so there or an error"
    for shown in dates:
        check_not_awaited(HEATMAP, record, shown)
    asked = Asked(dates[0], surface, layout, device, space, measure, per_exposure)
    with answering(warehouse, [HEATMAP.name, EXPOSURE.name], record.number) as connection:
        if compare:
            heat = compared(connection, record.number, asked, compare, panels)
        elif by:
            heat = by_device(connection, record.number, asked)
        else:
            heat = heat_of(connection, record.number, asked, over)
    return write_heat(heat, output)


def write_heat(heat: Heat, output: Path) -> str:
    """Write the picture as the ending of `output` says; returns what was drawn, in words."""
    with writing(output):
        if output.suffix.lower() == ".html":
            from jobs.heatmap_page import page_of

            output.write_text(page_of(heat), encoding="utf-8")
        else:
            from jobs.heatmap_picture import save_heat

            save_heat(heat, output)
    return f"{output}: {heat.words}"


def heat_of(connection: duckdb.DuckDBPyConnection, release: int, asked: Asked, over: Path | None = None) -> Heat:
    """The group with the largest amount of those that fit, over the page's picture if there is one."""
    groups = groups_of(connection, asked)
    group = groups[0]
    sheet, notes = sheet_of(connection, groups, asked)
    page = None
    if over is not None:
        from jobs.heatmap_over import read_screenshot

        page = read_screenshot(over, group.viewport_class, sheet.picture.height_px)
        notes.insert(-1, page.note)
    others = f" (largest of {len(groups)} groups)" if len(groups) > 1 else ""
    return Heat(
        title=f"{group.name}{others}",
        subtitle=subtitle(asked, release),
        sheets=(sheet,),
        notes=tuple(notes),
        measure=asked.measure,
        per_exposure=asked.per_exposure,
        page=page,
    )


def subtitle(asked: Asked, release: int) -> str:
    """What a heatmap shows, of when."""
    per = " per second on screen" if asked.per_exposure else ""
    return f"{TITLES[asked.measure]}{per}, {asked.date}, {asked.space} space, release {release}"


def sheet_of(
    connection: duckdb.DuckDBPyConnection, groups: Sequence[Group], asked: Asked, name: str = ""
) -> tuple[Sheet, list[str]]:
    """The sheet of the first group, with what its reader must know."""
    group = groups[0]
    cells, exposure = cells_of(connection, group, asked.space, asked.measure), exposure_of(connection, group)
    picture = _picture(cells, exposure, group, asked)
    without_group = share_without_group(connection, group.date, asked.space, asked.measure)
    labels, spots = cell_spots(cells, exposure, asked.measure, asked.per_exposure)
    sheet = Sheet(name, picture, "amount", labels, spots)
    return sheet, notes_on(group, groups, picture, asked.measure, without_group)


def _picture(cells: Sequence[Cell], exposure: dict[int, int], group: Group, asked: Asked) -> Picture:
    return build_picture(
        cells,
        exposure,
        viewport_class=group.viewport_class,
        space=asked.space,
        per_exposure=asked.per_exposure,
    )


def _check_choices(space: str, measure: str, per_exposure: bool, output: Path) -> None:
    if measure not in MEASURES:
        raise UsageError(f"--measure {measure} is unknown. Choose one of {', '.join(MEASURES)}.")
    if space not in ("document", "viewport"):
        raise UsageError(f"--space {space} is unknown. Choose document or viewport.")
    if per_exposure and space == "viewport":
        raise UsageError(
            "exposure is known for rows of the document only. Use --space document, or leave out exposure."
        )
    check_suffix(output, SUFFIXES)


def _check_together(
    compare: tuple[str, str] | None, panels: bool, by: str | None, over: Path | None, space: str, device: str | None
) -> None:
    if compare and by:
        raise UsageError("--compare and --by are two pictures. Draw one after the other.")
    if over and (compare or by):
        raise UsageError("--over lays one layout over its page: leave out --compare and --by.")
    if panels and not compare:
        raise UsageError("--panels shows both sides of a comparison: give --compare A B too.")
    if compare and space == "viewport":
        raise UsageError(
            "--compare is per second on screen, which is known for rows of the document only. Use --space document."
        )
    if by and device:
        raise UsageError("--by device draws every device: leave out --device.")


def _date(date: dt.date | str) -> dt.date:
    found = iso_date(str(date))
    if found is None:
        raise UsageError(f"--date {date} is no date. Write it as 2026-11-20.")
    return found
