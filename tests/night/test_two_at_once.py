"""Two nights on one warehouse: one publishes, the other ends with 13; one that was frozen and wakes publishes nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.night.warehouses import DATE, beacon, newest_release, night, published, query, write_lines

pytestmark = pytest.mark.spark

PAIRS = range(int(os.environ.get("PAIRS", "20")))


def _started(raw: Path, warehouse: Path, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "jobs.cli", "nightly", "--date", str(DATE), "--set", "min_visitors=1", *words]
    command += ["--raw", str(raw), "--warehouse", str(warehouse)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)


@pytest.mark.matrix
@pytest.mark.parametrize("pair", PAIRS)
def test_of_two_started_at_once_one_publishes(pair: int, tmp_path: Path) -> None:
    raw, warehouse = tmp_path / "raw", tmp_path / "warehouse"
    write_lines(raw, [beacon()])

    runs = [_started(raw, warehouse) for _ in range(2)]
    said = [run.communicate()[1].splitlines()[-1] for run in runs]

    assert sorted(run.returncode for run in runs) == [0, 13], said
    assert newest_release(warehouse).number == 1


@pytest.mark.slow
def test_a_frozen_run_that_wakes_after_it_was_replaced_publishes_nothing(spark: object, tmp_path: Path) -> None:
    raw, warehouse = tmp_path / "raw", tmp_path / "warehouse"
    write_lines(raw, [beacon()], name="a.ndjson")
    night(raw, warehouse)
    write_lines(raw, [beacon(beacon_id="b-2", page_view_id="pv-2", visitor_id="v-2")], name="b.ndjson")

    frozen = _started(raw, warehouse, "--set", "lease_expiry_s=6")
    deadline = time.monotonic() + 300
    while not list(warehouse.glob("_journal/*/*-audit_done.json"))[1:] and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(frozen.pid, signal.SIGSTOP)
    time.sleep(7)
    night(raw, warehouse, lease_expiry_s=6)
    release, tables = newest_release(warehouse), published(warehouse)
    os.killpg(frozen.pid, signal.SIGCONT)
    said = frozen.communicate()[1]

    assert frozen.returncode == 14, said
    assert newest_release(warehouse) == release
    assert release.number == 2
    assert published(warehouse) == tables
    assert query(warehouse, "select count(*) from clean.beacons") == [(2,)]
    # Whatever the frozen run has done to the tables since, the next one starts from the release.
    write_lines(raw, [beacon(beacon_id="b-3", page_view_id="pv-3", visitor_id="v-3")], name="c.ndjson")
    night(raw, warehouse)
    assert query(warehouse, "select count(*) from clean.page_views") == [(3,)]
