"""The engines of the bench: how each is started, and what it needs."""

from __future__ import annotations

import datetime as dt
import importlib.util
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jobs.errors import UsageError

INSTALL = ".venv/bin/python -m pip install --constraint constraints.txt --editable '.[bench]'"


@dataclass(frozen=True)
class Engine:
    """A module that makes the tables of a night in a process of its own."""

    name: str
    title: str
    module: str
    needs: tuple[str, ...] = ()

    def command(self, raw: Path, date: dt.date, out: Path, min_visitors: int) -> list[str]:
        """The words that run it; peers fold no small groups and know no `min_visitors`."""
        start = [sys.executable, "-m", self.module]
        if self.name != HOVERLAKE:
            return [*start, "--raw", str(raw), "--date", str(date), "--out", str(out)]
        words = ["nightly", "--raw", str(raw), "--date", str(date), "--warehouse", str(out)]
        return [*start, *words, "--set", f"min_visitors={min_visitors}"]


HOVERLAKE = "hoverlake"
ENGINES = {
    engine.name: engine
    for engine in (
        Engine(HOVERLAKE, "hoverlake, the full night", "jobs.cli"),
        Engine("duckdb", "DuckDB + delta-rs", "benchmarks.peers.duckdb_night", ("duckdb", "deltalake")),
        Engine("polars", "Polars + delta-rs", "benchmarks.peers.polars_night", ("polars", "deltalake")),
        Engine("plain-spark", "PySpark + Delta, per sample", "benchmarks.peers.plain_spark_night", ("pyspark",)),
    )
}


def chosen(names: Sequence[str]) -> list[Engine]:
    """The engines of these names; UsageError for an unknown name or a package that is missing."""
    unknown = [name for name in names if name not in ENGINES]
    if unknown:
        raise UsageError(f"--engines {','.join(unknown)}: unknown. Choose from {', '.join(ENGINES)}.")
    engines = [ENGINES[name] for name in names]
    missing = sorted({need for engine in engines for need in engine.needs if not importlib.util.find_spec(need)})
    if missing:
        raise UsageError(f"{', '.join(missing)} not installed. Install it: {INSTALL}")
    return engines
