"""Pieces of generated pages, in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

GENERATED = "<!-- Written by `make docs` from warehouse_schema/: change the declaration, not this page. -->"


def page(*blocks: str) -> str:
    """A page of its blocks; empty ones are left out."""
    return "\n\n".join([GENERATED, *(block for block in blocks if block)]) + "\n"


def names(names: Sequence[str]) -> str:
    """Names as code, in one line."""
    return ", ".join(f"`{name}`" for name in names)


def grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; a | within a cell must not open a new one."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
