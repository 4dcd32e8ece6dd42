"""Does a night take longer in a warehouse that has many dates?

    python -m benchmarks.history [--size 0.5] [--dates 0,30,400] [--rounds 3]

The same night, of `--size` million samples, into warehouses that have published so many dates (`many_dates`), in turn.
Clean holds the last 30 of them: from there on only log, listings, statistics and the list of raw files grow. Prints the
median seconds of each, all seconds, and ratios to the first.
"""

from __future__ import annotations

import argparse
import datetime as dt
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.engines import ENGINES, HOVERLAKE
from benchmarks.inputs import DAY, LANDED, Input, page_views_of, prepared
from benchmarks.many_dates import many_dates
from benchmarks.process import Measured, measure
from jobs.config import Settings
from warehouse_schema import PINNED, TABLES

#: History ends on the day before: the night's own date must be news.
LAST = DAY - dt.timedelta(days=1)


def night(given: Input, warehouse: Path) -> Measured:
    """The night as a process of its own; SystemExit with its last words if it fails."""
    command = ENGINES[HOVERLAKE].command(given.raw, LANDED, warehouse, Settings().min_visitors)
    measured = measure(command, warehouse.with_name(f"{warehouse.name}.log"))
    if measured.exit_code:
        raise SystemExit(f"the night into {warehouse.name} ended with {measured.exit_code}: {measured.said}")
    return measured


def with_history(seed: Path, folder: Path, count: int) -> Path:
    """A warehouse of `count` dates, with the key that its pseudonyms are of."""
    warehouse = folder / f"{count}-dates"
    if count:
        dates = [LAST - dt.timedelta(days=n) for n in reversed(range(count))]
        many_dates(str(seed), str(warehouse), dates, list(TABLES.values()))
        shutil.copy(_key(seed), _key(warehouse))
    return warehouse


def _key(warehouse: Path) -> Path:
    return warehouse.with_name(f"{warehouse.name}.key")


def run(given: Input, counts: Sequence[int], rounds: int, folder: Path) -> dict[int, list[Measured]]:
    """The night into each of the warehouses, so often; one that a night was written into is made anew from its copy."""
    seed = folder / "seed"
    night(given, seed)
    made = {count: with_history(seed, folder, count) for count in counts}
    found: dict[int, list[Measured]] = {count: [] for count in counts}
    for number in range(rounds):
        first = number % len(counts)
        for count in (*counts[first:], *counts[:first]):
            target = folder / f"round-{number}-{count}"
            if count:
                shutil.copytree(made[count], target)
                shutil.copy(_key(made[count]), _key(target))
            found[count].append(night(given, target))
            print(f"round {number + 1}, {count} dates: {found[count][-1].seconds:.1f} s", file=sys.stderr, flush=True)
            shutil.rmtree(target)
    return found


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=float, default=0.5, help="Million samples.")
    parser.add_argument("--dates", default="0,30,400")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=Path("data/bench"), help="Inputs are kept here.")
    asked = parser.parse_args()
    counts = [int(count) for count in asked.dates.split(",")]
    given = prepared(asked.folder, page_views_of(asked.size))
    with tempfile.TemporaryDirectory() as scratch:
        found = run(given, counts, asked.rounds, Path(scratch))
    medians = {count: median(m.seconds for m in measured) for count, measured in found.items()}
    print(f"{given.samples:,} samples, {asked.rounds} rounds, {len(PINNED)} pinned tables")
    for count, measured in found.items():
        every = " ".join(f"{m.seconds:.1f}" for m in measured)
        ratio = medians[count] / medians[counts[0]]
        print(f"{count:>5} dates: median {medians[count]:6.1f} s, ratio {ratio:.2f} to {counts[0]} dates ({every})")
        stages = {name for m in measured for name in m.stages}
        for name in sorted(stages):
            print(f"        {name}: {median(m.stages.get(name, 0.0) for m in measured):.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
