"""`hoverlake explain --rejected FILE`: the refused lines of a raw file, with line number, reason and start.

The warehouse keeps no refused line, only its hash: the lines are found again by hashing those of the raw file, for as
long as it is kept. What is shown is raw: it may name a visitor.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import pyarrow as pa

from jobs.errors import InputUnreadable, UsageError
from jobs.io import releases
from jobs.io.raw_files import open_decompressed, path_below
from jobs.io.store import Store
from jobs.sql import connect
from warehouse_schema.clean.rejected_beacons import REASONS, REJECTED_BEACONS
from warehouse_schema.ops.tables import INPUT_FILES

#: Of a line only its start is shown; bytes that do not print are escaped.
SHOWN_CHARS = 200
#: Beyond these a report is no longer read; the counts by reason cover all lines.
MAX_LINES = 1000
CHUNK_BYTES = 1024 * 1024


class Line(NamedTuple):
    """One line of a raw file, without its end: number from 1, hash, length, and no more of it than its start."""

    number: int
    sha256: str
    byte_length: int
    start: bytes


@dataclass(frozen=True)
class Rejection:
    """Rows of clean.rejected_beacons of one file and hash: equal lines have one reason."""

    reason: str
    byte_length: int
    row_count: int


def explain_rejected(raw: str, warehouse: str, file: str) -> str:
    """A report on the lines of `file` that the newest release counts as rejected; `file` is a path below `raw`, or a full one.

    UsageError if the file belongs to neither; InputUnreadable if it is gone, broken, or no longer holds the lines.
    """
    store = Store(raw)
    path = path_below(store, file)
    rejections = _rejections(warehouse, path)
    if not rejections:
        return _why_none(store, warehouse, path)
    try:
        shown, found = _find(store, path, rejections)
    except FileNotFoundError as error:
        raise InputUnreadable(_gone(raw, path, rejections)) from error
    except (OSError, pa.ArrowException) as error:
        problem = str(error).split("\n", 1)[0]
        raise InputUnreadable(f"{path} in {raw} cannot be read to its end: {problem}. Fetch the file again.") from error
    report = [
        _summary(path, rejections),
        *_missing(rejections, found, path),
        "",
        *_report(rejections, shown, found.total()),
    ]
    return "\n".join(report) + "\n"


def _rejections(warehouse: str, path: str) -> dict[str, Rejection]:
    """Rejected lines of the file in the newest release, by hash."""
    query = f"""
        select line_sha256, any_value(reason), any_value(byte_length), count(*)
        from {REJECTED_BEACONS.name} where raw_file = ? group by line_sha256
    """
    with connect(warehouse, [REJECTED_BEACONS.name]) as connection:
        rows = connection.execute(query, [path]).fetchall()
    return {sha256: Rejection(reason, length, count) for sha256, reason, length, count in rows}


def _why_none(store: Store, warehouse: str, path: str) -> str:
    """Without rejected lines: the file was landed whole, was set aside, or is not known; UsageError for the last."""
    release = releases.newest(Store(warehouse))
    known = releases.manifest(Store(warehouse), release.number) if release else {}
    if path in known and not known[path].problem:
        return f"{path}: none of its {known[path].line_count} lines was rejected.\n"
    problem = known[path].problem if path in known else _set_aside(warehouse, path)
    if problem:
        return f"{path} was set aside whole, nothing of it is in the warehouse: {problem}. Send it again under the same name.\n"
    if path in {item.path for item in store.list(path.rpartition("/")[0])}:
        raise UsageError(f"{path} has not been landed yet. Run hoverlake nightly for its landing date.")
    raise UsageError(
        f"there is no file {path} below {store.uri}, and the newest release of {warehouse} knows none. "
        'Give a path below the raw root; hoverlake sql "select distinct raw_file from clean.rejected_beacons" lists files.'
    )


def _set_aside(warehouse: str, path: str) -> str:
    query = f"""
        select problem from {INPUT_FILES.name} where raw_file = ? and outcome = 'set_aside' order by run_id desc limit 1
    """
    with connect(warehouse, [INPUT_FILES.name]) as connection:
        row = connection.execute(query, [path]).fetchone()
    return str(row[0]) if row else ""


def _find(store: Store, path: str, rejections: dict[str, Rejection]) -> tuple[list[Line], Counter[str]]:
    """The first MAX_LINES rejected lines of the file, and how often each hash occurs in all of it."""
    shown: list[Line] = []
    found: Counter[str] = Counter()
    for line in _lines(store, path):
        if line.sha256 in rejections:
            found[line.sha256] += 1
            if len(shown) < MAX_LINES:
                shown.append(line)
    return shown, found


def _lines(store: Store, path: str) -> Iterator[Line]:
    """Lines as landing splits them: at \\n only, a last one without it counts. Long lines pass through in chunks."""
    number, digest, length, start = 1, hashlib.sha256(), 0, b""
    with open_decompressed(store, path) as stream:
        while chunk := stream.read(CHUNK_BYTES):
            *ended, rest = bytes(chunk).split(b"\n")
            for piece in ended:
                digest.update(piece)
                # One character is at most four bytes long.
                yield Line(number, digest.hexdigest(), length + len(piece), (start + piece)[: 4 * SHOWN_CHARS])
                number, digest, length, start = number + 1, hashlib.sha256(), 0, b""
            digest.update(rest)
            length, start = length + len(rest), (start + rest)[: 4 * SHOWN_CHARS]
    if length:
        yield Line(number, digest.hexdigest(), length, start)


def _summary(path: str, rejections: dict[str, Rejection]) -> str:
    """The file, the counts by reason, and what each reason means."""
    by_reason: Counter[str] = Counter()
    for rejection in rejections.values():
        by_reason[rejection.reason] += rejection.row_count
    total = by_reason.total()
    head = f"{path}: {total} {'line was' if total == 1 else 'lines were'} rejected."
    return "\n".join([head, *(f"  {count} {reason}: {REASONS[reason]}" for reason, count in by_reason.most_common())])


def _missing(rejections: dict[str, Rejection], found: Counter[str], path: str) -> list[str]:
    missing = sum(max(0, rejection.row_count - found[sha256]) for sha256, rejection in rejections.items())
    if not missing:
        return []
    return [f"{missing} of them are no longer in {path}: the file was rewritten after it was landed."]


def _report(rejections: dict[str, Rejection], shown: list[Line], found_count: int) -> Iterator[str]:
    for line in shown:
        yield f"line {line.number}  {rejections[line.sha256].reason}  {line.byte_length} bytes"
        yield f"  {_printable(line)}"
    if found_count > len(shown):
        yield f"({found_count - len(shown)} more lines are not shown)"


def _printable(line: Line) -> str:
    """At most SHOWN_CHARS characters that a terminal only prints: control characters and broken UTF-8 are escaped."""
    text = line.start.decode("utf-8", "backslashreplace")[: SHOWN_CHARS + 1]
    escaped = "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)
    is_whole = line.byte_length == len(line.start) and len(escaped) <= SHOWN_CHARS
    return escaped if is_whole else escaped[: SHOWN_CHARS - 4] + " ..."


def _gone(raw: str, path: str, rejections: dict[str, Rejection]) -> str:
    return (
        f"{_summary(path, rejections)}\nThe file is no longer in {raw}, and the warehouse does not keep lines. "
        "Restore the file to see them."
    )
