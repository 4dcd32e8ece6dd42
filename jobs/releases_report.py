"""`hoverlake releases list` and `show`: what was published, when, by which run, and what it serves."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from jobs.io import releases
from jobs.io.releases import Release
from jobs.io.store import Store
from jobs.publication import awaited
from jobs.sql_output import printable
from jobs.text_grid import grid

HEAD = ("release", "created at", "landing date", "run", "provisional", "final", "what", "")


def what(release: Release) -> str:
    """What the release is: night, backfill, maintain, or rollback to N."""
    if release.rolled_back_to is not None:
        return f"{release.kind} to {release.rolled_back_to}"
    return release.kind


def status_counts(release: Release) -> dict[str, int]:
    """How many event dates are provisional, and how many final."""
    counts = Counter(date.status for date in release.event_dates.values())
    return {"provisional": counts["provisional"], "final": counts["final"]}


def summary(release: Release) -> dict[str, Any]:
    """The release in one row."""
    return {
        "release": release.number,
        "created_at": release.created_at,
        "landing_date": release.landing_date,
        "run_id": release.run_id,
        **status_counts(release),
        "what": what(release),
        "rolled_back_to": release.rolled_back_to,
        "held_back": release.held_back,
        "awaiting_final": release.awaiting_final,
        "awaiting_publication": release.awaiting_publication,
        "changed_since_published": release.changed_since_published,
    }


def list_releases(warehouse: str, *, as_json: bool = False) -> str:
    """Every release, the newest first, which is the current one; UsageError if nothing is published."""
    _opened(warehouse, None)
    rows = [summary(release) | {"is_current": False} for release in releases.every(Store(warehouse))]
    rows[0]["is_current"] = True
    if as_json:
        return json.dumps(rows, indent=2) + "\n"
    shown = ("release", "created_at", "landing_date", "run_id", "provisional", "final", "what")
    lines = [(*(row[name] for name in shown), "current" if row["is_current"] else "") for row in rows]
    return printable_lines(grid(HEAD, [(str(line[0]), *line[1:]) for line in lines]))


def show_release(warehouse: str, number: int, *, as_json: bool = False) -> str:
    """All that the record of release `number` says; UsageError if there is none."""
    release = _opened(warehouse, number)
    files = releases.manifest(Store(warehouse), number)
    aside = sum(1 for file in files.values() if file.problem)
    if as_json:
        counts = {"raw_file_count": len(files) - aside, "set_aside_count": aside}
        return json.dumps({**asdict(release), **counts}, indent=2) + "\n"
    return printable_lines("".join(_shown(release, len(files) - aside, aside)))


def _shown(release: Release, file_count: int, aside_count: int) -> Iterator[str]:
    yield f"release {release.number}: {what(release)}\n"
    yield f"created at   {release.created_at}\nlanding date {release.landing_date}\nrun          {release.run_id}\n"
    yield f"raw files    {file_count:,}" + (f", {aside_count:,} more set aside" if aside_count else "") + "\n"
    if release.held_back:
        yield f"held back    {', '.join(release.held_back)}: as published before, for failures of data quality\n"
    if release.awaiting_final:
        yield f"late         {', '.join(release.awaiting_final)}: with late beacons, built once their window closes\n"
    if release.awaiting_publication:
        yield f"unpublished  {awaited(release)}: marts show them once no later night can change them\n"
    if release.changed_since_published:
        yield f"changed      {', '.join(release.changed_since_published)}: since they were published for good\n"
    yield "\n"
    yield grid(("table", "version"), list(release.tables.items()))
    yield "\n"
    dates = release.event_dates.items()
    yield grid(
        ("event date", "status", "code version", "configuration"),
        [(date, at.status, at.code_version, at.configuration_sha256) for date, at in dates],
    )
    yield "\n"
    yield grid(
        ("threshold in force", "value"), [(name, json.dumps(value)) for name, value in release.configuration.items()]
    )


def printable_lines(text: str) -> str:
    """The text without signs that steer a terminal; line breaks stay."""
    return "\n".join(printable(line) for line in text.split("\n"))


def _opened(warehouse: str, number: int | None) -> Release:
    # Here, not above: the engine behind it takes a third of a second to load.
    from jobs.sql import opened_release

    release = opened_release(warehouse, number)
    assert release is not None  # is_needed by default
    return release
