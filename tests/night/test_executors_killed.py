"""Executors that die under a night: Spark starts others, and the tables are those of an undisturbed night."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.night.local_cluster import start_nightly
from tests.night.warehouses import beacon, newest_release, night, page_views, published, write_lines

pytestmark = [pytest.mark.spark, pytest.mark.slow]

#: An executor is killed when the night says that it begins what is after these.
AFTER = ("checked", "restore_done", "land_done", "build_done")


def _executors() -> list[int]:
    """Processes of Spark's executors on this machine."""
    return [
        int(folder.name)
        for folder in Path("/proc").glob("[0-9]*")
        if b"CoarseGrainedExecutorBackend" in _command_line(folder)
    ]


def _command_line(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:  # it has ended meanwhile
        return b""


def _wait_for(warehouse: Path, event: str, run: subprocess.Popen[str]) -> None:
    while not list(warehouse.glob(f"_journal/*/*-{event}.json")):
        assert run.poll() is None, f"the night ended before {event}: {run.communicate()[1]}"
        time.sleep(0.05)


def _kill_one(run: subprocess.Popen[str]) -> None:
    """Half a second into the stage, so that it has work to lose."""
    time.sleep(0.5)
    while not _executors():
        assert run.poll() is None, run.communicate()[1]
        time.sleep(0.05)
    os.kill(_executors()[0], signal.SIGKILL)


def test_a_night_survives_the_loss_of_an_executor_in_every_stage(spark: object, tmp_path: Path) -> None:
    raw, warehouse = tmp_path / "raw", tmp_path / "warehouse"
    lines = [beacon(beacon_id=f"b-{n}", page_view_id=f"pv-{n}", visitor_id=f"v-{n % 5}") for n in range(40)]
    for number in range(4):
        write_lines(raw, [*lines[number::4], lines[0]], name=f"{number}.gz")
    night(raw, tmp_path / "undisturbed")
    shutil.copy(tmp_path / "undisturbed.key", tmp_path / "warehouse.key")

    run = start_nightly(raw, warehouse, tmp_path)
    for event in AFTER:
        _wait_for(warehouse, event, run)
        _kill_one(run)
    said = run.communicate()[1]

    assert run.returncode == 0, said
    assert newest_release(warehouse).number == 1
    assert page_views(warehouse) == page_views(tmp_path / "undisturbed")
    assert published(warehouse) == published(tmp_path / "undisturbed")
