"""`hoverlake backfill`: build a range of event dates again, or for the first time, in batches that each are a release.

What a backfill does with a date follows from the release, the raw files, the rejected lines and the journals, all
read without Java: the dry run shows just that. Words are those of schedulers: `none` takes dates with new input,
`failed` also those of runs that failed since the release, `completed` every date.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from jobs import __version__
from jobs.backfill_facts import Facts, gather
from jobs.config import Settings
from jobs.errors import HoverlakeError, NothingNew, UsageError
from jobs.io import releases
from jobs.io.decisions import TooLate
from jobs.io.store import Store
from jobs.io.warehouse import check_root
from jobs.nightly import Night, OnFailure, run_night
from jobs.progress import Progress

Reprocess = Literal["none", "failed", "completed"]
FOLDER = "_backfill"


@dataclass(frozen=True)
class Backfill:
    """What was asked for; both dates are included."""

    first: dt.date
    last: dt.date
    raw: str
    warehouse: str
    settings: Settings
    reprocess: Reprocess = "none"
    max_dates_per_batch: int = 7
    restart: bool = False
    on_dq_failure: OnFailure = "block"

    def __post_init__(self) -> None:
        """UsageError if the range is none."""
        if self.first > self.last:
            raise UsageError(f"--from {self.first} lies after --to {self.last}. Exchange them.")

    @property
    def progress_folder(self) -> str:
        """Where dates that are done are noted: one folder per thing asked for."""
        asked = [str(self.first), str(self.last), self.reprocess, self.settings.sha256(), __version__]
        return f"{FOLDER}/{hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:16]}"


@dataclass(frozen=True)
class DatePlan:
    """One event date: why it is built (or, with `is_built` false, why not), and what is read for it."""

    date: dt.date
    is_built: bool
    why: str
    files: Sequence[str] = ()
    relanded: Collection[dt.date] = ()
    is_in_clean: bool = False


@dataclass(frozen=True)
class Plan:
    """All dates of the range, in order."""

    dates: list[DatePlan] = field(default_factory=list)

    @property
    def built(self) -> list[DatePlan]:
        """Dates that are to be built."""
        return [plan for plan in self.dates if plan.is_built]

    def lines(self) -> Iterator[str]:
        """The plan as the dry run prints it."""
        for plan in self.dates:
            yield f"{plan.date}  {'build' if plan.is_built else 'leave'}  {plan.why}"
            if plan.is_built:
                yield "            writes clean.page_views and every mart that looks at the date"
            for date in sorted(plan.relanded):
                yield f"            lands anew landing_date={date}"
            for path in plan.files:
                yield f"            lands {path}"


def plan_backfill(asked: Backfill) -> Plan:
    """What the backfill would do now. Reads clean: only for those who may."""
    check_root(asked.warehouse)
    facts = gather(asked.raw, asked.warehouse, asked.settings)
    done = set() if asked.restart else _done(Store(asked.warehouse), asked)
    days = (asked.last - asked.first).days + 1
    return Plan([_plan(asked, facts, asked.first + dt.timedelta(days=n), done) for n in range(days)])


def run_backfill(asked: Backfill) -> str:
    """Build the dates, batch by batch; returns the last line. An interrupted backfill goes on where it stopped.

    NothingNew if no date needs it; the error of the batch that stopped it otherwise, with what is done and left.
    """
    plan, store, progress = plan_backfill(asked), Store(asked.warehouse, create=True), Progress()
    if not plan.built:
        reasons = "; ".join(sorted({date.why for date in plan.dates}))
        raise NothingNew(f"nothing to backfill from {asked.first} to {asked.last}: {reasons}.")
    if asked.restart:
        store.delete_folder(asked.progress_folder)
    size, built = asked.max_dates_per_batch, 0
    batches = [plan.built[first : first + size] for first in range(0, len(plan.built), size)]
    for number, batch in enumerate(batches, 1):
        progress.say(f"batch {number} of {len(batches)}: {', '.join(str(date.date) for date in batch)}")
        try:
            message = run_night(_night(asked, batch))
        except HoverlakeError as error:
            left = [str(date.date) for date in plan.built[built:]]
            raise type(error)(
                f"backfill stopped in batch {number} of {len(batches)}, {built} dates done, left: {', '.join(left)}. "
                f"{error} The same command goes on from here."
            ) from error
        built += len(batch)
        release = releases.newest(store)
        for date in (plan for plan in batch if release and str(plan.date) not in release.held_back):
            store.put_if_absent(f"{asked.progress_folder}/{date.date}.json", json.dumps({"said": message}).encode())
    store.delete_folder(asked.progress_folder)
    return f"backfilled {built} event dates from {asked.first} to {asked.last}; {message}"


def _night(asked: Backfill, batch: Sequence[DatePlan]) -> Night:
    """The run of one batch: it lands what lies in the dates' late windows."""
    relanded = {date for plan in batch for date in plan.relanded}
    landing_dates = [landing_date_of(path) for plan in batch for path in plan.files]
    late = [TooLate(str(asked.first), str(asked.last))] if relanded else []
    return Night(
        date=max([*landing_dates, *relanded, *(plan.date for plan in batch)]),
        raw=asked.raw,
        warehouse=asked.warehouse,
        settings=asked.settings,
        command="backfill",
        since=batch[0].date,
        relanded=relanded,
        event_dates=[plan.date for plan in batch if plan.is_in_clean],
        decide=late,
        on_dq_failure=asked.on_dq_failure,
    )


def landing_date_of(path: str) -> dt.date:
    """The landing date in a raw file's path."""
    return dt.date.fromisoformat(path.split("/", 1)[0].removeprefix("landing_date="))


def _done(store: Store, asked: Backfill) -> set[str]:
    return {item.path.rsplit("/", 1)[-1].removesuffix(".json") for item in store.list(asked.progress_folder)}


def _plan(asked: Backfill, facts: Facts, date: dt.date, done: Collection[str]) -> DatePlan:
    is_in_clean = date in facts.clean_dates
    if str(date) in done:
        return DatePlan(date, False, "done before this backfill was interrupted")
    if facts.clean_since and date < facts.clean_since:
        return DatePlan(date, False, f"clean keeps nothing before {facts.clean_since}")
    files = facts.new_files(date)
    relanded = facts.too_late_landings(date)
    reasons = list(_reasons(asked, facts, date, files, relanded))
    if not reasons:
        known = "has no new input" if str(date) in facts.event_dates else "nothing is known of it"
        return DatePlan(date, False, known)
    return DatePlan(date, True, "; ".join(reasons), files, relanded, is_in_clean)


def _reasons(
    asked: Backfill, facts: Facts, date: dt.date, files: Sequence[str], relanded: Mapping[dt.date, int]
) -> Iterator[str]:
    if files:
        yield f"{len(files)} raw files are not landed"
    if relanded:
        yield f"{sum(relanded.values())} lines were too late and may belong to it"
    if date in facts.awaiting_final:
        yield "late beacons await its final build"
    if date in facts.changed_since_published:
        yield "it has changed since it was published for good"
    if asked.reprocess != "none" and date in facts.failed_dates:
        yield "a run that should have built it failed"
    if asked.reprocess == "completed" and date in facts.clean_dates:
        state = facts.event_dates.get(str(date))
        if state is None:
            yield "it was never published"
        elif state.configuration_sha256 != asked.settings.sha256():
            yield "it was built with other thresholds"
        elif state.code_version != __version__:
            yield f"it was built by version {state.code_version}"
        else:
            yield "asked for"
