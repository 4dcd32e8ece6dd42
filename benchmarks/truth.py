"""A simulated date through a whole night, held against its truth: every page view, every column.

    python -m benchmarks.truth --page-views 10000 --seed 1

Exit 1 if a single value differs.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import tempfile
import time
from pathlib import Path

from jobs.config import Settings
from jobs.nightly import Night, run_night
from jobs.simulator import simulate
from tests.night.truth import differences, expected_page_views, published_page_views

DATE = dt.date(2026, 11, 20)


def main() -> int:
    """Simulate, run the night, compare."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    words.add_argument("--page-views", type=int, default=10_000)
    words.add_argument("--seed", type=int, default=1)
    given = words.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        raw, warehouse, truth = (Path(folder) / name for name in ("raw", "warehouse", "truth"))
        began = time.monotonic()
        simulate(DATE, given.page_views, given.seed, raw, truth, processes=os.cpu_count() or 1)
        simulated = time.monotonic()
        run_night(Night(DATE + dt.timedelta(days=3), str(raw), str(warehouse), Settings()))
        ran = time.monotonic()
        expected = expected_page_views(truth, warehouse)
        problems = differences(published_page_views(warehouse), expected)
    print("\n".join(problems[:20]))
    columns = len(next(iter(expected.values())))
    print(
        f"seed {given.seed}: {len(expected):,} page views x {columns} columns, {len(problems)} differences; "
        f"simulation and truth {simulated - began:.0f} s, night {ran - simulated:.0f} s"
    )
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
