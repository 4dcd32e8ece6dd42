"""How long an analyst waits for `hoverlake sql` on one date of many, and what the question reads.

    python -m benchmarks.desk [--from data/warehouse] [--dates 400] [--runs 5] [--at-most 1.5] [--keep DIR]

Makes, without Spark, what so many nights leave: the marts of a small published warehouse (`make demo`) under other event
dates, a commit and a release record per date, a checkpoint of the log every ten commits as Spark writes it. Then asks each
mart for one date as a process of its own, from start to answer, and counts the files and bytes that the question may
open. With `--at-most`, a slower median ends with exit code 1.
"""

from __future__ import annotations

import argparse
import datetime as dt
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import pyarrow as pa
from deltalake import DeltaTable, PostCommitHookProperties, WriterProperties, write_deltalake

from jobs.io import releases
from jobs.io.releases import Release
from jobs.io.store import Store
from jobs.pinned import opened_release
from jobs.reading import open_warehouse
from jobs.sql import connect, named_tables
from jobs.sql_dates import dates_kept
from warehouse_schema import MARTS, OPS, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST = dt.date(2025, 10, 17)
#: Versions from one checkpoint of the log to the next, as Spark writes them: the last is up to nine commits old.
CHECKPOINT_EVERY = 10
AT_MOST_S = 1.5


def many_dates(source: str, target: str, dates: int, marts: Sequence[Table] = MARTS) -> list[dt.date]:
    """Make a warehouse of so many event dates below `target`, each with the newest date's rows of `source`."""
    shown = [FIRST + dt.timedelta(days=number) for number in range(dates)]
    versions: dict[str, list[int]] = {}
    newest = open_warehouse(source)
    for mart in marts:
        rows = newest.table(mart.name, dates=newest.dates()[-1]).arrow()
        versions[mart.name] = list(_commits(f"{target}/{mart.path}", rows, mart, shown))
    for table in OPS:
        if (Path(source) / table.path).is_dir():
            shutil.copytree(Path(source) / table.path, Path(target) / table.path)
    _publish(source, target, shown, versions)
    return shown


def _commits(uri: str, rows: pa.Table, mart: Table, dates: Sequence[dt.date]) -> Iterator[int]:
    """The version of the table after each date."""
    written: DeltaTable | None = None
    for date in dates:
        index = rows.schema.get_field_index("event_date")
        day = pa.array([date] * rows.num_rows, pa.date32())
        write_deltalake(
            written or uri,
            rows.set_column(index, rows.schema.field(index), day),
            partition_by=list(mart.partition_by),
            mode="append",
            writer_properties=WriterProperties(compression="ZSTD"),
            post_commithook_properties=PostCommitHookProperties(create_checkpoint=False),
        )
        written = written or DeltaTable(uri)
        written.update_incremental()
        if written.version() and written.version() % CHECKPOINT_EVERY == 0:
            written.create_checkpoint()
        yield written.version()


def _publish(source: str, target: str, dates: Sequence[dt.date], versions: dict[str, list[int]]) -> None:
    """A release record per date, each with all dates up to its own."""
    pattern = opened_release(source)
    assert pattern is not None
    state = next(iter(pattern.event_dates.values()))
    store = Store(target, create=True)
    for number, date in enumerate(dates, 1):
        record: Release = replace(
            pattern,
            number=number,
            landing_date=str(date),
            tables={name: found[number - 1] for name, found in versions.items()},
            event_dates={str(day): state for day in dates[:number]},
            erasures=0,
        )
        assert releases.publish(store, record, {})


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
            many_dates(arguments.source, target, arguments.dates)
            print(f"{arguments.dates} dates made in {time.perf_counter() - began:.0f} s", flush=True)
        slowest = measure(target, open_warehouse(target).dates()[-1], arguments.runs)
    print(f"slowest median {slowest:.2f} s, at most {arguments.at_most} s wanted")
    return int(slowest > arguments.at_most)


if __name__ == "__main__":
    sys.exit(main())
