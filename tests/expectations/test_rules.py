"""Every rule of every table: said in words, never broken by what the kernel makes, broken by what should break it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import string
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from pyspark.sql import SparkSession

import expectations
from expectations.auditing import Audited, audit
from expectations.catalog import OWN_RULES, rules_of
from expectations.results import Result
from expectations.rules import CRITICAL, PIPELINE, PRIVACY, TRACKER, WARNING, Rule
from expectations.suites import expectations_of
from jobs.config import Settings
from jobs.steps.page_view_kernel import page_views
from tests.expectations.broken_rows import (
    BEACON,
    BEACON_CASES,
    DATE,
    MART_CASES,
    PAGE_VIEW_CASES,
    Change,
    Row,
    cases_of_every_mart,
    mart_row,
    on_date,
    sound_page_view,
)
from tests.steps.beacon_table import beacon_table
from tests.steps.busy_night import busy_night
from tests.steps.strategies import RawBeacon, nights
from warehouse_schema import MARTS, TABLES, Table
from warehouse_schema.clean.beacons import BEACONS
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.derive import arrow_schema, rows

THRESHOLDS = Settings().model_dump()
#: Generated nights whose page views are held against the rules; some 20 page views in 10 nights.
NIGHTS = 150

every_rule = pytest.mark.parametrize(
    ("table", "rule"),
    [
        pytest.param(TABLES[name], rule, id=f"{name} {rule.name}")
        for name in OWN_RULES
        for rule in rules_of(TABLES[name])
    ],
)


@every_rule
def test_a_rule_says_what_has_gone_wrong_and_who_looks_into_it(table: Table, rule: Rule) -> None:
    assert rule.meaning.endswith(".")
    assert len(rule.meaning.split()) > 4
    assert rule.severity in (CRITICAL, WARNING)
    assert rule.owner in (PIPELINE, TRACKER, PRIVACY)
    named = {name for _, name, _, _ in string.Formatter().parse(rule.holds) if name}
    assert named <= set(Settings.model_fields)


def test_rules_have_names_of_their_own_in_their_table() -> None:
    for name in OWN_RULES:
        names = [expectation.name for expectation in expectations_of(TABLES[name], THRESHOLDS) if expectation.rule]
        assert len(set(names)) == len(names), name


def test_every_mart_and_page_view_has_a_file_of_rules_of_its_own_name() -> None:
    files = {path.stem for path in Path(expectations.__path__[0]).glob("*.py")}

    assert {table.name.split(".")[1] for table in (*MARTS, PAGE_VIEWS, BEACONS)} <= files
    assert set(OWN_RULES) == {table.name for table in (*MARTS, PAGE_VIEWS, BEACONS)}


def test_every_rule_is_broken_by_a_case() -> None:
    for name in OWN_RULES:
        assert {rule.name for rule in rules_of(TABLES[name])} == set(_cases(TABLES[name])), name


def _cases(table: Table) -> Mapping[str, Change]:
    if table.layer == "mart":
        return cases_of_every_mart(table) | MART_CASES[table.name]
    return PAGE_VIEW_CASES if table == PAGE_VIEWS else BEACON_CASES


def _sound(table: Table) -> Row:
    if table.layer == "mart":
        return mart_row(table)
    return sound_page_view() if table == PAGE_VIEWS else rows(BEACONS, BEACON)[0]


@dataclasses.dataclass(frozen=True)
class Night:
    """A table with a sound row on the first date, and one broken row on each date after it."""

    table: Table
    broken_on: dict[dt.date, str]
    rows: list[Row]

    def audited(self, spark: SparkSession) -> Audited:
        table = pa.Table.from_pylist(self.rows, schema=arrow_schema(self.table.columns))
        date = "start_date" if self.table == BEACONS else "event_date"
        return Audited(spark.createDataFrame(table).coalesce(1), self.table, [DATE, *self.broken_on], date)


def _night(table: Table) -> Night:
    sound = on_date(_sound(table), DATE)
    found, broken_on = [sound], {}
    for number, (name, change) in enumerate(_cases(table).items(), 1):
        date = DATE + dt.timedelta(days=number)
        broken = on_date(sound, date)
        change(broken)
        if name == "reach_falls_with_depth":
            found.append(on_date(sound, date))
        found.append(broken)
        broken_on[date] = name
    return Night(table, broken_on, found)


def _failed(results: list[Result]) -> dict[tuple[str, dt.date], set[str]]:
    failed: dict[tuple[str, dt.date], set[str]] = {}
    for result in results:
        if not result.success:
            failed.setdefault((result.table_name, result.event_date), set()).add(result.expectation)
    return failed


@pytest.mark.spark
def test_every_rule_fails_by_name_on_the_date_that_breaks_it_and_on_no_other(spark: SparkSession) -> None:
    made = [_night(TABLES[name]) for name in OWN_RULES]

    failed = _failed(audit([night.audited(spark) for night in made], THRESHOLDS))

    for night in made:
        assert (night.table.name, DATE) not in failed, failed[night.table.name, DATE]
        for date, name in night.broken_on.items():
            assert name in failed.get((night.table.name, date), set()), (night.table.name, name)


@pytest.mark.spark
def test_no_page_view_of_the_kernel_breaks_a_rule(spark: SparkSession) -> None:
    batches = [_page_views("busy", busy_night())]

    @settings(max_examples=NIGHTS)
    @given(nights())
    def collect(beacons: list[RawBeacon]) -> None:
        batches.append(_page_views(str(len(batches)), beacons))

    collect()
    made = pa.Table.from_batches(batches)

    results = audit([Audited(spark.createDataFrame(made).repartition(2), PAGE_VIEWS, [DATE])], THRESHOLDS)

    assert made.num_rows > NIGHTS
    assert sorted({(r.expectation, r.column_name) for r in results if not r.success}) == []
    assert {r.expectation for r in results} >= set(PAGE_VIEW_CASES)


def _page_views(night: str, beacons: list[RawBeacon]) -> pa.RecordBatch:
    """Page views of a generated night, whose visitors are no other night's."""
    renamed: list[dict[str, Any]] = [{**beacon, "visitor_id": f"{night} {beacon['visitor_id']}"} for beacon in beacons]
    return page_views(beacon_table(renamed), Settings())
