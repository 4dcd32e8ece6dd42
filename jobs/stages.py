"""The stages of a night, each once: restore, land, build, audit, reconcile, publish."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from expectations.results import Result
from jobs.audit import Written, audit_night
from jobs.build import (
    beacon_sums,
    build_page_views,
    equations_of_marts,
    stage_marts,
    start_dates,
    suit_dates,
    take_back_page_views,
    touched_dates,
    window,
)
from jobs.data_docs import document
from jobs.erasure.rows import ERASED, erase_rows
from jobs.errors import BlockedByQuality, InfrastructureFailed
from jobs.io import releases
from jobs.io.decisions import all_tombstones, erasures, too_late_ranges
from jobs.io.delta import DeltaTables
from jobs.io.journal import RunStory
from jobs.io.store import Store
from jobs.land import LandingRules, land, portions
from jobs.late_rebuild import waiting_dates
from jobs.next_release import manifest, more, next_release, summary
from jobs.ops_rows import write_ops
from jobs.publication import Publication
from jobs.quality import dates_to_hold_back, equation_results, held_equations, merged, verdict
from jobs.run_rows import failed_runs
from jobs.steps.marts import on_dates
from jobs.steps.profile import Measured
from jobs.steps.reconcile import Equation, Staged, told
from jobs.waiting import left_unpublished, left_waiting
from warehouse_schema import PINNED
from warehouse_schema.clean.beacons import BEACONS
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.table import Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from jobs.nightly import Input, Night


class Stages:
    """One night's work on the tables, and what it has found so far.

    `seen` is what the last look at the tables said, `results` all looks: also of dates that are held back since.
    """

    def __init__(self, night: Night, store: Store, tables: DeltaTables, given: Input) -> None:
        self.night = night
        self.store = store
        self.tables = tables
        self.given = given
        self.landed: list[Equation] = []
        self.built: list[Equation] = []
        self.added_up: list[Equation] = []
        self.seen: list[Result] = []
        self.results: list[Result] = []
        self.measured: list[Measured] = []
        self.staged: list[Staged] = []
        self.dates: list[dt.date] = []
        self.asked: set[dt.date] = set()
        self.waiting: set[dt.date] = set()
        self.held_back: set[dt.date] = set()
        self.failed: list[RunStory] = []

    def restore(self) -> None:
        """Fence off a holder that may come back, then bring every table back to the base release: whatever a stopped
        run wrote is undone."""
        if self.tables.lease.is_taken_over:
            self.tables.fence()
        # They may have written rows that say they published.
        self.failed = failed_runs(self.store, self.given.base, self.night.run_id)
        self.tables.forget_runs([story.run_id for story in self.failed])
        undone = self.tables.restore(self.store, self.given.base)
        self.tables.keep_statistics_impersonal()
        if undone:
            self.night.progress.say(f"undone what a stopped run left: {', '.join(undone)}")

    def land(self) -> None:
        """Append new files, replace landing dates and rewritten files; finds the event dates to rebuild."""
        night, base = self.night, self.given.base
        self.asked = {*night.event_dates, *(base.dates_to_retry if base else ())}
        at_once = set(self.asked)
        late = set(base.dates_awaiting_final if base else ())
        with night.progress.stage("land") as facts:
            for files, replaced in portions(self.given, night.landing_dates):
                self.asked |= start_dates(self.tables, replaced) if replaced else set()
                landed = land(self.tables, night.raw, files, self._rules(), replaced)
                self.asked |= landed.start_dates if replaced else set()
                at_once |= self.asked | landed.timely_dates
                late |= landed.start_dates
                self.landed += landed.equations
            facts.append(told(self.landed))
        # Published dates are published again without the visitors, whatever is said of provisional ones.
        self.asked |= self._erase()
        at_once |= self.asked
        if at_once or late:
            self._choose(at_once, late)

    def _erase(self) -> set[dt.date]:
        """Remove the rows of visitors whose erasure is decided, and not yet in the base release; returns the dates that
        lose rows. A run that was to do so and was stopped leaves it to the next one."""
        made, base = self.given.decisions, self.given.base
        if base is None or len(erasures(made)) <= base.erasures:
            return set()
        with self.night.progress.stage("erase") as facts:
            erased = erase_rows(self.tables, all_tombstones(made))
            totals = {name: sum(rows.values()) for name, rows in erased.items()}
            facts.append(", ".join(f"{count:,} rows of {name}" for name, count in totals.items()))
        self.tables.journal.write(ERASED, erasures=len(erasures(made)), rows=totals)
        return {date for rows in erased.values() for date in rows}

    def _choose(self, at_once: set[dt.date], late: set[dt.date]) -> None:
        """Event dates that are built now, and those that wait for the close of their late window."""
        night, near = self.night, window(self.tables.read(BEACONS), [*at_once, *late], self.night.settings)
        touched = touched_dates(near, self._landed_files(), sorted(at_once | late))
        waiting = waiting_dates(set(touched) - at_once, self.given.base, night.date, night.settings)
        self.waiting, self.built = left_waiting(self.tables, near, touched, waiting)
        self.dates = [date for date in touched if date not in self.waiting]
        # With what was asked for go the dates that its page views lie on as well.
        self.asked |= set(touched) - at_once - late if self.asked else set()

    def _landed_files(self) -> list[str]:
        return [i.file.path for i in self.given.inspections if not i.problem]

    def _rules(self) -> LandingRules:
        made = self.given.decisions
        return LandingRules(self.night.settings, self.given.ring, too_late_ranges(made), all_tombstones(made))

    def build(self) -> None:
        """clean.page_views of the touched dates, then every mart, staged."""
        suit_dates(self.tables, {*self.dates, *self.publication().closing})
        if self.dates:
            self._build_page_views()
        if self.dates or self.publication().is_needed:
            self._stage_marts()

    def _build_page_views(self) -> None:
        with self.night.progress.stage("build clean.page_views") as facts:
            built = build_page_views(self.tables, self.night.settings, self.dates)
            facts.append(f"{len(self.dates)} event dates, {sum(e.left for e in built):,} beacons")
            self.built += built

    def _stage_marts(self) -> None:
        night = self.night
        with night.progress.stage("stage marts") as facts:
            self.staged = stage_marts(self.tables, night.settings, self.publication(), night.staging)
            facts.append(f"{len(self._marts())} marts")

    def publication(self) -> Publication:
        """Which dates this run publishes, by what it knows so far."""
        night = self.night
        return Publication(night.settings, self.given.base, night.date, self.dates, self.asked, self.held_back)

    def audit(self) -> None:
        """Hold what is written but not published against the expectations, and against the weeks before."""
        dates = sorted({*self.dates, *self.publication().closing})
        if not dates and not self.waiting and not self.staged:
            return
        with self.night.progress.stage("audit") as facts:
            written = Written(self._landed_files(), self.landed, dates, self.waiting, self.staged)
            self.seen, measured = audit_night(self.night, self.tables, written)
            # Of a date held back since, the profile of its refused rows stays, for who looks into it.
            self.measured = [*(m for m in self.measured if m.event_date in self.held_back), *measured]
            facts.append(f"{len(self.seen):,} results")

    def reconcile(self) -> None:
        """What fails critically, or does not add up, is not published: the whole night, or its dates alone."""
        self._add_up()
        while failures := [result for result in self.seen if result.is_critical_failure]:
            now = self.publication()
            held = dates_to_hold_back(failures, sorted({*self.dates, *now.closing}), now.known, self.staged)
            if self.night.on_dq_failure == "block" or not held:
                self._block(verdict(failures))
            self._hold_back(held, failures)

    def _add_up(self) -> None:
        self.added_up = []
        if self.staged:
            with self.night.progress.stage("reconcile") as facts:
                self.added_up = equations_of_marts(self.tables, self.staged)
                facts.append(f"{len(self.equations())} equations")
        self.added_up += left_unpublished(self.tables, self.publication())
        own = [equation for equation in self.built if equation.date not in self.held_back]
        self.seen += equation_results([*self.landed, *own, *self.added_up])
        self.results = merged(self.results, self.seen)

    def equations(self) -> list[Equation]:
        """All that must add up."""
        return [*self.landed, *self.built, *self.added_up]

    def _hold_back(self, held: set[dt.date], failures: Sequence[Result]) -> None:
        """The dates' page views and marts stay as the base release has them; the other dates are looked at again."""
        names = ", ".join(map(str, sorted(held)))
        self.night.progress.say(f"held back {names}: {verdict(failures)}")
        self.tables.journal.write("held_back", event_dates=sorted(map(str, held)))
        # A date that was only to be published has the page views of the base release.
        if built := held & set(self.dates):
            base = self.given.base
            take_back_page_views(self.tables, built, base.tables.get(PAGE_VIEWS.name) if base else None)
            self.built = held_equations(self.built, beacon_sums(self.tables, built), built)
        self.held_back |= held
        self.dates = [date for date in self.dates if date not in held]
        self._stage_marts()
        self.audit()
        self._add_up()

    def _block(self, reason: str) -> None:
        message = f"blocked by data quality: {reason} Published tables stay as they were. {more(self.night)}"
        write_ops(self, BlockedByQuality.exit_code, message)
        document(self.night, self.store, self.results, message)
        raise BlockedByQuality(message)

    def publish(self) -> str:
        """One commit per mart, then ops, then the release that makes all of it visible at once."""
        night = self.night
        with night.progress.stage("publish"):
            marts = self._marts()
            with ThreadPoolExecutor(max(1, len(marts))) as pool:
                list(pool.map(lambda mart: self.tables.replace(*mart), marts))
            versions = {t.name: version for t in PINNED if (version := self.tables.version(t)) >= 0}
            release = next_release(night, self.given, self.publication(), self.waiting, versions)
            message = summary(night, self.given, release, self.publication())
            write_ops(self, 0, message)
            self.tables.lease.check()
            if not releases.publish(self.store, release, manifest(self.given)):
                message = f"release {release.number} was taken by another run. Nothing of this run is visible; "
                raise InfrastructureFailed(message + "run the night again.")
        document(night, self.store, self.results, message)
        return message

    def _marts(self) -> list[tuple[Table, DataFrame, str]]:
        """Each staged mart with its rows, and what they replace."""
        return [
            (spec.table, part.ledger.rows_of(spec, part.rows), on_dates("event_date", part.dates[spec.name]))
            for part in self.staged
            for spec in part.ledger.specs
        ]
