"""The audit: every expectation of a table, run by Great Expectations on rows that are written but not published.

Results carry counts, never values.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from expectations.rules import CRITICAL, PIPELINE
from expectations.suites import Expectation, expectations_of
from warehouse_schema.table import Table

if TYPE_CHECKING:
    from great_expectations.core.batch_definition import BatchDefinition
    from great_expectations.data_context.data_context.ephemeral_data_context import EphemeralDataContext
    from great_expectations.datasource.fluent.interfaces import Batch
    from great_expectations.expectations.expectation import BatchExpectation
    from pyspark.sql import DataFrame

    from expectations.declared_rules import Counted

NOT_EVALUATED = "could not be evaluated"
#: Counts and shares, never a value of any column.
RESULT_FORMAT: dict[str, Any] = {"result_format": "SUMMARY", "partial_unexpected_count": 0}


@dataclass(frozen=True)
class Result:
    """One expectation on one date and what was seen.

    Counts are None where the expectation counts no rows; `success` is None where nothing could be judged.
    """

    table_name: str
    event_date: dt.date
    expectation: str
    column_name: str
    severity: str
    success: bool | None
    observed: str | None
    threshold: str | None
    unexpected_count: int | None
    row_count: int | None
    meaning: str
    owner: str = PIPELINE

    @property
    def is_critical_failure(self) -> bool:
        """Whether it keeps what it is about from being published."""
        return self.success is False and self.severity == CRITICAL

    @property
    def told(self) -> str:
        """The failure in one line: where, what, seen, expected, and what it means."""
        on = f" on {self.column_name}" if self.column_name != "*" else ""
        return (
            f"{self.table_name} {self.event_date} {self.expectation}{on}: observed {self.observed}, "
            f"expected {self.threshold or 'none broken'}. {self.meaning}"
        )


@dataclass(frozen=True)
class Audited:
    """Rows of a table to audit, and the dates they were made for, one at least; `date` is the SQL of a row's date."""

    rows: DataFrame
    table: Table
    dates: Sequence[dt.date]
    date: str = "event_date"

    def __post_init__(self) -> None:
        """ValueError without dates: an error in an expectation would be told on none."""
        if not self.dates:
            raise ValueError(f"{self.table.name}: no dates to audit")


def audit(tables: Sequence[Audited], thresholds: Mapping[str, Any]) -> list[Result]:
    """Run each table's expectations on its rows; a raised error inside one is a failure of it, never a pass.

    Tables are independent and most of each is waiting: they are audited together, with a data source and so a Spark
    engine of its own for each. Results come in the order of `tables`, for each expectation by date.
    """
    batches = [_batch(audited.rows, audited.table) for audited in tables]
    with ThreadPoolExecutor(max(1, len(tables))) as pool:
        done = pool.map(lambda batch, audited: _audit(batch, audited, thresholds), batches, tables)
        return [result for results in done for result in results]


def _audit(batch: Batch, audited: Audited, thresholds: Mapping[str, Any]) -> list[Result]:
    """Rules are looked at together. Where that raises an error, one rule may have kept it from all others: then each
    is looked at again by itself."""
    wanted = expectations_of(audited.table, thresholds)
    seen = _validate(batch, audited, wanted, _together(wanted, audited.date))
    raised = [number for number, results in enumerate(seen) if results[0].observed == NOT_EVALUATED]
    if raised:
        again = [wanted[number] for number in raised]
        alone = _validate(batch, audited, again, _one_by_one(again, audited.date))
        seen = [alone.pop(0) if number in raised else results for number, results in enumerate(seen)]
    return [result for results in seen for result in results]


def _together(wanted: Sequence[Expectation], date: str) -> list[BatchExpectation]:
    """Expectations that share one query wherever there is SQL for them."""
    from expectations.declared_rules import ExpectNoRowToBreakRule, counting_query

    counted = {number: found for number, expectation in enumerate(wanted) if (found := _counted(expectation))}
    query, positions = counting_query([*counted.values()], date), {n: place for place, n in enumerate(counted)}
    return [
        ExpectNoRowToBreakRule(query=query, position=positions[number], meta={"number": number})
        if number in positions
        else _shipped(expectation, number)
        for number, expectation in enumerate(wanted)
    ]


