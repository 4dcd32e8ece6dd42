"""The order of a night, and nothing else (DESIGN section 4)."""

from __future__ import annotations

import datetime as dt
import os
import socket
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

from jobs import __version__
from jobs.config import Settings
from jobs.errors import HoverlakeError, InfrastructureFailed
from jobs.io import decisions, keys, releases
from jobs.io.decisions import Decision, Rewritten, erasures
from jobs.io.journal import ENDED, STARTED, Journal
from jobs.io.keys import KeyRing
from jobs.io.layers import close_layers
from jobs.io.lease import Lease, held_lease
from jobs.io.raw_files import Inspection, inspect_files, list_raw_files, open_raw
from jobs.io.releases import InputFile, Release
from jobs.io.store import Store
from jobs.io.warehouse import check_root
from jobs.late_rebuild import due_dates
from jobs.progress import Progress
from jobs.publication import Publication
from jobs.rotation import last_start, ring_for_night
from jobs.selection import Selection, Wanted, accepted_files, select_files, set_aside

OnFailure = Literal["block", "quarantine-date"]


@dataclass(frozen=True)
class Night:
    """What one run was asked for: landing dates up to `date`, from `since` on if given.

    `rebuild` lands the date anew; a backfill names landing dates to land anew (`relanded`) and event dates to build
    in any case (`event_dates`). A date that data quality refuses blocks the whole run, or only itself
    (`quarantine-date`).
    """

    date: dt.date
    raw: str
    warehouse: str
    settings: Settings
    rebuild: bool = False
    progress: Progress = field(default_factory=Progress)
    started_at: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))
    accept_rewritten: Sequence[str] = ()
    command: str = "nightly"
    since: dt.date | None = None
    relanded: Collection[dt.date] = ()
    event_dates: Collection[dt.date] = ()
    decide: Sequence[Decision] = ()
    on_dq_failure: OnFailure = "block"

    @property
    def run_id(self) -> str:
        """Sorts by time; the process tells runs apart that start within one millisecond."""
        return f"{self.started_at:%Y%m%dT%H%M%S}{self.started_at.microsecond // 1000:03d}Z-{os.getpid()}"

    @property
    def staging(self) -> str:
        """Where the run writes what is not published."""
        return f"_staging/{self.run_id}"

    @property
    def landing_dates(self) -> Collection[dt.date]:
        """Landing dates that are replaced whole."""
        return {self.date, *self.relanded} if self.rebuild else self.relanded

    def wanted(self, made: Sequence[Decision], base: Release | None) -> Wanted:
        """What to select, after the decisions that were made."""
        accepted = [decision for decision in made if isinstance(decision, Rewritten)]
        late_window = dt.timedelta(days=self.settings.late_window_days)
        kept = dt.date.fromisoformat(base.clean_since) + late_window if base and base.clean_since else dt.date.min
        due = due_dates(base, self.date, self.settings)
        closing = Publication(self.settings, base, self.date).is_needed
        is_unerased = base is not None and len(erasures(made)) > base.erasures
        is_needed = bool(self.event_dates or due or closing or is_unerased or (base and base.dates_to_retry))
        return Wanted(self.date, self.since, kept, self.landing_dates, accepted, is_needed)


@dataclass(frozen=True)
class Input:
    """The release that the run builds on, the raw files that it adds or replaces, and the decisions in force."""

    base: Release | None
    known: dict[str, InputFile]
    selection: Selection
    inspections: list[Inspection]
    ring: KeyRing
    decisions: Sequence[Decision] = ()


Taking = Callable[[Night, Store, Store, Journal], Input]


def run_night(night: Night, take: Taking | None = None) -> str:
    """Land, build, audit and publish what is new up to the landing date; returns the run's last line.

    `take` says what the run builds on, by default every raw file that the newest release does not hold. Raises a HoverlakeError whose exit code and message say what stopped it, what it left and what to do.
    """
    raw = open_raw(night.raw)
    check_root(night.warehouse)
    store = Store(night.warehouse, create=True)
    close_layers(store)
    journal = Journal(store, night.run_id)
    with journaled(journal, night.command, night.settings, date=night.date, raw=night.raw) as said:
        with held_lease(store, night.run_id, night.settings.lease_expiry_s) as lease:
            journal.write("leased", number=lease.number, is_taken_over=lease.is_taken_over)
            given = (take or _input)(night, raw, store, journal)
            said.append(_with_spark(night, store, lease, journal, given))
        return said[-1]


