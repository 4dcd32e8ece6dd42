"""Base expectations of a table, from its declaration: not null, range, allowed set, unique over the grain.

Run by Great Expectations on rows that are written but not published. Results carry counts, never values.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from warehouse_schema.table import Column, Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

CRITICAL = "critical"


@dataclass(frozen=True)
class Result:
    """One expectation and what was seen; `unexpected_count` is None where the expectation counts no rows."""

    table_name: str
    expectation: str
    column_name: str
    severity: str
    success: bool
    observed: str | None
    threshold: str | None
    unexpected_count: int | None
    meaning: str


@dataclass(frozen=True)
class Expectation:
    """An expectation by its Great Expectations name, with what has gone wrong if it fails."""

    kind: str
    column_name: str
    arguments: dict[str, Any]
    meaning: str
    severity: str = CRITICAL


def base_expectations(table: Table) -> list[Expectation]:
    """What the declaration alone promises of the table's flat columns."""
    expectations = [
        Expectation(
            "ExpectTableColumnsToMatchSet",
            "*",
            {"column_set": table.column_names, "exact_match": True},
            "The table has other columns than it declares.",
        )
    ]
    for column in table.columns:
        expectations += _of_column(column)
    if table.grain:
        expectations.append(
            Expectation(
                "ExpectCompoundColumnsToBeUnique",
                ", ".join(table.grain),
                {"column_list": list(table.grain)},
                f"Two rows stand for one {table.one_row_per}: something was counted twice.",
            )
        )
    return expectations


def _of_column(column: Column) -> list[Expectation]:
    arguments = {"column": column.name}
    found = []
    if not column.nullable:
        found.append(
            Expectation(
                "ExpectColumnValuesToNotBeNull",
                column.name,
                arguments,
                f"{column.name} is NULL where it has no meaning.",
            )
        )
    if column.low is not None or column.high is not None:
        found.append(
            Expectation(
                "ExpectColumnValuesToBeBetween",
                column.name,
                arguments | {"min_value": column.low, "max_value": column.high},
                f"{column.name} lies outside what is possible.",
            )
        )
    if column.allowed:
        found.append(
            Expectation(
                "ExpectColumnValuesToBeInSet",
                column.name,
                arguments | {"value_set": list(column.allowed)},
                f"{column.name} has a value that the declaration does not know.",
            )
        )
    return found


def audit(rows: DataFrame, table: Table) -> list[Result]:
    """Run the table's expectations on `rows`; a raised error inside one is a failure of it, never a pass.

    Looking for true or false is twice as fast as counting; only expectations that failed are run again, to count.
    """
    wanted = base_expectations(table)
    held = _validate(rows, table, wanted, {"result_format": "BOOLEAN_ONLY"})
    results = {number: _result(table, wanted[number], outcome) for number, outcome in held.items()}
    failed = [number for number, result in results.items() if not result.success]
    if failed:
        summary = {"result_format": "SUMMARY", "partial_unexpected_count": 0}
        again = _validate(rows, table, [wanted[number] for number in failed], summary)
        results |= {failed[i]: _result(table, wanted[failed[i]], outcome) for i, outcome in again.items()}
    return [results[number] for number in sorted(results)]


def _validate(
    rows: DataFrame, table: Table, wanted: list[Expectation], result_format: dict[str, Any]
) -> dict[int, Any]:
    """Outcome per number in `wanted`."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    import great_expectations.expectations as gxe
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    source = context.data_sources.add_spark("audit", persist=False)
    batch = source.add_dataframe_asset(table.name).add_batch_definition_whole_dataframe("staged")
    suite = gx.ExpectationSuite(name=table.name)
    for number, expectation in enumerate(wanted):
        suite.add_expectation(getattr(gxe, expectation.kind)(**expectation.arguments, meta={"number": number}))
    outcomes = batch.get_batch({"dataframe": rows}).validate(suite, result_format=result_format)
    return {
        outcome.expectation_config.meta["number"]: outcome for outcome in outcomes.results if outcome.expectation_config
    }


def _result(table: Table, expectation: Expectation, outcome: Any) -> Result:
    details = outcome.result or {}
    unexpected = details.get("unexpected_count")
    raised = (outcome.exception_info or {}).get("raised_exception", False)
    observed = "could not be evaluated" if raised else _observed(details)
    threshold = {k: v for k, v in expectation.arguments.items() if k not in ("column", "column_list", "column_set")}
    return Result(
        table_name=table.name,
        expectation=expectation.kind,
        column_name=expectation.column_name,
        severity=expectation.severity,
        success=bool(outcome.success),
        observed=observed,
        threshold=str(threshold) if threshold else None,
        unexpected_count=None if unexpected is None else int(unexpected),
        meaning=expectation.meaning,
    )


def _observed(details: dict[str, Any]) -> str | None:
    if "unexpected_count" in details:
        return f"{details['unexpected_count']} of {details.get('element_count')} rows"
    return str(details["observed_value"]) if "observed_value" in details else None
