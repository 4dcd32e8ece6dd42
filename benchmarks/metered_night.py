"""One night under a meter, in a process of its own; prints what it took as one JSON object.

    python -m benchmarks.metered_night RAW WAREHOUSE DATE MIN_VISITORS

Core-seconds and memory are those of this process and all that it started (the JVM, Python workers), read from /proc:
Linux only. Bytes, files and objects are counted in the warehouse's folder, commits in the run's journal, and how often
tasks opened the files of each table in Spark's log.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from jobs.config import Settings
from jobs.io.journal import events, stories
from jobs.io.session import JAVA_OPTIONS, LOG_CONFIGURATION, SPREAD
from jobs.io.store import Store
from jobs.io.warehouse import open_table
from jobs.nightly import Night, run_night
from jobs.progress import Progress
from warehouse_schema import TABLES

LOOK_EVERY_S = 0.5
#: Makes Spark write down every file that a task opens.
LOG_OF_OPENED_FILES = """
logger.opened.name = org.apache.spark.sql.execution.datasources.FileScanRDD
logger.opened.level = info
logger.opened.additivity = false
logger.opened.appenderRef.opened.ref = opened
appender.opened.type = File
appender.opened.name = opened
appender.opened.fileName = {file}
appender.opened.layout.type = PatternLayout
appender.opened.layout.pattern = %m{{nolookups}}%n
"""
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Process:
    """A process as /proc tells it: core-seconds with those of its children that have ended, resident bytes."""

    pid: int
    parent: int
    name: str
    core_seconds: float
    resident_bytes: int


def _process(folder: Path) -> Process | None:
    try:
        head, _, tail = (folder / "stat").read_text().rpartition(")")
    except OSError:
        return None
    fields = tail.split()
    ticks = sum(map(int, fields[11:15]))
    resident = int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
    return Process(int(folder.name), int(fields[1]), head.partition("(")[2], ticks * _TICK_S, resident)


def family() -> list[Process]:
    """This process and all below it."""
    found = {p.pid: p for f in Path("/proc").iterdir() if f.name.isdigit() and (p := _process(f))}

    def is_below(process: Process | None) -> bool:
        return process is not None and (process.pid == os.getpid() or is_below(found.get(process.parent)))

    return [process for process in found.values() if is_below(process)]


def core_seconds() -> float:
    """Core-seconds of the family so far."""
    return sum(process.core_seconds for process in family())


class Meter(Progress):
    """Progress that notes what each stage took, and the largest processes at any moment."""

    def __init__(self) -> None:
        super().__init__()
        self.core_seconds: dict[str, float] = {}
        self.peak_bytes = {"jvm": 0, "python_worker": 0, "driver_python": 0}
        self._ended = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    @contextmanager
    def stage(self, name: str) -> Iterator[list[str]]:
        """A stage as ever, and its core-seconds."""
        before = core_seconds()
        with super().stage(name) as facts:
            yield facts
        self.core_seconds[name] = core_seconds() - before

    def stop(self) -> None:
        """Look no more."""
        self._ended.set()
        self._watcher.join()

    def _watch(self) -> None:
        while not self._ended.wait(LOOK_EVERY_S):
            for process in family():
                role = _role(process)
                if role:
                    self.peak_bytes[role] = max(self.peak_bytes[role], process.resident_bytes)


def _role(process: Process) -> str | None:
    """What the process is for; None for a program that the JVM is about to start, which shares its memory until then."""
    if process.pid == os.getpid():
        return "driver_python"
    if process.name.startswith("python"):
        return "python_worker"
    return "jvm" if process.name == "java" else None


def _spark_bytes() -> dict[str, int]:
    """Bytes that tasks read from files, and bytes that they handed to other tasks."""
    from pyspark.sql import SparkSession

    session = SparkSession.getActiveSession()
    assert session is not None
    # Local mode has one executor, the driver.
    executor = session.sparkContext._jsc.sc().statusStore().executorList(False).apply(0)
    return {"input_bytes": executor.totalInputBytes(), "shuffle_bytes": executor.totalShuffleWrite()}


def _tables(warehouse: Path) -> dict[str, dict[str, int]]:
    """Rows, files and stored bytes of every table; bytes include the table's log."""
    tables = {}
    for name, table in TABLES.items():
        delta = open_table(str(warehouse), table)
        files = pa.table(delta.get_add_actions(flatten=True)) if delta else pa.table({"num_records": [0]})[:0]
        rows = sum(files["num_records"].to_pylist())
        stored = sum(size for _, size in _objects(warehouse / table.path))
        tables[name] = {"rows": rows, "files": files.num_rows, "bytes": stored}
    return tables


def _objects(folder: Path) -> Iterator[tuple[Path, int]]:
    """Files that an object store would hold, with their bytes: checksums beside them exist on disk only."""
    return ((path, path.stat().st_size) for path in folder.rglob("*") if path.is_file() and path.suffix != ".crc")


def _opened(log: Path) -> dict[str, int]:
    """How often tasks opened files of each table, of the tables' logs, and of what is neither: raw files, staging."""
    found: Counter[str] = Counter()
    for line in log.read_text(encoding="utf-8").splitlines():
        tables = (name for name, table in TABLES.items() if f"/{table.path}/" in line)
        found["logs" if "/_delta_log/" in line else next(tables, "other")] += 1
    return dict(found)


@contextmanager
def _log_of_opened_files() -> Iterator[Path]:
    """The file into which Spark, started in the block, writes what it opens."""
    with tempfile.TemporaryDirectory() as folder:
        log, configuration = Path(folder) / "opened.log", Path(folder) / "log4j2.properties"
        configuration.write_text(LOG_CONFIGURATION.read_text() + LOG_OF_OPENED_FILES.format(file=log))
        # What is planned are nights of clusters, which have Spark go over page views.
        os.environ["PYSPARK_SUBMIT_ARGS"] = f"--conf {SPREAD}=true pyspark-shell"
        os.environ["HOVERLAKE_JAVA_OPTIONS"] = f"{JAVA_OPTIONS} -Dlog4j2.configurationFile=file:{configuration}"
        yield log


def _commits(warehouse: Path) -> int:
    store = Store(str(warehouse))
    [story] = stories(store)
    return sum(1 for event in events(store, story.run_id) if event["event"] == "committed")


def metered_night(raw: Path, warehouse: Path, date: dt.date, min_visitors: int) -> dict[str, Any]:
    """Run the night; what it took and what it left."""
    meter = Meter()
    with _log_of_opened_files() as log:
        try:
            run_night(Night(date, str(raw), str(warehouse), Settings(min_visitors=min_visitors), progress=meter))
        finally:
            meter.stop()
        everything, opened = core_seconds(), _opened(log)
    data_files = sum(1 for path, _ in _objects(warehouse) if path.suffix == ".parquet")
    return {
        "core_seconds": {**meter.core_seconds, "all": everything},
        "peak_bytes": meter.peak_bytes,
        **_spark_bytes(),
        "opened_files": opened,
        "commits": _commits(warehouse),
        "data_files": data_files,
        "other_objects": sum(1 for _ in _objects(warehouse)) - data_files,
        "tables": _tables(warehouse),
    }


def main() -> None:
    """The night that the command line asks for."""
    raw, warehouse, date, min_visitors = sys.argv[1:]
    taken = metered_night(Path(raw), Path(warehouse), dt.date.fromisoformat(date), int(min_visitors))
    print(json.dumps(taken))


if __name__ == "__main__":
    main()
