"""What is expected of a table: from its declaration not null, range, allowed set, unique over the grain; its own rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from expectations.catalog import rules_of
from expectations.rules import CRITICAL, PIPELINE, Rule
from warehouse_schema.table import Column, Struct, Table


@dataclass(frozen=True)
class Expectation:
    """An expectation by its Great Expectations name and arguments, or a `rule` of our own, with what has gone wrong if
    it fails."""

    name: str
    column_name: str
    meaning: str
    arguments: dict[str, Any] = field(default_factory=dict)
    rule: Rule | None = None
    severity: str = CRITICAL
    owner: str = PIPELINE

    @property
    def threshold(self) -> str | None:
        """What is expected, in SQL or as the arguments that are no columns."""
        if self.rule:
            return self.rule.holds
        named = {k: v for k, v in self.arguments.items() if k not in ("column", "column_list", "column_set")}
        return str(named) if named else None


def expectations_of(table: Table, thresholds: Mapping[str, Any]) -> list[Expectation]:
    """All expectations of a table: what its declaration says, then its own rules."""
    return [*base_expectations(table), *(_of_rule(rule.at(thresholds)) for rule in rules_of(table))]


def _of_rule(rule: Rule) -> Expectation:
    return Expectation(rule.name, rule.each or "*", rule.meaning, rule=rule, severity=rule.severity, owner=rule.owner)


def base_expectations(table: Table) -> list[Expectation]:
    """What the declaration alone promises of the table's flat columns."""
    expectations = [
        Expectation(
            "ExpectTableColumnsToMatchSet",
            "*",
            "The table has other columns than it declares.",
            {"column_set": list(_names(table)), "exact_match": True},
        )
    ]
    for column in table.columns:
        expectations += _of_column(column)
    if table.grain:
        expectations.append(
            Expectation(
                "ExpectCompoundColumnsToBeUnique",
                ", ".join(table.grain),
                f"Two rows stand for one {table.one_row_per}: something was counted twice.",
                {"column_list": list(table.grain)},
            )
        )
    return expectations


def _names(table: Table) -> Iterator[str]:
    """Names of columns as Great Expectations lists them: a struct's fields beside it."""
    for column in table.columns:
        yield column.name
        if isinstance(column.type, Struct):
            yield from (f"{column.name}.{field.name}" for field in column.type.fields)


def _of_column(column: Column) -> list[Expectation]:
    name, arguments = column.name, {"column": column.name}
    found = []
    if not column.nullable:
        meaning = f"{name} is NULL where it has no meaning."
        found.append(Expectation("ExpectColumnValuesToNotBeNull", name, meaning, arguments))
    if column.low is not None or column.high is not None:
        bounds = {"min_value": column.low, "max_value": column.high}
        meaning = f"{name} lies outside what is possible."
        found.append(Expectation("ExpectColumnValuesToBeBetween", name, meaning, arguments | bounds))
    if column.allowed:
        known = {"value_set": list(column.allowed)}
        meaning = f"{name} has a value that the declaration does not know."
        found.append(Expectation("ExpectColumnValuesToBeInSet", name, meaning, arguments | known))
    return found
