"""The visitors to erase: raw ids from a file, and what they are called in the warehouse.

A tombstone is the SHA-256 of a pseudonym. It stays, so that late beacons of the person are refused, and names nobody:
only who has the raw id and the key can make it.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jobs.errors import UsageError
from jobs.io.keys import KeyRing
from jobs.steps.pseudonym import tombstone


@dataclass(frozen=True)
class Visitors:
    """Raw ids, and their pseudonyms by key id; never shown, neither by `repr`."""

    ids: Sequence[str] = field(repr=False)
    pseudonyms: dict[str, Sequence[str]] = field(repr=False)

    @property
    def tombstones(self) -> tuple[str, ...]:
        """Tombstones under every key, the next one included, sorted."""
        return tuple(sorted(tombstone(name) for names in self.pseudonyms.values() for name in names))

    def fingerprint(self, secret: bytes) -> str:
        """Says whether two requests name the same visitors, to who has the key; 64 hex digits."""
        # Without the words before it, that of one visitor would be the pseudonym.
        return hmac.digest(secret, "\n".join(["visitors to erase", *self.ids]).encode(), "sha256").hex()


def read_visitors(file: Path, ring: KeyRing) -> Visitors:
    """The visitors of a file, one raw id per line, as the tracker sends them; UsageError if there is none."""
    try:
        lines = file.read_bytes().decode().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        # The error of a line that is not UTF-8 shows its bytes.
        reason = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror
        raise UsageError(
            f"--visitors {file} cannot be read: {reason}. Give a text file of one visitor id per line."
        ) from None
    ids = sorted({line for line in lines if line.strip()})
    if not ids:
        raise UsageError(f"--visitors {file} names nobody. Give a text file of one visitor id per line.")
    by_id = [ring.pseudonyms(visitor_id) for visitor_id in ids]
    return Visitors(ids, {key_id: [names[key_id] for names in by_id] for key_id in by_id[0]})
