"""`hoverlake keys`: which keys there are, a next one before its time, and the end of those whose data is gone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path

from jobs.errors import NothingNew, UsageError
from jobs.io import keys, releases
from jobs.io.keys import Key, KeyRing
from jobs.io.store import Store, local_path
from jobs.text_grid import grid
from warehouse_schema import CLEAN

#: Days for which clean keeps rows that a key has named.
CLEAN_DAYS = max(table.retention_days or 0 for table in CLEAN)


def list_keys(warehouse: str, today: dt.date) -> str:
    """Every key with its dates and state; never a secret."""
    ring = keys.load_ring(warehouse)
    rows = [
        (
            key.id,
            str(key.first_date or "the beginning"),
            str(ring.last_date(key) or "until rotated"),
            state(ring, key, today),
        )
        for key in ring.keys
    ]
    return grid(("key", "from", "to", "state"), rows)


def state(ring: KeyRing, key: Key, today: dt.date) -> str:
    """destroyed, past, in use or next."""
    if key.secret is None:
        return "destroyed"
    if key.first_date and key.first_date > today:
        return "next"
    return "in use" if ring.of(today) is key else "past"


def rotate(warehouse: str, first_date: dt.date, today: dt.date) -> str:
    """Add a key that is used from `first_date` on; UsageError if beacons of that date may be named already, or if a later
    key is there."""
    path, ring = _writable(warehouse), keys.load_ring(warehouse)
    last_named = _last_named(warehouse, today)
    if first_date <= last_named:
        raise UsageError(
            f"--from {first_date}: beacons up to {last_named} may already have pseudonyms of the key before. Give a later date."
        )
    last = ring.keys[-1]
    if last.first_date and first_date <= last.first_date:
        raise UsageError(
            f"--from {first_date}: key {last.id} is there already, and comes into use on {last.first_date}. Give a later date, "
            "or none at all: it comes by itself."
        )
    keys.write_ring(path, ring.rotated(first_date))
    return f"key {len(ring.keys) + 1} comes into use on {first_date}. Keep {path}: a copy from before lacks it"


def destroy(warehouse: str, ids: Sequence[str], today: dt.date, *, is_dry_run: bool = False) -> str:
    """Destroy the keys of `ids`, or all that nothing needs any more; UsageError for one that is needed, NothingNew if there
    is none to destroy."""
    path, ring = _writable(warehouse), keys.load_ring(warehouse)
    by_id = {key.id: key for key in ring.keys}
    for key_id in ids:
        if key_id not in by_id:
            raise UsageError(f"there is no key {key_id} in {path}: see hoverlake keys list.")
        if reason := _needed(warehouse, ring, by_id[key_id], today):
            raise UsageError(f"key {key_id} cannot be destroyed: {reason}.")
    chosen = list(ids) or [key.id for key in ring.keys if key.secret and not _needed(warehouse, ring, key, today)]
    gone = [key_id for key_id in chosen if by_id[key_id].secret is not None]
    if not gone:
        raise NothingNew(f"no key of {path} is to be destroyed: {'; '.join(_reasons(warehouse, ring, today))}.")
    if is_dry_run:
        return f"would destroy {', '.join(gone)} of {path}"
    keys.write_ring(path, ring.without(gone))
    return f"destroyed {', '.join(gone)} of {path}: destroy copies of the file, too"


def _reasons(warehouse: str, ring: KeyRing, today: dt.date) -> Iterator[str]:
    for key in ring.keys:
        yield f"key {key.id}: {_needed(warehouse, ring, key, today) or 'destroyed before'}"


def _needed(warehouse: str, ring: KeyRing, key: Key, today: dt.date) -> str:
    """Why the key is still needed; empty if it is not."""
    last = ring.last_date(key)
    if last is None or last >= today:
        return "it is in use, or comes into use"
    kept_until = last + dt.timedelta(days=CLEAN_DAYS)
    if kept_until >= today:
        return f"clean keeps its rows until {kept_until}"
    release = releases.newest(Store(warehouse)) if _is_there(warehouse) else None
    held = [date for date in release.event_dates if (release.clean_since or "") <= date <= str(last)] if release else []
    return f"clean still holds rows of {held[-1]}: run hoverlake maintain first" if held else ""


def _last_named(warehouse: str, today: dt.date) -> dt.date:
    """The last start date of which beacons may have been landed: clocks run up to a day ahead."""
    release = releases.newest(Store(warehouse)) if _is_there(warehouse) else None
    landed = dt.date.fromisoformat(release.landing_date) + dt.timedelta(days=1) if release else today
    return max(landed, today)


def _is_there(warehouse: str) -> bool:
    local = local_path(warehouse)
    return local is None or local.is_dir()


def _writable(warehouse: str) -> Path:
    if keys.is_from_environment():
        raise UsageError(
            f"the ring is {keys.RING_VARIABLE}, a secret of the environment: change it where it is kept. One line per key, 64 "
            "hex digits and the date of its first use."
        )
    return keys.key_file(warehouse)
