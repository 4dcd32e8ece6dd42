"""`hoverlake releases` and `hoverlake status` as commands: words, exit codes, last lines, and how fast they are."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jobs.io import releases
from jobs.io.lease import held_lease
from jobs.io.store import Store
from tests.cli.conftest import HEATMAP, Command
from tests.reading.small_warehouse import publish_release, release

ROOT = Path(__file__).parents[2]


@pytest.fixture
def young(hoverlake: Command, warehouse: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Two releases whose age no rule minds."""
    monkeypatch.setattr("jobs.rollback.PIN_DAYS", {"mart": 10**6, "clean": 10**6})
    publish_release(warehouse, {}, number=2)
    return warehouse


def test_releases_are_listed_and_shown(hoverlake: Command, young: str) -> None:
    listed = hoverlake("releases", "list", "--warehouse", young, "--json")
    shown = hoverlake("releases", "show", "1", "--warehouse", young)

    assert (listed.exit_code, shown.exit_code) == (0, 0)
    assert [row["release"] for row in json.loads(listed.out)] == [2, 1]
    assert f"{HEATMAP}" in shown.out


def test_a_rollback_says_what_it_published(hoverlake: Command, young: str) -> None:
    said = hoverlake("releases", "rollback", "1", "--warehouse", young)

    assert said.exit_code == 0
    assert said.last.startswith(f"published release 3 of {young}: rolled back to release 1")
    assert [row["what"] for row in json.loads(hoverlake("releases", "list", "--warehouse", young, "--json").out)] == [
        "rollback to 1",
        "night",
        "night",
    ]


def test_a_rollback_while_a_run_works(hoverlake: Command, young: str) -> None:
    with held_lease(Store(young), "another-run"):
        said = hoverlake("releases", "rollback", "1", "--warehouse", young)

    assert said.exit_code == 13
    assert "is held by run another-run (host " in said.last


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["rollback", "2"], "release 2 is the current one"),
        (["rollback", "9"], "there is no release 9"),
        (["rollback", "0"], "Invalid value for 'N'"),
        (["rollback"], "Missing argument 'N'"),
        (["show", "9"], "there is no release 9"),
        (["diff", "1", "2"], "clean.page_views of "),
        (["diff", "1", "2", "--date", "today"], "--date today: not a date"),
        (["diff", "1", "2", "--table", "mart.x"], "--table mart.x is no mart"),
        (["list", "--warehouse", "nowhere"], "nothing published in nowhere"),
    ],
)
def test_what_cannot_be_carried_out(hoverlake: Command, young: str, words: list[str], problem: str) -> None:
    said = hoverlake("releases", words[0], "--warehouse", young, *words[1:])

    assert said.exit_code == 2
    assert problem in said.last


def test_status_is_1_for_stale_and_2_for_wrong_words(hoverlake: Command, warehouse: str) -> None:
    stale = hoverlake("status", "--warehouse", warehouse, "--max-age", "1m")
    fresh = hoverlake("status", "--warehouse", warehouse, "--max-age", "99999d")
    nothing = hoverlake("status", "--warehouse", "nowhere", "--json")
    wrong = hoverlake("status", "--warehouse", warehouse, "--max-age", "soon")

    assert [said.exit_code for said in (stale, fresh, nothing, wrong)] == [1, 0, 1, 2]
    assert stale.out.startswith("stale: release 1 is ")
    assert fresh.out.startswith("fresh: release 1 is ")
    assert json.loads(nothing.out)["release"] is None
    assert wrong.last == (
        "hoverlake: --max-age soon: not a duration. Give minutes, hours or days, for example 90m, 26h or 2d."
    )


@pytest.fixture
def just_built(warehouse: str) -> str:
    """Two releases of now: a process has no clock that a test could set."""
    store, now = Store(warehouse), dt.datetime.now(dt.UTC).isoformat()
    [first] = releases.every(store)
    for path in ("_releases/000001.json", f"_manifests/000001-{first.run_id}.json"):
        store.delete(path)
    for made in (first, release(2, {})):
        assert releases.publish(store, dataclasses.replace(made, created_at=now), {})
    return warehouse


@pytest.mark.parametrize("words", [["status"], ["releases", "list"], ["releases", "rollback", "1"]])
def test_operators_do_not_wait_and_nothing_heavy_is_loaded(just_built: str, words: list[str]) -> None:
    code = (
        "import sys\nfrom jobs.cli import main\n"
        "try: main()\n"
        "finally: print('loaded', *sorted({'pyspark', 'pandas', 'matplotlib'} & set(sys.modules)), file=sys.stderr)"
    )
    began = time.perf_counter()

    done = subprocess.run(
        [sys.executable, "-c", code, *words, "--warehouse", just_built],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-1] == "loaded"
    # A whole process; alone on the machine it takes half a second, but other tests may be at work.
    assert time.perf_counter() - began < 5
