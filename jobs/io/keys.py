"""The key ring: secrets under which visitor ids become pseudonyms, one after the other, told apart by start date.

A ring is text, one key a line, in the order in which they are in use. The first line is 64 hex digits and holds for every
date before the second key's; each other line is 64 hex digits and its first date. `destroyed` stands where digits were:

    3b1f...c2
    90ac...07 2027-01-21

So a file with one bare key is a ring of one key for all dates. Ids are the numbers of lines. No secret ever stands in a
message, a representation or a log.
"""

from __future__ import annotations

import datetime as dt
import hmac
import os
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from jobs.errors import UsageError
from jobs.io.store import local_path
from jobs.steps.pseudonym import visitor_key

KEY_BYTES = 32
#: Holds the ring itself, for who keeps secrets outside of files; it is never written.
RING_VARIABLE = "HOVERLAKE_KEY_RING"
FILE_VARIABLE = "HOVERLAKE_KEY_FILE"
DESTROYED = "destroyed"


@dataclass(frozen=True)
class Key:
    """One key: in use from `first_date` on (None: from the beginning); without a secret once it is destroyed."""

    id: str
    first_date: dt.date | None
    secret: bytes | None = field(repr=False)

    @property
    def is_destroyed(self) -> bool:
        """True if nobody can make its pseudonyms any more."""
        return self.secret is None

    @property
    def mark(self) -> str | None:
        """What tells the key from others, and nothing about it: of 256 random bits nobody guesses any."""
        return (
            None if self.secret is None else hmac.digest(self.secret, b"mark of a hoverlake key", "sha256").hex()[:16]
        )


@dataclass(frozen=True)
class KeyRing:
    """Keys in the order of their first dates; the first holds from the beginning, the last without end."""

    keys: tuple[Key, ...]

    def of(self, date: dt.date) -> Key:
        """The key of what starts on `date`: the last whose first date is not after it."""
        return [key for key in self.keys if key.first_date is None or key.first_date <= date][-1]

    def last_date(self, key: Key) -> dt.date | None:
        """The date before the next key's first; None for the last key."""
        following = self.keys[int(key.id) :]
        return following[0].first_date - dt.timedelta(days=1) if following and following[0].first_date else None

    @property
    def secrets(self) -> dict[str, bytes]:
        """Secrets by key id, of the keys that are not destroyed."""
        return {key.id: key.secret for key in self.keys if key.secret is not None}

    @property
    def first_dates(self) -> dict[str, dt.date | None]:
        """First dates by key id, rising; that of the first is None."""
        return {key.id: key.first_date for key in self.keys}

    def marks(self, last_date: dt.date) -> dict[str, str]:
        """Marks by key id, of the keys that hold for dates up to `last_date` and are not destroyed."""
        begun = [key for key in self.keys if key.first_date is None or key.first_date <= last_date]
        return {key.id: key.mark for key in begun if key.mark is not None}

    def pseudonyms(self, visitor_id: str) -> dict[str, str]:
        """The visitor's pseudonym by key id, under every key that is not destroyed, those of the future included."""
        return {key_id: visitor_key(visitor_id, secret) for key_id, secret in self.secrets.items()}


def ring_of(lines: Sequence[tuple[dt.date | None, bytes | None]]) -> KeyRing:
    """The ring of (first date, secret), numbered from 1."""
    return KeyRing(tuple(Key(str(n), date, secret) for n, (date, secret) in enumerate(lines, 1)))


def new_secret() -> bytes:
    """A secret that was never used."""
    return secrets.token_bytes(KEY_BYTES)


def key_file(warehouse: str) -> Path:
    """HOVERLAKE_KEY_FILE, else `<warehouse>.key` beside a local warehouse; UsageError for an object store."""
    if os.environ.get(FILE_VARIABLE):
        return Path(os.environ[FILE_VARIABLE])
    local = local_path(warehouse)
    if local is None:
        raise UsageError(
            f"no key for {warehouse}: set {FILE_VARIABLE} to a file with {2 * KEY_BYTES} hex digits, mode 0600, or "
            f"{RING_VARIABLE} to the ring itself."
        )
    return local.with_name(local.name + ".key")


def is_in_environment() -> bool:
    """True if the environment holds the ring: no file is then looked at."""
    return bool(os.environ.get(RING_VARIABLE))


def place(warehouse: str) -> str:
    """Where the ring is, for messages."""
    return RING_VARIABLE if is_in_environment() else f"key file {key_file(warehouse)}"


