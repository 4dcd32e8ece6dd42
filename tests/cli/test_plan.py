"""`hoverlake plan`: what it prints, what it refuses, and that it needs neither Java nor a warehouse."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.plan import constants
from tests.cli.conftest import Command

SIZE = ["--daily-page-views", "1000000", "--samples-per-view", "300"]


def test_it_prints_storage_a_night_and_a_month(hoverlake: Command) -> None:
    said = hoverlake("plan", *SIZE, "--retention", "raw=3", "--retention", "clean=14")

    assert said.exit_code == 0
    assert said.out.splitlines()[0] == "1,000,000 page views a day, 300 pointer samples each"
    for start in ("raw, 3 days", "clean, 14 days", "mart, 760 days", "core-hours", "commits", "storage, GB-months"):
        assert any(line.startswith(start) for line in said.out.splitlines()), start
    assert list(Path().iterdir()) == []


def test_its_json_has_costs_at_the_given_prices(hoverlake: Command) -> None:
    said = hoverlake("plan", *SIZE, "--price-storage", "0.02", "--json")

    month = json.loads(said.out)["month"]
    assert month["storage"]["cost"]["likely"] == pytest.approx(month["storage"]["amount"]["likely"] * 0.02)
    assert month["core_hour"]["cost"] is None


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--retention", "mars=3"], "--retention mars=3: give LAYER=DAYS, where the layer is one of raw, clean,"),
        (["--retention", "clean"], "--retention clean: give whole days from 1 to 36500, for example clean=14."),
        (["--retention", "clean=0"], "--retention clean=0: give whole days from 1"),
        (["--retention", "clean=1.5"], "--retention clean=1.5: give whole days from 1"),
        (["--retention", "clean=-1"], "--retention clean=-1: give whole days from 1"),
        (["--retention", "clean=²"], "--retention clean=²: give whole days from 1"),
        (["--daily-page-views", "0"], "--daily-page-views 0: give 1 page view or more."),
        (["--samples-per-view", "-1"], "--samples-per-view -1: give 0 or more pointer samples."),
        (["--samples-per-view", "nan"], "--samples-per-view nan: give 0 or more pointer samples."),
        (["--samples-per-view", "inf"], "--samples-per-view inf: give 0 or more pointer samples."),
        (["--price-storage", "-0.02"], "--price-storage -0.02: give 0 or more, or leave it out."),
        (["--price-get-requests", "nan"], "--price-get-requests nan: give 0 or more, or leave it out."),
        (["--layouts", "0"], "--layouts 0: give 1 or more, or leave it out."),
        (["--raw-file-mb", "0"], "--raw-file-mb 0: give 1 MB or more."),
        (["--night-hours", "0"], "--night-hours 0: give 0.1 hours or more."),
        (["--executor-cores", "0"], "--executor-cores 0: give 1 core or more."),
    ],
)
def test_what_cannot_be_is_refused_by_name(hoverlake: Command, words: list[str], problem: str) -> None:
    said = hoverlake("plan", *SIZE, *words)

    assert (said.exit_code, said.out) == (2, "")
    assert said.last.startswith(f"hoverlake: {problem}")


@pytest.mark.parametrize("words", [SIZE[:2], SIZE[2:], [*SIZE, "--samples-per-view", "many"]])
def test_a_size_that_is_missing_or_no_number(hoverlake: Command, words: list[str]) -> None:
    said = hoverlake("plan", *words)

    assert said.exit_code == 2
    assert "--daily-page-views" in said.last or "--samples-per-view" in said.last


def test_constants_that_cannot_be_read_are_named(
    hoverlake: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "measured_costs.json"
    broken.write_text('{"constants": {"commits": {"min": 1}}}')
    monkeypatch.setattr(constants.load, "__defaults__", (broken,))

    said = hoverlake("plan", *SIZE)

    assert said.exit_code == 2
    assert said.last.startswith(f"hoverlake: {broken} does not hold measured costs")
    assert said.last.endswith("or measure: python -m benchmarks.costs.")


def test_it_loads_no_engine() -> None:
    code = (
        "import sys; from jobs import cli; sys.argv = ['hoverlake', 'plan', '--daily-page-views', '9', "
        "'--samples-per-view', '9']\ntry: cli.main()\nfinally: print({'pyspark', 'pandas', 'duckdb', 'numpy'} & set(sys.modules))"
    )

    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert run.stdout.splitlines()[-1] == "set()"
