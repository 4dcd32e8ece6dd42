from __future__ import annotations

import json
from typing import Any

import pytest

from benchmarks.event_log import busy_s, tasks


def task_end(reason: str = "Success", **accumulables: object) -> str:
    event: dict[str, Any] = {
        "Event": "SparkListenerTaskEnd",
        "Stage ID": 4,
        "Task End Reason": {"Reason": reason},
        "Task Info": {
            "Launch Time": 10_000,
            "Finish Time": 12_500,
            "Accumulables": [{"ID": 1, "Name": name, "Update": update} for name, update in accumulables.items()],
        },
        "Task Metrics": {
            "Executor CPU Time": 1_500_000_000,
            "Executor Deserialize CPU Time": 500_000_000,
            "JVM GC Time": 100,
            "Shuffle Read Metrics": {"Fetch Wait Time": 200},
            "Shuffle Write Metrics": {"Shuffle Write Time": 300_000_000, "Shuffle Bytes Written": 7},
            "Input Metrics": {"Bytes Read": 5},
            "Output Metrics": {"Bytes Written": 6},
        },
    }
    return json.dumps(event, separators=(",", ":")) + "\n"


def test_a_task_is_read_in_seconds_and_bytes() -> None:
    [task] = tasks(['{"Event":"SparkListenerJobStart"}\n', task_end()])

    assert task.seconds == pytest.approx(12.5 - 10.0)
    assert task.cpu_s == pytest.approx(1.5 + 0.5)
    assert (task.gc_s, task.shuffle_wait_s, task.shuffle_write_s) == pytest.approx((0.1, 0.2, 0.3))
    assert (task.stage, task.input_bytes, task.output_bytes, task.shuffle_bytes) == (4, 5, 6, 7)


def test_seconds_of_python_workers_are_accumulators_of_the_plan() -> None:
    [task] = tasks([task_end(**{"time to run Python workers": "1500", "peak memory": "no number"})])

    assert task.python_s == 1.5


def test_tasks_that_failed_do_not_count() -> None:
    assert tasks([task_end(reason="TaskKilled")]) == []


def test_overlapping_tasks_are_busy_once_and_only_inside_the_stage() -> None:
    spans = [(0.0, 2.0), (1.0, 3.0), (5.0, 9.0)]

    assert busy_s(spans, 0.5, 6.0) == pytest.approx((3.0 - 0.5) + (6.0 - 5.0))
