"""Pieces of the sentences that answers are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jobs.questions.question import Row
from jobs.report.words import share

CURSOR = "The cursor, not the gaze."
SCREEN = "Time on screen is not reading."


def and_list(parts: Sequence[str]) -> str:
    """Parts as prose: a; b; c."""
    return "; ".join(parts)


def told(sentence: str) -> str:
    """A sentence that begins with a capital letter."""
    return sentence[:1].upper() + sentence[1:]


def named(item: Any, topic: Any) -> str:
    """An item with its topic, where it is known."""
    return f"{item} ({topic})" if topic else str(item)


def measured(rows: Sequence[Row], column: str) -> list[Row]:
    """Rows with a number in the column: what is not measured is neither the most nor the least."""
    return [row for row in rows if row[column] is not None]


def best(rows: Sequence[Row], column: str) -> Row:
    """The row with the most of a column, at least one being measured."""
    return max(measured(rows, column), key=lambda row: float(row[column]))


def folded(part: float | None, what: str) -> str:
    """Which share of an amount cannot be told apart, because too few visitors are behind each row of it."""
    if not part:
        return f"No published {what} are in groups too small to tell apart."
    return f"Up to {share(part)} of all published {what} are in groups too small to tell apart."
