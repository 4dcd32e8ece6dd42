"""What the two feed studies themselves published: seconds in view and order of seeing, per participant and story.

`seconds_in_viewport` is the sum of a story's dwells, NA if it was never seen; `scroll_sequence` lists the places of
those dwells in the participant's record, from 1, dwells of 0 s included ("3,8,10").
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

DATA = Path(__file__).parents[3] / "shared" / "data" / "dice-feed"

needs_dice_feed = pytest.mark.skipif(not DATA.is_dir(), reason="real data ../shared/data/dice-feed is not here")

csv.field_size_limit(64 * 1024 * 1024)


@dataclass(frozen=True)
class ExpectedRow:
    """One participant and one story displayed; `seconds` and `height_px` are None for NA, `places` then empty."""

    study: str
    participant: str
    item_id: str
    feed_rank: int
    seconds: float | None
    places: tuple[int, ...]
    height_px: float | None

    @property
    def visitor_id(self) -> str:
        """The visitor of the imported beacons, before it becomes a pseudonym."""
        return f"dice-feed:{self.participant}"

    @property
    def key(self) -> tuple[str, str, str]:
        """Study (layout_id of the imported page), participant, story."""
        return self.study, self.participant, self.item_id


@cache
def expected_rows(path: Path = DATA) -> list[ExpectedRow]:
    """All rows of the studies below `path`, 16,240 of both, never-seen stories included."""
    return [_row(file.parent.name, row) for file in _files(path, "expected_feed_attention.csv") for row in _read(file)]


def expected_order(rows: Iterable[ExpectedRow]) -> dict[tuple[str, str], list[str]]:
    """Stories in the order of first sight, per (study, participant); never-seen ones are not in it."""
    seen: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    for row in rows:
        if row.places:
            seen[row.study, row.participant].append((row.places[0], row.item_id))
    return {person: [item_id for _, item_id in sorted(stories)] for person, stories in seen.items()}


def first_dwell_is_zero(path: Path = DATA) -> set[tuple[str, str, str]]:
    """Keys of stories whose first dwell lasted 0 s, read from the raw record: without a length of their own they
    would have no place in an order by first time in view."""
    found: set[tuple[str, str, str]] = set()
    for file in _files(path, "raw_viewport.csv"):
        for row in _read(file):
            first: dict[int, float] = {}
            for dwell in json.loads(row["DICE.1.player.viewport_data"]):
                first.setdefault(dwell["doc_id"], dwell["duration"])
            found |= {(file.parent.name, row["participant.code"], str(story)) for story, s in first.items() if s == 0}
    return found


def _files(path: Path, name: str) -> list[Path]:
    return sorted(path.glob(f"*/{name}"))


def _read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _row(study: str, row: dict[str, str]) -> ExpectedRow:
    seconds, places, height = row["seconds_in_viewport"], row["scroll_sequence"], row["height"]
    return ExpectedRow(
        study=study,
        participant=row["participant_code"],
        item_id=row["doc_id"],
        feed_rank=int(row["displayed_sequence"]),
        seconds=None if seconds == "NA" else float(seconds),
        places=() if places == "NA" else tuple(int(place) for place in places.split(",")),
        height_px=None if height == "NA" else float(height),
    )
