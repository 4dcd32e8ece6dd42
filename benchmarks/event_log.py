"""What Spark's own event log says of a night: when tasks ran, what they did, what they waited for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MS, NS = 1000, 1_000_000_000
#: Accumulators of Python workers, by their name in Spark's plan (ms).
PYTHON_RUN = "time to run Python workers"
PYTHON_START = ("time to start Python workers", "time to initialize Python workers")


@dataclass(frozen=True)
class Task:
    """One task: when it ran (epoch seconds), its seconds and bytes by kind, and the number of its stage."""

    began: float
    ended: float
    cpu_s: float
    gc_s: float
    shuffle_write_s: float
    shuffle_wait_s: float
    python_s: float
    python_start_s: float
    input_bytes: int
    shuffle_bytes: int
    output_bytes: int
    stage: int

    @property
    def seconds(self) -> float:
        """From launch to end, deserialising and waiting included."""
        return self.ended - self.began


def submit_arguments(folder: Path) -> str:
    """PYSPARK_SUBMIT_ARGS of a process whose Spark writes its event log into the folder: taken when it starts the JVM, jobs
    need know nothing of it."""
    settings = {"enabled": "true", "dir": folder.absolute().as_uri(), "compress": "false", "rolling.enabled": "false"}
    return " ".join([*(f"--conf spark.eventLog.{name}={value}" for name, value in settings.items()), "pyspark-shell"])


def tasks_in(folder: Path) -> list[Task]:
    """All tasks of the one event log in a folder, beside which lies its checksum."""
    (file,) = folder.glob("[!.]*")
    with file.open() as lines:
        return tasks(lines)


def tasks(lines: Iterable[str]) -> list[Task]:
    """All tasks of an event log that succeeded."""
    events = (json.loads(line) for line in lines if '"SparkListenerTaskEnd"' in line)
    return [_task(event) for event in events if event["Task End Reason"]["Reason"] == "Success"]


def _task(event: dict[str, Any]) -> Task:
    info, metrics = event["Task Info"], event["Task Metrics"]
    of_python = _sums(info["Accumulables"])
    read, written = metrics["Shuffle Read Metrics"], metrics["Shuffle Write Metrics"]
    return Task(
        began=info["Launch Time"] / MS,
        ended=info["Finish Time"] / MS,
        cpu_s=(metrics["Executor CPU Time"] + metrics["Executor Deserialize CPU Time"]) / NS,
        gc_s=metrics["JVM GC Time"] / MS,
        shuffle_write_s=written["Shuffle Write Time"] / NS,
        shuffle_wait_s=read["Fetch Wait Time"] / MS,
        python_s=of_python.get(PYTHON_RUN, 0) / MS,
        python_start_s=sum(of_python.get(name, 0) for name in PYTHON_START) / MS,
        input_bytes=metrics["Input Metrics"]["Bytes Read"],
        shuffle_bytes=written["Shuffle Bytes Written"],
        output_bytes=metrics["Output Metrics"]["Bytes Written"],
        stage=event["Stage ID"],
    )


def _sums(accumulables: Sequence[dict[str, Any]]) -> dict[str, float]:
    """This task's part of each accumulator that has a number."""
    sums: dict[str, float] = {}
    for accumulable in accumulables:
        name, update = accumulable.get("Name"), str(accumulable.get("Update"))
        if name and update.lstrip("-").isdigit():
            sums[name] = sums.get(name, 0) + max(0, int(update))
    return sums


def busy_s(spans: Iterable[tuple[float, float]], began: float, ended: float) -> float:
    """Seconds of [began, ended) in which at least one of the spans ran."""
    total, until = 0.0, began
    for start, stop in sorted(spans):
        start, stop = max(start, until), min(stop, ended)
        if stop > start:
            total += stop - start
            until = stop
    return total
