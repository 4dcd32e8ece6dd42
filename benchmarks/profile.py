"""Where the time of one night goes: stages of the wall clock, and what Spark and its JVM did in each.

    python -m benchmarks.profile --size 1

Stages follow each other: their seconds add up to the night's. What happened inside of them overlaps: tasks run side by
side, the JVM compiles and collects garbage beside them, marts are committed from threads. Such columns must not be added.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.event_log import Task, busy_s, submit_arguments, tasks_in
from benchmarks.inputs import LANDED, page_views_of, prepared
from benchmarks.report import table
from jobs.progress import Progress

MIB = 2**20
PROC = Path("/proc/self/stat")
REST = "between stages"


@dataclass(frozen=True)
class Span:
    """A stage of the night (epoch seconds)."""

    name: str
    began: float
    ended: float

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.ended - self.began


class Stopwatch(Progress):
    """Progress that remembers when each stage was."""

    def __init__(self) -> None:
        super().__init__()
        self.spans: list[Span] = []

    @contextmanager
    def stage(self, name: str) -> Iterator[list[str]]:
        """A stage; said as ever."""
        began = time.time()
        with super().stage(name) as facts:
            yield facts
        self.spans.append(Span(name, began, time.time()))


def started_at() -> float:
    """When this process began: its age is what Python needed to come here."""
    ticks = int(PROC.read_text().rpartition(")")[2].split()[19])
    up_s = float(Path("/proc/uptime").read_text().split()[0])
    return time.time() - up_s + ticks / os.sysconf("SC_CLK_TCK")


def cpu_seconds(process: str) -> float:
    """Processor time of a process so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def night(size: float, cache: Path, folder: Path) -> tuple[list[Span], list[Task], dict[str, float], dict[str, float]]:
    """One night in this process: its stages, Spark's tasks, totals of the JVM, seconds of commits by table."""
    log = folder / "events"
    log.mkdir()
    os.environ["PYSPARK_SUBMIT_ARGS"] = submit_arguments(log)
    given = prepared(cache, page_views_of(size))
    began = time.time()
    from jobs.config import Settings
    from jobs.nightly import Night, run_night

    watch = Stopwatch()
    imported = Span("import the jobs", began, time.time())
    warehouse = folder / "warehouse"
    run_night(Night(LANDED, str(given.raw), str(warehouse), Settings(), progress=watch))
    ended = time.time()
    totals = jvm_totals()
    from jobs.io.session import start_session

    start_session().stop()
    found = tasks_in(log)
    print(f"{given.samples:,} samples, {given.page_views:,} page views, {ended - began:.1f} s", file=sys.stderr)
    return whole([imported, *watch.spans], began, ended), found, totals, commit_seconds(warehouse)


def whole(spans: Sequence[Span], began: float, ended: float) -> list[Span]:
    """The spans, and as one more what lies between them, so that all add up to [began, ended)."""
    rest = ended - began - sum(span.seconds for span in spans)
    return [*spans, Span(REST, 0.0, rest)]


def jvm_totals() -> dict[str, float]:
    """Seconds that the JVM's compiler threads and collectors took so far, and how many classes it has loaded."""
    from jobs.io.session import start_session

    jvm: Any = start_session().sparkContext._jvm
    beans = jvm.java.lang.management.ManagementFactory
    collectors = beans.getGarbageCollectorMXBeans()
    return {
        "just-in-time compilation, s that compiler threads were at it, waiting for a core included": beans.getCompilationMXBean().getTotalCompilationTime()
        / 1000,
        "garbage collection, s": sum(bean.getCollectionTime() for bean in collectors) / 1000,
        "processor time of the JVM, s": cpu_seconds(beans.getRuntimeMXBean().getName().partition("@")[0]),
        "classes loaded": float(beans.getClassLoadingMXBean().getTotalLoadedClassCount()),
    }


def commit_seconds(warehouse: Path) -> dict[str, float]:
    """Per table: from the last data file of its newest version to the file that commits it."""
    found = {}
    for log in sorted(warehouse.glob("*/*/_delta_log")):
        committed = max(log.glob("*.json")).stat().st_mtime
        times = [file.stat().st_mtime for file in log.parent.rglob("*.parquet") if log not in file.parents]
        before = [written for written in times if written <= committed]
        if before:
            found[f"{log.parent.parent.name}.{log.parent.name}"] = committed - max(before)
    return found


def rows(spans: Sequence[Span], found: Sequence[Task]) -> list[list[str]]:
    """One row per stage: its seconds, those with and without a task running, and what the tasks spent, side by side."""
    lines = []
    for span in spans:
        mine = [task for task in found if span.began <= task.began < span.ended] if span.name != REST else []
        busy = busy_s([(task.began, task.ended) for task in mine], span.began, span.ended)
        spent = [sum(getattr(task, name) for task in mine) for name in ("seconds", "cpu_s", "gc_s")]
        python = sum(task.python_s for task in mine)
        shuffle = sum(task.shuffle_write_s + task.shuffle_wait_s for task in mine)
        amounts = [
            sum(getattr(task, f"{name}_bytes") for task in mine) / MIB for name in ("input", "shuffle", "output")
        ]
        times = [span.seconds, busy, span.seconds - busy, *spent, python, shuffle]
        lines.append([span.name, *(f"{s:.1f}" for s in times), *(f"{mib:.0f}" for mib in amounts)])
    return lines


HEADS = (
    *("stage", "wall s", "with tasks", "driver only", "task s", "task CPU s", "task GC s"),
    *("Python workers s", "shuffle s", "read MiB", "shuffled MiB", "written MiB"),
)


def main() -> int:
    """Run one night and print where its time went."""
    until_here = time.time() - started_at()
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--size", type=float, default=1.0, help="Million samples.")
    parser.add_argument("--folder", type=Path, default=Path("data/bench"), help="Inputs are kept here.")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        spans, found, totals, commits = night(asked.size, asked.folder, Path(folder))
    spans = [Span("start Python", 0.0, until_here), *spans]
    print(
        table(HEADS, [*rows(spans, found), ["all", f"{sum(s.seconds for s in spans):.1f}", *[""] * (len(HEADS) - 2)]])
    )
    print(
        "Wall seconds of the stages add up; 'with tasks' + 'driver only' (planning, commits, Python) are a stage's wall"
    )
    print(
        "seconds. All columns after them are sums over tasks that run side by side, each a part of 'task s' or beside it.\n"
    )
    print(
        table(("JVM, over the whole night, beside everything else", ""), [[k, f"{v:,.1f}"] for k, v in totals.items()])
    )
    slowest = sorted(commits.items(), key=lambda pair: -pair[1])
    print(table(("commit: last data file to log entry", "s"), [[name, f"{s:.2f}"] for name, s in slowest]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
