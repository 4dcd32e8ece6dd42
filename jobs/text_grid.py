"""Columns of text for the terminal, as wide as their widest cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def grid(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Head and rows in columns, numbers to the right, None as an empty cell; ends with a line break."""
    cells = [[_word(value) for value in row] for row in rows]
    widths = [max(len(line[i]) for line in [list(head), *cells]) for i in range(len(head))]
    right = [any(_is_number(row[i]) for row in rows) for i in range(len(head))]
    lines = []
    for line in [list(head), *cells]:
        padded = [c.rjust(w) if r else c.ljust(w) for c, w, r in zip(line, widths, right, strict=True)]
        lines.append("  ".join(padded).rstrip() + "\n")
    return "".join(lines)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _word(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:,}" if _is_number(value) else str(value)
