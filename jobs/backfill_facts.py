"""What a backfill must know of a warehouse before it starts: read from records, partitions and counts, without Java."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jobs.config import Settings
from jobs.io import decisions, releases
from jobs.io.journal import events, stories
from jobs.io.raw_files import RawFile, list_raw_files, open_raw
from jobs.io.releases import EventDate, InputFile, Release
from jobs.io.store import Store
from jobs.io.warehouse import open_table
from jobs.sql import connect
from warehouse_schema.clean.beacons import BEACONS
from warehouse_schema.clean.rejected_beacons import REJECTED_BEACONS

#: Runs since the newest release that are looked at.
RECENT_RUNS = 50


@dataclass(frozen=True)
class Facts:
    """Facts of one moment; `too_late` counts lines by landing date, `taken_late` are ranges of earlier decisions."""

    event_dates: Mapping[str, EventDate]
    clean_dates: frozenset[dt.date]
    clean_since: dt.date | None
    unlanded: Sequence[RawFile]
    too_late: Mapping[dt.date, int]
    taken_late: Sequence[tuple[dt.date, dt.date]]
    failed_dates: frozenset[dt.date]
    awaiting_final: frozenset[dt.date]
    changed_since_published: frozenset[dt.date]
    late_window: dt.timedelta

    def new_files(self, date: dt.date) -> list[str]:
        """Raw files that are not landed and may hold beacons of the event date."""
        return [f.path for f in self.unlanded if date <= f.landing_date <= date + self.late_window]

    def too_late_landings(self, date: dt.date) -> dict[dt.date, int]:
        """Landing dates with lines that were too late, and may belong to the event date; none once they were taken."""
        if any(first <= date <= last for first, last in self.taken_late):
            return {}
        closed = date + self.late_window
        return {landing: count for landing, count in self.too_late.items() if landing > closed}


def gather(raw_uri: str, warehouse: str, settings: Settings) -> Facts:
    """The facts now; of a warehouse that has published nothing there are only raw files."""
    store = Store(warehouse, create=True)
    base = releases.newest(store)
    known = releases.manifest(store, base.number) if base else {}
    files, _ = list_raw_files(open_raw(raw_uri), dt.date.max)
    return Facts(
        event_dates=base.event_dates if base else {},
        clean_dates=frozenset(_clean_dates(warehouse, base)),
        clean_since=dt.date.fromisoformat(base.clean_since) if base and base.clean_since else None,
        unlanded=[file for file in files if file.path not in known],
        too_late=_too_late(warehouse, base, files, known),
        taken_late=decisions.too_late_ranges(decisions.all_decisions(store)),
        failed_dates=frozenset(_failed_dates(store, base)),
        awaiting_final=frozenset(base.dates_awaiting_final if base else ()),
        changed_since_published=frozenset(map(dt.date.fromisoformat, base.changed_since_published if base else ())),
        late_window=dt.timedelta(days=settings.late_window_days),
    )


def _clean_dates(warehouse: str, base: Release | None) -> set[dt.date]:
    """Event dates that clean.beacons has beacons of, by its partitions."""
    pinned = base.tables.get(BEACONS.name) if base else None
    table = open_table(warehouse, BEACONS, pinned) if pinned is not None else None
    partitions = table.partitions() if table else []
    return {dt.date.fromisoformat(partition["start_date"]) for partition in partitions}


def _too_late(
    warehouse: str, base: Release | None, files: Sequence[RawFile], known: Mapping[str, InputFile]
) -> dict[dt.date, int]:
    """Lines refused as too late, by landing date; only of dates whose raw files are all still there."""
    if base is None:
        return {}
    query = f"select landing_date, count(*) from {REJECTED_BEACONS.name} where reason = 'too_late' group by 1"
    rows = connect(warehouse, [REJECTED_BEACONS.name]).execute(query).fetchall()
    present, needed = {file.path for file in files}, defaultdict[str, set[str]](set)
    for path, file in known.items():
        if not file.problem:
            needed[file.landing_date].add(path)
    return {date: count for date, count in rows if needed[str(date)] <= present}


def _failed_dates(store: Store, base: Release | None) -> set[dt.date]:
    """Event dates of runs that came to nothing since the release."""
    since = dt.datetime.fromisoformat(base.created_at) if base else dt.datetime.min.replace(tzinfo=dt.UTC)
    failed = [s.run_id for s in stories(store, RECENT_RUNS) if s.exit_code != 0 and s.started_at >= since]
    touched = [event for run_id in failed for event in events(store, run_id) if event["event"] == "land_done"]
    return {dt.date.fromisoformat(date) for event in touched for date in event["event_dates"]}
