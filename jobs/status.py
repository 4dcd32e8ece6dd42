"""`hoverlake status`: is the warehouse fresh, what ran last, and who is at work; for people and for monitoring.

Fresh is a warehouse whose newest release is younger than a limit. A rollback makes nothing fresh: its age is that of the
release it serves again.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from jobs.durations import in_words
from jobs.io import releases
from jobs.io.journal import RunStory, stories
from jobs.io.lease import current_holder
from jobs.io.store import Store, local_path
from jobs.releases_report import printable_lines, summary
from jobs.text_grid import grid

SHOWN_RUNS = 10
FRESH, STALE = 0, 1


@dataclass(frozen=True)
class Status:
    """What a warehouse looks like at one moment."""

    release: dict[str, Any] | None
    age_seconds: float | None
    max_age_seconds: float
    holder: dict[str, object] | None
    runs: list[dict[str, Any]]

    @property
    def exit_code(self) -> int:
        """0 if the newest release is young enough, else 1."""
        return FRESH if self.age_seconds is not None and self.age_seconds <= self.max_age_seconds else STALE


def status_of(warehouse: str, max_age: dt.timedelta, now: dt.datetime | None = None) -> Status:
    """The newest release, the last runs and the lease; a warehouse that does not exist has published nothing."""
    now = now or dt.datetime.now(dt.UTC)
    local = local_path(warehouse)
    if local and not local.is_dir():
        return Status(None, None, max_age.total_seconds(), None, [])
    store = Store(warehouse)
    newest = releases.newest(store)
    age = None
    if newest is not None:
        age = (now - dt.datetime.fromisoformat(releases.origin(store, newest).created_at)).total_seconds()
    return Status(
        release=summary(newest) if newest else None,
        age_seconds=age,
        max_age_seconds=max_age.total_seconds(),
        holder=current_holder(store),
        runs=[_run(story) for story in stories(store, SHOWN_RUNS)],
    )


def _run(story: RunStory) -> dict[str, Any]:
    seconds = (story.ended_at - story.started_at).total_seconds() if story.ended_at else None
    return {
        "run_id": story.run_id,
        "command": story.command,
        "started_at": story.started_at.isoformat(timespec="seconds"),
        "duration_seconds": seconds,
        "exit_code": story.exit_code,
        "last_event": story.last_event,
        "message": story.message,
    }


def as_json(status: Status) -> str:
    """The status for monitoring."""
    return json.dumps({"is_fresh": status.exit_code == FRESH, **asdict(status)}, indent=2) + "\n"


def as_text(status: Status, warehouse: str) -> str:
    """The status for people; the first line says whether the warehouse is fresh."""
    return printable_lines("".join(_lines(status, warehouse)))


def _lines(status: Status, warehouse: str) -> Iterator[str]:
    limit = _words(status.max_age_seconds)
    if status.release is None or status.age_seconds is None:
        yield f"stale: nothing published in {warehouse}\n"
    else:
        release = status.release
        word = "fresh" if status.exit_code == FRESH else "stale"
        yield f"{word}: release {release['release']} is {_words(status.age_seconds)} old, at most {limit} allowed\n"
        yield f"release   {release['release']}, {release['what']} of landing date {release['landing_date']}, "
        yield f"created {release['created_at']}\n"
        yield f"dates     {release['provisional']} provisional, {release['final']} final{_unbuilt(release)}\n"
    holder = status.holder
    if holder:
        yield f"lease     held by run {holder['run_id']} (host {holder['host']}, process {holder['pid']})\n"
    else:
        yield "lease     free\n"
    yield "\n" + _runs(status) if status.runs else "runs      none recorded\n"


def _unbuilt(release: dict[str, Any]) -> str:
    """Dates for which more input is landed than what is published of them."""
    late, held = release["awaiting_final"], release["held_back"]
    parts = {
        "late beacons await the final build of": late,
        "held back by data quality:": held,
        "published when their windows close:": release["awaiting_publication"],
        "changed since they were published:": release["changed_since_published"],
    }
    return "".join(f", {what} {', '.join(dates)}" for what, dates in parts.items() if dates)


def _runs(status: Status) -> str:
    running = status.holder["run_id"] if status.holder else None
    rows = [
        (
            run["run_id"],
            run["command"],
            run["started_at"],
            _words(run["duration_seconds"]) if run["duration_seconds"] is not None else None,
            _ending(run, running),
        )
        for run in status.runs
    ]
    return grid(("run", "command", "started at", "took", "exit code"), rows)


def _ending(run: dict[str, Any], running: object) -> str:
    """The exit code; without one the run holds the lease, or it was killed."""
    if run["exit_code"] is not None:
        return str(run["exit_code"])
    return "running" if run["run_id"] == running else f"killed after {run['last_event']}"


def _words(seconds: float) -> str:
    return in_words(dt.timedelta(seconds=seconds))
