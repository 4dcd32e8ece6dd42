"""How every picture is written: to files only, every text as it is, equal pictures as equal bytes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

# Draws to files only: no window system is asked for.
matplotlib.use("Agg")

INK, PAPER, SOFT, RULE = "#222222", "#f4f4f2", "#5a6270", "#cfd2d6"


@contextmanager
def drawing() -> Iterator[None]:
    """The settings under which pictures are made and saved."""
    with matplotlib.rc_context(
        {
            # A name such as a$b$c is a name, not a formula.
            "text.parse_math": False,
            # Texts of an SVG can be read, searched and copied.
            "svg.fonttype": "none",
            # Ids inside of an SVG are random otherwise.
            "svg.hashsalt": "hoverlake",
        }
    ):
        yield


def save(figure: Figure, output: Path) -> None:
    """Write the figure; the ending of `output` decides png or svg. No date, no name of a machine goes into it."""
    if output.suffix.lower() == ".svg":
        figure.savefig(output, format="svg", metadata={"Date": None, "Creator": "hoverlake"})
    else:
        figure.savefig(output, format="png", metadata={"Software": "hoverlake"}, pil_kwargs={"optimize": True})
