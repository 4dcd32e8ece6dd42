"""A full night of hoverlake against peers that do less, on the same raw files, with equal tables.

    python -m benchmarks.bench --sizes 18,72 --rounds 3
    python -m benchmarks.bench --sizes 0.5,1.5 --rounds 1 --engines hoverlake,duckdb

Sizes are million pointer samples. Writes docs/benchmark.md and benchmarks/results.json. Exit 1 if a value of a peer
differs from hoverlake's, or if hoverlake fails; 2 for words that cannot be meant.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.engines import ENGINES, HOVERLAKE, Engine, chosen
from benchmarks.equality import warehouse_differences
from benchmarks.inputs import LANDED, Input, page_views_of, prepared
from benchmarks.machine import machine, versions
from benchmarks.process import Measured, measure
from benchmarks.report import report
from jobs.config import Settings
from jobs.errors import UsageError

DOCS = Path("docs/benchmark.md")
RESULTS = Path("benchmarks/results.json")
#: Of the first comparison, at which nothing is folded away: all rows of all tables must be equal.
SMALL_PAGE_VIEWS = 300
DIFFERENCES_KEPT = 20


@dataclass
class Bench:
    """One bench: what is asked for, what came out so far."""

    engines: Sequence[Engine]
    rounds: int
    folder: Path
    timeout_s: float
    keep: bool
    runs: list[dict[str, object]] = field(default_factory=list)
    equality: list[dict[str, object]] = field(default_factory=list)
    stopped: set[tuple[str, int]] = field(default_factory=set)

    def compare_small(self) -> None:
        """At the least min_visitors, every row of every table."""
        small = prepared(self.folder, SMALL_PAGE_VIEWS)
        for engine in self.engines:
            self._start(engine, small, "small", 1)
        self._compare(small, "small", 1)
        self._forget(small, "small")

    def run(self, inputs: Sequence[Input]) -> None:
        """Every engine on every size, so often as there are rounds, in turn; the first round is compared."""
        least = Settings().min_visitors
        for number in range(1, self.rounds + 1):
            for night in inputs:
                for engine in self._turn(number, night):
                    measured = self._start(engine, night, f"round-{number}", least)
                    facts = {"engine": engine.name, "round": number, "page_views": night.page_views}
                    load = {"load_average": round(os.getloadavg()[0], 1)}
                    self.runs.append(facts | {"samples": night.samples} | asdict(measured) | load)
                if number == 1:
                    self._compare(night, "round-1", least)
                self._forget(night, f"round-{number}")

    def _turn(self, number: int, night: Input) -> Iterator[Engine]:
        """Each round begins with another engine; one that failed at this size is not started again."""
        first = (number - 1) % len(self.engines)
        for engine in (*self.engines[first:], *self.engines[:first]):
            if (engine.name, night.page_views) not in self.stopped:
                yield engine

    def _out(self, engine: Engine, night: Input, name: str) -> Path:
        return self.folder / "out" / name / str(night.page_views) / engine.name

    def _start(self, engine: Engine, night: Input, name: str, min_visitors: int) -> Measured:
        out = self._out(engine, night, name)
        shutil.rmtree(out, ignore_errors=True)
        out.with_name(f"{out.name}.key").unlink(missing_ok=True)
        out.parent.mkdir(parents=True, exist_ok=True)
        command = engine.command(night.raw, LANDED, out, min_visitors)
        measured = measure(command, out.with_name(f"{engine.name}.log"), timeout_s=self.timeout_s)
        words = f"{measured.seconds:.1f} s, {measured.peak.rss_bytes / 2**30:.1f} GiB"
        if measured.exit_code:
            self.stopped.add((engine.name, night.page_views))
            words += f", FAILED with exit code {measured.exit_code}: {measured.said[-600:]}"
        say(f"{name}, {night.samples / 1e6:.2f} M samples, {engine.name}: {words}")
        return measured

    def _compare(self, night: Input, name: str, min_visitors: int) -> None:
        hoverlake = ENGINES[HOVERLAKE]
        if hoverlake not in self.engines or (HOVERLAKE, night.page_views) in self.stopped:
            return
        for engine in self.engines:
            if engine == hoverlake or (engine.name, night.page_views) in self.stopped:
                continue
            warehouse, peer = self._out(hoverlake, night, name), self._out(engine, night, name)
            problems = warehouse_differences(warehouse, peer, min_visitors)
            facts = {"engine": engine.name, "page_views": night.page_views, "min_visitors": min_visitors}
            self.equality.append(facts | {"differences": problems[:DIFFERENCES_KEPT]})
            say(f"{name}, {engine.name}: {'equal' if not problems else 'DIFFERENT'}")
            for problem in problems:
                say(f"  {problem}")

    def _forget(self, night: Input, name: str) -> None:
        """Tables are large; only their figures stay."""
        for engine in () if self.keep else self.engines:
            shutil.rmtree(self._out(engine, night, name), ignore_errors=True)

    @property
    def has_failed(self) -> bool:
        """A difference, or hoverlake itself. A peer that fails is told in the report: it may be out of memory."""
        is_hoverlake = any(name == HOVERLAKE for name, _ in self.stopped)
        return is_hoverlake or any(compared["differences"] for compared in self.equality)


def say(text: str) -> None:
    """One line on stderr."""
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    """Run the bench that the words ask for."""
    asked = _arguments()
    try:
        sizes = [float(size) for size in asked.sizes.split(",")]
        bench = Bench(chosen(asked.engines.split(",")), asked.rounds, asked.folder, asked.timeout, asked.keep)
    except (UsageError, ValueError) as error:
        say(f"bench: {error}")
        return 2
    bench.compare_small()
    if bench.has_failed:
        say("bench: what differs on a small night need not be timed on a large one")
        return 1
    inputs = [prepared(asked.folder, page_views_of(size)) for size in sizes]
    bench.run(inputs)
    results = {
        "machine": machine(),
        "versions": versions(),
        "inputs": [{k: v for k, v in asdict(night).items() if k != "folder"} for night in inputs],
        "runs": [{k: v for k, v in run.items() if k != "said"} for run in bench.runs],
        "equality": bench.equality,
    }
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    DOCS.write_text(report(results))
    say(f"wrote {DOCS} and {RESULTS}")
    return int(bench.has_failed)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, prog="benchmarks.bench"
    )
    parser.add_argument("--sizes", default="18,72", help="Million samples, with commas.")
    parser.add_argument("--rounds", type=int, default=3, help="Runs of each engine at each size.")
    parser.add_argument("--engines", default=",".join(ENGINES), help="Names with commas.")
    parser.add_argument("--folder", type=Path, default=Path("data/bench"), help="Inputs are kept here.")
    parser.add_argument("--timeout", type=float, default=3600, help="Seconds after which a run is stopped.")
    parser.add_argument("--keep", action="store_true", help="Keep the tables that were written.")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
