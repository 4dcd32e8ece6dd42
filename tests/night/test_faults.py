"""Faults made on purpose, each found by name; and nothing found where nothing is wrong.

Every fault's night lies on a date of its own, so that one audit and one profile look at all of them.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import gzip
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from pyspark.sql import SparkSession

from expectations.auditing import audit
from expectations.results import Result
from jobs.against_past import Past, against_past
from jobs.audit import look_at_page_views
from jobs.config import Settings
from jobs.simulator import simulate
from jobs.simulator.options import SimulationOptions
from jobs.steps.page_view_kernel import page_views
from jobs.steps.page_views_source import PageViews
from jobs.steps.profile import Measured
from tests.night.faults import JOB_FAULTS, PAGE, RAW_FAULTS, Fault, render
from tests.steps.beacon_table import beacon_table
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.derive import arrow_schema

DATE = dt.date(2026, 11, 20)
PAST_WEEKS = 5
PAGE_VIEW_COUNT = 400
SETTINGS = Settings(min_visitors=20)
SCHEMA = arrow_schema(PAGE_VIEWS.columns)
#: What landing sorts out is not what is looked at here.
OPTIONS = SimulationOptions(malformed_share=0, without_consent_share=0, late_share=0, conflicting_share=0)
#: A night of another seed than the past, with nothing done to it.
SOUND = Fault("nothing", "", lambda rows: rows)
FEW = (*RAW_FAULTS[0:6:2], *RAW_FAULTS[8:20:4], *JOB_FAULTS[:2])


def _beacons(date: dt.date, seed: int) -> list[dict[str, Any]]:
    """Accepted beacons of a simulated night."""
    with TemporaryDirectory() as folder:
        simulate(date, PAGE_VIEW_COUNT, seed, Path(folder), options=OPTIONS)
        texts = [gzip.decompress(path.read_bytes()) for path in sorted(Path(folder).glob("*/*.gz"))]
    return [json.loads(line) for text in texts for line in text.splitlines()]


@cache
def _tonight() -> list[dict[str, Any]]:
    return _beacons(DATE, 1)


def _made_of(beacons: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_batches([page_views(beacon_table(beacons), SETTINGS)]).cast(SCHEMA)


def _of_fault(fault: Fault) -> pa.Table:
    if fault in JOB_FAULTS:
        return pa.Table.from_pylist(fault.change(_made_of(_tonight()).slice(0, 60).to_pylist()), schema=SCHEMA)
    return _made_of(fault.change(_tonight()))


def _moved(table: pa.Table, days: int) -> pa.Table:
    """The page views, so many days later."""
    by = dt.timedelta(days=days)
    for name, value in (
        ("event_date", pa.scalar(by, pa.duration("s"))),
        ("started_at", pa.scalar(by, pa.duration("us"))),
    ):
        number = table.column_names.index(name)
        column = table[name].cast(pa.timestamp("s")) if name == "event_date" else table[name]
        table = table.set_column(number, name, pc.add(column, value).cast(SCHEMA.field(name).type))
    return table


def _found(spark: SparkSession, faults: Sequence[Fault]) -> dict[str, list[Result]]:
    """Failures by fault."""
    past = [_made_of(_beacons(DATE - dt.timedelta(weeks=n), 10 + n)) for n in range(1, PAST_WEEKS + 1)]
    tonight = {DATE + dt.timedelta(weeks=n): fault for n, fault in enumerate(faults)}
    tables = [_moved(_of_fault(fault), (date - DATE).days) for date, fault in tonight.items()]
    frame = spark.createDataFrame(pa.concat_tables([*past, *tables]).combine_chunks()).repartition(4).persist()
    look = look_at_page_views(PageViews(frame), [*tonight], SETTINGS)
    audited, measured = audit([look.audited], SETTINGS.model_dump()), look.measured
    before = [Past(str(m.event_date), 0, m) for m in measured if m.event_date < DATE]
    return {
        fault.name: [
            *(result for result in audited if result.event_date == date and not result.success),
            *(result for result in _against(before, measured, date) if result.success is False),
        ]
        for date, fault in tonight.items()
    }


def _against(before: list[Past], measured: list[Measured], date: dt.date) -> list[Result]:
    now = [dataclasses.replace(m, event_date=DATE) for m in measured if m.event_date == date]
    return against_past(now, before, [DATE], DATE, SETTINGS)


def _missed(found: dict[str, list[Result]], faults: Sequence[Fault]) -> dict[str, list[str]]:
    """Faults that their check has not found, with what was found instead."""
    return {
        fault.name: [f"{r.severity} {r.expectation} {r.column_name}: {r.observed}" for r in found[fault.name]]
        for fault in faults
        if (fault.caught_by, fault.severity) not in {(r.expectation, r.severity) for r in found[fault.name]}
    }


@pytest.mark.spark
@pytest.mark.parametrize(
    "faults",
    [
        pytest.param(FEW, id="few"),
        pytest.param((*RAW_FAULTS, *JOB_FAULTS), id="all", marks=pytest.mark.matrix),
    ],
)
def test_every_fault_is_found_by_name_and_a_sound_night_raises_no_alarm(
    spark: SparkSession, faults: Sequence[Fault]
) -> None:
    found = _found(spark, [*faults, SOUND])

    assert _missed(found, faults) == {}
    assert [f"{r.severity} {r.expectation} {r.column_name}: {r.observed}" for r in found[SOUND.name]] == []


def test_the_page_of_faults_is_fresh_and_names_each_once() -> None:
    names = [fault.name for fault in (*RAW_FAULTS, *JOB_FAULTS)]

    assert len(set(names)) == len(names) >= 30
    assert PAGE.read_text(encoding="utf-8") == render(), "run make docs"
