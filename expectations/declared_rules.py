"""All rules of a table as one Great Expectations metric: one Spark query counts the rows that break each, by date.

The expectations that Great Expectations ships ask Spark one by one, with some forty calls for each rule and several
jobs for each table: with hundreds of rules the audit would be most of a small night. Here they share one query.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.execution_engine.sparkdf_execution_engine import SparkDFExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider


class BrokenRows(TableMetricProvider):
    """How many rows break each rule of `query`: a list of (date or None, rows, one count for each rule)."""

    metric_name = "table.broken_rows"
    value_keys = ("query",)

    @metric_value(engine=SparkDFExecutionEngine)
    def _spark(  # type: ignore[no-untyped-def]  # called by name, with whatever the engine passes
        cls, execution_engine, metric_domain_kwargs, metric_value_kwargs, **_
    ) -> list[OfDate]:
        rows, _domain, _accessor = execution_engine.get_compute_domain(
            metric_domain_kwargs, domain_type=MetricDomainTypes.TABLE
        )
        counted = rows.sparkSession.sql(metric_value_kwargs["query"], batch=rows).collect()
        return _by_date([(row["date"] and str(row["date"]), row["row_count"], list(row["broken"])) for row in counted])


#: A date or None, rows of it, and how many of them break each rule; None if that could not be evaluated.
OfDate = tuple[str | None, int, list[int | None]]


def _by_date(parts: Sequence[OfDate]) -> list[OfDate]:
    """Parts of a date's rows added up; what could not be evaluated in one part could not be at all."""
    totals: dict[str | None, OfDate] = {}
    for date, row_count, broken in parts:
        _, rows_before, before = totals.get(date, (date, 0, [0] * len(broken)))
        sums = [None if a is None or b is None else a + b for a, b in zip(before, broken, strict=True)]
        totals[date] = (date, rows_before + row_count, sums)
    return [*totals.values()]


class ExpectNoRowToBreakRule(BatchExpectation):
    """Holds if the count of the rule at `position` of `query` is 0 on every date.

    ValueError, which Great Expectations tells as a failure, for a rule that could not be evaluated.
    """

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
        dates = [
            {"date": date, "row_count": row_count, "broken": counts[self.position]}
            for date, row_count, counts in metrics["table.broken_rows"]
        ]
        if any(date["broken"] is None for date in dates):
            raise ValueError(f"rule {self.position} could not be evaluated on every row")
        broken = sum(date["broken"] for date in dates)
        return {"success": broken == 0, "result": {"observed_value": broken, "details": {"dates": dates}}}
