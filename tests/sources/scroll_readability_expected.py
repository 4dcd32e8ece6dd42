"""How long each reader had each paragraph in view, computed plainly from the file: no code shared with the jobs."""

from __future__ import annotations

import ast
import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest

DATA = Path(__file__).parents[3] / "shared" / "data" / "scroll-readability"

needs_scroll_readability = pytest.mark.skipif(
    not DATA.is_dir(), reason="real data ../shared/data/scroll-readability is not here"
)

HALF_HOUR_MS = 1_800_000

#: Person, level of the text, phase.
View = tuple[str, str, str]


@dataclass
class Reading:
    """One text of one person in one phase; ms in view by paragraph, at 50 % or more and at 100 %."""

    half_ms: dict[str, int] = field(default_factory=dict)
    full_ms: dict[str, int] = field(default_factory=dict)
    #: How often the paragraph came to 50 % or more: a second time is a reread.
    spells: dict[str, int] = field(default_factory=dict)
    text: str = ""
    events: int = 0
    visible_ms: int = 0
    has_early_end: bool = False
    long_pauses: int = 0
    negative_scrolls: int = 0


def expected(people: int | None = None) -> dict[View, Reading]:
    """Every text of the first `people` rows of the file, of all without a number."""
    csv.field_size_limit(64 * 1024 * 1024)
    found: dict[View, Reading] = {}
    with (DATA / "scroll_readability.csv").open(encoding="utf-8", newline="") as lines:
        for row in list(csv.DictReader(lines))[:people]:
            for level in ("elementary", "advanced"):
                for phase in ("reading", "question"):
                    found[row["participant_row"], level, phase] = _reading(row, level, phase)
    return found


def _reading(row: dict[str, str], level: str, phase: str) -> Reading:
    cell = f"{level}_{phase}"
    instants = [int(t) for t in ast.literal_eval(row[f"{cell}_event_ms"])]
    offsets = [int(y) for y in ast.literal_eval(row[f"{cell}_scroll_event"])]
    listed = ast.literal_eval(row[f"{cell}_paragraph_visibility"])
    declared, last = int(row[f"{cell}_time_ms"]), instants[-1]
    # The end of view of METRICS section 1: never before the last event, half an hour after it at most.
    end = max(last, min(declared, last + HALF_HOUR_MS))
    reading = Reading(text=row[f"{level}_text"][: -len(".txt")], events=len(instants))
    reading.visible_ms = sum(_looked_at(0, instants[0])) + sum(sum(_looked_at(*s)) for s in _steps(instants, end))
    percents = [{p: int(percent) for p, percent in (e.split("_") for e in entry.split(","))} for entry in listed]
    for threshold, in_view in ((50, reading.half_ms), (100, reading.full_ms)):
        in_view.update(_in_view_ms(threshold, percents, instants, end))
    reading.spells = _spells(percents, instants, end)
    reading.has_early_end = declared < last
    reading.long_pauses = sum(b - a > 30_000 for a, b in pairwise(instants))
    reading.negative_scrolls = sum(y < 0 for y in offsets)
    return reading


def _steps(instants: list[int], end: int) -> list[tuple[int, int]]:
    """From every event to the next, from the last one to the end."""
    return list(zip(instants, [*instants[1:], end], strict=True))


def _looked_at(start: int, stop: int) -> Iterator[int]:
    """The length of a step, unless it is a gap of over half an hour, which nobody looked at."""
    if stop - start <= HALF_HOUR_MS:
        yield stop - start


def _in_view_ms(threshold: int, percents: list[dict[str, int]], instants: list[int], end: int) -> dict[str, int]:
    total: Counter[str] = Counter({paragraph: 0 for entry in percents for paragraph in entry})
    for (start, stop), entry in zip(_steps(instants, end), percents, strict=True):
        for paragraph, percent in entry.items():
            if percent >= threshold:
                total[paragraph] += sum(_looked_at(start, stop))
    return dict(total)


def _spells(percents: list[dict[str, int]], instants: list[int], end: int) -> dict[str, int]:
    """Runs of steps at 50 % or more, of some length; a gap of over half an hour parts two runs."""
    count: Counter[str] = Counter({paragraph: 0 for entry in percents for paragraph in entry})
    before: set[str] = set()
    for (start, stop), entry in zip(_steps(instants, end), percents, strict=True):
        if stop == start:
            continue
        now = {p for p, percent in entry.items() if percent >= 50} if sum(_looked_at(start, stop)) else set()
        count.update(now - before)
        before = now
    return dict(count)
