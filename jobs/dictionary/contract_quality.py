"""Expectations as quality rules of ODCS: what its library knows, rules as SQL of Spark, the rest as Great Expectations has it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from expectations.rules import PIPELINE, Rule
from expectations.suites import Expectation
from warehouse_schema.table import Column, Table

Json = dict[str, Any]

#: Base expectations about one column, which stand with it.
OF_ONE_COLUMN = {
    "ExpectColumnValuesToNotBeNull": "completeness",
    "ExpectColumnValuesToBeBetween": "conformity",
    "ExpectColumnValuesToBeInSet": "conformity",
}
OF_THE_TABLE = {"ExpectTableColumnsToMatchSet": "conformity", "ExpectCompoundColumnsToBeUnique": "uniqueness"}
#: Where a capital begins a word, not the first: Great Expectations stores expectations by such names.
SNAKE = re.compile(r"(?<!^)(?=[A-Z])")


def column_checks(column: Column, expectations: Sequence[Expectation]) -> Json:
    """`quality` of a column; nothing if nothing is expected of it alone."""
    own = [_check(e) for e in expectations if e.name in OF_ONE_COLUMN and e.column_name == column.name]
    return {"quality": own} if own else {}


def table_checks(table: Table, expectations: Sequence[Expectation]) -> list[Json]:
    """`quality` of the table: what is expected of whole rows, or of all of them."""
    return [_check(e, table) for e in expectations if e.name not in OF_ONE_COLUMN]


def _check(expectation: Expectation, table: Table | None = None) -> Json:
    """One rule; its owner is told where it is not who builds the tables."""
    dimension = (OF_ONE_COLUMN | OF_THE_TABLE).get(expectation.name, "consistency")
    shared: Json = {
        "name": expectation.name,
        "description": expectation.meaning,
        "dimension": dimension,
        "severity": expectation.severity,
    }
    if expectation.owner != PIPELINE:
        shared["customProperties"] = [{"property": "owner", "value": expectation.owner}]
    return shared | _how(expectation, table)


def _how(expectation: Expectation, table: Table | None) -> Json:
    """How it is checked: each counts rows that break it."""
    arguments = expectation.arguments
    if expectation.rule and table:
        return {"type": "sql", "query": _count_of_broken(expectation.rule, table), "mustBe": 0, "unit": "rows"}
    if expectation.name == "ExpectColumnValuesToNotBeNull":
        return _of_library("nullValues")
    if expectation.name == "ExpectColumnValuesToBeInSet":
        return _of_library("invalidValues", validValues=arguments["value_set"])
    if expectation.name == "ExpectCompoundColumnsToBeUnique":
        return _of_library("duplicateValues", properties=arguments["column_list"])
    told = {name: value for name, value in arguments.items() if value is not None}
    implementation = {"type": SNAKE.sub("_", expectation.name).lower(), "kwargs": told}
    return {"type": "custom", "engine": "great-expectations", "implementation": implementation}


def _of_library(metric: str, **arguments: Any) -> Json:
    how: Json = {"type": "library", "metric": metric}
    return how | ({"arguments": arguments} if arguments else {}) | {"mustBe": 0, "unit": "rows"}


def _count_of_broken(rule: Rule, table: Table) -> str:
    """SQL of Spark. Where a rule is NULL nothing is broken, and WHERE leaves such rows out by itself."""
    rows = f"(SELECT *, {rule.beside} FROM {table.name})" if rule.beside else table.name
    return f"SELECT count(*) FROM {rows} WHERE NOT ({rule.holds})"
