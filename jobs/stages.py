"""The stages of a night, each once: restore, land, build, audit, reconcile, publish."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from expectations.auditing import Result, audit
from jobs import __version__
from jobs.build import History, build_page_views, stage_marts, touched_dates, window
from jobs.errors import BlockedByQuality, InfrastructureFailed
from jobs.io import releases
from jobs.io.decisions import too_late_ranges
from jobs.io.delta import DeltaTables
from jobs.io.journal import RunStory
from jobs.io.raw_files import Inspection
from jobs.io.releases import EventDate, InputFile, Release
from jobs.io.store import Store
from jobs.land import LandingRules, land
from jobs.quality import audited_tables, equation_results, verdict
from jobs.run_rows import amount_rows, count_rows, failed_run_row, failed_runs, input_rows, result_rows, run_row
from jobs.steps.marts import MartSpec, literal, on_dates
from jobs.steps.pseudonym import pseudonym_udf
from jobs.steps.reconcile import Equation, Staged, mart_equations, told
from warehouse_schema import PINNED
from warehouse_schema.clean.beacons import BEACONS
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.derive import spark_schema
from warehouse_schema.ops import tables as ops
from warehouse_schema.table import Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from jobs.nightly import Input, Night


class Stages:
    """One night's work on the tables, and what it has found so far."""

    def __init__(self, night: Night, store: Store, tables: DeltaTables, given: Input) -> None:
        self.night = night
        self.store = store
        self.tables = tables
        self.given = given
        self.equations: list[Equation] = []
        self.results: list[Result] = []
        self.staged: list[Staged] = []
        self.dates: list[dt.date] = []
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
        if undone:
            self.night.progress.say(f"undone what a stopped run left: {', '.join(undone)}")

    def land(self) -> None:
        """Append new files, replace landing dates and rewritten files; finds the event dates to rebuild."""
        with self.night.progress.stage("land") as facts:
            landed_dates = set(self.night.event_dates)
            for files, replaced in self._portions():
                if replaced:
                    landed_dates |= self._start_dates(replaced)
                landed = land(self.tables, self.night.raw, files, self._rules(), replaced)
                landed_dates |= set(landed.start_dates)
                self.equations += landed.equations
            facts.append(told(self.equations))
        new_files = [i.file.path for i in self.given.inspections if not i.problem]
        if landed_dates:
            near = window(self.tables.read(BEACONS), sorted(landed_dates), self.night.settings)
            self.dates = touched_dates(near, new_files, sorted(landed_dates))

    def _portions(self) -> Iterator[tuple[list[Inspection], str | None]]:
        """Files to land together, with the predicate on the rows that they replace; None for files that are added."""
        chosen, nights_dates = self.given.selection, self.night.landing_dates
        readable = {i.file.path: i for i in self.given.inspections if not i.problem}
        added = [readable[file.path] for file in chosen.new if file.path in readable]
        if added:
            yield added, None
        if chosen.relanded:
            yield [readable[file.path] for file in chosen.relanded], on_dates("landing_date", nights_dates)
        if chosen.rewritten:
            dates = on_dates("landing_date", {file.landing_date for file in chosen.rewritten})
            names = ", ".join(literal(file.path) for file in chosen.rewritten)
            yield [readable[file.path] for file in chosen.rewritten], f"{dates} AND raw_file IN ({names})"

    def _rules(self) -> LandingRules:
        return LandingRules(self.night.settings, pseudonym_udf(self.given.key), too_late_ranges(self.given.decisions))

    def _start_dates(self, replaced: str) -> set[dt.date]:
        landed = self.tables.read(BEACONS).where(replaced)
        return {row["start_date"] for row in landed.select("start_date").distinct().collect()}

    def build(self) -> None:
        """clean.page_views of the touched dates, then every mart, staged."""
        dates = self.dates
        if not dates:
            return
        night = self.night
        with night.progress.stage("build clean.page_views") as facts:
            built = build_page_views(self.tables, night.settings, dates)
            self.equations += built
            facts.append(f"{len(dates)} event dates, {sum(e.left for e in built):,} beacons")
        with night.progress.stage("stage marts") as facts:
            self.staged = stage_marts(self.tables, night.settings, dates, self._history(), night.staging)
            facts.append(f"{len(self._marts())} marts")

    def _history(self) -> History:
        base = self.given.base
        since = dt.date.fromisoformat(base.clean_since) if base and base.clean_since else None
        return History([dt.date.fromisoformat(date) for date in base.event_dates] if base else [], since)

    def audit(self) -> None:
        """Hold what is written but not published against the expectations."""
        if not self.dates:
            return
        with self.night.progress.stage("audit") as facts:
            landed = [i.file.path for i in self.given.inspections if not i.problem]
            audited = audited_tables(self.tables, landed, self.dates, self.staged)
            self.results += audit(audited, self.night.settings.model_dump())
            facts.append(f"{len(self.results)} expectations")

    def reconcile(self) -> None:
        """What fails critically, or does not add up, is not published."""
        if self.staged:
            with self.night.progress.stage("reconcile") as facts:
                self.equations += mart_equations(self.tables.read(PAGE_VIEWS), self.staged)
                facts.append(f"{len(self.equations)} equations")
        self.results += equation_results(self.equations)
        failures = [result for result in self.results if result.is_critical_failure]
        if failures:
            self._block(verdict(failures))

    def _block(self, reason: str) -> None:
        run_id = self.night.run_id
        message = (
            f"blocked by data quality: {reason} Published tables stay as they were. More: hoverlake sql "
            f"\"select * from ops.dq_results where run_id = '{run_id}' and not success\" "
            f"--warehouse {self.night.warehouse}"
        )
        self._write_ops(BlockedByQuality.exit_code, message)
        raise BlockedByQuality(message)

    def publish(self) -> str:
        """One commit per mart, then ops, then the release that makes all of it visible at once."""
        night, base = self.night, self.given.base
        with night.progress.stage("publish"):
            marts = self._marts()
            with ThreadPoolExecutor(max(1, len(marts))) as pool:
                list(pool.map(lambda mart: self._publish_mart(*mart), marts))
            number = base.number + 1 if base else 1
            message = self._summary(number)
            self._write_ops(0, message)
            release = self._release(number)
            self.tables.lease.check()
            if not releases.publish(self.store, release, self._manifest()):
                raise InfrastructureFailed(
                    f"release {number} was taken by another run. Nothing of this run is visible; run the night again."
                )
        return message

    def _marts(self) -> list[tuple[MartSpec, DataFrame, Sequence[dt.date]]]:
        """Each staged mart with its rows and dates."""
        return [
            (spec, part.ledger.rows_of(spec, part.rows), part.dates[spec.name])
            for part in self.staged
            for spec in part.ledger.specs
        ]

    def _publish_mart(self, spec: MartSpec, rows: DataFrame, dates: Sequence[dt.date]) -> None:
        self.tables.replace(spec.table, rows, on_dates("event_date", dates))

    def _summary(self, number: int) -> str:
        aside = sum(1 for i in self.given.inspections if i.problem)
        files = len(self.given.inspections) - aside
        return (
            f"published release {number} of {self.night.warehouse}: {files} raw files, event dates "
            f"{', '.join(map(str, self.dates)) or 'none'}" + (f", {aside} files set aside" if aside else "")
        )

    def _release(self, number: int) -> Release:
        night, base = self.night, self.given.base
        event_dates = dict(base.event_dates) if base else {}
        for date in self.dates:
            event_dates[str(date)] = EventDate("provisional", __version__, night.settings.sha256())
        latest = max(night.date, dt.date.fromisoformat(base.landing_date)) if base else night.date
        closed = latest - dt.timedelta(days=night.settings.late_window_days)
        event_dates = {
            date: EventDate("final" if date <= str(closed) else "provisional", at.code_version, at.configuration_sha256)
            for date, at in sorted(event_dates.items())
        }
        versions = {table.name: self.tables.version(table) for table in PINNED}
        return Release(
            number=number,
            run_id=night.run_id,
            created_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            landing_date=str(latest),
            tables={name: version for name, version in versions.items() if version >= 0},
            event_dates=event_dates,
            configuration=night.settings.model_dump(),
            clean_since=base.clean_since if base else None,
            kind="night" if night.command == "nightly" else night.command,
        )

    def _manifest(self) -> dict[str, InputFile]:
        files = dict(self.given.known)
        for i in self.given.inspections:
            file = i.file
            files[file.path] = InputFile(
                file.path, file.size_bytes, file.etag, i.sha256, i.line_count, str(file.landing_date), i.problem
            )
        return files

    def _write_ops(self, exit_code: int, message: str) -> None:
        run_id = self.night.run_id
        every = ", ".join(map(str, self.dates))
        failed = [failed_run_row(self.store, story) for story in self.failed]
        rows: list[tuple[Table, list[dict[str, object]]]] = [
            (ops.RUNS, [*failed, run_row(self.night, self.given.inspections, every, exit_code, message)]),
            (ops.INPUT_FILES, input_rows(run_id, self.given.inspections)),
            (ops.RECONCILIATION, count_rows(run_id, self.equations)),
            (ops.RECONCILIATION_AMOUNTS, amount_rows(run_id, self.equations)),
            (ops.DQ_RESULTS, result_rows(run_id, self.results)),
        ]
        with ThreadPoolExecutor(len(rows)) as pool:
            list(pool.map(lambda pair: self._append_rows(*pair), rows))

    def _append_rows(self, table: Table, rows: list[dict[str, object]]) -> None:
        if rows:
            frame = self.tables.spark.createDataFrame(rows, spark_schema(table.columns))
            self.tables.append(table, frame.coalesce(1))
