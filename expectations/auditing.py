"""The audit: every expectation of a table, run by Great Expectations on rows that are written but not published."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from expectations.catalog import NESTED
from expectations.conditions import COUNTS, Counted, counted, counting_query
from expectations.nested_rules import NAME, QUERY, in_batches, rules_question
from expectations.results import NOT_EVALUATED, Result, results_of
from expectations.suites import Expectation, expectations_of
from jobs.steps.questions import answers, ask
from warehouse_schema.table import Table

if TYPE_CHECKING:
    from great_expectations.datasource.fluent.interfaces import Batch
    from great_expectations.expectations.expectation import BatchExpectation
    from pyspark.sql import DataFrame


#: Counts and shares, never a value of any column.
RESULT_FORMAT: dict[str, Any] = {"result_format": "SUMMARY", "partial_unexpected_count": 0}


@dataclass(frozen=True)
class Audited:
    """Rows of a table to audit, and the dates they were made for, one at least; `date` is the SQL of a row's date.

    `lines` are answers to `rules_question`, for a nested table whose rows have been asked with other questions before.
    """

    rows: DataFrame
    table: Table
    dates: Sequence[dt.date]
    date: str = "event_date"
    lines: pa.Table | None = None

    def __post_init__(self) -> None:
        """ValueError without dates: an error in an expectation would be told on none."""
        if not self.dates:
            raise ValueError(f"{self.table.name}: no dates to audit")


@dataclass(frozen=True)
class _Look:
    """Expectations of one table, by their place in its suite, that are asked of one batch."""

    audited: Audited
    batch: Batch
    wanted: Mapping[int, Expectation]
    is_of_lines: bool = False


def audit(tables: Sequence[Audited], thresholds: Mapping[str, Any]) -> list[Result]:
    """Run each table's expectations on its rows; a raised error inside one is a failure of it, never a pass.

    Tables are independent and most of each is waiting: they are audited together, with a data source and so a Spark
    engine of its own for each. Results come in the order of `tables`, for each expectation by date.
    """
    looks = [(place, look) for place, audited in enumerate(tables) for look in _looks(audited, thresholds)]
    with ThreadPoolExecutor(max(1, len(looks))) as pool:
        seen = pool.map(lambda placed: _looked(placed[1]), looks)
        found = {
            (place, number): results
            for (place, _), numbered in zip(looks, seen, strict=True)
            for number, results in numbered.items()
        }
    return [result for _, results in sorted(found.items(), key=lambda item: item[0]) for result in results]


def _looks(audited: Audited, thresholds: Mapping[str, Any]) -> list[_Look]:
    """One at all rows; of a nested table, what single rows tell is counted in batches, and looked at there."""
    from expectations.gx_batches import batch_of

    table, wanted = audited.table, expectations_of(audited.table, thresholds)
    if table.name not in NESTED:
        return [_Look(audited, batch_of(audited.rows, table.name), dict(enumerate(wanted)))]
    found = ask(audited.rows, rules_question(table, thresholds)) if audited.lines is None else audited.lines
    lines = audited.rows.sparkSession.createDataFrame(answers(found, NAME))
    of_single_rows = in_batches(wanted)
    parted = [{n: e for n, e in enumerate(wanted) if (n in of_single_rows) is of_lines} for of_lines in (False, True)]
    return [
        _Look(audited, batch_of(audited.rows, table.name), parted[0]),
        _Look(audited, batch_of(lines, f"{table.name} in batches"), parted[1], is_of_lines=True),
    ]


def _looked(look: _Look) -> dict[int, list[Result]]:
    """Rules are looked at together. Where that raises an error, one rule may have kept it from all others: then each
    is looked at again by itself. Batches have done so already."""
    if look.is_of_lines:
        return _validate(look, _of_lines(look.wanted))
    seen = _validate(look, _together(look.wanted, look.audited.date))
    raised = {n: look.wanted[n] for n, results in seen.items() if results[0].observed == NOT_EVALUATED}
    if raised:
        again = _Look(look.audited, look.batch, raised)
        seen |= _validate(again, _one_by_one(raised, look.audited.date))
    return seen


def _of_lines(wanted: Mapping[int, Expectation]) -> list[BatchExpectation]:
    """Rules whose counts stand in lines, in their order."""
    from expectations.declared_rules import ExpectNoRowToBreakRule

    return [
        ExpectNoRowToBreakRule(query=QUERY, position=place, meta={"number": number})
        for place, number in enumerate(wanted)
    ]


def _together(wanted: Mapping[int, Expectation], date: str) -> list[BatchExpectation]:
    """Expectations that share one query wherever there is SQL for them."""
    from expectations.declared_rules import ExpectNoRowToBreakRule

    found = {number: sql for number, expectation in wanted.items() if (sql := _counted(expectation))}
    query, positions = counting_query([*found.values()], date), {n: place for place, n in enumerate(found)}
    return [
        ExpectNoRowToBreakRule(query=query, position=positions[number], meta={"number": number})
        if number in positions
        else _shipped(expectation, number)
        for number, expectation in wanted.items()
    ]


def _one_by_one(wanted: Mapping[int, Expectation], date: str) -> list[BatchExpectation]:
    """Each for itself: rules in a query of their own, all others as Great Expectations ships them."""
    from expectations.declared_rules import ExpectNoRowToBreakRule

    return [
        ExpectNoRowToBreakRule(
            query=counting_query([counted(expectation.rule)], date), position=0, meta={"number": number}
        )
        if expectation.rule
        else _shipped(expectation, number)
        for number, expectation in wanted.items()
    ]


def _counted(expectation: Expectation) -> Counted | None:
    if expectation.rule:
        return counted(expectation.rule)
    return COUNTS[expectation.name](**expectation.arguments) if expectation.name in COUNTS else None


def _shipped(expectation: Expectation, number: int) -> BatchExpectation:
    import great_expectations.expectations as gxe

    made: BatchExpectation = getattr(gxe, expectation.name)(**expectation.arguments, meta={"number": number})
    return made


def _validate(look: _Look, asked: Sequence[BatchExpectation]) -> dict[int, list[Result]]:
    """Results by date for each place in the suite; `asked` are what is wanted in the words of Great Expectations."""
    import great_expectations as gx

    table_name, dates = look.audited.table.name, look.audited.dates
    suite = gx.ExpectationSuite(name=table_name, expectations=asked)
    outcomes = look.batch.validate(suite, result_format=RESULT_FORMAT)
    numbered = {o.expectation_config.meta["number"]: o for o in outcomes.results if o.expectation_config}
    return {n: results_of(table_name, dates, expectation, numbered[n]) for n, expectation in look.wanted.items()}
