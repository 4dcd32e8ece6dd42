"""How fast the simulator writes: pointer samples per second and core, raw files compressed and on disk, no truth.

    python -m benchmarks.simulator_speed [--page-views 2000] [--processes 1] [--at-least 200000]

The promise is 200,000 samples per second and core; with `--at-least` a slower run ends with exit code 1. Seconds are
processor time of one process, wall-clock time of several, so that other work on the machine disturbs little.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import tempfile
import time
from pathlib import Path

from jobs.simulator import simulate

DAY = dt.date(2026, 11, 20)
RUNS = 3


def seconds_of_one_night(page_views: int, processes: int) -> tuple[int, float]:
    """Samples of one simulated night and the seconds it took."""
    clock = time.process_time if processes == 1 else time.perf_counter
    with tempfile.TemporaryDirectory() as folder:
        start = clock()
        summary = simulate(DAY, page_views, 1, Path(folder), processes=processes)
        return summary.samples, clock() - start


def main() -> int:
    """Print samples, seconds and samples/s per core of the best of three nights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page-views", type=int, default=2000)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--at-least", type=float, default=0.0, metavar="SAMPLES_PER_S")
    arguments = parser.parse_args()
    nights = [seconds_of_one_night(arguments.page_views, arguments.processes) for _ in range(RUNS)]
    samples, seconds = min(nights, key=lambda night: night[1])
    speed = samples / seconds / arguments.processes
    print(f"{arguments.page_views} page views, {samples} samples, {seconds:.2f} s, {speed:,.0f} samples/s per core")
    return int(speed < arguments.at_least)


if __name__ == "__main__":
    sys.exit(main())
