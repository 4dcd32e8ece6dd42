"""`hoverlake erase`: rows of visitors leave clean and restricted tables, the marts of their dates are built without them,
and nothing that can be read is left of the rows.

First the decision: tombstones under every key, the next one included. From then on beacons of the visitors are refused
by whatever run, and a run that finds the decision not yet followed follows it: an erasure that was killed is finished by
the next run, or by the same command again. Then a night without files, which removes the rows, builds their dates and
publishes; then every file of clean and restricted tables that the new release does not need is removed at once.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jobs.config import Settings
from jobs.erasure.certificate import Certificate, write_certificate
from jobs.erasure.raw_lines import Found, Rewriting, files_with, without
from jobs.erasure.search import Searched, search
from jobs.erasure.visitors import Visitors, read_visitors
from jobs.errors import BlockedByQuality, NothingNew, UsageError
from jobs.io import decisions, keys, releases
from jobs.io.decisions import Erased, Rewritten, erasures
from jobs.io.delta import DeltaTables
from jobs.io.journal import Journal
from jobs.io.lease import held_lease
from jobs.io.raw_files import RawFile, list_raw_files, open_raw
from jobs.io.releases import InputFile
from jobs.io.store import Store
from jobs.io.warehouse import check_root
from jobs.nightly import Input, Night, infrastructure_errors, journaled, key_ring, run_night
from jobs.progress import Progress
from jobs.selection import Selection
from warehouse_schema import CLEAN, RESTRICTED


@dataclass(frozen=True)
class Erasure:
    """What was asked for. With `rewrites_raw` raw files lose the visitors' lines, too; without, they leave with raw."""

    file: Path
    raw: str
    warehouse: str
    rewrites_raw: bool = False
    also: Sequence[Path] = ()
    started_at: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))
    progress: Progress = field(default_factory=Progress)

    @property
    def run_id(self) -> str:
        """Of the part after the release; that of the night before it sorts lower."""
        return f"{self.started_at:%Y%m%dT%H%M%S}{self.started_at.microsecond // 1000:03d}Z-erase-{os.getpid()}"


def run_erasure(asked: Erasure) -> str:
    """Erase, search, certify; returns the last line.

    UsageError if nothing is published or the file names nobody; BlockedByQuality if the marts without the visitors fail
    the audit, or the search finds a trace. The decision holds in any case.
    """
    check_root(asked.warehouse)
    store = Store(asked.warehouse)
    base = releases.newest(store)
    if base is None:
        raise UsageError(f"nothing is published in {asked.warehouse}: there is nobody to erase.")
    visitors = read_visitors(asked.file, keys.load_known_ring(asked.warehouse, base.key_marks))
    night = Night(
        dt.date.fromisoformat(base.landing_date),
        asked.raw,
        asked.warehouse,
        Settings(**base.configuration),
        command="erase",
        progress=asked.progress,
    )
    try:
        run_night(night, _Taking(asked, visitors))
    except NothingNew:
        asked.progress.say("the newest release already follows this erasure: files are removed and searched again")
    except BlockedByQuality as error:
        raise BlockedByQuality(
            f"the visitors' beacons are refused from now on, but their rows are still there: {error} Mend what failed, then "
            "run the same command again: it goes on from here."
        ) from error
    _remove_files(asked, night.settings)
    return verify(asked)


def verify(asked: Erasure) -> str:
    """Search everything and certify what was found; returns the last line. BlockedByQuality if there is any trace."""
    store = Store(asked.warehouse)
    release = releases.newest(store)
    if release is None:
        raise UsageError(f"nothing is published in {asked.warehouse}: there is nothing to search.")
    ring = keys.load_known_ring(asked.warehouse, release.key_marks)
    visitors = read_visitors(asked.file, ring)
    with asked.progress.stage("search") as facts:
        searched = search(store, visitors, [Store(str(folder)) for folder in asked.also])
        in_raw = _in_raw(asked, visitors)
        facts.append(f"{searched.object_count:,} objects, {searched.byte_count / 1e6:,.1f} MB")
    certificate = Certificate.of(asked.run_id, visitors, ring, store, release, searched, in_raw)
    path = write_certificate(store, certificate)
    if searched.traces:
        raise BlockedByQuality(_found(searched, path))
    return f"erased {len(visitors.ids)} visitors from {asked.warehouse}: {certificate.said()} Certificate: {path}"


def _found(searched: Searched, path: str) -> str:
    first = ", ".join(f"{trace.path} ({trace.what})" for trace in searched.traces[:5])
    return (
        f"{len(searched.traces)} traces of the visitors are left: {first}. Run hoverlake erase again without --verify; what "
        f"stays is named in {path}."
    )


@dataclass(frozen=True)
class _Taking:
    """The input of the night that erases: no files, the decision, and raw files rewritten if that was asked for."""

    asked: Erasure
    visitors: Visitors

    def __call__(self, night: Night, raw: Store, store: Store, journal: Journal) -> Input:
        base = releases.newest(store)
        assert base is not None
        known = releases.manifest(store, base.number)
        rewritings = self._rewritings(raw) if self.asked.rewrites_raw else []
        landed = [Rewritten(new.file.path, new.sha256) for new in rewritings if new.file.path in known]
        # Before the files change: a run that finds them changed may take them then.
        decisions.decide(store, [Erased(self.visitors.tombstones), *landed], night.run_id)
        for new in rewritings:
            raw.put(new.file.path, new.content)
        made = decisions.all_decisions(store)
        if len(erasures(made)) <= base.erasures and not rewritings:
            raise NothingNew("nothing to erase")
        return Input(
            base, _with_new_bytes(known, raw, rewritings), Selection([]), [], key_ring(night, base, known), made
        )

    def _rewritings(self, raw: Store) -> list[Rewriting]:
        found = [found.file for found in files_with(raw, _raw_files(raw), self.visitors.ids) if not found.problem]
        return [without(raw, file, self.visitors.ids) for file in found]


def _with_new_bytes(known: dict[str, InputFile], raw: Store, rewritings: Sequence[Rewriting]) -> dict[str, InputFile]:
    """The manifest, with what the rewritten files are now."""
    if not rewritings:
        return known
    etags = {file.path: file.etag for file in _raw_files(raw)}
    new = {
        r.file.path: InputFile(
            r.file.path, len(r.content), etags[r.file.path], r.sha256, r.line_count, str(r.file.landing_date)
        )
        for r in rewritings
        if r.file.path in known
    }
    return {**known, **new}


def _raw_files(raw: Store) -> list[RawFile]:
    return list_raw_files(raw, dt.date.max)[0]


def _in_raw(asked: Erasure, visitors: Visitors) -> list[Found]:
    raw = open_raw(asked.raw)
    return list(files_with(raw, _raw_files(raw), visitors.ids))


def _remove_files(asked: Erasure, settings: Settings) -> None:
    """Every file of clean and restricted tables that the newest release does not need."""
    store = Store(asked.warehouse)
    journal = Journal(store, asked.run_id)
    with journaled(journal, "erase", settings) as said:
        with held_lease(store, asked.run_id, settings.lease_expiry_s) as lease, infrastructure_errors("erase"):
            from jobs.io.session import start_session

            tables = DeltaTables(start_session(uris=(asked.warehouse,)), asked.warehouse, asked.run_id, lease, journal)
            if lease.is_taken_over:
                tables.fence()
            tables.restore(store, releases.newest(store))
            with asked.progress.stage("remove files that held the rows"):
                for table in CLEAN + RESTRICTED:
                    tables.vacuum_at_once(table)
            store.delete_folder("_staging")
        said.append("files removed that the newest release does not need")
