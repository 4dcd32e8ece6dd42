"""docs/pictures.md cannot drift: its commands run, its pictures are those that `make pictures` draws."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.cli.conftest import Command, hoverlake
from tests.plots.made_up import made_up_warehouse
from tests.plots.pictures import DEMO, IMAGES, MADE_UP, MAX_BYTES, PAGE, SCREENSHOT, SHOWN, draw_screenshot

__all__ = ["hoverlake"]

SOURCE = (IMAGES.parent / "pictures.md").read_text(encoding="utf-8")
COMMANDS = [
    line
    for block in re.findall(r"^```sh\n(.*?)^```", SOURCE, re.M | re.S)
    for line in block.splitlines()
    if line.strip()
]


def test_every_picture_stands_above_the_command_that_drew_it() -> None:
    shown = re.findall(r"!\[[^\]]+\]\(images/([^)]+)\)\n\n```sh\n(.+)\n", SOURCE)

    page = (PAGE.name, f"hoverlake {PAGE.words} -o heatmap.html")
    assert sorted(shown) == sorted([page, *((picture.name, picture.command) for picture in SHOWN)])


def test_every_picture_is_there_small_and_shown() -> None:
    names = {picture.name for picture in (*SHOWN, PAGE)}

    drawn = {path.name for path in IMAGES.iterdir() if path.name.startswith(("heatmap", "plot"))}
    assert drawn == names
    for name in names:
        assert (IMAGES / name).read_bytes().startswith(b"\x89PNG")
        assert (IMAGES / name).stat().st_size < MAX_BYTES


def test_every_section_says_what_and_how_not_to_misread_it() -> None:
    sections = [section for section in SOURCE.split("\n## ") if "](images/" in section]

    assert len(sections) == len(SHOWN) + 1
    for section in sections:
        assert "**Says" in section and "**Don't misread it.**" in section
        assert (f"--warehouse {MADE_UP}" in section) == ("(made-up numbers)" in section)


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> str:
    return made_up_warehouse(str(tmp_path_factory.mktemp("made-up") / "warehouse"))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_page_runs(
    hoverlake: Command, warehouse: str, made_up: str, tmp_path: Path, command: str
) -> None:
    draw_screenshot(tmp_path / SCREENSHOT)
    words = [made_up if word == MADE_UP else word for word in shlex.split(command)]
    if "--warehouse" not in words:
        words += ["--warehouse", warehouse]

    said = hoverlake(*words[1:])

    assert said.exit_code == 0, said.last
    output = words[words.index("-o") + 1]
    assert said.out.startswith(f"{output}: ")
    assert (tmp_path / output).stat().st_size > 5000


def test_the_example_in_python_runs(warehouse: str) -> None:
    [example] = re.findall(r"^```python\n(.*?)^```", SOURCE, re.M | re.S)
    names: dict[str, object] = {}

    exec(example.replace(DEMO, warehouse), names)

    assert len(names["figure"].axes) == 2  # type: ignore[attr-defined]
