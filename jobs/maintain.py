"""`hoverlake maintain`: what has outlived its retention goes, small files are joined, and files that no release needs
are removed.

First every table is brought back to the newest release, so that no file which it needs counts as replaced; Delta then
keeps what was replaced for as long as releases pin it (`jobs/io/delta.py`): marts 30 days and more, clean and
restricted 7 days. What is left is a release of its own, equal to the last one but for rows that were too old.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from jobs.config import Settings
from jobs.data_docs import RUNS as DOCUMENTED_RUNS
from jobs.data_docs import write_index
from jobs.errors import InfrastructureFailed, NothingNew
from jobs.io import lease as leases
from jobs.io import releases
from jobs.io.delta import DeltaTables
from jobs.io.journal import FOLDER as JOURNALS
from jobs.io.journal import Journal
from jobs.io.lease import Lease, held_lease
from jobs.io.raw_files import RawFile, list_raw_files, open_raw
from jobs.io.releases import MANIFESTS, Release
from jobs.io.store import Store
from jobs.io.warehouse import check_root, open_table
from jobs.nightly import infrastructure_errors, journaled
from jobs.progress import Progress
from warehouse_schema import CLEAN, PINNED, TABLES
from warehouse_schema.ops.tables import DQ_RESULTS
from warehouse_schema.raw.cursor_beacon import RETENTION_DAYS
from warehouse_schema.table import Table

#: Days after which what a run left behind is nobody's any more.
STAGING_DAYS, JOURNAL_DAYS, MANIFEST_DAYS = 7, 90, 30
#: Folders of which each run has one of its own. Pages of Data Docs go with the rows that they show.
LEFTOVERS = {"_staging": STAGING_DAYS, JOURNALS: JOURNAL_DAYS, DOCUMENTED_RUNS: DQ_RESULTS.retention_days or 0}
#: The column by which rows of a table grow old; ops and restricted rows by the date in their run's id.
DATE_COLUMNS = {"clean.beacons": "start_date", "clean.rejected_beacons": "landing_date"}


@dataclass(frozen=True)
class Maintenance:
    """What was asked for; `date` is today, UTC."""

    date: dt.date
    warehouse: str
    is_dry_run: bool = False
    raw: str | None = None
    settings: Settings = field(default_factory=Settings)
    started_at: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))

    def before(self, days: int) -> dt.date:
        """The first date that is kept if things last `days` days."""
        return self.date - dt.timedelta(days=days)

    def expiry(self, table: Table) -> str | None:
        """SQL: rows that have outlived the table's retention; None if it has none."""
        if table.retention_days is None:
            return None
        first = self.before(table.retention_days)
        if table.layer in ("ops", "restricted"):
            return f"run_id < '{first:%Y%m%d}'"
        return f"{DATE_COLUMNS.get(table.name, 'event_date')} < DATE'{first}'"


def run_maintenance(asked: Maintenance) -> str:
    """Do what is due; returns the last line. NothingNew if nothing was ever published."""
    check_root(asked.warehouse)
    store = Store(asked.warehouse, create=True)
    if releases.newest(store) is None:
        raise NothingNew(f"nothing published in {asked.warehouse}: nothing to maintain.")
    if asked.is_dry_run:
        return "\n".join(_plan(asked, store)) or "nothing to remove"
    run_id = f"{asked.started_at:%Y%m%dT%H%M%S}{asked.started_at.microsecond // 1000:03d}Z-maintain"
    journal = Journal(store, run_id)
    with journaled(journal, "maintain", asked.settings, date=asked.date) as said:
        with held_lease(store, run_id, asked.settings.lease_expiry_s) as lease:
            journal.write("leased", number=lease.number, is_taken_over=lease.is_taken_over)
            with infrastructure_errors("maintain"):
                said.append(_maintain(asked, store, run_id, lease, journal))
        return said[-1]


def _plan(asked: Maintenance, store: Store) -> Iterator[str]:
    expired, unknown = _expired_raw(asked, releases.newest(store), store)
    yield from (f"remove raw file {file.path}" for file in expired)
    yield from _remarks(unknown)
    for path in _abandoned(asked, store):
        yield f"remove {path}"
    for table in TABLES.values():
        delta = open_table(asked.warehouse, table)
        predicate = asked.expiry(table)
        if delta is not None and predicate:
            yield f"delete from {table.name} where {predicate} ({len(delta.file_uris())} files now)"


def _expired_raw(asked: Maintenance, base: Release | None, store: Store) -> tuple[list[RawFile], list[RawFile]]:
    """Raw files past their retention that a night has looked at; and those that none has, which stay."""
    if asked.raw is None or base is None:
        return [], []
    known = releases.manifest(store, base.number)
    old, _ = list_raw_files(open_raw(asked.raw), asked.before(RETENTION_DAYS) - dt.timedelta(days=1))
    return [file for file in old if file.path in known], [file for file in old if file.path not in known]


