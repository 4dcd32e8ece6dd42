"""`hoverlake heatmap --by device`: the busiest group of each device, side by side on one common scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.heatmap_groups import Asked, Group, groups_of, named
from jobs.heatmap_notes import at_least, percent, without_surface
from jobs.heatmap_sheets import AMOUNTS, CAUTION, Heat, Sheet
from warehouse_schema.mart.hover_heatmap_daily import HOVER_HEATMAP_DAILY as HEATMAP

if TYPE_CHECKING:
    import duckdb

#: Sheets that fit beside each other.
MAX_DEVICES = 6


def by_device(connection: duckdb.DuckDBPyConnection, release: int, asked: Asked) -> Heat:
    """A sheet for each device with a published cell, the largest amount first."""
    from jobs.heatmap import sheet_of, subtitle
    from jobs.heatmap_groups import share_without_group

    groups = groups_of(connection, asked)
    there = list(dict.fromkeys(group.device for group in groups))
    devices, left_out = there[:MAX_DEVICES], there[MAX_DEVICES:]
    sheets, notes = list[Sheet](), list[str]()
    for device in devices:
        own = [group for group in groups if group.device == device]
        sheet, _ = sheet_of(connection, own, asked, name=_name(own[0]))
        sheets.append(sheet)
        notes.append(f"{named(device)}: {_note(own, sheet, asked)}")
    what = AMOUNTS[asked.measure]
    notes += [f"{named(device)}: no cell of {what} is published." for device in _others(connection, asked, there)]
    if left_out:
        notes.append(f"Not drawn, of less {what}: {', '.join(map(named, left_out))}.")
    notes += without_surface(share_without_group(connection, asked.date, asked.space, asked.measure), what)
    if not asked.per_exposure:
        how = ": --per-exposure compares" if asked.space == "document" else ""
        notes.append(f"Amounts grow with how many came on each device{how}.")
    layout = f" · {named(asked.layout)}" if asked.layout else ""
    return Heat(
        title=f"{named(asked.surface)}{layout} · by device",
        subtitle=subtitle(asked, release),
        sheets=tuple(sheets),
        notes=(*notes, CAUTION),
        measure=asked.measure,
        per_exposure=asked.per_exposure,
    )


def _name(group: Group) -> str:
    return f"{named(group.device)} · {named(group.layout)}\n{group.width}"


def _note(own: list[Group], sheet: Sheet, asked: Asked) -> str:
    group, what = own[0], AMOUNTS[asked.measure]
    said = at_least(sheet.picture)
    said = said[0].lower() + said[1:]
    if group.remainder:
        said += (
            f" {percent(group.remainder / (group.drawn + group.remainder))} of {what} lies in groups too small to draw."
        )
    if len(own) > 1:
        said += f" The largest of its {len(own)} groups."
    return said


def _others(connection: duckdb.DuckDBPyConnection, asked: Asked, drawn: list[str]) -> list[str]:
    """Devices of the surface on the date that have no sheet."""
    rows = connection.execute(
        f"select distinct device_type from {HEATMAP.name} where event_date = ? and surface = ? and device_type is not null "
        "order by 1",
        [asked.date, asked.surface],
    ).fetchall()
    return [row[0] for row in rows if row[0] not in drawn]
