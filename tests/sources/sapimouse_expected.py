"""Cursor dwell per person, computed plainly from the session files by METRICS section 2: no code shared with the jobs."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

DATA = Path(__file__).parents[3] / "shared" / "data" / "sapimouse"

needs_sapimouse = pytest.mark.skipif(not DATA.is_dir(), reason="real data ../shared/data/sapimouse is not here")


@dataclass(frozen=True)
class RowCounts:
    """Rows of all sessions; those equal to the row before; those with a smaller timestamp than the row before."""

    sessions: int
    rows: int
    presses: int
    identical: int
    backward: int


def expected_dwell_ms(path: Path = DATA) -> dict[str, int]:
    """Total dwell over all heat cells of each person, by the name of the person's folder (`user1`).

    A rest lasts until the next record, 5000 ms at most; the last one ends with the view, which ends with it: 0 ms.
    The page is never hidden and every position is known, so nothing is clipped.
    """
    dwell: Counter[str] = Counter()
    for file in sorted(path.glob("user*/session_*.csv")):
        instants = sorted(int(row[0]) for row in _rows(file))
        for i in range(len(instants) - 1):
            dwell[file.parent.name] += min(instants[i + 1] - instants[i], 5000)
    return dict(dwell)


def row_counts(path: Path = DATA) -> RowCounts:
    """How much there is, and how much of the known dirt."""
    counts: Counter[str] = Counter()
    for file in sorted(path.glob("user*/session_*.csv")):
        counts["sessions"] += 1
        before: list[str] = []
        for row in _rows(file):
            counts["rows"] += 1
            counts["presses"] += row[2] == "Pressed"
            counts["identical"] += row == before
            counts["backward"] += bool(before) and int(row[0]) < int(before[0])
            before = row
    return RowCounts(**counts)


def _rows(file: Path) -> list[list[str]]:
    """Rows of a session: timestamp, button, state, x, y."""
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.reader(lines))[1:]
