"""Base expectations of a table, from its declaration: not null, range, allowed set, unique over the grain.

Run by Great Expectations on rows that are written but not published. Results carry counts, never values.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from warehouse_schema.table import Column, Table

if TYPE_CHECKING:
    from great_expectations.core.batch_definition import BatchDefinition
    from great_expectations.core.result_format import ResultFormatUnion
    from great_expectations.data_context.data_context.ephemeral_data_context import EphemeralDataContext
    from great_expectations.datasource.fluent.interfaces import Batch
    from great_expectations.expectations.expectation import BatchExpectation
    from pyspark.sql import DataFrame

CRITICAL = "critical"
NOT_EVALUATED = "could not be evaluated"


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


def audit(tables: Sequence[tuple[DataFrame, Table]]) -> list[Result]:
    """Run each table's expectations on its rows; a raised error inside one is a failure of it, never a pass.

    Tables are independent and most of each is waiting: they are audited together, with a data source and so a Spark
    engine of its own for each. Results come in the order of `tables`.
    """
    batches = [_batch(rows, table) for rows, table in tables]
    with ThreadPoolExecutor(max(1, len(tables))) as pool:
        audited = pool.map(lambda batch, table: _audit(batch, table[1]), batches, tables)
        return [result for results in audited for result in results]


def _audit(batch: Batch, table: Table) -> list[Result]:
    """Rules are looked at together first; what fails is looked at again by itself, to say how much of it there is.

    A broken rule stays broken, whatever the second look says. Where the first look raised an error, one rule may have
    kept it from all others: those are judged by the second.
    """
    wanted = base_expectations(table)
    first = _validate(batch, table, wanted, _together(wanted), {"result_format": "BOOLEAN_ONLY"})
    failed = [number for number, result in enumerate(first) if not result.success]
    if failed:
        summary = {"result_format": "SUMMARY", "partial_unexpected_count": 0}
        again = [wanted[number] for number in failed]
        second = _validate(batch, table, again, _one_by_one(again), summary)
        for number, result in zip(failed, second, strict=True):
            could_look = first[number].observed != NOT_EVALUATED
            first[number] = replace(result, success=result.success and not could_look)
    return first


def _together(wanted: Sequence[Expectation]) -> list[BatchExpectation]:
    """Expectations that share one query wherever there is SQL for them."""
    from expectations.declared_rules import COUNTS, ExpectNoRowToBreakRule, counting_query

    rules = [expectation for expectation in wanted if expectation.kind in COUNTS]
    query = counting_query([(rule.kind, rule.arguments) for rule in rules])
    positions = {id(rule): position for position, rule in enumerate(rules)}
    return [
        ExpectNoRowToBreakRule(query=query, position=positions[id(expectation)], meta={"number": number})
        if id(expectation) in positions
        else _shipped(expectation, number)
        for number, expectation in enumerate(wanted)
    ]


def _one_by_one(wanted: Sequence[Expectation]) -> list[BatchExpectation]:
    return [_shipped(expectation, number) for number, expectation in enumerate(wanted)]


def _shipped(expectation: Expectation, number: int) -> BatchExpectation:
    import great_expectations.expectations as gxe

    made: BatchExpectation = getattr(gxe, expectation.kind)(**expectation.arguments, meta={"number": number})
    return made


@cache
def _context() -> EphemeralDataContext:
    """The process's context: making one takes longer than a small suite."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context


@cache
def _batch_definition(table_name: str) -> BatchDefinition[Any]:
    """An engine resolves what does not name its batch against the batch loaded last: one engine for each table."""
    source = _context().data_sources.add_spark(table_name, persist=False)
    return source.add_dataframe_asset(table_name).add_batch_definition_whole_dataframe("staged")


def _batch(rows: DataFrame, table: Table) -> Batch:
    return _batch_definition(table.name).get_batch({"dataframe": rows})


def _validate(
    batch: Batch,
    table: Table,
    wanted: Sequence[Expectation],
    asked: Sequence[BatchExpectation],
    result_format: ResultFormatUnion,
) -> list[Result]:
    """Results in the order of `wanted`; `asked` are the same expectations in the words of Great Expectations."""
    import great_expectations as gx

    outcomes = batch.validate(gx.ExpectationSuite(name=table.name, expectations=asked), result_format=result_format)
    numbered = {o.expectation_config.meta["number"]: o for o in outcomes.results if o.expectation_config}
    return [_result(table, expectation, numbered[number]) for number, expectation in enumerate(wanted)]


def _result(table: Table, expectation: Expectation, outcome: Any) -> Result:
    details = outcome.result or {}
    unexpected = details.get("unexpected_count")
    observed = NOT_EVALUATED if _raised(outcome.exception_info or {}) else _observed(details)
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


def _raised(exception_info: dict[str, Any]) -> bool:
    """True if the expectation raised an error, or any metric that it needs (these are listed by metric)."""
    by_metric = [info for info in exception_info.values() if isinstance(info, dict)]
    return any(info.get("raised_exception", False) for info in [exception_info, *by_metric])


def _observed(details: dict[str, Any]) -> str | None:
    if "unexpected_count" in details:
        return f"{details['unexpected_count']} of {details.get('element_count')} rows"
    return str(details["observed_value"]) if "observed_value" in details else None