def _one_by_one(wanted: Sequence[Expectation], date: str) -> list[BatchExpectation]:
    """Each for itself: rules in a query of their own, all others as Great Expectations ships them."""
    from expectations.declared_rules import ExpectNoRowToBreakRule, counted, counting_query

    return [
        ExpectNoRowToBreakRule(
            query=counting_query([counted(expectation.rule)], date), position=0, meta={"number": number}
        )
        if expectation.rule
        else _shipped(expectation, number)
        for number, expectation in enumerate(wanted)
    ]


def _counted(expectation: Expectation) -> Counted | None:
    from expectations.declared_rules import COUNTS, counted

    if expectation.rule:
        return counted(expectation.rule)
    return COUNTS[expectation.name](**expectation.arguments) if expectation.name in COUNTS else None


def _shipped(expectation: Expectation, number: int) -> BatchExpectation:
    import great_expectations.expectations as gxe

    made: BatchExpectation = getattr(gxe, expectation.name)(**expectation.arguments, meta={"number": number})
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
    batch: Batch, audited: Audited, wanted: Sequence[Expectation], asked: Sequence[BatchExpectation]
) -> list[list[Result]]:
    """Results by date, in the order of `wanted`; `asked` are the same expectations in the words of Great Expectations."""
    import great_expectations as gx

    suite = gx.ExpectationSuite(name=audited.table.name, expectations=asked)
    outcomes = batch.validate(suite, result_format=RESULT_FORMAT)
    numbered = {o.expectation_config.meta["number"]: o for o in outcomes.results if o.expectation_config}
    return [_results(audited, expectation, numbered[number]) for number, expectation in enumerate(wanted)]


def _results(audited: Audited, expectation: Expectation, outcome: Any) -> list[Result]:
    """One result for each date, also for those without rows. What was not counted by date is so on all of them."""
    details = outcome.result or {}
    by_date = (details.get("details") or {}).get("dates")
    if by_date is None:
        observed = NOT_EVALUATED if _raised(outcome.exception_info or {}) else _observed(details)
        counts = details.get("unexpected_count"), details.get("element_count")
        return [_result(audited, expectation, date, bool(outcome.success), observed, *counts) for date in audited.dates]
    counted = {
        date["date"] and dt.date.fromisoformat(date["date"]): (date["broken"], date["row_count"]) for date in by_date
    }
    # A row without a date may be of any of them.
    dateless = counted.pop(None, (0, 0))
    found = {date: _added(counted.get(date, (0, 0)), dateless) for date in sorted({*audited.dates, *counted})}
    return [
        _result(audited, expectation, date, not broken, None, broken, rows) for date, (broken, rows) in found.items()
    ]


def _added(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    return a[0] + b[0], a[1] + b[1]


def _result(
    audited: Audited,
    expectation: Expectation,
    date: dt.date,
    success: bool,
    observed: str | None,
    unexpected_count: int | None,
    row_count: int | None,
) -> Result:
    return Result(
        table_name=audited.table.name,
        event_date=date,
        expectation=expectation.name,
        column_name=expectation.column_name,
        severity=expectation.severity,
        success=success,
        observed=observed if unexpected_count is None else f"{unexpected_count} of {row_count} rows",
        threshold=expectation.threshold,
        unexpected_count=unexpected_count,
        row_count=row_count,
        meaning=expectation.meaning,
        owner=expectation.owner,
    )


def _raised(exception_info: dict[str, Any]) -> bool:
    """True if the expectation raised an error, or any metric that it needs (these are listed by metric)."""
    by_metric = [info for info in exception_info.values() if isinstance(info, dict)]
    return any(info.get("raised_exception", False) for info in [exception_info, *by_metric])


def _observed(details: dict[str, Any]) -> str | None:
    return str(details["observed_value"]) if "observed_value" in details else None
