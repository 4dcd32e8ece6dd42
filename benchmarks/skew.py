"""One night of uneven input (`uneven`): how long the slowest task of each stage takes beside the median, and how much
memory the night takes."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from statistics import median

from benchmarks.engines import ENGINES, HOVERLAKE
from benchmarks.event_log import Task, submit_arguments, tasks_in
from benchmarks.inputs import LANDED, page_views_of, prepared
from benchmarks.process import measure
from benchmarks.report import GIB, table
from benchmarks.uneven import write_uneven
from jobs.config import Settings
from jobs.io.warehouse import open_table
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.ops.tables import RECONCILIATION

#: Stages of less work are over before a slow task of theirs is felt.
LEAST_STAGE_S = 5.0
HEADS = (
    *("stage", "tasks", "median s", "slowest s", "ratio"),
    *("slowest of the later s", "ratio", "most MiB read by one"),
)


def uneven_stages(found: Iterable[Task], cores: int) -> list[list[str]]:
    """A row per stage of several tasks and some work: tasks, seconds of the median and the slowest one, their ratio; the
    same of those that began after the first on each core, which find a JVM that has compiled nothing yet; most bytes read
    by one."""
    by_stage: dict[int, list[Task]] = defaultdict(list)
    for task in found:
        by_stage[task.stage].append(task)
    rows = []
    for stage, own in sorted(by_stage.items()):
        seconds = [task.seconds for task in own]
        if len(own) > 1 and sum(seconds) >= LEAST_STAGE_S:
            middle, slowest = median(seconds), max(seconds)
            later = sorted(own, key=lambda task: task.began)[cores:]
            slowest_later = max((task.seconds for task in later), default=0.0)
            most = max(task.input_bytes for task in own) / 2**20
            figures = [middle, slowest, slowest / middle, slowest_later, slowest_later / middle]
            rows.append([str(stage), str(len(own)), *(f"{figure:.1f}" for figure in figures), f"{most:.0f}"])
    return rows


def left_out(warehouse: str) -> int:
    """Beacons of visitors with too many of them, as the night counted them."""
    reconciliation = open_table(warehouse, RECONCILIATION)
    assert reconciliation is not None
    terms = reconciliation.to_pyarrow_table(
        filters=[("table_name", "=", PAGE_VIEWS.name), ("reason", "=", "oversized")], columns=["row_count"]
    )
    return sum(terms["row_count"].to_pylist())


def main() -> int:
    """Write the input, run the night, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=float, default=36, help="Million simulated samples.")
    parser.add_argument("--small", type=int, default=5000, help="Small files, of 50 kB.")
    parser.add_argument("--large", type=float, default=2.0, help="GB of the large file.")
    parser.add_argument("--busy", type=int, default=1_000_000, help="Beacons of the busy visitor.")
    parser.add_argument("--folder", type=Path, default=Path("data/bench"), help="Inputs are kept here.")
    asked = parser.parse_args()
    given = prepared(asked.folder, page_views_of(asked.size))
    scratch = Path(tempfile.mkdtemp(dir=asked.folder))
    try:
        raw, warehouse, log = scratch / "raw", scratch / "warehouse", scratch / "events"
        write_uneven(given, raw, asked.small, 50_000, round(asked.large * 1e9), asked.busy)
        log.mkdir()
        command = ENGINES[HOVERLAKE].command(raw, LANDED, warehouse, Settings().min_visitors)
        night = measure(command, scratch / "said.log", {"PYSPARK_SUBMIT_ARGS": submit_arguments(log)})
        print(night.said)
        if night.exit_code:
            return night.exit_code
        print(f"{night.seconds:.1f} s, {night.peak.rss_bytes / GIB:.2f} GiB, {night.peak.cpu_s:.0f} s of processor\n")
        print(f"{left_out(str(warehouse)):,} beacons of oversized visitors were counted and left out\n")
        print(table(HEADS, uneven_stages(tasks_in(log), os.cpu_count() or 1)))
    finally:
        shutil.rmtree(scratch)
    return 0


if __name__ == "__main__":
    sys.exit(main())
