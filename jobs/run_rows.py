"""Rows of ops and restricted tables: what a run was, what became of each raw file, and the equations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from expectations.results import Result
from jobs import __version__
from jobs.errors import InfrastructureFailed
from jobs.io import releases
from jobs.io.journal import STARTED, RunStory, events, stories
from jobs.io.raw_files import Inspection
from jobs.io.releases import Release
from jobs.io.store import Store
from jobs.steps.reconcile import INPUT, Equation

if TYPE_CHECKING:
    from jobs.nightly import Night

#: Runs that are looked at for those that failed since the newest release.
RECENT_RUNS = 50


def run_row(
    night: Night, inspections: Sequence[Inspection], event_dates: str, exit_code: int, message: str
) -> dict[str, object]:
    """The run, ending now."""
    aside = sum(1 for i in inspections if i.problem)
    return {
        "run_id": night.run_id,
        "landing_date": night.date,
        "started_at": night.started_at,
        "ended_at": dt.datetime.now(dt.UTC),
        "exit_code": exit_code,
        "message": message,
        "files_count": len(inspections) - aside,
        "set_aside_count": aside,
        "event_dates": event_dates,
        "code_version": __version__,
        "configuration_sha256": night.settings.sha256(),
    }


def failed_runs(store: Store, base: Release | None, run_id: str) -> list[RunStory]:
    """Runs that took the lease and failed or were killed since the last one that published rows: nothing of them is
    published, and ops.runs does not know them."""
    since = _last_run_of_rows(store, base)
    return [
        story
        for story in stories(store, RECENT_RUNS)
        if since < story.run_id < run_id
        and story.command in ("nightly", "backfill")
        and story.exit_code in (None, InfrastructureFailed.exit_code)
        and story.last_event != STARTED
    ]


def _last_run_of_rows(store: Store, release: Release | None) -> str:
    """The run of the newest release that wrote rows of ops: rollbacks and maintenance do not."""
    while release and release.kind in ("rollback", "maintain"):
        release = releases.read(store, release.number - 1)
    return release.run_id if release else ""


def failed_run_row(store: Store, story: RunStory) -> dict[str, object]:
    """A failed run as its journal tells it."""
    told = {event["event"]: event for event in events(store, story.run_id)}
    return {
        "run_id": story.run_id,
        "landing_date": dt.date.fromisoformat(story.facts["date"]),
        "started_at": story.started_at,
        "ended_at": story.ended_at,
        "exit_code": story.exit_code,
        "message": story.message or f"killed after {story.last_event}; nothing of it is published",
        "files_count": told["checked"]["files"] if "checked" in told else 0,
        "set_aside_count": 0,
        "event_dates": ", ".join(told["land_done"]["event_dates"]) if "land_done" in told else "",
        "code_version": story.facts["code_version"],
        "configuration_sha256": story.facts["configuration_sha256"],
    }


def input_rows(run_id: str, inspections: Sequence[Inspection]) -> list[dict[str, object]]:
    """One row per raw file that the run looked at."""
    return [
        {
            "run_id": run_id,
            "landing_date": i.file.landing_date,
            "raw_file": i.file.path,
            "outcome": "set_aside" if i.problem else "landed",
            "size_bytes": i.file.size_bytes,
            "sha256": i.sha256,
            "line_count": None if i.problem else i.line_count,
            "problem": i.problem or None,
        }
        for i in inspections
    ]


def count_rows(run_id: str, equations: Iterable[Equation]) -> list[dict[str, object]]:
    """Rows of ops.reconciliation: counts of lines, beacons and page views, with whether every equation of the table
    and date holds, amounts included."""
    equations = list(equations)
    broken = {(e.table_name, e.date) for e in equations if not e.adds_up}
    return [
        {
            "run_id": run_id,
            "table_name": e.table_name,
            "date": e.date,
            "quantity": e.quantity,
            "reason": reason,
            "row_count": count,
            "adds_up": (e.table_name, e.date) not in broken,
        }
        for e in equations
        if not e.is_amount
        for reason, count in {INPUT: e.left, **e.terms}.items()
    ]


def result_rows(run_id: str, results: Iterable[Result]) -> list[dict[str, object]]:
    """Rows of ops.dq_results."""
    return [_result_row(run_id, result) for result in results]


def _result_row(run_id: str, result: Result) -> dict[str, object]:
    row = asdict(result)
    row_count = row.pop("row_count")
    has_share = result.unexpected_count is not None and row_count
    return {"run_id": run_id, **row, "unexpected_share": row["unexpected_count"] / row_count if has_share else None}


def amount_rows(run_id: str, equations: Iterable[Equation]) -> list[dict[str, object]]:
    """Rows of restricted.reconciliation: amounts of every measure and part."""
    return [
        {"run_id": run_id, "table_name": e.table_name, "date": e.date, "measure": e.quantity, "part": part, "amount": n}
        for e in equations
        if e.is_amount
        for part, n in {"clean": e.left, **e.terms}.items()
    ]
