"""What a run did, as it did it: one small object per event, `_journal/<run_id>/001-started.json`.

Written while the run goes, so that a run which dies leaves its story. `started` comes first and says what was asked,
`ended` comes last with the exit code; a run without it was killed, or is at work. Names of events are free beside these.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jobs.errors import InfrastructureFailed
from jobs.io.store import Store

FOLDER = "_journal"
STARTED, ENDED = "started", "ended"
_EVENT = re.compile(r"/(\d{3,})-([a-z_]+)\.json$")


class Journal:
    """The events of one run; may be written from several threads."""

    def __init__(self, store: Store, run_id: str) -> None:
        self.run_id = run_id
        self._store = store
        self._count = 0
        self._lock = threading.Lock()

    def write(self, event: str, **facts: Any) -> None:
        """Add an event with its facts (JSON values) and the time; InfrastructureFailed if it is there already."""
        with self._lock:
            self._count += 1
            path = f"{FOLDER}/{self.run_id}/{self._count:03d}-{event}.json"
        record = {"run_id": self.run_id, "event": event, "at": dt.datetime.now(dt.UTC).isoformat(), **facts}
        if not self._store.put_if_absent(path, json.dumps(record, default=str).encode()):
            raise InfrastructureFailed(f"{path} in {self._store.uri} is another run's: run the command again.")


@dataclass(frozen=True)
class RunStory:
    """A run as its journal tells it; `exit_code` and `ended_at` are None if it was killed or is at work."""

    run_id: str
    command: str
    started_at: dt.datetime
    ended_at: dt.datetime | None
    exit_code: int | None
    message: str
    last_event: str
    facts: dict[str, Any]


def stories(store: Store, most: int | None = None) -> list[RunStory]:
    """Runs by their journals, the newest first, at most `most`."""
    run_ids: list[str] = sorted(store.folders(FOLDER), reverse=True)
    return list(_told(store, run_ids[:most]))


def events(store: Store, run_id: str) -> list[dict[str, Any]]:
    """All events of a run, in order."""
    return [store.json(path) for _, _, path in _paths(store, run_id)]


def _paths(store: Store, run_id: str) -> list[tuple[int, str, str]]:
    """Number, event and path of each object of a run, in order."""
    found = ((_EVENT.search(item.path), item.path) for item in store.list(f"{FOLDER}/{run_id}"))
    return sorted((int(match[1]), match[2], path) for match, path in found if match)


def _told(store: Store, run_ids: list[str]) -> Iterator[RunStory]:
    for run_id in run_ids:
        paths = _paths(store, run_id)
        if not paths or paths[0][1] != STARTED:
            # Killed while its first event was written.
            continue
        started = store.json(paths[0][2])
        ended = store.json(paths[-1][2]) if paths[-1][1] == ENDED else None
        yield RunStory(
            run_id=run_id,
            command=started["command"],
            started_at=dt.datetime.fromisoformat(started["at"]),
            ended_at=dt.datetime.fromisoformat(ended["at"]) if ended else None,
            exit_code=ended["exit_code"] if ended else None,
            message=ended["message"] if ended else "",
            last_event=paths[-1][1],
            facts=started,
        )
