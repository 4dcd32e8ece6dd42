"""When keys change: on dates that are multiples of `key_rotation_days` since 1970-01-01, and where an operator says so.

A date's key never changes once a beacon may have started on it, so that a night which is run again gives the same
pseudonyms. Hence the ring holds the next key before its first date comes, and a new key starts after every date on which
landed beacons can start.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from jobs.config import Settings
from jobs.io import keys
from jobs.io.keys import Key, KeyRing, new_secret, ring_of

_EPOCH = dt.date(1970, 1, 1)
_DAY_MS = 86_400_000


def last_start(landing_date: dt.date, settings: Settings) -> dt.date:
    """The last date on which a beacon of the landing date can start: later ones are from the future, and refused."""
    return landing_date + dt.timedelta(days=1 + settings.future_tolerance_ms // _DAY_MS)


def next_rotation(after: dt.date, rotation_days: int) -> dt.date:
    """The first rotation date after a date."""
    days = (after - _EPOCH).days
    return _EPOCH + dt.timedelta(days=(days // rotation_days + 1) * rotation_days)


def with_next_key(ring: KeyRing, started: dt.date | None, starting: dt.date, rotation_days: int) -> KeyRing:
    """The ring, with keys from rotation dates added until one starts after `starting`, the last date of this night.

    `started` is the last date on which beacons landed so far can start (None: none are): no new key starts before it.
    """
    last = ring.keys[-1].first_date
    known = [date for date in (last, started) if date is not None]
    after, added = max(known, default=starting), []
    while rotation_days and (last is None or last <= starting):
        after = last = next_rotation(after, rotation_days)
        added.append((last, new_secret()))
    return ring_of([*_lines(ring.keys), *added])


def rotated(ring: KeyRing, first_date: dt.date) -> KeyRing:
    """The ring with a new key from a date on. Keys that were to start then or later go: nothing is written under them."""
    before = [key for key in ring.keys if key.first_date is None or key.first_date < first_date]
    return ring_of([*_lines(before), (first_date, new_secret())])


def without(ring: KeyRing, destroyed: Iterable[Key]) -> KeyRing:
    """The ring with the secrets of these keys gone."""
    gone = {key.id for key in destroyed}
    return ring_of([(key.first_date, None if key.id in gone else key.secret) for key in ring.keys])


def _lines(ring: Iterable[Key]) -> list[tuple[dt.date | None, bytes | None]]:
    return [(key.first_date, key.secret) for key in ring]


def ring_for_night(
    warehouse: str,
    settings: Settings,
    started: dt.date | None,
    starting: dt.date,
    say: Callable[[str], None],
    marks: Mapping[str, str] = MappingProxyType({}),
) -> KeyRing:
    """The warehouse's ring with its next key; to be called by the holder of the lease. UsageError if it lacks a key with
    one of `marks`.

    A ring that cannot be written (a mounted secret, the environment) stays as it is, and the operator is told.
    """
    ring = keys.load_known_ring(warehouse, marks)
    extended = with_next_key(ring, started, starting, settings.key_rotation_days)
    if extended == ring:
        return ring
    dates = ", ".join(str(key.first_date) for key in extended.keys[len(ring.keys) :])
    if keys.is_in_environment():
        say(f"{keys.RING_VARIABLE} has no key from {dates} on: add a line of 64 hex digits and the date to the secret")
        return ring
    path = keys.key_file(warehouse)
    try:
        keys.write_ring(path, extended)
    except OSError as error:
        say(f"key file {path} has no key from {dates} on and cannot be written ({error.strerror}): add a line to it")
        return ring
    say(f"made the next key for pseudonyms, from {dates} on: keep {path}, and a copy of it")
    return extended
