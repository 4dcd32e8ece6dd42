from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.event_log import Task
from benchmarks.profile import REST, Span, commit_seconds, rows, whole


def task(began: float, ended: float) -> Task:
    return Task(began, ended, 1.0, 0.1, 0.2, 0.3, 0.5, 0.0, 2**20, 2 * 2**20, 3 * 2**20, 0)


def test_stages_and_what_lies_between_them_add_up_to_the_night() -> None:
    spans = whole([Span("land", 10.0, 14.0), Span("build", 15.0, 18.0)], 10.0, 20.0)

    assert [span.seconds for span in spans] == [4.0, 3.0, 10.0 - 4.0 - 3.0]
    assert spans[-1].name == REST


def test_a_stage_is_split_into_time_with_tasks_and_without() -> None:
    [row] = rows([Span("land", 10.0, 14.0)], [task(11.0, 13.0), task(12.0, 13.5), task(20.0, 21.0)])

    name, wall, busy, alone, task_s, cpu_s, gc_s, python_s, shuffle_s, *mib = row
    assert (name, wall, busy, alone) == ("land", "4.0", "2.5", "1.5")
    assert (task_s, cpu_s, gc_s, python_s, shuffle_s) == ("3.5", "2.0", "0.2", "1.0", "1.0")
    assert mib == ["2", "4", "6"]


def test_a_commit_lasts_from_the_last_data_file_to_its_log_entry(tmp_path: Path) -> None:
    log = tmp_path / "mart" / "story" / "_delta_log"
    log.mkdir(parents=True)
    for path, at in ((log.parent / "a.parquet", 100), (log.parent / "b.parquet", 103), (log / "0.json", 104)):
        path.touch()
        os.utime(path, (at, at))

    assert commit_seconds(tmp_path) == {"mart.story": pytest.approx(104 - 103)}
