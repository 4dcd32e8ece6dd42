"""What a run publishes: the record of its release, the manifest of raw files behind it, and the run's last line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import TYPE_CHECKING

from jobs import __version__
from jobs.io.decisions import erasures
from jobs.io.releases import EventDate, InputFile, Release
from jobs.late_rebuild import last_closed, latest_landing
from jobs.publication import Publication, awaited
from jobs.rotation import last_start

if TYPE_CHECKING:
    from jobs.nightly import Input, Night


def next_release(
    night: Night,
    given: Input,
    publication: Publication,
    waiting: Collection[dt.date],
    versions: dict[str, int],
) -> Release:
    """The release after the base of `given` with the event dates that `publication` has built; those held back and
    `waiting` stay as the base has them."""
    base = given.base
    latest = latest_landing(base, night.date)
    return Release(
        number=base.number + 1 if base else 1,
        run_id=night.run_id,
        created_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        landing_date=str(latest),
        tables=versions,
        event_dates=_event_dates(night, base, publication.built, latest),
        configuration=night.settings.model_dump(),
        clean_since=base.clean_since if base else None,
        kind="night" if night.command == "nightly" else night.command,
        held_back=sorted(map(str, publication.held_back)),
        awaiting_final=sorted(map(str, waiting)),
        erasures=len(erasures(given.decisions)),
        awaiting_publication=[str(date) for date in publication.awaiting],
        changed_since_published=[str(date) for date in publication.changed_since],
        key_marks=given.ring.marks(last_start(latest, night.settings)),
    )


def _event_dates(
    night: Night, base: Release | None, dates: Collection[dt.date], latest: dt.date
) -> dict[str, EventDate]:
    event_dates = dict(base.event_dates) if base else {}
    for date in dates:
        event_dates[str(date)] = EventDate("provisional", __version__, night.settings.sha256())
    closed = last_closed(latest, night.settings)
    return {
        date: EventDate("final" if date <= str(closed) else "provisional", at.code_version, at.configuration_sha256)
        for date, at in sorted(event_dates.items())
    }


def manifest(given: Input) -> dict[str, InputFile]:
    """Raw files that the base release knew, and those that the run looked at."""
    files = dict(given.known)
    for i in given.inspections:
        file = i.file
        files[file.path] = InputFile(
            file.path, file.size_bytes, file.etag, i.sha256, i.line_count, str(file.landing_date), i.problem
        )
    return files


def summary(night: Night, given: Input, release: Release, publication: Publication) -> str:
    """The run's last line: what is published, what was not, and what it cost to audit it."""
    aside = sum(1 for i in given.inspections if i.problem)
    message = (
        f"published release {release.number} of {night.warehouse}: {len(given.inspections) - aside} raw files, event "
        f"dates {', '.join(map(str, publication.built)) or 'none'}"
    )
    if aside:
        message += f", {aside} files set aside"
    if cost := night.progress.cost_of("audit"):
        message += f"; audited in {cost}"
    if release.awaiting_final:
        message += f"; late beacons await the close of their window: {', '.join(release.awaiting_final)}"
    message += _published_once(release, publication)
    if release.held_back:
        message += (
            f"; held back by data quality, as published before: {', '.join(release.held_back)}. The next run tries them "
            f"again. {more(night)}"
        )
    return message


def _published_once(release: Release, publication: Publication) -> str:
    """With another policy than `all`: dates that are published for good, for the first time or again, and those that
    are not."""
    again = [date for date in publication.closing if date in publication.again]
    first = [date for date in publication.closing if date not in again]
    parts = {
        "published for good": ", ".join(map(str, first)),
        "published again, as asked": ", ".join(map(str, again)),
        "await publication": awaited(release),
        "changed since they were published, see hoverlake backfill": ", ".join(release.changed_since_published),
    }
    return "".join(f"; {what}: {dates}" for what, dates in parts.items() if dates)


def more(night: Night) -> str:
    """The command that shows what failed; rows of ops are there whether the run published or not."""
    query = (
        "select table_name, event_date, expectation, column_name, observed, threshold, meaning from ops.dq_results "
        f"where run_id = '{night.run_id}' and not success and severity = 'critical'"
    )
    return f'More: hoverlake sql "{query}" --warehouse {night.warehouse}'
