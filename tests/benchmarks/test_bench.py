"""The order of a bench, with engines that only write down that they ran."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import bench as bench_module
from benchmarks.bench import Bench
from benchmarks.engines import ENGINES, HOVERLAKE, chosen
from benchmarks.inputs import Input, page_views_of
from benchmarks.process import Measured, Usage
from jobs.errors import UsageError

NIGHT = Input("nowhere", 10, 6600, 100, 1, 1000)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the engines that were started; plain Spark fails."""
    names: list[str] = []

    def measure(command: list[str], log: Path, timeout_s: float) -> Measured:
        names.append(log.stem)
        return Measured(1 if log.stem == "plain-spark" else 0, 1.0, Usage(), {"land": 0.5})

    monkeypatch.setattr(bench_module, "measure", measure)
    monkeypatch.setattr(bench_module, "warehouse_differences", lambda *_: [])
    return names


def bench_of(folder: Path, *names: str, rounds: int = 2) -> Bench:
    return Bench([ENGINES[name] for name in names], rounds, folder, timeout_s=1.0, keep=False)


def test_each_round_begins_with_another_engine(started: list[str], tmp_path: Path) -> None:
    bench_of(tmp_path, HOVERLAKE, "duckdb").run([NIGHT])

    assert started == [HOVERLAKE, "duckdb", "duckdb", HOVERLAKE]


def test_a_peer_that_failed_is_not_started_again_and_fails_no_bench(started: list[str], tmp_path: Path) -> None:
    bench = bench_of(tmp_path, HOVERLAKE, "plain-spark")

    bench.run([NIGHT])

    assert started.count("plain-spark") == 1
    assert not bench.has_failed


def test_a_difference_fails_the_bench(
    started: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench_module, "warehouse_differences", lambda *_: ["page_views: 1 rows missing"])
    bench = bench_of(tmp_path, HOVERLAKE, "duckdb", rounds=1)

    bench.run([NIGHT])

    assert bench.has_failed
    assert "page_views: 1 rows missing" in capsys.readouterr().err


def test_a_missing_package_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "polars" else object())

    with pytest.raises(UsageError, match=r"polars not installed. Install it: .*pip install .*\[bench\]"):
        chosen(["polars"])


def test_an_unknown_engine_is_named_with_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"nothing: unknown\. Choose from hoverlake, duckdb"):
        chosen(["nothing"])


def test_sizes_are_million_samples() -> None:
    assert page_views_of(6.6) == 10_000
