"""What an example is: a question in words, and the query that answers it."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent


@dataclass(frozen=True)
class Example:
    """`sql` is of `hoverlake sql`; its answer has exactly these `columns`. The date in it is the demo's."""

    question: str
    sql: str
    columns: tuple[str, ...]


def example(question: str, columns: str, sql: str) -> Example:
    """An example of `columns` in one line and of indented SQL."""
    return Example(question, dedent(sql).strip(), tuple(columns.split()))
