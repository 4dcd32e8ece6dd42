"""Cursor traces in files of one session each, below a folder per person: what sapimouse and balabit share."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from jobs.errors import UsageError
from jobs.sources.page_view import Tally
from jobs.sources.reading import csv_rows

#: States of a row that is a pointer sample; a Pressed row is a click as well.
STATES = frozenset({"Move", "Drag", "Pressed", "Released"})

SampleT = TypeVar("SampleT")


def trace_files(path: Path, pattern: str, name: str) -> list[Path]:
    """The session files of one person's folder, or of all below the data set's; UsageError if there is none."""
    files = sorted(path.glob(pattern)) or sorted(path.glob(f"*/{pattern}"))
    if not files:
        raise UsageError(
            f"no {name} sessions in {path}: expected user*/{pattern} or {pattern}. "
            "Give the data set's folder or one person's."
        )
    return files


def traces(
    files: Sequence[Path],
    columns: Sequence[str],
    sample_of: Callable[[tuple[str, ...]], SampleT | str],
    tally: Tally,
) -> Iterator[tuple[Path, list[SampleT]]]:
    """Each file with its samples; `sample_of` gives a row's sample, or the rule that leaves the row out."""
    for file in files:
        samples: list[SampleT] = []
        for _, cells in csv_rows(file, columns):
            tally.records_read += 1
            sample = "row_of_other_length" if cells is None else sample_of(cells)
            if isinstance(sample, str):
                tally.dropped[sample] += 1
            else:
                samples.append(sample)
        if samples:
            yield file, samples
        else:
            tally.dropped["session_without_samples"] += 1


def finite(text: str) -> float:
    """The number that a cell holds; ValueError if it holds none, or none that is finite."""
    if text.isdecimal():
        return int(text)
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is no finite number")
    return number
