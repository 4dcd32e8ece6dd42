"""The uneven night of `make bench-skew`: its raw files, and what is told of tasks."""

from __future__ import annotations

import json
from itertools import islice, pairwise
from pathlib import Path

import pytest

from benchmarks.event_log import Task
from benchmarks.inputs import LANDED, prepared
from benchmarks.skew import uneven_stages
from benchmarks.uneven import DAY_MS, busy_visitor, open_all_day, simulated, write_uneven


def task(stage: int, seconds: float, mib: int = 0, began: float = 100.0) -> Task:
    return Task(began, began + seconds, 0, 0, 0, 0, 0, 0, mib * 2**20, 0, 0, stage)


def test_files_have_their_sizes_and_no_simulated_line_twice(tmp_path: Path) -> None:
    given = prepared(tmp_path / "inputs", 40)

    write_uneven(given, tmp_path / "raw", small=3, small_bytes=50_000, large_bytes=400_000, busy_beacons=200)

    folder = tmp_path / "raw" / f"landing_date={LANDED}"
    sizes = {file.name: file.stat().st_size for file in folder.iterdir()}
    assert sorted(sizes) == ["large.ndjson", *(f"small-0000{n}.ndjson" for n in range(3))]
    assert all(size >= (400_000 if name == "large.ndjson" else 50_000) for name, size in sizes.items())
    # The small files come first, as they were written.
    files = sorted(folder.iterdir(), key=lambda file: (file.name == "large.ndjson", file.name))
    lines = [line for file in files for line in file.read_bytes().splitlines(keepends=True)]
    others = [line for line in lines if b'"beacon_id":"uneven-' not in line]
    assert others == list(islice(simulated(given), len(others)))
    own = [json.loads(line)["visitor_id"] for line in lines if b'"beacon_id":"uneven-' in line]
    assert own.count("busy") == 200
    assert own.count("all-day") == DAY_MS // 600_000


def test_too_short_a_night_is_told(tmp_path: Path) -> None:
    given = prepared(tmp_path / "inputs", 5)

    with pytest.raises(SystemExit, match="raise --size"):
        write_uneven(given, tmp_path / "raw", small=1000, small_bytes=50_000, large_bytes=1, busy_beacons=0)


def test_the_page_view_of_24_hours_is_one_without_a_gap() -> None:
    beacons = [json.loads(line) for line in open_all_day()]

    times = [t for beacon in beacons for t in beacon["pointer"]["t_ms"]]
    assert {beacon["page_view_id"] for beacon in beacons} == {"all-day"}
    assert [beacon["seq"] for beacon in beacons] == list(range(len(beacons)))
    assert [beacon["is_last"] for beacon in beacons] == [False] * (len(beacons) - 1) + [True]
    assert (times[0], times[-1], beacons[-1]["observed_until_ms"]) == (0, DAY_MS - 1000, DAY_MS)
    assert {after - before for before, after in pairwise(times)} == {1000}


def test_beacons_of_the_busy_visitor_are_all_different() -> None:
    beacons = [json.loads(line) for line in busy_visitor(250)]

    assert len({(beacon["page_view_id"], beacon["seq"]) for beacon in beacons}) == 250
    assert len({beacon["beacon_id"] for beacon in beacons}) == 250


def test_stages_of_one_task_and_of_little_work_are_left_out() -> None:
    found = [
        *(
            task(1, seconds, mib, began)
            for seconds, mib, began in ((2.0, 1, 9.0), (6.0, 2, 5.0), (4.0, 7, 3.0), (10.0, 3, 1.0))
        ),
        task(2, 50.0),
        *(task(3, 2.0) for _ in range(2)),
    ]

    assert uneven_stages(found, cores=2) == [["1", "4", "5.0", "10.0", "2.0", "6.0", "1.2", "7"]]
