"""`hoverlake releases rollback N`: serve an older release again, without copying data and without Java.

A rollback is the next number with the pins of release N: releases are never changed, and readers switch at once. The
next night starts from it: it restores tables to its pins, and lands again what its manifest does not hold.
"""

from __future__ import annotations

import datetime as dt
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from deltalake.exceptions import DeltaError

from jobs.errors import HoverlakeError, InfrastructureFailed, UsageError
from jobs.io import releases
from jobs.io.journal import ENDED, STARTED, Journal
from jobs.io.lease import Lease, held_lease
from jobs.io.releases import PIN_DAYS, Release
from jobs.io.store import Store
from jobs.io.warehouse import open_table
from jobs.sql import opened_release
from warehouse_schema import TABLES, Table


def rollback(warehouse: str, number: int, now: dt.datetime | None = None) -> str:
    """Publish the tables of release `number` once more, as the newest; returns the command's last line.

    UsageError for a release that is current, unknown, or too old; LeaseHeld while a run works; InfrastructureFailed if
    a pinned version is gone. In each case nothing is published.
    """
    now = now or dt.datetime.now(dt.UTC)
    target = opened_release(warehouse, number)
    assert target is not None  # is_needed by default
    store = Store(warehouse)
    # To the microsecond: an operator's script may roll back twice within one second.
    journal = Journal(store, f"{now:%Y%m%dT%H%M%S%fZ}-{os.getpid()}")
    journal.write(STARTED, command="rollback", rolled_back_to=number)
    try:
        with held_lease(store, journal.run_id) as lease:
            message = _published(store, lease, target, journal.run_id, now)
    except HoverlakeError as error:
        journal.write(ENDED, exit_code=error.exit_code, message=str(error))
        raise
    except Exception as error:
        journal.write(ENDED, exit_code=InfrastructureFailed.exit_code, message=f"{type(error).__name__}: {error}")
        raise
    journal.write(ENDED, exit_code=0, message=message)
    return message


def _published(store: Store, lease: Lease, target: Release, run_id: str, now: dt.datetime) -> str:
    """Check and write; under the lease, so that no run publishes in between."""
    current = releases.newest(store)
    assert current is not None  # the target was read
    age_days = _age_days(store, target, now)
    _check_choice(store.uri, target, current, age_days)
    # Clean rows of before an erasure are gone, and may not come back.
    marts_only = age_days > PIN_DAYS["clean"] or target.erasures < current.erasures
    again = _again(target, current, run_id, now, marts_only=marts_only)
    _check_pins(store, target.number, again.tables)
    files = releases.manifest(store, current.number if marts_only else target.number)
    lease.check()
    if not releases.publish(store, again, files):
        raise InfrastructureFailed(
            f"release {again.number} of {store.uri} was taken by another run. Nothing was rolled back; see "
            "hoverlake releases list, then run the command again."
        )
    return _said(store.uri, target, again, marts_only=marts_only)


def _age_days(store: Store, target: Release, now: dt.datetime) -> float:
    """Days since the tables of the release were built: its pins age from then on, however often they were served."""
    created_at = dt.datetime.fromisoformat(releases.origin(store, target).created_at)
    return (now - created_at) / dt.timedelta(days=1)


def _check_choice(warehouse: str, target: Release, current: Release, age_days: float) -> None:
    if target.number == current.number:
        raise UsageError(f"release {target.number} is the current one of {warehouse}: there is nothing to roll back.")
    if (target.tables, target.event_dates) == (current.tables, current.event_dates):
        raise UsageError(
            f"release {current.number}, the current one of {warehouse}, already serves the tables of release "
            f"{target.number}: there is nothing to roll back."
        )
    if age_days > PIN_DAYS["mart"]:
        raise UsageError(
            f"release {target.number} of {warehouse} was built {age_days:.0f} days ago; tables are kept for "
            f"{PIN_DAYS['mart']} days. Choose a younger one: hoverlake releases list."
        )


def _again(target: Release, current: Release, run_id: str, now: dt.datetime, *, marts_only: bool) -> Release:
    """The next number with the pins of `target`, those of clean from `current` where `target` may have lost its own."""
    tables = target.tables
    if marts_only:
        marts = {name: version for name, version in target.tables.items() if name.startswith("mart.")}
        tables = {name: version for name, version in current.tables.items() if not name.startswith("mart.")} | marts
    return replace(
        target,
        number=current.number + 1,
        run_id=run_id,
        created_at=now.isoformat(timespec="seconds"),
        landing_date=current.landing_date if marts_only else target.landing_date,
        tables=tables,
        clean_since=current.clean_since if marts_only else target.clean_since,
        held_back=current.held_back if marts_only else target.held_back,
        awaiting_final=current.awaiting_final if marts_only else target.awaiting_final,
        erasures=current.erasures,
        # Of what marts show: they go back in either case.
        awaiting_publication=target.awaiting_publication,
        changed_since_published=target.changed_since_published,
        kind="rollback",
        rolled_back_to=target.number,
    )


def _check_pins(store: Store, number: int, tables: dict[str, int]) -> None:
    """InfrastructureFailed unless every pinned version opens, and its files are there."""
    with ThreadPoolExecutor() as pool:
        problems = pool.map(lambda pin: _problem(store, TABLES.get(pin[0]), *pin), tables.items())
        found = [problem for problem in problems if problem]
    if found:
        raise InfrastructureFailed(
            f"release {number} of {store.uri} cannot be served again: {'; '.join(found)}. Nothing was rolled back. "
            "Choose another release: hoverlake releases list."
        )


def _problem(store: Store, table: Table | None, name: str, version: int) -> str:
    if table is None:
        return f"{name} is not known to this version of hoverlake"
    try:
        delta = open_table(store.uri, table, version)
    except (DeltaError, OSError) as error:
        return f"{name} at version {version}: {str(error).splitlines()[0][:200]}"
    if delta is None:
        return f"{name} is missing"
    wanted = {f"{table.path}/{path}" for path in delta.get_add_actions()["path"].to_pylist()}
    gone = wanted - {item.path for item in store.list(table.path)}
    return f"{name} at version {version}: {len(gone)} of {len(wanted)} files are gone" if gone else ""


def _said(warehouse: str, target: Release, again: Release, *, marts_only: bool) -> str:
    message = f"published release {again.number} of {warehouse}: rolled back to release {target.number}"
    if not marts_only:
        return f"{message} of landing date {target.landing_date}. The next night starts from it."
    return (
        f"{message}, marts only: clean of before is kept for {PIN_DAYS['clean']} days, and not beyond an erasure. Clean tables and "
        "raw files stay those of the release before: files landed since are not landed again. Rebuild the event dates "
        "that marts lack."
    )