@contextmanager
def journaled(journal: Journal, command: str, settings: Settings, **asked: object) -> Iterator[list[str]]:
    """A run from its first event to its last; the block appends the run's last line to the list."""
    facts = {"host": socket.gethostname(), "pid": os.getpid(), "code_version": __version__}
    journal.write(STARTED, command=command, **asked, **facts, configuration_sha256=settings.sha256())
    said: list[str] = []
    try:
        yield said
    except HoverlakeError as error:
        # A full disk may be what stopped the run: its own error counts.
        with suppress(HoverlakeError):
            journal.write(ENDED, exit_code=error.exit_code, message=str(error))
        raise
    journal.write(ENDED, exit_code=0, message=said[-1])


def _input(night: Night, raw: Store, store: Store, journal: Journal) -> Input:
    """What the run builds on and takes, from the newest release: only the holder of the lease may rely on it."""
    say = night.progress.say
    files, remarks = list_raw_files(raw, night.date)
    base = releases.newest(store)
    known = releases.manifest(store, base.number) if base else {}
    decisions.decide(store, [*night.decide, *accepted_files(raw, files, known, night.accept_rewritten)], night.run_id)
    made = decisions.all_decisions(store)
    selection = select_files(raw, files, known, night.wanted(made, base))
    for remark in [*remarks, *selection.remarks(night.date)]:
        say(remark)
    with night.progress.stage("check raw files") as facts:
        inspections = inspect_files(raw, selection.files)
        facts.append(f"{len(inspections)} files, {sum(i.line_count for i in inspections):,} lines")
    for inspection in set_aside(inspections, selection, night.settings):
        say(f"set aside, nothing of it is landed: {inspection.file.path} {inspection.problem}")
    journal.write("checked", base=base.number if base else None, files=len(inspections), gone=selection.gone)
    return Input(base, known, selection, inspections, key_ring(night, base, known), made)


def key_ring(night: Night, base: Release | None, known: dict[str, InputFile]) -> KeyRing:
    """The keys of this night: the first one is made, and the next one."""
    say = night.progress.say
    if base is None and not keys.is_in_environment() and not (path := keys.key_file(night.warehouse)).exists():
        say(f"made the key for pseudonyms: {path} (mode 0600). Keep it: without it every visitor parts in two")
        keys.make_key(path)
    landed = [dt.date.fromisoformat(file.landing_date) for file in known.values()]
    started = last_start(max(landed), night.settings) if landed else None
    starting = last_start(max([night.date, *landed]), night.settings)
    return ring_for_night(night.warehouse, night.settings, started, starting, say, base.key_marks if base else {})


def _with_spark(night: Night, store: Store, lease: Lease, journal: Journal, given: Input) -> str:
    with night.progress.stage("start Spark"):
        from expectations.gx_batches import import_beside
        from jobs.io.delta import DeltaTables
        from jobs.io.session import start_session, suit_input
        from jobs.stages import Stages

        # What both need of Spark's modules is here by now: two threads must not import them at once.
        import_beside()
        spark = start_session(uris=(night.raw, night.warehouse))
        suit_input(spark, sum(i.file.size_bytes for i in given.inspections))
    tables = DeltaTables(spark, night.warehouse, night.run_id, lease, journal)
    stages = Stages(night, store, tables, given)
    with infrastructure_errors(night.command):
        try:
            for stage in (stages.restore, stages.land, stages.build, stages.audit, stages.reconcile):
                stage()
                journal.write(f"{stage.__name__}_done", event_dates=[str(date) for date in stages.dates])
            return stages.publish()
        finally:
            # What cannot be removed now, `maintain` removes later; it must not hide what went wrong.
            with suppress(HoverlakeError):
                store.delete_folder(night.staging)


@contextmanager
def infrastructure_errors(command: str) -> Iterator[None]:
    """What an engine or a store raises in the block becomes an InfrastructureFailed."""
    try:
        yield
    except HoverlakeError:
        raise
    except Exception as error:
        raise InfrastructureFailed(
            f"{command} stopped: {type(error).__name__}: {_first_line(error)}. The last release stays as it was; the "
            "next run starts from it. Run it again."
        ) from error


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0][:300]
