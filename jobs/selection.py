"""Which raw files a run takes: every file that the base release does not hold, of the landing dates it looks at."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from jobs.config import Settings
from jobs.errors import InputUnreadable, NothingNew, UsageError
from jobs.io.decisions import Rewritten
from jobs.io.raw_files import Inspection, RawFile, path_below, sha256_of
from jobs.io.releases import InputFile
from jobs.io.store import Store
from warehouse_schema.raw.cursor_beacon import RETENTION_DAYS


@dataclass(frozen=True)
class Wanted:
    """What a run was asked for: landing dates up to `date` (from `since` on, if given), landing dates to replace
    whole, rewritten files that an operator accepted. With `is_needed` there is work even without any file.

    Before landing date `kept_since` a file may hold beacons of dates that clean no longer holds whole: building them
    again would lose what was published.
    """

    date: dt.date
    since: dt.date | None = None
    kept_since: dt.date = dt.date.min
    relanded: Collection[dt.date] = ()
    accepted: Collection[Rewritten] = ()
    is_needed: bool = False


@dataclass(frozen=True)
class Selection:
    """Files to append; files of landing dates that are replaced whole; files whose rows are replaced; those gone."""

    new: list[RawFile]
    relanded: list[RawFile] = field(default_factory=list)
    rewritten: list[RawFile] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    expired: list[RawFile] = field(default_factory=list)

    def remarks(self, landing_date: dt.date) -> list[str]:
        """What an operator should know, on that landing date, of files that are not read."""
        # Older ones are gone because their time was over.
        kept = f"landing_date={landing_date - dt.timedelta(days=RETENTION_DAYS)}"
        gone = [f"{path} was landed and is gone: the tables keep it" for path in self.gone if path >= kept]
        expired = [
            f"{file.path} came after clean had let go of its dates: not read; its days stay as published"
            for file in self.expired
        ]
        return [*gone, *expired]

    @property
    def files(self) -> list[RawFile]:
        """All files to read."""
        return [*self.new, *self.relanded, *self.rewritten]


def select_files(raw: Store, files: Sequence[RawFile], known: Mapping[str, InputFile], wanted: Wanted) -> Selection:
    """What to read. InputUnreadable if a known file was rewritten, or is gone and should be rebuilt; NothingNew if
    there is nothing to do."""
    changed = {file.path: file for file in files if file.path in known and new_bytes(raw, file, known[file.path])}
    rewritten = [file for path, file in changed.items() if not known[path].problem]
    _refuse_unaccepted(raw, rewritten, wanted.accepted)
    present = {file.path for file in files}
    landed = {path: file for path, file in known.items() if not file.problem}
    gone = sorted(path for path in landed if path not in present and landed[path].landing_date <= str(wanted.date))
    # A file that was set aside is taken again once its bytes have changed.
    unknown = [file for file in files if file.path not in known or (file.path in changed and known[file.path].problem)]
    expired = [file for file in unknown if file.landing_date < wanted.kept_since]
    first = max(wanted.since or dt.date.min, wanted.kept_since)
    new = [file for file in unknown if file.landing_date >= first]
    relanded = _of_relanded_dates(raw, files, known, changed, gone, wanted)
    selection = Selection(
        [file for file in new if file.landing_date not in wanted.relanded],
        relanded,
        [file for file in rewritten if file.landing_date not in wanted.relanded],
        gone,
        expired,
    )
    if not selection.files and not wanted.is_needed:
        raise NothingNew(_nothing_new(raw, files, known, wanted))
    return selection


def new_bytes(raw: Store, file: RawFile, known: InputFile) -> str | None:
    """SHA-256 of a known file's bytes if they are others than those landed; else None.

    An entity tag changes on a mere copy: a new one only triggers the comparison.
    """
    if file.size_bytes == known.size_bytes and file.etag == known.etag:
        return None
    sha256 = sha256_of(raw, file)
    return None if sha256 == known.sha256 else sha256


def accepted_files(
    raw: Store, files: Sequence[RawFile], known: Mapping[str, InputFile], paths: Sequence[str]
) -> list[Rewritten]:
    """The decisions that --accept-rewritten PATH asks for; UsageError for a path that is no landed raw file."""
    by_path, decisions = {file.path: file for file in files}, []
    for path in (path_below(raw, given) for given in paths):
        if path not in known or path not in by_path:
            raise UsageError(
                f"--accept-rewritten {path}: no raw file of this name below {raw.uri} was landed before. Give a path "
                "as the refusal names it, such as landing_date=2026-11-20/part-1.ndjson.gz."
            )
        sha256 = new_bytes(raw, by_path[path], known[path])
        if sha256:
            decisions.append(Rewritten(path, sha256))
    return decisions


def _refuse_unaccepted(raw: Store, rewritten: Sequence[RawFile], accepted: Collection[Rewritten]) -> None:
    refused = sorted(file.path for file in rewritten if Rewritten(file.path, sha256_of(raw, file)) not in accepted)
    if refused:
        raise InputUnreadable(
            f"{len(refused)} raw file(s) were rewritten after they were landed: {_some(refused)}. Restore the bytes "
            "that were landed, give the new ones another name, or take them with --accept-rewritten PATH."
        )


def _of_relanded_dates(
    raw: Store,
    files: Sequence[RawFile],
    known: Mapping[str, InputFile],
    changed: Collection[str],
    gone: Sequence[str],
    wanted: Wanted,
) -> list[RawFile]:
    """Every readable file of the landing dates that are replaced."""
    dates = {str(date) for date in wanted.relanded}
    lost = [path for path in gone if known[path].landing_date in dates]
    if lost:
        raise InputUnreadable(
            f"landing date {known[lost[0]].landing_date} cannot be rebuilt: {len(lost)} of its raw files are gone: "
            f"{_some(lost)}. Restore them, or leave the date as it is."
        )
    unreadable = {path for path, file in known.items() if file.problem} - set(changed)
    replacing = [file for file in files if str(file.landing_date) in dates and file.path not in unreadable]
    if dates and not replacing:
        raise NothingNew(
            f"no raw files in landing_date={', '.join(sorted(dates))} below {raw.uri}: nothing to rebuild."
        )
    return replacing


def _nothing_new(raw: Store, files: Sequence[RawFile], known: Mapping[str, InputFile], wanted: Wanted) -> str:
    if not files and not known:
        return (
            f"no raw files up to landing_date={wanted.date} below {raw.uri}. Check --raw and --date; files are expected "
            "under landing_date=YYYY-MM-DD/."
        )
    return (
        f"nothing new up to landing date {wanted.date}: the newest release knows all {len(files)} raw files. Left as "
        "it is."
    )


def set_aside(inspections: Sequence[Inspection], selection: Selection, settings: Settings) -> list[Inspection]:
    """Unreadable files, by name; InputUnreadable if they are more than max_unreadable_share of all, or if one of them
    should take the place of what was landed before."""
    bad = [inspection for inspection in inspections if inspection.problem]
    replacing = {file.path for file in (*selection.relanded, *selection.rewritten)}
    for inspection in bad:
        if inspection.file.path in replacing:
            raise InputUnreadable(
                f"{inspection.file.path} {inspection.problem}: it cannot replace what was landed before. Nothing was "
                "changed. Restore the file, then run again."
            )
    if len(bad) > settings.max_unreadable_share * len(inspections):
        first = bad[0]
        raise InputUnreadable(
            f"{len(bad)} of {len(inspections)} new raw files are unreadable, more than "
            f"{settings.max_unreadable_share:.0%}: {_some([i.file.path for i in bad])} (the first {first.problem}). "
            "Nothing was changed. Repair or remove them, or raise max_unreadable_share."
        )
    return bad


def _some(names: Sequence[str], most: int = 5) -> str:
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest
