"""Commands of a page, as somebody who copies them would run them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
README, QUESTIONS = PROJECT / "README.md", PROJECT / "docs" / "questions.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.M | re.S)
SECTION = re.compile(r"^### \d+\. (.+?)\n(.*?)(?=^##|\Z)", re.M | re.S)
ANSWER = re.compile(r"^\*\*Answer\.\*\* (.+)$", re.M)


def blocks(text: str) -> list[str]:
    """The shell blocks of a page."""
    return BLOCK.findall(text)


def commands(block: str) -> list[list[str]]:
    """The words of each command of a block; a quoted text may run over several lines."""
    found, held = [], ""
    for line in block.splitlines():
        held = f"{held}\n{line}" if held else line
        try:
            words = shlex.split(held.removesuffix("\\"), comments=True)
        except ValueError:
            continue
        if held.endswith("\\"):
            held = held.removesuffix("\\")
            continue
        held = ""
        if words:
            found.append(words)
    assert not held, f"never ends: {held}"
    return found


def sections(text: str) -> dict[str, tuple[str, str]]:
    """Of every question of docs/questions.md its answer and its shell block."""
    return {asked: (ANSWER.findall(body)[0], blocks(body)[0]) for asked, body in SECTION.findall(text)}
