"""How long an analyst waits for `hoverlake sql` on one date of many, and what the question reads.

    python -m benchmarks.desk [--from data/warehouse] [--dates 400] [--runs 5] [--at-most 1.5] [--keep DIR]

Makes of a small published warehouse (`make demo`) what so many nights leave (`many_dates`). Then asks each mart for one
date as a process of its own, from start to answer, and counts the files and bytes that the question may open. With
`--at-most`, a slower median ends with exit code 1.
"""

from __future__ import annotations

import argparse
import datetime as dt
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.many_dates import many_dates
from jobs.reading import open_warehouse
from jobs.sql import connect, named_tables
from jobs.sql_dates import dates_kept
from warehouse_schema import MARTS

FIRST = dt.date(2025, 10, 17)
AT_MOST_S = 1.5


def opened_files(warehouse: str, query: str) -> list[Path]:
    """The local files that the query may open: no other can be read by its connection."""
    with connect(warehouse, named_tables(query), None, dates_kept(query)) as connection:
        ((allowed,),) = connection.execute("select current_setting('allowed_paths')").fetchall()
    return [Path(path) for path in allowed]


def seconds_to_answer(warehouse: str, query: str) -> float:
    """From the start of a `hoverlake sql` process to its end."""
    began = time.perf_counter()
    words = [sys.executable, "-m", "jobs.cli", "sql", query, "--warehouse", warehouse]
    subprocess.run(words, check=True, capture_output=True)
    return time.perf_counter() - began


def measure(warehouse: str, date: dt.date, runs: int) -> float:
    """Print a line per mart; returns the slowest median."""
    slowest = 0.0
    print(f"{'mart':<30} {'first':>8} {'median':>8}   files opened      bytes")
    for mart in MARTS:
        query = f"select count(*), sum(visitor_count) from {mart.name} where event_date = '{date}'"
        every = len(opened_files(warehouse, f"select * from {mart.name}"))
        files = opened_files(warehouse, query)
        seconds = [seconds_to_answer(warehouse, query) for _ in range(runs)]
        size = sum(path.stat().st_size for path in files)
        print(
            f"{mart.name:<30} {seconds[0]:>6.2f} s {median(seconds):>6.2f} s {len(files):>6} of {every:<5} {size:>10,}",
            flush=True,
        )
        slowest = max(slowest, median(seconds))
    return slowest


def main() -> int:
    """Make the warehouse, ask it, print what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="source", default="data/warehouse", metavar="DIR")
    parser.add_argument("--dates", type=int, default=400)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--at-most", type=float, default=AT_MOST_S, metavar="SECONDS")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="Leave the warehouse here; use it if it is there.")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        target = str(arguments.keep or Path(scratch) / "warehouse")
        began = time.perf_counter()
        if not Path(target).exists():
            many_dates(arguments.source, target, [FIRST + dt.timedelta(days=n) for n in range(arguments.dates)])
            print(f"{arguments.dates} dates made in {time.perf_counter() - began:.0f} s", flush=True)
        slowest = measure(target, open_warehouse(target).dates()[-1], arguments.runs)
    print(f"slowest median {slowest:.2f} s, at most {arguments.at_most} s wanted")
    return int(slowest > arguments.at_most)


if __name__ == "__main__":
    sys.exit(main())