def _remarks(unknown: Sequence[RawFile]) -> Iterator[str]:
    for file in unknown:
        yield f"{file.path} is past its retention and was never landed: it stays. Land it, or remove it by hand"


def _abandoned(asked: Maintenance, store: Store) -> list[str]:
    """Folders and objects of runs that are long over, and that nothing refers to."""
    stale = [
        f"{folder}/{run_id}"
        for folder, days in LEFTOVERS.items()
        for run_id in store.folders(folder)
        if run_id < f"{asked.before(days):%Y%m%d}"
    ]
    newest = releases.newest_number(store)
    return stale + [
        item.path
        for item in store.list(MANIFESTS)
        for number, run_id in [item.path.rsplit("/", 1)[-1].removesuffix(".json").split("-", 1)]
        if int(number) < newest and run_id < f"{asked.before(MANIFEST_DAYS):%Y%m%d}"
    ]


def _maintain(asked: Maintenance, store: Store, run_id: str, lease: Lease, journal: Journal) -> str:
    from jobs.io.session import start_session

    progress = Progress()
    with progress.stage("start Spark"):
        spark = start_session(uris=(asked.warehouse,))
    # Read under the lease: nobody publishes from here on.
    base = releases.newest(store)
    assert base is not None
    tables = DeltaTables(spark, asked.warehouse, run_id, lease, journal)
    if lease.is_taken_over:
        tables.fence()
    tables.restore(store, base)
    with progress.stage("remove what is too old") as facts:
        expired = [table.name for table in TABLES.values() if _delete_expired(asked, tables, table)]
        facts.append(", ".join(expired) or "nothing")
    expired_raw, unknown = _expired_raw(asked, base, store)
    for remark in _remarks(unknown):
        progress.say(remark)
    if asked.raw is not None:
        raw = open_raw(asked.raw)
        for file in expired_raw:
            raw.delete(file.path)
    with progress.stage("join small files") as facts:
        joined = [table.name for table in TABLES.values() if tables.compact(table)]
        facts.append(", ".join(joined) or "nothing")
    number = _publish(asked, store, run_id, base, tables)
    with progress.stage("remove files that no release needs"):
        for table in TABLES.values():
            tables.vacuum(table)
    abandoned = _abandoned(asked, store)
    for path in abandoned:
        store.delete_folder(path) if not path.endswith(".json") else store.delete(path)
    if any(path.startswith(DOCUMENTED_RUNS) for path in abandoned):
        write_index(store)
    leases.forget(store, keep=lease.number)
    return (
        f"maintained {asked.warehouse}: {'release ' + str(number) if number else 'no new release'}, rows removed from "
        f"{', '.join(expired) or 'no table'}, {len(expired_raw)} raw files removed, files joined in {len(joined)} tables, "
        f"{len(abandoned)} leftovers removed"
    )


def _delete_expired(asked: Maintenance, tables: DeltaTables, table: Table) -> bool:
    """Remove the table's old rows; InfrastructureFailed, with no release, if a date is gone that should be kept."""
    before = _dates(asked.warehouse, table)
    if not tables.delete(table, asked.expiry(table)):
        return False
    lost = sorted(
        date for date in before - _dates(asked.warehouse, table) if date >= str(asked.before(table.retention_days or 0))
    )
    if lost:
        raise InfrastructureFailed(
            f"{table.name} lost {', '.join(lost[:5])}, which are to be kept. Nothing was published: the next run restores them."
        )
    return True


def _dates(warehouse: str, table: Table) -> set[str]:
    """Dates of the table's partitions; none where it is not partitioned by its own date."""
    column = DATE_COLUMNS.get(table.name, "event_date")
    delta = open_table(warehouse, table)
    if delta is None or column not in table.partition_by:
        return set()
    return {str(partition[column]) for partition in delta.partitions()}


def _publish(asked: Maintenance, store: Store, run_id: str, base: Release, tables: DeltaTables) -> int | None:
    """A release that pins what is there now; None if that is what the last one pins."""
    versions = {table.name: tables.version(table) for table in PINNED if tables.version(table) >= 0}
    if versions == base.tables:
        return None
    kept = min(asked.before(table.retention_days or 0) for table in PINNED if table.layer == "mart")
    release = replace(
        base,
        number=base.number + 1,
        run_id=run_id,
        created_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        tables=versions,
        event_dates={date: state for date, state in base.event_dates.items() if date >= str(kept)},
        clean_since=_clean_since(asked, base),
        kind="maintain",
        rolled_back_to=None,
    )
    tables.lease.check()
    if not releases.publish(store, release, releases.manifest(store, base.number)):
        raise InfrastructureFailed(f"release {release.number} was taken by another run. Run maintain again.")
    return release.number


def _clean_since(asked: Maintenance, base: Release) -> str | None:
    """The first event date that clean holds whole; never earlier than before. Dates only count if there were any."""
    first = str(asked.before(max(table.retention_days or 0 for table in CLEAN)))
    is_any_gone = any(date < first for date in base.event_dates)
    return max(first, base.clean_since or "") if is_any_gone else base.clean_since
