"""The order of a night, and nothing else (DESIGN section 4)."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass, field

from jobs.config import Settings
from jobs.errors import HoverlakeError, InfrastructureFailed
from jobs.io import keys, releases
from jobs.io.lease import held_lease
from jobs.io.raw_files import Inspection, inspect_files, list_raw_files, open_raw
from jobs.io.releases import InputFile, Release
from jobs.io.store import Store
from jobs.io.warehouse import check_root
from jobs.progress import Progress
from jobs.selection import Selection, select_files, set_aside


@dataclass(frozen=True)
class Night:
    """What one run was asked for."""

    date: dt.date
    raw: str
    warehouse: str
    settings: Settings
    rebuild: bool = False
    progress: Progress = field(default_factory=Progress)
    started_at: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))

    @property
    def run_id(self) -> str:
        """Sorts by time; the process tells runs apart that start within one second."""
        return f"{self.started_at:%Y%m%dT%H%M%SZ}-{os.getpid()}"

    @property
    def staging(self) -> str:
        """Where the run writes what is not published."""
        return f"_staging/{self.run_id}"


@dataclass(frozen=True)
class Input:
    """The release that the run builds on, and the raw files that it adds."""

    base: Release | None
    known: dict[str, InputFile]
    selection: Selection
    inspections: list[Inspection]
    key: bytes

    def readable(self, *, replacing: bool) -> list[Inspection]:
        """Files to land: those that replace a landing date, or those that are added."""
        chosen = self.selection.replacing if replacing else self.selection.new
        paths = {file.path for file in chosen}
        return [i for i in self.inspections if i.file.path in paths and not i.problem]


def run_night(night: Night) -> str:
    """Land, build, audit and publish what is new up to the landing date; returns the run's last line.

    Raises a HoverlakeError whose exit code and message say what stopped it, what it left and what to do.
    """
    raw, say = open_raw(night.raw), night.progress.say
    files, remarks = list_raw_files(raw, night.date)
    check_root(night.warehouse)
    store = Store(night.warehouse, create=True)
    base = releases.newest(store)
    known = releases.manifest(store, base.number) if base else {}
    selection = select_files(raw, files, known, night.date, rebuild=night.rebuild)
    for remark in [*remarks, *(f"{path} was landed and is gone: the tables keep it" for path in selection.gone)]:
        say(remark)
    with held_lease(store, night.run_id) as lease_number:
        with night.progress.stage("check raw files") as facts:
            inspections = inspect_files(raw, [*selection.new, *selection.replacing])
            facts.append(f"{len(inspections)} files, {sum(i.line_count for i in inspections):,} lines")
        for inspection in set_aside(inspections, night.settings):
            say(f"set aside, nothing of it is landed: {inspection.file.path} {inspection.problem}")
        key = _key(night, base)
        return _with_spark(night, store, lease_number, Input(base, known, selection, inspections, key))


def _key(night: Night, base: Release | None) -> bytes:
    path = keys.key_file(night.warehouse)
    if base is None and not path.exists():
        night.progress.say(
            f"made the key for pseudonyms: {path} (mode 0600). Keep it: without it every visitor parts in two"
        )
        return keys.make_key(path)
    return keys.load_key(path)


def _with_spark(night: Night, store: Store, lease_number: int, given: Input) -> str:
    with night.progress.stage("start Spark"):
        from jobs.io.session import start_session

        spark = start_session(uris=(night.raw, night.warehouse))
    from jobs.io.delta import DeltaTables
    from jobs.stages import Stages

    tables = DeltaTables(spark, night.warehouse, night.run_id, lease_number)
    stages = Stages(night, store, tables, given)
    try:
        stages.restore()
        dates = stages.land()
        stages.build(dates)
        stages.audit(dates)
        stages.reconcile(dates)
        return stages.publish(dates)
    except HoverlakeError:
        raise
    except Exception as error:
        raise InfrastructureFailed(
            f"the night stopped: {type(error).__name__}: {_first_line(error)}. The last release stays as it was; the "
            "next run starts from it. Run the night again."
        ) from error
    finally:
        store.delete_folder(night.staging)


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0][:300]
