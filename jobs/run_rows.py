"""Rows of ops.runs and ops.input_files: what a run was, and what became of each raw file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

from jobs import __version__
from jobs.io.raw_files import Inspection

if TYPE_CHECKING:
    from jobs.nightly import Night


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
