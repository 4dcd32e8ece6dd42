"""Rules of tables with lists of structs: DuckDB counts the rows that break them, batch by batch (`jobs.steps.questions`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from expectations.conditions import COUNTS, Broken, counted, not_in_set
from expectations.suites import Expectation, expectations_of
from jobs.steps.questions import Question
from warehouse_schema.table import Table

NAME = "rules"
#: SQL for `BrokenRows` over {batch}, which are lines: how many rows, then how many of them break each rule.
QUERY = (
    "SELECT event_date AS date, numbers[0] AS row_count, slice(numbers, 2, size(numbers) - 1) AS broken FROM {batch}"
)


def rules_question(table: Table, thresholds: Mapping[str, Any]) -> Question:
    """How many rows of each date there are, and how many break each rule that `in_batches`."""
    conditions = [_condition(broken) for broken in in_batches(expectations_of(table, thresholds)).values()]
    # count_if would be NULL where a condition is NULL on every row.
    counts = [f"count(*) FILTER (WHERE {condition})" for condition in conditions]
    return Question(NAME, ["count(*)", *counts], is_lenient=True)


def in_batches(wanted: Sequence[Expectation]) -> dict[int, Broken]:
    """Those that can be seen from single rows, by their place in `wanted`."""
    found = {number: _broken(expectation) for number, expectation in enumerate(wanted)}
    return {number: broken for number, broken in found.items() if broken}


def _broken(expectation: Expectation) -> Broken | None:
    if expectation.rule:
        return counted(expectation.rule)
    if expectation.name == "ExpectColumnValuesToBeInSet":
        return not_in_set(**expectation.arguments, literal=_literal)
    found = COUNTS[expectation.name](**expectation.arguments) if expectation.name in COUNTS else None
    return found if isinstance(found, Broken) else None


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _condition(broken: Broken) -> str:
    """SQL of DuckDB that is true of a row that breaks the rule."""
    if broken.each:
        return f"len(list_filter({broken.each}, lambda entry: {broken.condition})) > 0"
    return broken.condition
