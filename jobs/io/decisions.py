"""Operators' decisions: numbered, immutable objects `_decisions/000001.json`, a part of the configuration.

A rebuild repeats them: what an operator once accepted stays accepted, whoever builds the tables again.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from jobs.errors import InfrastructureFailed
from jobs.io.store import Store

FOLDER = "_decisions"
_NUMBER = re.compile(r"/(\d+)\.json$")


@dataclass(frozen=True)
class Rewritten:
    """These bytes of a raw file that was landed with others are the right ones."""

    path: str
    sha256: str
    kind: str = "accept_rewritten"


@dataclass(frozen=True)
class TooLate:
    """Beacons that start on these event dates (both included) are taken, however late they landed."""

    first_date: str
    last_date: str
    kind: str = "take_too_late"


@dataclass(frozen=True)
class Erased:
    """Rows of these visitors are removed and their beacons refused: tombstones (jobs/erasure/visitors.py), sorted."""

    tombstones: tuple[str, ...] = field(repr=False)
    kind: str = "erase"

    def __post_init__(self) -> None:
        """As read from a record, tombstones are a list."""
        object.__setattr__(self, "tombstones", tuple(self.tombstones))


Decision = Rewritten | TooLate | Erased
_KINDS: dict[str, type[Decision]] = {kind.kind: kind for kind in (Rewritten, TooLate, Erased)}


def all_decisions(store: Store) -> list[Decision]:
    """Every decision in the order they were made; InfrastructureFailed for a kind that this version does not know."""
    numbered = sorted((int(match[1]), path) for path in _paths(store) if (match := _NUMBER.search(path)))
    return [_read(store, path) for _, path in numbered]


def decide(store: Store, decisions: Sequence[Decision], run_id: str) -> None:
    """Write those that were not made before; to be called by the holder of the lease."""
    made = all_decisions(store)
    number = max((int(match[1]) for path in _paths(store) if (match := _NUMBER.search(path))), default=0)
    for decision in decisions:
        if decision in made:
            continue
        number += 1
        at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        content = json.dumps({**asdict(decision), "run_id": run_id, "at": at}).encode()
        if not store.put_if_absent(f"{FOLDER}/{number:06d}.json", content):
            raise InfrastructureFailed(
                f"decision {number} of {store.uri} was made by another run at this moment. Run the command again."
            )


def too_late_ranges(decisions: Sequence[Decision]) -> list[tuple[dt.date, dt.date]]:
    """Ranges of event dates whose late beacons are taken, both ends included."""
    return [
        (dt.date.fromisoformat(decision.first_date), dt.date.fromisoformat(decision.last_date))
        for decision in decisions
        if isinstance(decision, TooLate)
    ]


def erasures(decisions: Sequence[Decision]) -> list[Erased]:
    """The erasures among the decisions, in the order they were made."""
    return [decision for decision in decisions if isinstance(decision, Erased)]


def all_tombstones(decisions: Sequence[Decision]) -> frozenset[str]:
    """Tombstones of all erasures."""
    return frozenset(tombstone for erased in erasures(decisions) for tombstone in erased.tombstones)


def _paths(store: Store) -> list[str]:
    return [item.path for item in store.list(FOLDER)]


def _read(store: Store, path: str) -> Decision:
    record: dict[str, Any] = store.json(path)
    kind = _KINDS.get(record.get("kind", ""))
    if kind is None:
        raise InfrastructureFailed(
            f"{path} in {store.uri} is a decision of an unknown kind: {record.get('kind')!r}. Another version of "
            "hoverlake wrote it: use that version."
        )
    return kind(**{name: record[name] for name in kind.__dataclass_fields__})
