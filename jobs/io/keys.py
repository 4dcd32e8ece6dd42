"""The key ring under which visitor ids become pseudonyms: a file that only its owner may read, or a secret of the
environment.

One line per key, the oldest first: 64 hex digits and, but for the first, the date from which it is used:

    9f2c...            the first key: every date before the second's
    51d0... 2027-01-21 from this date on
    destroyed ...      in place of the digits: whoever holds pseudonyms of its dates can no longer make them from ids

A file of one bare key is a ring, too. A key's id is the number of its line; which key is used follows from the start
date of a beacon.
"""

from __future__ import annotations

import datetime as dt
import hmac
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

from jobs.errors import InfrastructureFailed, UsageError
from jobs.io.store import local_path

KEY_BYTES = 32
DESTROYED = "destroyed"
#: Of a ring of the environment no message tells more than this name.
RING_VARIABLE, FILE_VARIABLE = "HOVERLAKE_KEY_RING", "HOVERLAKE_KEY_FILE"


@dataclass(frozen=True)
class Key:
    """A key, used from `first_date` on (None: from the beginning); without a secret it is destroyed."""

    id: str
    first_date: dt.date | None
    secret: bytes | None = field(repr=False)

    def pseudonym(self, visitor_id: str) -> str:
        """HMAC-SHA256 of the visitor id, 64 hex digits."""
        assert self.secret is not None
        return hmac.digest(self.secret, visitor_id.encode(), "sha256").hex()


@dataclass(frozen=True)
class KeyRing:
    """Keys in the order of their dates."""

    keys: tuple[Key, ...]

    def of(self, date: dt.date) -> Key:
        """The key of beacons that start on the date."""
        return next(key for key in reversed(self.keys) if key.first_date is None or key.first_date <= date)

    def last_date(self, key: Key) -> dt.date | None:
        """The last date of a key's use, None for the newest."""
        after = next((b for a, b in pairwise(self.keys) if a is key), None)
        return after.first_date - dt.timedelta(days=1) if after and after.first_date else None

    def destroyed_dates(self) -> list[tuple[dt.date, dt.date]]:
        """Ranges of dates whose key is destroyed, both ends included."""
        gone = [key for key in self.keys if key.secret is None]
        return [(key.first_date or dt.date(1970, 1, 1), self.last_date(key) or dt.date(2099, 12, 31)) for key in gone]

    def pseudonyms(self, visitor_id: str) -> dict[str, str]:
        """The visitor's pseudonym under every key that is not destroyed, by key id."""
        return {key.id: key.pseudonym(visitor_id) for key in self.keys if key.secret is not None}

    def extended(self, date: dt.date, rotation_days: int) -> KeyRing:
        """The ring with a key for every rotation up to the first after the day that follows `date`; so it always holds the
        next key. Rotations are the dates whose number since 1970-01-01 is a multiple of `rotation_days`; 0 for none."""
        ring = self
        while rotation_days and (ring.keys[-1].first_date or dt.date.min) <= date + dt.timedelta(days=1):
            after = ring.keys[-1].first_date or date + dt.timedelta(days=1)
            ring = ring.rotated(_next_rotation(after, rotation_days))
        return ring

    def rotated(self, first_date: dt.date) -> KeyRing:
        """The ring with one more key, used from `first_date` on."""
        return KeyRing((*self.keys, Key(str(len(self.keys) + 1), first_date, secrets.token_bytes(KEY_BYTES))))

    def without(self, ids: Sequence[str]) -> KeyRing:
        """The ring with the keys of these ids destroyed."""
        return KeyRing(tuple(replace(key, secret=None) if key.id in ids else key for key in self.keys))

    def text(self) -> str:
        """The ring as its file holds it."""
        words = [(key.secret.hex() if key.secret else DESTROYED, key.first_date) for key in self.keys]
        return "".join(f"{secret} {date}\n" if date else f"{secret}\n" for secret, date in words)


def _next_rotation(date: dt.date, rotation_days: int) -> dt.date:
    """The first rotation after the date."""
    number = (date - dt.date(1970, 1, 1)).days // rotation_days + 1
    return dt.date(1970, 1, 1) + dt.timedelta(days=number * rotation_days)


def new_ring() -> KeyRing:
    """A ring of one new key for all dates."""
    return KeyRing((Key("1", None, secrets.token_bytes(KEY_BYTES)),))


def key_file(warehouse: str) -> Path:
    """HOVERLAKE_KEY_FILE, else `<warehouse>.key` beside a local warehouse; UsageError for an object store."""
    if os.environ.get(FILE_VARIABLE):
        return Path(os.environ[FILE_VARIABLE])
    local = local_path(warehouse)
    if local is None:
        raise UsageError(
            f"no key for {warehouse}: set {FILE_VARIABLE} to a file with {2 * KEY_BYTES} hex digits, mode 0600, or "
            f"{RING_VARIABLE} to the text of such a file."
        )
    return local.with_name(local.name + ".key")


def is_from_environment() -> bool:
    """Whether the ring is a secret of the environment, which nobody here can write."""
    return bool(os.environ.get(RING_VARIABLE))


def load_ring(warehouse: str) -> KeyRing:
    """The ring of the warehouse; UsageError if it is missing, readable by others, or no ring. No message quotes it."""
    if is_from_environment():
        return read_ring(os.environ[RING_VARIABLE], RING_VARIABLE)
    path = key_file(warehouse)
    if not path.exists():
        raise UsageError(f"key file {path} is missing. Restore it: another key would part every visitor in two.")
    if path.stat().st_mode & 0o077:
        raise UsageError(f"key file {path} can be read by others. Mend it: chmod 600 {path}")
    try:
        return read_ring(path.read_text(), f"key file {path}")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"key file {path} is not readable. Restore it from its backup.") from error


def read_ring(text: str, name: str) -> KeyRing:
    """The ring that a text holds; UsageError says which line is wrong, never what it says."""
    keys: list[Key] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        key = _read_key(str(len(keys) + 1), line.split())
        before = keys[-1].first_date or dt.date.min if keys else None
        if (
            key is None
            or (before is None) != (key.first_date is None)
            or (key.first_date or dt.date.max) <= (before or dt.date.min)
        ):
            raise UsageError(
                f"{name}, line {number}: not {2 * KEY_BYTES} hex digits (or {DESTROYED}), followed on every line but the "
                "first by a date later than that of the line before. Restore it from its backup."
            )
        keys.append(key)
    if not keys:
        raise UsageError(
            f"{name} holds no key. Restore it from its backup: another key would part every visitor in two."
        )
    return KeyRing(tuple(keys))


def _read_key(key_id: str, words: Sequence[str]) -> Key | None:
    try:
        secret = None if words[0] == DESTROYED else bytes.fromhex(words[0])
        first_date = dt.date.fromisoformat(words[1]) if len(words) > 1 else None
    except ValueError:
        return None
    return Key(key_id, first_date, secret) if len(words) <= 2 and (secret is None or len(secret) == KEY_BYTES) else None


def write_ring(path: Path, ring: KeyRing) -> None:
    """Put the ring into its file, mode 0600, whole or not at all; InfrastructureFailed if that cannot be done."""
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.unlink(missing_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(ring.text())
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise InfrastructureFailed(
            f"key file {path} cannot be written: {error.strerror}. Check permission and space."
        ) from error
