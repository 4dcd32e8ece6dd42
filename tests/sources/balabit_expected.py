"""What the sessions of balabit hold, counted and computed plainly from the files: no code shared with the jobs."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import pytest

DATA = Path(__file__).parents[3] / "shared" / "data" / "balabit"

needs_balabit = pytest.mark.skipif(not DATA.is_dir(), reason="real data ../shared/data/balabit is not here")


@dataclass(frozen=True)
class Session:
    """One session: rows, those of the wheel, presses, rows at an unknown position; total cursor dwell."""

    rows: int
    wheel: int
    presses: int
    unknown: int
    dwell_ms: int


def sessions(path: Path) -> list[str]:
    """Names of all sessions, `user12/session_2144641057`, in order."""
    return sorted(str(file.relative_to(path)) for file in path.glob("user*/session_*"))


def part(path: Path) -> list[str]:
    """The one session that stands for all of them in a quick run: the last one, which has an unknown position."""
    return sessions(path)[-1:]


def expected(path: Path) -> dict[str, Session]:
    """Every session by its name."""
    return {session: _session(rows_of(path / session)) for session in sessions(path)}


def rows_of(file: Path) -> list[list[str]]:
    """Rows: record timestamp, client timestamp, button, state, x, y."""
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.reader(lines))[1:]


def milliseconds(seconds: str) -> int:
    """A timestamp of a session file in whole ms."""
    return round(float(seconds) * 1000)


def _session(rows: list[list[str]]) -> Session:
    pointer = [row for row in rows if row[2] != "Scroll"]
    return Session(
        rows=len(rows),
        wheel=len(rows) - len(pointer),
        presses=sum(row[3] == "Pressed" for row in rows),
        unknown=sum(_is_unknown(row) for row in rows),
        dwell_ms=_dwell_ms(pointer),
    )


def _dwell_ms(pointer: list[list[str]]) -> int:
    """A rest lasts until the next record, known or not, 5000 ms at most; a record at an unknown position has none.

    The view ends with its last record, which rests for no time; a gap of over 30 min is not looked at (METRICS 1, 2).
    """
    total = 0
    for i in range(len(pointer) - 1):
        gap = milliseconds(pointer[i + 1][1]) - milliseconds(pointer[i][1])
        if gap <= 1_800_000 and not _is_unknown(pointer[i]):
            total += min(gap, 5000)
    return total


def _is_unknown(row: list[str]) -> bool:
    return row[4] == "65535" or row[5] == "65535"
