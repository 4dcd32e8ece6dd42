"""Releases: numbered, immutable records that pin one version of every table.

`_releases/000001.json` pins versions, says for which event dates, and names its manifest: the list of the raw files
behind them. The manifest carries its run's id (`_manifests/000001-<run_id>.json`), so that of two runs which want one
number each writes its own, and neither ever changes the other's. One whose run got no release is never read. Current is
the highest number. Readers open a release, never "latest".
"""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import asdict, dataclass, field
from typing import Any

from jobs.errors import InfrastructureFailed
from jobs.io.store import Store

FOLDER = "_releases"
MANIFESTS = "_manifests"
#: For how long a release keeps its tables by layer, in days: a release older than that may have lost files.
PIN_DAYS = {"mart": 30, "clean": 7, "restricted": 7}
#: Days for which files that a commit replaced, and log entries, stay in a table of a layer: as long as releases pin them
#: and longer.
REPLACED_DAYS = {"mart": 90, "ops": 90, "clean": 7, "restricted": 7}
#: A write that was killed leaves its beginnings beside the records, under a longer name.
_RECORD = re.compile(r"/(\d+)\.json$")


@dataclass(frozen=True)
class InputFile:
    """A raw file as it was when a night looked at it; `path` is below the raw root.

    `problem` says why the file was set aside; empty for a file that was landed.
    """

    path: str
    size_bytes: int
    etag: str
    sha256: str
    line_count: int
    landing_date: str
    problem: str = ""


@dataclass(frozen=True)
class EventDate:
    """How an event date stands in a release: provisional until its late window has closed, then final."""

    status: str
    code_version: str
    configuration_sha256: str


@dataclass(frozen=True)
class Release:
    """The pinned version of every table after one run.

    `kind` is what the run was: night, backfill, maintain or rollback; records written before it was recorded are of nights.
    A rollback names the release whose tables it serves again. `held_back` are event dates that data quality keeps as
    they were published before, or unpublished, although there is newer input: the next run tries them again.
    `awaiting_final` are published event dates with late beacons that are landed and not yet built.
    `awaiting_publication` are event dates that clean holds and that no mart shows yet, or with `publish_provisional =
    totals` only totals; `changed_since_published` are dates published once whose page views have changed since.
    """

    number: int
    run_id: str
    created_at: str
    landing_date: str
    tables: dict[str, int]
    event_dates: dict[str, EventDate]
    configuration: dict[str, Any] = field(default_factory=dict)
    #: The first event date of which clean still holds everything; None while nothing was ever removed.
    clean_since: str | None = None
    kind: str = "night"
    rolled_back_to: int | None = None
    held_back: list[str] = field(default_factory=list)
    awaiting_final: list[str] = field(default_factory=list)
    #: How many decisions of erasure its tables follow; what earlier releases pin of clean is void.
    erasures: int = 0
    awaiting_publication: list[str] = field(default_factory=list)
    changed_since_published: list[str] = field(default_factory=list)
    #: Marks of the keys under which its visitors may be known, by key id: another ring is refused.
    key_marks: dict[str, str] = field(default_factory=dict)

    @property
    def dates_to_retry(self) -> list[dt.date]:
        """Dates held back of which clean still holds everything."""
        return self._whole(self.held_back)

    @property
    def dates_awaiting_final(self) -> list[dt.date]:
        """Dates with late beacons to be built of which clean still holds everything."""
        return self._whole(self.awaiting_final)

    def is_shown(self, date: str) -> bool:
        """Whether any mart may show the event date."""
        is_kept_back = self.configuration.get("publish_provisional") == "none" and date in self.awaiting_publication
        return date in self.event_dates and not is_kept_back

    def state_of(self, date: str) -> str:
        """How the event date stands: provisional, final, or not published."""
        return self.event_dates[date].status if self.is_shown(date) else "not published"

    def _whole(self, dates: list[str]) -> list[dt.date]:
        return [dt.date.fromisoformat(date) for date in dates if date >= (self.clean_since or "")]


def numbers(store: Store) -> list[int]:
    """Numbers of all releases, the newest first."""
    found = (_RECORD.search(item.path) for item in store.list(FOLDER))
    return sorted({int(match[1]) for match in found if match}, reverse=True)


def newest_number(store: Store) -> int:
    """The highest release number, 0 if there is none."""
    return max(numbers(store), default=0)


def newest(store: Store) -> Release | None:
    """The current release, None for a warehouse that has published nothing."""
    number = newest_number(store)
    return read(store, number) if number else None


def every(store: Store) -> list[Release]:
    """All releases, the newest first."""
    found = (read(store, number) for number in numbers(store))
    return [release for release in found if release is not None]


def origin(store: Store, release: Release) -> Release:
    """The release whose run built what `release` serves: itself, or the one that it rolled back to, however often."""
    while release.rolled_back_to is not None:
        earlier = read(store, release.rolled_back_to)
        if earlier is None:
            raise InfrastructureFailed(
                f"release {release.number} in {store.uri} rolled back to {release.rolled_back_to}, which is gone. "
                "Restore its record below _releases."
            )
        release = earlier
    return release


def read(store: Store, number: int) -> Release | None:
    """Release `number`, None if there is none."""
    record = _record(store, number)
    if record is None:
        return None
    try:
        event_dates = {date: EventDate(**state) for date, state in record.pop("event_dates").items()}
        del record["manifest"]
        return Release(event_dates=event_dates, **record)
    except (KeyError, TypeError) as error:
        raise _strange(store, number, error) from error


def manifest(store: Store, number: int) -> dict[str, InputFile]:
    """Raw files behind release `number`, by path; none without such a release.

    InfrastructureFailed if the release is there and its manifest is not: taken for empty, every file would land twice.
    """
    record = _record(store, number)
    if record is None:
        return {}
    try:
        path = record["manifest"]
        entries = store.json(path)
        if entries is None:
            raise InfrastructureFailed(f"{path} in {store.uri} is missing, but release {number} needs it. Restore it.")
        return {entry["path"]: InputFile(**entry) for entry in entries}
    except (KeyError, TypeError) as error:
        raise _strange(store, number, error) from error


def publish(store: Store, release: Release, files: dict[str, InputFile]) -> bool:
    """Write the record, manifest first; False, with nothing of the winner touched, if the number is taken."""
    entries = [asdict(files[path]) for path in sorted(files)]
    manifest_path = f"{MANIFESTS}/{release.number:06d}-{release.run_id}.json"
    if not store.put_if_absent(manifest_path, json.dumps(entries, indent=0).encode()):
        # Another process under the same run id was here first.
        return False
    record = json.dumps({**asdict(release), "manifest": manifest_path}, indent=2).encode()
    return store.put_if_absent(f"{FOLDER}/{release.number:06d}.json", record)


def _record(store: Store, number: int) -> dict[str, Any] | None:
    record: dict[str, Any] | None = store.json(f"{FOLDER}/{number:06d}.json")
    return record


def _strange(store: Store, number: int, error: Exception) -> InfrastructureFailed:
    return InfrastructureFailed(
        f"release {number} in {store.uri} does not have the fields of a release ({error!r}): another version of "
        "hoverlake wrote it. Use that version, or build the warehouse anew."
    )
