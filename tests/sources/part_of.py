"""A part of a data set that is made of folders, by links: nothing is copied."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def linked(data: Path, names: Iterable[str], folder: Path) -> Path:
    """`folder`, made to hold links to the named files or folders of `data` at the same places."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(data / name)
    return folder
