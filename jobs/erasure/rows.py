"""Rows of erased visitors in clean, and what restricted tables say of their dates: removed, date by date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence

from jobs.io.delta import DeltaTables
from jobs.steps.marts import on_dates
from jobs.steps.pseudonym import TOMBSTONE
from warehouse_schema import RESTRICTED, Table
from warehouse_schema.clean.beacons import BEACONS
from warehouse_schema.clean.page_views import PAGE_VIEWS

#: Tables of rows of visitors, and the date of each row.
PERSONAL = ((BEACONS, "start_date"), (PAGE_VIEWS, "event_date"))
#: Tombstones that one statement names.
BATCH = 5000
#: The journal's event of rows that were removed.
ERASED = "erased"


def erase_rows(tables: DeltaTables, tombstones: Collection[str]) -> dict[str, dict[dt.date, int]]:
    """Remove the visitors' rows; returns how many, by table and date.

    Pinned versions keep them until a release without them is published and the tables are vacuumed. Amounts of small
    groups in restricted tables go too, those of the dates that lose rows: the run that builds these dates says them anew.
    """
    erased: dict[str, dict[dt.date, int]] = {}
    for table, date_column in PERSONAL:
        counts = _counts(tables, table, date_column, sorted(tombstones))
        for named in _named(sorted(tombstones)) if counts else ():
            tables.delete(table, f"{on_dates(date_column, counts)} AND {named}")
        erased[table.name] = counts
    dates = {date for counts in erased.values() for date in counts}
    for table in RESTRICTED if dates else ():
        tables.delete(table, on_dates("date", dates))
    return erased


def _counts(tables: DeltaTables, table: Table, date_column: str, tombstones: Sequence[str]) -> dict[dt.date, int]:
    counts: dict[dt.date, int] = {}
    for named in _named(tombstones):
        for date, count in tables.read(table).where(named).groupBy(date_column).count().collect():
            counts[date] = counts.get(date, 0) + count
    return counts


def _named(tombstones: Sequence[str]) -> Iterator[str]:
    """SQL: the row is of one of the visitors; a log of commits that quotes it names nobody."""
    for first in range(0, len(tombstones), BATCH):
        some = tombstones[first : first + BATCH]
        yield f"{TOMBSTONE} IN ({', '.join(repr(name) for name in some)})"
