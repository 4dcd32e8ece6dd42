"""Does a night take longer in a warehouse that has many dates?

    python -m benchmarks.history [--size 0.5] [--dates 0,1,400,405] [--rounds 3]

The same night, of `--size` million samples, into warehouses that have published so many dates, in turn. The last of these
dates is of a night like any other: what a Spark commit leaves for the next one (its checksum of the log) is there. The
dates before are made of its rows (`many_dates`), and clean holds the last 30 of them: from there on only log, listings,
statistics and the list of raw files grow. After 400 dates, as after every ten, a commit also writes its table's checkpoint;
after 405 it does not. Prints the median seconds of each, all seconds, and ratios to the first.
"""

from __future__ import annotations

import argparse
import datetime as dt
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import median

from benchmarks.engines import ENGINES, HOVERLAKE
from benchmarks.inputs import DAY, LANDED, Input, page_views_of, prepared
from benchmarks.many_dates import many_dates
from benchmarks.process import Measured, measure
from jobs.config import Settings
from warehouse_schema import PINNED, TABLES

_DAY_BEFORE = dt.timedelta(days=1)


@dataclass(frozen=True)
class Bench:
    """The night that is measured, the one before it, and where warehouses are made."""

    measured: Input
    before: Input
    folder: Path

    def run(self, counts: Sequence[int], rounds: int) -> dict[int, list[Measured]]:
        """The measured night into a copy of each warehouse, so often; by number of dates."""
        made = {count: self._with_history(count) for count in counts if count}
        found: dict[int, list[Measured]] = {count: [] for count in counts}
        for number in range(rounds):
            first = number % len(counts)
            for count in (*counts[first:], *counts[:first]):
                target = self.folder / f"round-{number}-{count}"
                if count:
                    _copy(made[count], target)
                measured = night(self.measured, LANDED, target)
                found[count].append(measured)
                print(f"round {number + 1}, {count} dates: {measured.seconds:.1f} s", file=sys.stderr, flush=True)
                shutil.rmtree(target)
        return found

    def _with_history(self, count: int) -> Path:
        """A warehouse of `count` dates, with the key that its pseudonyms are of."""
        warehouse = self.folder / f"{count}-dates"
        if count > 1:
            dates = [DAY - dt.timedelta(days=n) for n in range(count, 1, -1)]
            many_dates(str(self._seed), str(warehouse), dates, list(TABLES.values()))
            shutil.copy(_key(self._seed), _key(warehouse))
        night(self.before, LANDED - _DAY_BEFORE, warehouse)
        return warehouse

    @cached_property
    def _seed(self) -> Path:
        """A warehouse of the night before alone: what its dates are made of."""
        seed = self.folder / "seed"
        night(self.before, LANDED - _DAY_BEFORE, seed)
        return seed


def night(given: Input, landed: dt.date, warehouse: Path) -> Measured:
    """The night as a process of its own; SystemExit with its last words if it fails."""
    command = ENGINES[HOVERLAKE].command(given.raw, landed, warehouse, Settings().min_visitors)
    measured = measure(command, warehouse.with_name(f"{warehouse.name}.log"))
    if measured.exit_code:
        raise SystemExit(f"the night into {warehouse.name} ended with {measured.exit_code}: {measured.said}")
    return measured


def _copy(warehouse: Path, target: Path) -> None:
    shutil.copytree(warehouse, target)
    shutil.copy(_key(warehouse), _key(target))


def _key(warehouse: Path) -> Path:
    return warehouse.with_name(f"{warehouse.name}.key")


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=float, default=0.5, help="Million samples.")
    parser.add_argument("--dates", default="0,1,400,405")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=Path("data/bench"), help="Inputs are kept here.")
    asked = parser.parse_args()
    counts = [int(count) for count in asked.dates.split(",")]
    given, before = (prepared(asked.folder, page_views_of(asked.size), days) for days in (0, 1))
    with tempfile.TemporaryDirectory() as scratch:
        found = Bench(given, before, Path(scratch)).run(counts, asked.rounds)
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
