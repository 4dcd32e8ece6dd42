"""One process and all it starts, measured from outside: seconds, memory, processor time, bytes read and written.

Processes are known by their session, so that a JVM whose parent has gone still counts. Linux only: reads /proc.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

PROC = Path("/proc")
SAMPLE_S = 0.2
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
#: A line of jobs.progress at the end of a stage.
STAGE = re.compile(r"^\s*[\d.]+ s  ([^:()]+?)(?:: .*)? \(([\d.]+) s\)$")


@dataclass
class Usage:
    """What the processes of a session use: memory now, the others since each began.

    `read_bytes` and `write_bytes` went to storage, `rchar` and `wchar` through calls (also from the page cache).
    """

    rss_bytes: int = 0
    cpu_s: float = 0.0
    read_bytes: int = 0
    write_bytes: int = 0
    rchar: int = 0
    wchar: int = 0

    def largest(self, other: Usage) -> Usage:
        """The larger of each: sums over living processes, into which each process hands what its children used."""
        return Usage(*(max(getattr(self, f.name), getattr(other, f.name)) for f in fields(self)))


@dataclass(frozen=True)
class Measured:
    """One run: wall-clock seconds, the most that it used, seconds by stage, and the end of what it said."""

    exit_code: int
    seconds: float
    peak: Usage
    stages: dict[str, float]
    said: str = field(repr=False, default="")


def measure(
    command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None, timeout_s: float = float("inf")
) -> Measured:
    """Run the command to its end, or stop it and all it started after `timeout_s`; its output goes to the file `log`."""
    peak = Usage()
    with log.open("wb") as output:
        began = time.monotonic()
        process = subprocess.Popen(
            command, stdout=output, stderr=output, start_new_session=True, env={**os.environ, **(environment or {})}
        )
        while process.poll() is None:
            peak = peak.largest(usage_of_session(process.pid))
            if time.monotonic() - began > timeout_s:
                os.killpg(process.pid, signal.SIGKILL)
            time.sleep(SAMPLE_S)
        seconds = time.monotonic() - began
    said = log.read_text(errors="replace")
    return Measured(process.returncode, seconds, peak, stages(said), said[-2000:])


def usage_of_session(session: int) -> Usage:
    """The sum over all living processes of a session."""
    total = Usage()
    for folder in PROC.iterdir():
        if folder.name.isdigit():
            _add(total, folder, session)
    return total


def _add(total: Usage, folder: Path, session: int) -> None:
    try:
        # The name, in brackets, may hold anything; the fields after it are numbers.
        stat = (folder / "stat").read_text().rpartition(")")[2].split()
        if int(stat[3]) != session:
            return
        io = dict(line.split(": ") for line in (folder / "io").read_text().splitlines())
    except (OSError, IndexError):
        return  # it has just ended
    total.cpu_s += sum(map(int, stat[11:15])) / TICKS_PER_S
    total.rss_bytes += int(stat[21]) * PAGE_BYTES
    for name in ("read_bytes", "write_bytes", "rchar", "wchar"):
        setattr(total, name, getattr(total, name) + int(io[name]))


def stages(said: str) -> dict[str, float]:
    """Seconds by stage from the lines of jobs.progress; a stage that comes twice is added up."""
    found: dict[str, float] = {}
    for line in said.splitlines():
        match = STAGE.match(line)
        if match:
            found[match[1]] = found.get(match[1], 0.0) + float(match[2])
    return found
