from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from benchmarks.figures import Cost, Spread, fit
from benchmarks.process import measure, stages


def test_seconds_on_a_line_give_its_fixed_and_marginal_part() -> None:
    cost = fit([1_000_000, 3_000_000], [10 + 1 * 2.0, 10 + 3 * 2.0])

    assert cost == Cost(pytest.approx(10.0), pytest.approx(2.0))


def test_runs_that_scatter_are_fitted_by_least_squares() -> None:
    cost = fit([1_000_000, 1_000_000, 2_000_000, 2_000_000], [9.0, 11.0, 14.0, 16.0])

    assert cost == Cost(pytest.approx(10.0 - 5.0), pytest.approx(15.0 - 10.0))


def test_runs_of_one_size_have_no_marginal_part() -> None:
    assert fit([1_000_000, 1_000_000], [9.0, 11.0]) is None


def test_spread_is_smallest_middle_and_largest() -> None:
    assert Spread.of([3.0, 1.0, 2.0]) == Spread(1.0, 2.0, 3.0)


def test_stages_are_read_from_progress_lines() -> None:
    said = "    1.0 s  land: 5 files, 7 lines (0.9 s)\n    2.0 s  made the key\n    3.0 s  publish (1.5 s)\n    4.0 s  land (0.1 s)\n"

    assert stages(said) == {"land": pytest.approx(0.9 + 0.1), "publish": 1.5}


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="processes are measured from /proc, which is not here")
def test_what_a_process_and_its_child_use_is_added_up(tmp_path: Path) -> None:
    child = "import time; held = bytearray(60_000_000); time.sleep(1.5)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}], check=True)"

    measured = measure([sys.executable, "-c", parent], tmp_path / "log", dict(os.environ))

    assert measured.exit_code == 0
    assert measured.seconds > 1.5
    assert measured.peak.rss_bytes > 60_000_000
