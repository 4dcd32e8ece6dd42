"""`hoverlake keys list|rotate|destroy`: which key holds when, a new one before its time, and the end of old ones.

A destroyed key is the end of its pseudonyms: nobody, with all raw ids and the whole warehouse, can tell who stood behind
them. So a key stays for as long as rows of its dates can be asked for: by an erasure, or by a raw file landed again.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from jobs.config import Settings
from jobs.errors import InfrastructureFailed, UsageError
from jobs.io import keys, releases
from jobs.io.journal import Journal
from jobs.io.keys import Key, KeyRing
from jobs.io.lease import held_lease
from jobs.io.releases import PIN_DAYS, Release
from jobs.io.store import Store
from jobs.nightly import journaled
from jobs.rotation import rotated, without
from jobs.sql import connect, opened_release
from jobs.text_grid import grid
from warehouse_schema import CLEAN
from warehouse_schema.clean.beacons import BEACONS

#: Days for which clean holds a date.
CLEAN_DAYS = max(table.retention_days or 0 for table in CLEAN)
DESTROYED, PAST, IN_USE, NEXT = "destroyed", "past", "in use", "next"


def list_keys(warehouse: str, today: dt.date) -> str:
    """A table of the keys: id, first and last date, state on `today`."""
    ring = keys.load_ring(warehouse)
    rows = [(key.id, *_dates(ring, key), state(ring, key, today)) for key in ring.keys]
    return grid(("id", "from", "to", "state"), rows)


def state(ring: KeyRing, key: Key, today: dt.date) -> str:
    """What the key is to somebody on `today`."""
    if key.is_destroyed:
        return DESTROYED
    if key == ring.of(today):
        return IN_USE
    return NEXT if key.first_date is not None and key.first_date > today else PAST


def _dates(ring: KeyRing, key: Key) -> tuple[str, str]:
    return str(key.first_date or "the beginning"), str(ring.last_date(key) or "no end")


def rotate(warehouse: str, first_date: dt.date, now: dt.datetime) -> str:
    """Let a new key start on a date; returns the command's last line.

    UsageError for a ring of the environment, or for a date that is not after today and after all that is landed.
    """

    def change(ring: KeyRing, release: Release) -> KeyRing:
        _refuse_begun(warehouse, first_date, _last_landed(warehouse, release), now.date())
        return rotated(ring, first_date)

    ring = _changed(warehouse, "keys rotate", change, now, first_date=first_date)
    return f"key {ring.keys[-1].id} holds from {first_date} on. Keep {keys.key_file(warehouse)}, and a copy of it."


def _refuse_begun(warehouse: str, first_date: dt.date, landed: dt.date | None, today: dt.date) -> None:
    if first_date <= today:
        raise UsageError(
            f"--from {first_date}: page views of {today} may be landed under the present key. Give a later date."
        )
    if landed is not None and first_date <= landed:
        raise UsageError(
            f"--from {first_date}: {BEACONS.name} in {warehouse} has beacons of {landed} under the present key. Give a "
            "later date."
        )


def _last_landed(warehouse: str, release: Release) -> dt.date | None:
    """The last start date that the release has."""
    with connect(warehouse, [BEACONS.name]) as connection:
        found: tuple[dt.date | None] | None = connection.execute(
            f"select max(start_date) from {BEACONS.name}"
        ).fetchone()
    dates = [dt.date.fromisoformat(date) for date in [*release.event_dates, *release.held_back]]
    return max([*dates, *(date for date in found or () if date is not None)], default=None)


def destroy(warehouse: str, ids: Sequence[str], now: dt.datetime, *, is_dry_run: bool = False) -> str:
    """Destroy keys, without `ids` all that nothing needs any more; returns the command's last lines.

    UsageError names the first key that is unknown or still needed, and why; nothing is then destroyed.
    """
    store, gone = Store(warehouse), list[Key]()

    def change(ring: KeyRing, _: Release) -> KeyRing:
        reasons = needs(ring, list(_served(store, now)), now.date())
        _refuse_needed(warehouse, ring, ids, reasons)
        gone[:] = [key for key in ring.keys if key.id not in reasons and (not ids or key.id in ids)]
        return without(ring, gone)

    if is_dry_run:
        change(keys.load_ring(warehouse), _newest(warehouse))
        return "\n".join(f"destroy key {key.id}" for key in gone) or "no key can be destroyed"
    _changed(warehouse, "keys destroy", change, now, ids=list(ids))
    if not gone:
        return "no key can be destroyed: hoverlake keys list shows their dates"
    names = ", ".join(key.id for key in gone)
    return f"destroyed key {names} of {keys.key_file(warehouse)}. Destroy it in every copy of the file, too."


def needs(ring: KeyRing, served: Sequence[Release], today: dt.date) -> dict[str, str]:
    """Why a key cannot be destroyed, by id; `served` are the releases whose rows of clean can be read."""
    return {key.id: reason for key in ring.keys if (reason := _need(ring, key, served, today))}


def _need(ring: KeyRing, key: Key, served: Sequence[Release], today: dt.date) -> str:
    last = ring.last_date(key)
    if key.is_destroyed:
        return "it is destroyed already"
    if last is None or last >= today:
        return "it is in use, or will be"
    kept_to = last + dt.timedelta(days=CLEAN_DAYS)
    if kept_to >= today:
        return f"clean keeps page views of {last}, its last date, until {kept_to}"
    for release in served:
        if any(_starts_under(key, last, date) for date in _dates_in_clean(release)):
            return (
                f"clean of release {release.number} still has page views under it: run hoverlake maintain, and wait "
                f"{PIN_DAYS['clean']} days, in which the release can be rolled back to"
            )
    return ""


def _starts_under(key: Key, last: dt.date, date: dt.date) -> bool:
    return date <= last and (key.first_date is None or date >= key.first_date)


def _dates_in_clean(release: Release) -> list[dt.date]:
    dates = {*release.event_dates, *release.held_back}
    return [dt.date.fromisoformat(date) for date in sorted(dates) if date >= (release.clean_since or "")]


def _served(store: Store, now: dt.datetime) -> Iterator[Release]:
    """The newest release and those before it that can still be rolled back to with their rows of clean."""
    for number in range(releases.newest_number(store), 0, -1):
        release = releases.read(store, number)
        if release is None:
            continue
        yield release
        # The one before was current until this one came.
        if now - dt.datetime.fromisoformat(release.created_at) > dt.timedelta(days=PIN_DAYS["clean"]):
            return


def _refuse_needed(warehouse: str, ring: KeyRing, ids: Sequence[str], reasons: dict[str, str]) -> None:
    known = [key.id for key in ring.keys]
    for key_id in ids:
        if key_id not in known:
            raise UsageError(f"key {key_id}: {keys.place(warehouse)} has no such key. See hoverlake keys list.")
        if key_id in reasons:
            raise UsageError(f"key {key_id} cannot be destroyed: {reasons[key_id]}. Nothing was changed.")


def _newest(warehouse: str) -> Release:
    release = opened_release(warehouse)
    assert release is not None  # is_needed by default
    return release


def _changed(
    warehouse: str, command: str, change: Callable[[KeyRing, Release], KeyRing], now: dt.datetime, **asked: object
) -> KeyRing:
    """The ring after the change, written under the lease: no night reads or extends it meanwhile."""
    if keys.is_in_environment():
        raise UsageError(
            f"{keys.RING_VARIABLE} holds the ring, and is never written. Change the secret that it comes from: a key is a "
            "line of 64 hex digits and its first date; a destroyed one has the word destroyed in place of the digits."
        )
    # What is refused, or changes nothing, leaves no run behind.
    newest = _newest(warehouse)
    ring = keys.load_known_ring(warehouse, newest.key_marks)
    if change(ring, newest) == ring:
        return ring
    store, path = Store(warehouse), keys.key_file(warehouse)
    journal = Journal(store, f"{now:%Y%m%dT%H%M%S%fZ}-{os.getpid()}")
    with journaled(journal, command, Settings(), **asked) as said:
        with held_lease(store, journal.run_id, may_take_over=False):
            ring = change(keys.load_ring(warehouse), _newest(warehouse))
            _write(path, ring)
        said.append(f"{command}: {len(ring.keys)} keys, {sum(key.is_destroyed for key in ring.keys)} of them destroyed")
    return ring


def _write(path: Path, ring: KeyRing) -> None:
    try:
        keys.write_ring(path, ring)
    except OSError as error:
        raise InfrastructureFailed(
            f"key file {path} cannot be written: {error.strerror}. It stays as it was. Check permission and space; a "
            "mounted secret is changed where it comes from."
        ) from error
