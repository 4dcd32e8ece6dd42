"""Reading foreign CSV files: every failure says which file, which line, and what was expected."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from operator import itemgetter
from pathlib import Path

from jobs.errors import InputUnreadable

# A field may hold the JSON of a whole page view: the csv module's own limit of 128 kB is too small for it.
csv.field_size_limit(64 * 1024 * 1024)


def csv_rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, tuple[str, ...] | None]]:
    """Line number and the cells of `columns` (two or more) of each row; None for a row of other length than the header.

    Empty lines are no rows. Raises InputUnreadable for a missing column, other bytes than UTF-8 and broken CSV.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.reader(lines)
            header = next(reader, [])
            cells = itemgetter(*_positions(path, header, columns))
            for row in reader:
                if row:
                    yield reader.line_num, cells(row) if len(row) == len(header) else None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputUnreadable(f"{path} cannot be read: {error}. Fetch the file again, or leave it out.") from error


def _positions(path: Path, header: list[str], columns: Sequence[str]) -> list[int]:
    missing = [name for name in columns if name not in header]
    if missing:
        raise InputUnreadable(
            f"{path} line 1: no column {', '.join(map(repr, missing))}. Give the data set's own file, unchanged."
        )
    return [header.index(name) for name in columns]