def load_ring(warehouse: str) -> KeyRing:
    """The warehouse's ring; UsageError if it is missing, readable by others, or no ring."""
    if is_in_environment():
        return parse_ring(os.environ[RING_VARIABLE], RING_VARIABLE)
    return read_ring(key_file(warehouse))


def load_known_ring(warehouse: str, marks: Mapping[str, str]) -> KeyRing:
    """The warehouse's ring; UsageError as of `load_ring`, or if it lacks a key with one of `marks`, by key id: under
    another key every visitor would be somebody else, and nobody could be erased."""
    ring = load_ring(warehouse)
    known = {key.id: key for key in ring.keys}
    for key_id, mark in marks.items():
        if key_id not in known or known[key_id].mark not in (None, mark):
            raise UsageError(
                f"{place(warehouse)} is not the ring of {warehouse}: key {key_id}, under which visitors were published, is "
                f"{'another one' if key_id in known else 'missing'}. Restore the ring from its newest copy."
            )
    return ring


def read_ring(path: Path) -> KeyRing:
    """The ring of a file; UsageError as of `load_ring`."""
    if not path.exists():
        raise UsageError(f"key file {path} is missing. Restore it: another key would part every visitor in two.")
    if path.stat().st_mode & 0o077:
        raise UsageError(f"key file {path} can be read by others. Mend it: chmod 600 {path}")
    try:
        text = path.read_text("ascii")
    except (ValueError, OSError):
        # Without the cause: what cannot be decoded stands in it.
        raise UsageError(f"key file {path} is not readable as hex digits. Restore it from its backup.") from None
    return parse_ring(text, f"key file {path}")


def load_key(path: Path) -> bytes:
    """The secret of the first key of a file; UsageError as of `load_ring`, or if it is destroyed."""
    secret = read_ring(path).keys[0].secret
    if secret is None:
        raise UsageError(f"key 1 of {path} is destroyed. Name a date of a later one.")
    return secret


def make_key(path: Path) -> bytes:
    """A new file, mode 0600, with a ring of one new key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    key = new_secret()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(key.hex() + "\n")
    return key


def parse_ring(text: str, where: str) -> KeyRing:
    """The ring of a text; UsageError names the place and the line, and nothing of what stands there."""
    lines = [line.split() for line in text.splitlines() if line.strip()]
    if not lines:
        raise UsageError(f"{where} is empty. Restore it from its backup.")
    parsed = [_line(words, f"{where}, line {number}", number == 1) for number, words in enumerate(lines, 1)]
    dates = [date for date, _ in parsed if date is not None]
    if any(a >= b for a, b in pairwise(dates)):
        raise UsageError(f"{where}: first dates of keys must rise from line to line. Restore it from its backup.")
    if parsed[-1][1] is None:
        raise UsageError(f"{where}: the last key is destroyed, and none is left to use. Restore it from its backup.")
    return ring_of(parsed)


def _line(words: Sequence[str], where: str, is_first: bool) -> tuple[dt.date | None, bytes | None]:
    if len(words) != (1 if is_first else 2):
        form = "a key alone" if is_first else "a key and its first date"
        raise UsageError(f"{where}: expected {form}. Restore it from its backup.")
    return None if is_first else _date(words[1], where), _secret(words[0], where)


def _date(word: str, where: str) -> dt.date:
    with suppress(ValueError):
        return dt.date.fromisoformat(word)
    raise UsageError(f"{where}: the first date is not of the form YYYY-MM-DD. Restore it from its backup.")


def _secret(word: str, where: str) -> bytes | None:
    if word == DESTROYED:
        return None
    key = b""
    with suppress(ValueError):
        key = bytes.fromhex(word)
    if not key:
        raise UsageError(f"{where} is not readable as hex digits. Restore it from its backup.")
    if len(key) != KEY_BYTES:
        raise UsageError(f"{where} holds {len(key)} bytes instead of {KEY_BYTES}. Restore it from its backup.")
    return key


def write_ring(path: Path, ring: KeyRing) -> None:
    """Put the ring in the place of the file's: a reader sees the old one or the new one, whole.

    OSError if it cannot be written; the old file is then as it was.
    """
    # A link stays a link: what it points to is replaced.
    target = path.resolve()
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(_text(ring))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _text(ring: KeyRing) -> str:
    lines = [[DESTROYED if key.secret is None else key.secret.hex(), key.first_date] for key in ring.keys]
    return "".join(f"{' '.join(str(word) for word in line if word is not None)}\n" for line in lines)
