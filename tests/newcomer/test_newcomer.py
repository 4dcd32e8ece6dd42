"""What stands in a shell block can be pasted as it is: on a warehouse made without Spark, and on the demo's."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from jobs import cli
from jobs.questions import QUESTIONS as DECLARED
from tests.conftest import Demo
from tests.desk.warehouse import desk_warehouse
from tests.newcomer.blocks import PROJECT, QUESTIONS, README, blocks, commands, sections
from tests.newcomer.walk import FIVE, demo, first_heatmap

SHIM = """#!/bin/sh
PYTHONPATH={project} exec {python} -c 'from jobs.cli import main; main()' "$@"
"""


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> str:
    return desk_warehouse(str(tmp_path_factory.mktemp("desk") / "warehouse"))


def clone_of(folder: Path, warehouse: str | Path) -> Path:
    """A folder that looks like a clone after `make demo`: the command, and a warehouse where it is looked for."""
    (folder / ".venv" / "bin").mkdir(parents=True)
    shim = folder / ".venv" / "bin" / "hoverlake"
    shim.write_text(SHIM.format(project=PROJECT, python=sys.executable))
    shim.chmod(0o755)
    shutil.copytree(warehouse, folder / "data" / "warehouse")
    return folder


def run_here(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A command in this process, in the present folder; it must end well."""
    assert words[0] in (".venv/bin/hoverlake", "hoverlake"), words
    monkeypatch.setattr(sys, "argv", ["hoverlake", *words[1:]])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code, words


def test_every_question_has_its_commands_on_the_page() -> None:
    page = sections(QUESTIONS.read_text(encoding="utf-8"))

    assert list(page) == [question.asked for question in DECLARED]
    for question in DECLARED:
        sql, picture = commands(page[question.asked][1])
        assert sql == [".venv/bin/hoverlake", "sql", f"\n{question.sql}"]
        assert picture[-2:] == ["-o", f"data/{question.slug}.png"]


def test_a_command_may_run_over_lines_and_end_in_a_comment() -> None:
    assert commands('a "b\nc" d   # it\'s one\ne \\\n  f\n# none\n') == [["a", "b\nc", "d"], ["e", "f"]]


def test_a_question_is_answered_by_pasting_its_block(warehouse: str, tmp_path: Path) -> None:
    clone = clone_of(tmp_path / "hoverlake", warehouse)
    _, block = sections(QUESTIONS.read_text(encoding="utf-8"))[FIVE[0]]

    ran = subprocess.run(["sh", "-eu", "-c", block], cwd=clone, capture_output=True, text=True, timeout=300)

    assert ran.returncode == 0, ran.stderr
    assert "story-2" in ran.stdout
    assert (clone / "data" / "stopped-at.png").read_bytes().startswith(b"\x89PNG")


def test_the_five_questions_of_the_way_stand_on_the_page() -> None:
    assert set(FIVE) <= set(sections(QUESTIONS.read_text(encoding="utf-8")))


def test_the_first_page_has_one_command_for_the_demo_and_one_for_a_heatmap() -> None:
    readme = README.read_text(encoding="utf-8")

    assert demo(readme).startswith("make demo")
    assert commands(first_heatmap(readme)) == [
        [".venv/bin/hoverlake", "heatmap", "--date", "2026-11-20", "--surface", "feed", "-o", "data/heatmap.png"]
    ]


@pytest.mark.spark
def test_every_command_of_the_page_runs_on_the_demo_night(
    demo_warehouse: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(clone_of(tmp_path / "hoverlake", demo_warehouse.warehouse))

    for block in blocks(QUESTIONS.read_text(encoding="utf-8")):
        for words in commands(block):
            run_here(words, monkeypatch)
