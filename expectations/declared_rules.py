"""All rules of a table as one Great Expectations metric: one Spark query counts the rows that break each, by date.

The expectations that Great Expectations ships ask Spark one by one, with some forty calls for each rule and several
jobs for each table: with hundreds of rules the audit would be most of a small night. Here they share one query.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.execution_engine.sparkdf_execution_engine import SparkDFExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider

from expectations.rules import Rule


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


@dataclass(frozen=True)
class Broken:
    """SQL that is true of a row that breaks the rule; with `each`, of any entry of that list, which only DuckDB is asked
    (`nested_rules`). `beside` as in `Rule`."""

    condition: str
    each: str | None = None
    beside: str | None = None


@dataclass(frozen=True)
class Repeated:
    """Rows that share all these columns with another row break the rule: of these each counts."""

    columns: tuple[str, ...]


Counted = Broken | Repeated
#: Stands for the batch in a query: pyspark reads braces as names of DataFrames, and rules may have some of their own.
_BATCH = "__batch__"


def counted(rule: Rule) -> Broken:
    """How rows that break a rule are found."""
    return Broken(f"NOT ({rule.holds})", rule.each, rule.beside)


def counting_query(rules: Sequence[Counted], date: str) -> str:
    """SQL for `BrokenRows` over {batch}, rules in their order; `date` is the SQL of a row's date."""
    found = [rule for rule in rules if isinstance(rule, Broken)]
    columns = [f"{date} AS date", *dict.fromkeys(rule.beside for rule in found if rule.beside)]
    sums = [f"count_if({rule.condition}) AS c{n}" for n, rule in enumerate(rules) if isinstance(rule, Broken)]
    joins = [f"LEFT JOIN ({_repeated(r, date)}) AS r{n} ON counted.date <=> r{n}.date" for n, r in _repeats(rules)]
    counts = [f"c{n}" if isinstance(rule, Broken) else f"coalesce(r{n}.row_count, 0L)" for n, rule in enumerate(rules)]
    rows = f"SELECT *, {', '.join(columns)} FROM {_BATCH}"
    per_date = f"SELECT {', '.join(['date', 'count(*) AS row_count', *sums])} FROM ({rows}) GROUP BY date"
    query = (
        f"SELECT counted.date, counted.row_count, CAST(array({', '.join(counts)}) AS ARRAY<BIGINT>) AS broken "
        f"FROM ({per_date}) AS counted {' '.join(joins)}"
    )
    return query.replace("{", "{{").replace("}", "}}").replace(_BATCH, "{batch}")


def _repeats(rules: Sequence[Counted]) -> list[tuple[int, Repeated]]:
    return [(n, rule) for n, rule in enumerate(rules) if isinstance(rule, Repeated)]


def _repeated(rule: Repeated, date: str) -> str:
    same = f"SELECT {date} AS date, count(*) AS row_count FROM {_BATCH} GROUP BY {date}, {', '.join(rule.columns)}"
    return f"SELECT date, sum(row_count) AS row_count FROM ({same}) WHERE row_count > 1 GROUP BY date"


def _not_null(column: str) -> Broken:
    return Broken(f"{column} IS NULL")


def _between(column: str, min_value: float | None, max_value: float | None) -> Broken:
    bounds = [("<=", max_value), (">=", min_value)]
    inside = " AND ".join(f"{column} {sign} {bound}" for sign, bound in bounds if bound is not None)
    return Broken(f"NOT ({inside})")


def _literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def not_in_set(column: str, value_set: Sequence[str], literal: Callable[[str], str] = _literal) -> Broken:
    """A value that is not one of these; `literal` writes one in the words of the engine, Spark's by default."""
    return Broken(f"{column} NOT IN ({', '.join(map(literal, value_set))})")


def _unique(column_list: Sequence[str]) -> Repeated:
    return Repeated(tuple(column_list))


#: Shipped expectations that have SQL here. Counts are theirs: NULL breaks no rule but that against it.
COUNTS: dict[str, Callable[..., Counted]] = {
    "ExpectColumnValuesToNotBeNull": _not_null,
    "ExpectColumnValuesToBeBetween": _between,
    "ExpectColumnValuesToBeInSet": not_in_set,
    "ExpectCompoundColumnsToBeUnique": _unique,
}
