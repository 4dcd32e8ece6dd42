"""A standalone cluster on loopback, started by the commands of docs/cluster.md: a master and two workers.

The workers' machine is another one as far as this one lets: a Spark of its own, another user, no variable of this process,
and, where root may part mounts, no sight of the driver's disk.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jobs.io.jars import jar_folder
from jobs.io.java import find_java
from tests.java_options import JAVA_OPTIONS
from tests.night.local_cluster import PROJECT, copy_of_spark
from tests.s3.server import free_port

PAGE = PROJECT / "docs" / "cluster.md"
PACKED = PROJECT / ".tools" / "cluster"
#: What the test's workers look for Python and everything else in.
BARE_PATH = "/usr/local/bin:/usr/bin:/bin"
NOBODY = 65534
START_S = 60


@cache
def page_block(language: str, contains: str) -> str:
    """The one block of the page's standalone part that holds these words."""
    part = PAGE.read_text(encoding="utf-8").split("\n## Standalone\n")[1].split("\n## ")[0]
    [block] = [b for b in re.findall(rf"^```{language}\n(.*?)^```", part, re.M | re.S) if contains in b]
    return block


@dataclass(frozen=True)
class Cluster:
    """Where the master listens, and the variables with which a night is submitted to it."""

    folder: Path
    ui_port: int
    environment: Mapping[str, str]

    @property
    def events(self) -> Path:
        """Where nights leave their event logs."""
        return self.folder / "events"

    def submit(self, environment: Mapping[str, str]) -> subprocess.Popen[str]:
        """The page's command, in this process's environment, `self.environment` and `environment`; stderr goes to stdout, as
        spark-submit mixes them anyway."""
        return subprocess.Popen(
            ["sh", "-c", page_block("sh", "submit.sh")],
            cwd=PROJECT,
            env={**os.environ, **self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )


@contextmanager
def running_cluster(hidden: Path) -> Iterator[Cluster]:
    """Master and workers; `hidden`, where the driver keeps its files, is not to be seen from the workers."""
    subprocess.run(
        ["sh", "-c", page_block("sh", "pack.sh")], cwd=PROJECT, env={**os.environ, "PACKED": str(PACKED)}, check=True
    )
    # Not below pytest's folders, which are their owner's alone.
    folder = Path(tempfile.mkdtemp(prefix="hoverlake-cluster-"))
    folder.chmod(0o755)
    port, processes = free_port(), []
    try:
        machine = _machine(folder, port)
        processes.append(_start("Master", machine, [], folder))
        _wait_until_listens(port, processes[0])
        apart = _apart(hidden)
        for number in (1, 2):
            work = folder / f"work-{number}"
            work.mkdir()
            work.chmod(0o777)
            processes.append(_start("Worker", {**machine, "SPARK_WORKER_DIR": str(work)}, apart, folder, number))
        ui_port = free_port()
        yield Cluster(folder, ui_port, _driver(folder, port, ui_port))
    finally:
        for process in processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        for process in processes:
            process.wait(START_S)
        shutil.rmtree(folder)


def _machine(folder: Path, port: int) -> dict[str, str]:
    """Variables of master and workers: this process's own are not handed down."""
    return {
        "HOME": "/nonexistent",
        "PATH": BARE_PATH,
        "JAVA_HOME": str(find_java().path),
        "SPARK_HOME": str(copy_of_spark(folder / "spark")),
        "SPARK_CONF_DIR": str(_configuration(folder / "conf", 0o644)),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_MASTER_HOST": "127.0.0.1",
        "SPARK_MASTER_PORT": str(port),
        "SPARK_MASTER_WEBUI_PORT": "0",
        "SPARK_WORKER_WEBUI_PORT": "0",
        "SPARK_WORKER_CORES": "1",
        "SPARK_WORKER_MEMORY": "1g",
        "SPARK_DAEMON_MEMORY": "256m",
    }


def _configuration(folder: Path, mode: int, **more: str) -> Path:
    """The page's settings with a secret in them; one secret for a run."""
    folder.mkdir()
    text = page_block("properties", "spark.authenticate").replace("replace-by-64-random-hex-digits", _secret())
    path = folder / "spark-defaults.conf"
    path.touch(mode)
    path.chmod(mode)
    path.write_text(text + "".join(f"{name} {value}\n" for name, value in more.items()))
    return folder


@cache
def _secret() -> str:
    return secrets.token_hex(32)


def _driver(folder: Path, port: int, ui_port: int) -> dict[str, str]:
    events = folder / "events"
    events.mkdir()
    more = {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.compress": "false",
        "spark.eventLog.dir": f"file://{events}",
        "spark.ui.port": str(ui_port),
        "spark.sql.shuffle.partitions": "4",
        "spark.executor.extraJavaOptions": JAVA_OPTIONS,
    }
    return {
        "PYTHON": sys.executable,
        "PACKED": str(PACKED),
        "EXECUTOR_PYTHON": _python(),
        "JAVA_HOME": str(find_java().path),
        "SPARK_CONF_DIR": str(_configuration(folder / "driver-conf", 0o600, **more)),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_MASTER_HOST": "127.0.0.1",
        "SPARK_MASTER_PORT": str(port),
        "EXECUTOR_MEMORY": "1g",
        "HOVERLAKE_JAVA_OPTIONS": JAVA_OPTIONS,
    }


def _python() -> str:
    """The executors' Python: of the driver's version, with no package of ours."""
    name = f"python3.{sys.version_info.minor}"
    found = shutil.which(name, path=BARE_PATH) or str(Path(sys.base_prefix) / "bin" / name)
    bare = subprocess.run([found, "-c", "import duckdb"], env={"PATH": BARE_PATH}, capture_output=True)
    assert bare.returncode == 1, f"{found} has duckdb, or does not run: nothing would show that packages are sent along"
    return found


def _apart(hidden: Path) -> list[str]:
    """Words before a command that hide the driver's disk from it and make it another user's."""
    folders = {PROJECT, Path(sys.prefix).resolve(), jar_folder().resolve(), hidden.resolve()}
    hide = " && ".join(f"mount -t tmpfs none '{folder}'" for folder in sorted(folders, reverse=True))
    words = [
        "unshare",
        "--mount",
        "sh",
        "-c",
        f'{hide} && cd / && exec setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups "$@"',
        "sh",
    ]
    runs = [*words, "sh", "-c", '"$0" -c "" && "$1" -version', _python(), str(find_java().executable)]
    try:
        subprocess.run(runs, check=True, capture_output=True, env={"PATH": BARE_PATH})
    except (OSError, subprocess.CalledProcessError) as error:
        warnings.warn(
            f"workers run as this user and could read the driver's disk: root cannot be had ({error})", stacklevel=2
        )
        return []
    return words


def _start(
    what: str, environment: dict[str, str], apart: list[str], folder: Path, number: int = 0
) -> subprocess.Popen[bytes]:
    log = folder / f"{what.lower()}-{number}.log"
    with log.open("wb") as output:
        return subprocess.Popen(
            [*apart, "sh", "-c", page_block("sh", f".{what}")],
            cwd="/",
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _wait_until_listens(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        assert process.poll() is None, "the master ended at its start"
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise AssertionError(f"the master does not listen after {START_S} s")
