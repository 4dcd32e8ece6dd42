"""Night after night on one small warehouse, with maintenance every week: does anything grow, does anything cry wolf?

Prints seconds per night, the ratio of the last ten to the first ten, live files and log objects, opens every release
that retention keeps, and counts the alarms of the audit: nothing is wrong with any night, so each alarm is a false one.
A critical one stops the soak, as it stops a night. Usage: `python -m benchmarks.soak [--nights 60]`.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from jobs.config import Settings
from jobs.io import releases
from jobs.io.store import Store
from jobs.io.warehouse import open_table
from jobs.maintain import Maintenance, run_maintenance
from jobs.nightly import Night, run_night
from jobs.simulator import simulate
from jobs.sql import connect
from warehouse_schema import TABLES

FIRST = dt.date(2026, 9, 1)


def soak(root: Path, nights: int, page_views: int) -> list[float]:
    """Seconds of each night, maintenance apart. The first in a process also compiles: it is not counted."""
    raw, warehouse = root / "raw", root / "warehouse"
    seconds = []
    for number in range(nights + 1):
        date = FIRST + dt.timedelta(days=number)
        simulate(date, page_views, number + 1, raw, None, processes=1)
        began = time.monotonic()
        run_night(Night(date, str(raw), str(warehouse), Settings(min_visitors=2)))
        seconds.append(time.monotonic() - began)
        if number % 7 == 6:
            print(run_maintenance(Maintenance(date, str(warehouse))), flush=True)
        print(f"night {number}: {seconds[-1]:.1f} s, {_sizes(warehouse)}", flush=True)
    return seconds[1:]


def _sizes(warehouse: Path) -> str:
    """Live files are those of the latest versions. Files that were replaced, and log objects, stay for days by the
    clock, which a soak of an hour does not outlast."""
    tables = [open_table(str(warehouse), table) for table in TABLES.values()]
    live = sum(len(table.file_uris()) for table in tables if table is not None)
    stored = sum(1 for _ in warehouse.rglob("*.parquet"))
    logs = sum(1 for _ in warehouse.rglob("_delta_log/*.json"))
    return f"{live} live files of {stored}, {logs} log objects"


def readable(warehouse: Path) -> int:
    """Opens all tables at every release; returns how many releases there are."""
    newest = releases.newest_number(Store(str(warehouse)))
    for number in range(1, newest + 1):
        connection = connect(str(warehouse), release_number=number)
        for name in TABLES:
            connection.execute(f"select count(*) from {name}").fetchall()
    return newest


def alarms(warehouse: Path, nights: int) -> Iterator[str]:
    """What the audit of the nights said: results by severity and outcome, alarms per night, and each by name."""
    connection = connect(str(warehouse))
    judged, undecided, critical, warnings = connection.execute(
        """select count(success), count(*) - count(success),
                  count(*) filter (not success and severity = 'critical'),
                  count(*) filter (not success and severity = 'warning')
           from ops.dq_results"""
    ).fetchall()[0]
    yield (
        f"{judged:,} checks judged, {undecided:,} without enough history: {critical} critical alarms, {warnings} "
        f"warnings, {warnings / nights:.2f} per night"
    )
    named = connection.execute(
        """select severity, table_name, expectation, column_name, count(*) as results from ops.dq_results
           where not success group by all order by results desc, 1, 2, 3, 4"""
    ).fetchall()
    for severity, table, expectation, column, count in named:
        yield f"  {count:3} x {severity} {table} {expectation} {column}"


def main() -> None:
    """Run the soak and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nights", type=int, default=60)
    parser.add_argument("--page-views", type=int, default=20)
    asked = parser.parse_args()
    os.environ.setdefault(
        "HOVERLAKE_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseParallelGC -XX:ReservedCodeCacheSize=256m"
    )
    with tempfile.TemporaryDirectory() as folder:
        seconds = soak(Path(folder), asked.nights, asked.page_views)
        few = max(1, min(10, len(seconds) // 2))
        first, last = median(seconds[:few]), median(seconds[-few:])
        print(
            f"{len(seconds)} nights: median {first:.1f} s of the first {few}, {last:.1f} s of the last, ratio {last / first:.2f}"
        )
        warehouse = Path(folder) / "warehouse"
        print(*alarms(warehouse, asked.nights + 1), sep="\n")
        print(f"{readable(warehouse)} releases, each opened whole")


if __name__ == "__main__":
    main()
