"""Releases: numbered, immutable records that pin one version of every table.

`_releases/000001.json` pins versions and says for which event dates; `_manifests/000001.json` beside it lists the
raw files behind them. Current is the highest number. Readers open a release, never "latest".
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from jobs.io.store import Store

FOLDER = "_releases"
MANIFESTS = "_manifests"


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
    """The pinned version of every table after one night."""

    number: int
    run_id: str
    created_at: str
    landing_date: str
    tables: dict[str, int]
    event_dates: dict[str, EventDate]
    configuration: dict[str, Any] = field(default_factory=dict)


def newest_number(store: Store) -> int:
    """The highest release number, 0 if there is none."""
    numbers = [_number(item.path) for item in store.list(FOLDER)]
    return max(numbers, default=0)


def newest(store: Store) -> Release | None:
    """The current release, None for a warehouse that has published nothing."""
    number = newest_number(store)
    return read(store, number) if number else None


def read(store: Store, number: int) -> Release | None:
    """Release `number`, None if there is none."""
    record = store.json(f"{FOLDER}/{number:06d}.json")
    if record is None:
        return None
    event_dates = {date: EventDate(**state) for date, state in record.pop("event_dates").items()}
    return Release(event_dates=event_dates, **record)


def manifest(store: Store, number: int) -> dict[str, InputFile]:
    """Raw files behind release `number`, by path."""
    record = store.json(f"{MANIFESTS}/{number:06d}.json") or []
    return {entry["path"]: InputFile(**entry) for entry in record}


def publish(store: Store, release: Release, files: dict[str, InputFile]) -> bool:
    """Write the record, manifest first; False if another run took the number."""
    entries = [asdict(files[path]) for path in sorted(files)]
    content = json.dumps(entries, indent=0).encode()
    path = f"{MANIFESTS}/{release.number:06d}.json"
    if not store.put_if_absent(path, content):
        # Left by a run that was killed before its release record: no reader has seen it.
        store.delete(path)
        store.put_if_absent(path, content)
    record = json.dumps(asdict(release), indent=2).encode()
    return store.put_if_absent(f"{FOLDER}/{release.number:06d}.json", record)


def _number(path: str) -> int:
    return int(path.rsplit("/", 1)[-1].removesuffix(".json"))
