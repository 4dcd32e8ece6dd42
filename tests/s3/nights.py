"""Nights on S3 for tests: raw files brought there, and the command as a scheduler runs it."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from jobs.io.store import Store
from tests.java_options import JAVA_OPTIONS

EVENT_DATE = dt.date(2026, 11, 20)
LAST_LANDING = dt.date(2026, 11, 23)
#: Killed servers are noticed within about a minute; beside other work a start takes as long.
NIGHT_S = 240


@dataclass(frozen=True)
class Disk:
    """The same nights on disk: without the file that comes late, and with it."""

    raw: Path
    late_file: Path
    key_file: Path
    first: dict[str, list[tuple[object, ...]]]
    second: dict[str, list[tuple[object, ...]]]


def bring(raw: Path, uri: str) -> None:
    """Put every file of a local raw folder below `uri`."""
    store = Store(uri)
    for path in sorted(raw.rglob("*")):
        if path.is_file():
            store.put(path.relative_to(raw).as_posix(), path.read_bytes())


def start_nightly(date: object, raw: str, warehouse: str, key_file: Path, *words: str) -> subprocess.Popen[str]:
    """`hoverlake nightly` in a process of its own; its stderr is piped."""
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "jobs.cli",
            "nightly",
            "--date",
            str(date),
            "--raw",
            raw,
            "--warehouse",
            warehouse,
            *words,
        ],
        env={**os.environ, "HOVERLAKE_KEY_FILE": str(key_file), "HOVERLAKE_JAVA_OPTIONS": JAVA_OPTIONS},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def nightly(date: object, raw: str, warehouse: str, key_file: Path, *words: str) -> tuple[int, str]:
    """Its exit code, and all that it said."""
    process = start_nightly(date, raw, warehouse, key_file, *words)
    said = process.communicate(timeout=NIGHT_S)[1]
    return process.returncode, said
