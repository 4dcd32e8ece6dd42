"""Which raw files a night takes: every file that the base release does not hold, up to its landing date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jobs.config import Settings
from jobs.errors import InputUnreadable, NothingNew
from jobs.io.raw_files import Inspection, RawFile, sha256_of
from jobs.io.releases import InputFile
from jobs.io.store import Store


@dataclass(frozen=True)
class Selection:
    """Files to append, files that replace a landing date (an explicit rebuild), known files that are gone."""

    new: list[RawFile]
    replacing: list[RawFile]
    gone: list[str]


def select_files(
    raw: Store, files: Sequence[RawFile], known: Mapping[str, InputFile], date: dt.date, *, rebuild: bool
) -> Selection:
    """What to read. InputUnreadable if a known file was rewritten, or is gone and should be rebuilt; NothingNew if
    there is nothing to do."""
    changed = {file.path for file in files if file.path in known and _is_rewritten(raw, file, known[file.path])}
    rewritten = sorted(path for path in changed if not known[path].problem)
    if rewritten:
        raise InputUnreadable(
            f"{len(rewritten)} raw file(s) were rewritten after they were landed: {_some(rewritten)}. Restore the "
            "bytes that were landed, or give the new ones another name."
        )
    present = {file.path for file in files}
    landed = {path: file for path, file in known.items() if not file.problem}
    gone = sorted(path for path in landed if path not in present and landed[path].landing_date <= date.isoformat())
    # A file that was set aside is taken again once its bytes have changed.
    unknown = [file for file in files if file.path not in known or file.path in changed]
    if not rebuild:
        if not unknown:
            raise NothingNew(_nothing_new(raw, files, known, date))
        return Selection(unknown, [], gone)
    lost = [path for path in gone if known[path].landing_date == date.isoformat()]
    if lost:
        raise InputUnreadable(
            f"landing date {date} cannot be rebuilt: {len(lost)} of its raw files are gone: {_some(lost)}. Restore "
            "them, or leave the date as it is."
        )
    unreadable = known.keys() - landed.keys() - changed
    replacing = [file for file in files if file.landing_date == date and file.path not in unreadable]
    if not replacing:
        raise NothingNew(f"no raw files in landing_date={date} below {raw.uri}: nothing to rebuild.")
    return Selection([file for file in unknown if file.landing_date != date], replacing, gone)


def _is_rewritten(raw: Store, file: RawFile, known: InputFile) -> bool:
    """Other bytes; an entity tag changes on a mere copy, so that a new one only triggers the comparison."""
    if file.size_bytes != known.size_bytes:
        return True
    return file.etag != known.etag and sha256_of(raw, file) != known.sha256


def _nothing_new(raw: Store, files: Sequence[RawFile], known: Mapping[str, InputFile], date: dt.date) -> str:
    if not files and not known:
        return (
            f"no raw files up to landing_date={date} below {raw.uri}. Check --raw and --date; files are expected "
            "under landing_date=YYYY-MM-DD/."
        )
    return f"nothing new up to landing date {date}: the newest release knows all {len(files)} raw files. Left as it is."


def set_aside(inspections: Sequence[Inspection], settings: Settings) -> list[Inspection]:
    """Unreadable files, by name; InputUnreadable if they are more than max_unreadable_share of all."""
    bad = [inspection for inspection in inspections if inspection.problem]
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
