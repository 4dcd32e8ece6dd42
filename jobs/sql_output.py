"""Answers of `hoverlake sql` as a table for people, CSV, JSON, JSON Lines, Markdown, or a file of Parquet or Arrow."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import math
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from jobs.errors import UsageError
from jobs.output import writing
from jobs.sql_files import FILES, unique, write_file

if TYPE_CHECKING:
    import duckdb

Format = Literal["table", "csv", "json", "parquet", "jsonl", "markdown", "arrow"]

#: A person reads no further; csv and json have no limit.
MAX_TABLE_ROWS = 1000
MAX_CELL_CHARS = 60
#: Columns of EXPLAIN's answer: its plan is a drawing of its own.
EXPLAINED = ["explain_key", "explain_value"]
FETCH_ROWS = 10_000


def check_output(format: Format, output: Path | None) -> None:
    """UsageError for a form that is bytes, without a file to hold them."""
    if format in FILES and output is None:
        raise UsageError(f"{format} cannot be printed. Give a file: --output answer.{format}.")


def written(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    format: Format,
    output: Path | None,
    parameters: Mapping[str, Any] | None = None,
) -> str | None:
    """The answer as text or (returning None) in the file `output`, which parquet and arrow need."""
    if format in FILES and output is not None:
        write_file(connection.sql(query, params=dict(parameters or {})), format, output)
        return None
    connection.execute(query, dict(parameters or {}))
    names = unique([column[0] for column in connection.description or []])
    text = "".join(TEXT[format](names, connection))
    if output is None:
        return text
    with writing(output):
        output.write_text(text, encoding="utf-8")
    return None


def _rows(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while rows := connection.fetchmany(FETCH_ROWS):
        yield from rows


def plain(value: Any) -> Any:
    """The value in JSON's own types: instants and dates in ISO 8601, bytes as hex, what is not finite as null."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float | Decimal):
        return _number(value)
    if isinstance(value, dt.datetime):
        return _instant(value)
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {str(plain(key)): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return str(value)


def _number(value: float | Decimal) -> int | float | None:
    if not math.isfinite(value):
        return None
    return int(value) if isinstance(value, Decimal) and value == value.to_integral_value() else float(value)


def _instant(value: dt.datetime) -> str:
    """2026-11-20T13:37:05Z, with milli- or microseconds only where there are some."""
    precision = (
        "seconds" if not value.microsecond else "milliseconds" if value.microsecond % 1000 == 0 else "microseconds"
    )
    if value.tzinfo is None:
        return value.isoformat(timespec=precision)
    return value.astimezone(dt.UTC).replace(tzinfo=None).isoformat(timespec=precision) + "Z"


def _json(names: Sequence[str], connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    separator = "[\n"
    for row in _rows(connection):
        yield separator + _object(names, row)
        separator = ",\n"
    yield "[]\n" if separator == "[\n" else "\n]\n"


def _jsonl(names: Sequence[str], connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """An object per line; nothing for no rows."""
    yield from (f"{_object(names, row)}\n" for row in _rows(connection))


def _object(names: Sequence[str], row: Sequence[Any]) -> str:
    return json.dumps(dict(zip(names, map(plain, row), strict=True)), ensure_ascii=False, allow_nan=False)


def _markdown(names: Sequence[str], connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """A table to paste into a page: every row, cells uncut, numbers to the right."""
    rows = list(_rows(connection))
    is_right = [_is_numeric([row[i] for row in rows]) for i in range(len(names))]
    yield _piped(names)
    yield _piped(["---:" if right else "---" for right in is_right])
    yield from (_piped(["NULL" if value is None else str(csv_cell(value)) for value in row]) for row in rows)


def _piped(cells: Sequence[str]) -> str:
    return f"| {' | '.join(printable(cell).replace('|', chr(92) + '|') for cell in cells)} |\n"


def _csv(names: Sequence[str], connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Header and rows; NULL is an empty cell, nested values are JSON."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for row in _rows(connection):
        writer.writerow([csv_cell(value) for value in row])
    yield text.getvalue()


def csv_cell(value: Any) -> Any:
    """The value as a cell of CSV: nested values are JSON, truth is a word, NULL stays None."""
    value = plain(value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value).lower() if isinstance(value, bool) else value


def _table(names: Sequence[str], connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Aligned columns, numbers to the right; a row per block where the columns do not fit on the terminal."""
    rows = connection.fetchmany(MAX_TABLE_ROWS + 1)
    if list(names) == EXPLAINED:
        yield from (f"{plan}\n" for _, plan in rows)
        return
    shown = rows[:MAX_TABLE_ROWS]
    cells = [[_cell(value) for value in row] for row in shown]
    widths = [max(len(name), *(len(row[i]) for row in cells), 0) for i, name in enumerate(names)]
    if sys.stdout.isatty() and sum(widths) + 2 * len(widths) > shutil.get_terminal_size().columns and cells:
        yield from _blocks(names, cells)
    else:
        is_right = [_is_numeric([row[i] for row in shown]) for i in range(len(names))]
        for line in (list(names), ["-" * width for width in widths], *cells):
            yield _aligned(line, widths, is_right)
    if len(rows) > len(shown):
        yield f"(the first {len(shown)} rows; there are more: --format csv gives all)\n"
    else:
        yield f"({len(shown)} {'row' if len(shown) == 1 else 'rows'})\n"


def _blocks(names: Sequence[str], cells: Sequence[Sequence[str]]) -> Iterator[str]:
    width = max(map(len, names))
    for number, row in enumerate(cells, 1):
        yield f"-- row {number}\n"
        yield from (f"{name.ljust(width)}  {cell}\n" for name, cell in zip(names, row, strict=True))


def _aligned(line: Sequence[str], widths: Sequence[int], is_right: Sequence[bool]) -> str:
    padded = [
        text.rjust(width) if right else text.ljust(width)
        for text, width, right in zip(line, widths, is_right, strict=True)
    ]
    return "  ".join(padded).rstrip() + "\n"


def _cell(value: Any) -> str:
    text = "NULL" if value is None else str(csv_cell(value)) if not isinstance(value, float) else str(value)
    text = printable(text[: MAX_CELL_CHARS + 1])
    return text if len(text) <= MAX_CELL_CHARS else text[: MAX_CELL_CHARS - 1] + "…"


def printable(text: str) -> str:
    """The text with every sign escaped that a terminal would not print but obey."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


def _is_numeric(values: Sequence[Any]) -> bool:
    known = [value for value in values if value is not None]
    return bool(known) and all(
        isinstance(value, int | float | Decimal) and not isinstance(value, bool) for value in known
    )


TEXT = {"table": _table, "csv": _csv, "json": _json, "jsonl": _jsonl, "markdown": _markdown}
