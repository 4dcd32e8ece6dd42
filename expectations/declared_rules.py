"""Rules of a declaration as one Great Expectations metric: one Spark query counts the rows that break each of them.

The expectations that Great Expectations ships ask Spark one by one, with some forty calls for each rule and several
jobs for each table: with hundreds of rules the audit would be most of a small night. Here they share one query; the
shipped ones are run on what failed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.execution_engine.sparkdf_execution_engine import SparkDFExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider


class BrokenRows(TableMetricProvider):
    """How many rows break each rule of `query`, a Spark SQL text over {batch} that gives one array of counts."""

    metric_name = "table.broken_rows"
    value_keys = ("query",)

    @metric_value(engine=SparkDFExecutionEngine)
    def _spark(  # type: ignore[no-untyped-def]  # called by name, with whatever the engine passes
        cls, execution_engine, metric_domain_kwargs, metric_value_kwargs, **_
    ) -> list[int]:
        rows, _domain, _accessor = execution_engine.get_compute_domain(
            metric_domain_kwargs, domain_type=MetricDomainTypes.TABLE
        )
        ((counts,),) = rows.sparkSession.sql(metric_value_kwargs["query"], batch=rows).collect()
        return list(counts)


class ExpectNoRowToBreakRule(BatchExpectation):
    """Holds if the count of the rule at `position` of `query` is 0; a count that is missing is a failure."""

    query: str
    position: int
    metric_dependencies: ClassVar[tuple[str, ...]] = ("table.broken_rows",)
    success_keys: ClassVar[tuple[str, ...]] = ("query", "position")

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: Any = None,
    ) -> dict[str, Any]:
        count = metrics["table.broken_rows"][self.position]
        return {"success": count == 0, "result": {"observed_value": count}}


def counting_query(rules: Sequence[tuple[str, dict[str, Any]]]) -> str:
    """SQL for `BrokenRows`, a count for each rule in their order; a rule is a shipped expectation's name and arguments.

    Counts are those of the shipped expectation: NULL breaks no rule but that against it, and of rows that share a
    grain each is one. KeyError for an expectation that has no SQL here.
    """
    return f"SELECT array({', '.join(COUNTS[kind](**arguments) for kind, arguments in rules)}) FROM {{batch}}"


def _not_null(column: str) -> str:
    return f"count_if({column} IS NULL)"


def _between(column: str, min_value: float | None, max_value: float | None) -> str:
    bounds = [("<=", max_value), (">=", min_value)]
    inside = " AND ".join(f"{column} {sign} {bound}" for sign, bound in bounds if bound is not None)
    return f"count_if(NOT ({inside}))"


def _in_set(column: str, value_set: Sequence[str]) -> str:
    known = ", ".join("'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'" for value in value_set)
    return f"count_if({column} NOT IN ({known}))"


def _unique(column_list: Sequence[str]) -> str:
    groups = f"SELECT count(*) AS row_count FROM {{batch}} GROUP BY {', '.join(column_list)}"
    return f"(SELECT coalesce(sum(row_count), 0) FROM ({groups}) WHERE row_count > 1)"


COUNTS: dict[str, Callable[..., str]] = {
    "ExpectColumnValuesToNotBeNull": _not_null,
    "ExpectColumnValuesToBeBetween": _between,
    "ExpectColumnValuesToBeInSet": _in_set,
    "ExpectCompoundColumnsToBeUnique": _unique,
}
