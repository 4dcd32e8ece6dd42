"""`hoverlake doctor --warm`: make the archive of classes that later nights of this installation start with.

A small simulated night runs in a folder of its own, so that its classes are those of every night.
"""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from jobs.errors import InfrastructureFailed
from jobs.io.class_archive import MAKE, archive_file
from jobs.io.jars import delta_jars
from jobs.io.java import find_java
from jobs.simulator import simulate

_DAY = dt.date(2026, 11, 20)
#: More than a small night has, so that everything a large one does is among it.
_PAGE_VIEWS = 300
#: Java writes the archive when it ends, after the process that started it has.
_WRITTEN_WITHIN_S = 300
#: Of no business of this night: the key of a real warehouse, executors that are other processes.
_NOT_OURS = ("HOVERLAKE_KEY_FILE", "HOVERLAKE_KEY_RING", "MASTER")
_AS_BEFORE = "Nights start without an archive, as before; hoverlake doctor --warm tries again."


def warm() -> Path:
    """The archive, made anew. InfrastructureFailed if the night fails or Java writes nothing."""
    archive = archive_file(find_java(), delta_jars())
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=archive.parent) as folder:
        made = Path(folder) / archive.name
        simulate(_DAY, _PAGE_VIEWS, 1, Path(folder) / "raw")
        _wait_for_group(_night(Path(folder), made))
        if not made.exists():
            raise InfrastructureFailed(f"Java wrote no archive of classes to {made}: is the disk full? {_AS_BEFORE}")
        # At once: a night that starts meanwhile sees the old one or the new one.
        made.replace(archive)
    return archive


def _night(folder: Path, made: Path) -> int:
    """Run a night whose JVM archives its classes; returns its process group."""
    words = ["nightly", "--date", str(_DAY + dt.timedelta(days=3)), "--raw", str(folder / "raw")]
    run = subprocess.Popen(
        [sys.executable, "-m", "jobs.cli", *words, "--warehouse", str(folder / "warehouse")],
        env={name: value for name, value in os.environ.items() if name not in _NOT_OURS} | {MAKE: str(made)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    said = run.communicate()[1]
    if run.returncode:
        raise InfrastructureFailed(
            f"the night that was to fill the archive of classes failed: {said.strip()[-500:]} {_AS_BEFORE}"
        )
    return run.pid


def _wait_for_group(group: int) -> None:
    """Until no process of it is left: the JVM outlives who started it."""
    for _ in range(_WRITTEN_WITHIN_S * 10):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    os.killpg(group, signal.SIGKILL)
    raise InfrastructureFailed(
        f"Java was not done with the archive of classes after {_WRITTEN_WITHIN_S} s. {_AS_BEFORE}"
    )
