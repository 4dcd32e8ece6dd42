"""Raw files of an import: NDJSON in gzip under `landing_date=`, equal bytes for equal input, never rewritten."""

from __future__ import annotations

import datetime
import gzip
import json
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from jobs.errors import InfrastructureFailed, UsageError

#: Lines per file end here: gzip is not split, so one file is one task of the landing job.
BYTES_PER_FILE = 128 * 1024 * 1024


def write_raw_files(
    beacons: Iterable[dict[str, Any]], raw: Path, source: str, date: datetime.date
) -> tuple[tuple[Path, ...], int]:
    """Write beacons as `raw/landing_date=DATE/<source>-NNNNN.ndjson.gz`; returns the files and the number of lines.

    Files are made aside and moved in at the end: an import that fails leaves nothing. A file already there is never
    rewritten, as the night would refuse it: equal bytes count as written, other bytes take the next free number.
    """
    folder = raw / f"landing_date={date.isoformat()}"
    if raw.exists() and not raw.is_dir():
        raise UsageError(f"--raw {raw} is a file. Give the folder for raw logs.")
    try:
        raw.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".import-", dir=raw) as aside:
            parts, line_count = _write_parts(beacons, Path(aside))
            folder.mkdir(exist_ok=True)
            return tuple([_move_in(part, folder, source) for part in parts]), line_count
    except OSError as error:
        raise InfrastructureFailed(f"cannot write below {raw}: {error}. Check permission and space.") from error


def _write_parts(beacons: Iterable[dict[str, Any]], aside: Path) -> tuple[list[Path], int]:
    lines = (json.dumps(b, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode() for b in beacons)
    parts: list[Path] = []
    line_count = 0
    for chunk in _chunks(lines):
        parts.append(aside / f"{len(parts):05d}")
        with parts[-1].open("wb") as target, gzip.GzipFile("", "wb", 6, target, mtime=0) as packed:
            for line in chunk:
                packed.write(line + b"\n")
                line_count += 1
    return parts, line_count


def _chunks(lines: Iterator[bytes]) -> Iterator[Iterator[bytes]]:
    """Runs of lines, each ending when BYTES_PER_FILE is reached; a run must be used up before the next is asked for."""

    def run(line: bytes) -> Iterator[bytes]:
        size = len(line)
        yield line
        while size < BYTES_PER_FILE and (following := next(lines, None)) is not None:
            size += len(following)
            yield following

    while (line := next(lines, None)) is not None:
        yield run(line)


def _move_in(part: Path, folder: Path, source: str) -> Path:
    content = part.read_bytes()
    number = 0
    while (target := folder / f"{source}-{number:05d}.ndjson.gz").exists():
        if target.stat().st_size == len(content) and target.read_bytes() == content:
            return target
        number += 1
    return part.rename(target)
