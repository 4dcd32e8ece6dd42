"""A newcomer's way: a fresh clone, and nothing typed that does not stand in README.md or docs/questions.md.

    python -m tests.newcomer.walk [FOLDER]

Clones this repository's last commit into FOLDER (a new temporary one by default), runs `make demo` as README has it, takes
the time until README's command has drawn the first heatmap, and answers five questions by the blocks of docs/questions.md,
each pasted as it is. Their answers must be those that stand on the page. Only the standard library is used.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.newcomer.blocks import PROJECT, blocks, commands, sections

#: What an analyst may ask first; each has another table, and two pictures are of another command.
FIVE = (
    "Which stories do people stop at but not click?",
    "How far down the feed does attention reach?",
    "Which share of our ads was viewable?",
    "Where do cursors rest on the screen?",
    "How engaged are visits?",
)
GOAL_S = 5.0


def pasted(text: str, clone: Path) -> str:
    """The output of a text pasted into a shell in the clone; SystemExit with all of it if a command fails."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("HOVERLAKE_RAW", "HOVERLAKE_WAREHOUSE"))
    }
    ran = subprocess.run(["sh", "-eu", "-c", text], cwd=clone, env=environment, capture_output=True, text=True)
    if ran.returncode:
        raise SystemExit(f"failed with exit code {ran.returncode}:\n{text}\n{ran.stdout[-4000:]}\n{ran.stderr[-4000:]}")
    return ran.stdout


def first_heatmap(readme: str) -> str:
    """README's own command for a heatmap."""
    lines = [line for block in blocks(readme) for line in block.splitlines()]
    return next(line for line in lines if commands(line)[:1] and commands(line)[0][1:2] == ["heatmap"])


def demo(readme: str) -> str:
    """README's own command for the demo."""
    return next(line for block in blocks(readme) for line in block.splitlines() if line.startswith("make demo"))


def walk(folder: Path) -> float:
    """Go the way; the seconds from the end of the demo to the first heatmap."""
    clone = folder / "hoverlake"
    subprocess.run(["git", "clone", "--quiet", str(PROJECT), str(clone)], check=True)
    readme = (clone / "README.md").read_text(encoding="utf-8")
    page = sections((clone / "docs" / "questions.md").read_text(encoding="utf-8"))

    started = time.monotonic()
    pasted(demo(readme), clone)
    print(f"{demo(readme)}\n  {time.monotonic() - started:.0f} s")
    (clone / "data" / "heatmap.png").unlink()

    started = time.monotonic()
    pasted(first_heatmap(readme), clone)
    seconds = time.monotonic() - started
    assert (clone / "data" / "heatmap.png").is_file(), "README's command drew no heatmap"
    print(f"{first_heatmap(readme)}\n  first heatmap after {seconds:.1f} s (goal: under {GOAL_S:g} s)")
    for asked in FIVE:
        _answered(asked, *page[asked], clone)
    return seconds


def _answered(asked: str, answer: str, block: str, clone: Path) -> None:
    """Paste the block of a question; rows must come, a picture, and from `hoverlake ask` the answer on the page."""
    told = pasted(block, clone)
    [picture] = [words[words.index("-o") + 1] for words in commands(block) if "-o" in words]
    assert (clone / picture).stat().st_size > 1000, f"{picture} is no picture"
    assert len(told.splitlines()) > 3, f"no rows:\n{told}"
    name = Path(picture).stem
    said = pasted(f".venv/bin/hoverlake ask {name}", clone)
    assert answer in said, f"the page says:\n{answer}\nthe demo says:\n{said}"
    print(f"{asked}\n  {answer}")


def main(words: Sequence[str]) -> int:
    """Walk; exit code 1 if the first heatmap took longer than its goal."""
    if words:
        return int(walk(Path(words[0])) > GOAL_S)
    with tempfile.TemporaryDirectory() as folder:
        return int(walk(Path(folder)) > GOAL_S)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
