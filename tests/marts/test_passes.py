"""Rows are gone over by the driver or by Spark: whoever does it, the same rows are published and hidden."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from jobs.config import Settings
from jobs.io import data_files as data_files_read
from jobs.io.warehouse import data_files
from jobs.steps import driver_rows, ledger_kernels
from jobs.steps.driver_rows import DriverRows
from jobs.steps.folding import fold
from jobs.steps.ledger import Ledger
from jobs.steps.ledger_kernels import BATCH_BYTES
from jobs.steps.page_views_source import PageViews
from jobs.steps.passes import Rows, SpreadRows
from jobs.steps.reconcile import Staged, mart_equations
from tests.marts.conftest import JOBS, KINDS, NIGHT_DATES, THRESHOLDS, Folded, Night
from tests.marts.small_night import HIST_EDGES_MS
from warehouse_schema.clean.page_views import PAGE_VIEWS

pytestmark = pytest.mark.spark


def _sorted(table: pa.Table) -> list[tuple[object, ...]]:
    """Rows in an order; on the driver, visitors and page views have short names."""
    nameless = table.drop_columns(["person", "page_view_id"])
    return sorted((tuple(row.values()) for row in nameless.to_pylist()), key=repr)


def _added(lines: pa.Table, ledger: Ledger) -> list[tuple[object, ...]]:
    """Amounts by row: what one page view gives to a row comes in as many lines as there were batches of it."""
    amounts = [*ledger.amounts, *ledger.bins]
    added = lines.group_by(ledger.keys).aggregate([(name, "sum") for name in amounts])
    return sorted((tuple(row.values()) for row in added.to_pylist()), key=repr)


@pytest.mark.parametrize(
    "min_visitors", [pytest.param(n, marks=[] if n == 5 else [pytest.mark.slow]) for n in THRESHOLDS]
)
def test_both_kinds_publish_and_hide_the_same(folds: Callable[[str, int, str], Folded], min_visitors: int) -> None:
    spread, driver = (folds(next(iter(JOBS)), min_visitors, kind).staged for kind in KINDS)

    assert _sorted(driver.rows.toArrow()) == _sorted(spread.rows.toArrow())
    assert _sorted(driver.unpublished) == _sorted(spread.unpublished)
    assert driver.rows.count() > 0


@pytest.mark.parametrize("kind", KINDS.values())
def test_without_page_views_nothing_is_published(night: Night, kind: type[Rows]) -> None:
    ledger = Ledger([job.spec(Settings()) for job in JOBS.values()], HIST_EDGES_MS)
    dates = {spec.name: NIGHT_DATES for spec in ledger.specs}
    folding = fold(ledger.inputs(PageViews(night.page_views.where("FALSE"), kind), dates), ledger, 5)

    assert folding.published.arrow().num_rows == 0
    assert folding.unpublished.schema == ledger.arrow_schema


@pytest.mark.parametrize(
    "kinds", [(SpreadRows, DriverRows), (DriverRows, SpreadRows)], ids=["driver last", "spread last"]
)
def test_what_is_written_takes_the_place_of_what_was(
    spark: SparkSession, night: Night, tmp_path: Path, kinds: tuple[type[Rows], type[Rows]]
) -> None:
    ledger = Ledger([job.spec(Settings()) for job in JOBS.values()], HIST_EDGES_MS)
    line = dict.fromkeys(ledger.columns) | {
        "mart": "mart.reach_daily",
        "event_date": NIGHT_DATES[0],
        "visitor_count": 7,
    }
    rows = spark.createDataFrame(pa.Table.from_pylist([line], ledger.arrow_schema))
    for kind in kinds:
        kind.of(rows).write(str(tmp_path), "_staging/ledger-0")

    found = spark.read.schema(ledger.schema).parquet(str(tmp_path / "_staging/ledger-0"))
    assert found.toArrow().to_pylist() == [line]


@pytest.mark.parametrize("batch_bytes", [BATCH_BYTES, 20_000], ids=["in one batch", "in batches by way of the disk"])
def test_page_views_read_from_their_files_are_those_of_spark(
    night: Night,
    folds: Callable[[str, int, str], Folded],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    batch_bytes: int,
) -> None:
    folder = str(tmp_path / PAGE_VIEWS.path)
    night.page_views.write.format("delta").partitionBy(*PAGE_VIEWS.partition_by).save(folder)
    ledger = folds(next(iter(JOBS)), 5, "spread").staged.ledger
    dates = {spec.name: spec.dates(NIGHT_DATES, NIGHT_DATES) for spec in ledger.specs}
    files = data_files(str(tmp_path), PAGE_VIEWS, ledger.read_dates(dates))
    for module in (driver_rows, ledger_kernels):
        monkeypatch.setattr(module, "BATCH_BYTES", batch_bytes)
    monkeypatch.setattr(data_files_read, "BATCH_ROWS", batch_bytes // 1000)

    clean = PageViews(night.page_views, DriverRows, str(tmp_path), files)
    folding = fold(ledger.inputs(clean, dates), ledger, 5)
    staged = Staged(ledger, dates, folding.published.frame(night.page_views.sparkSession), folding.unpublished)

    expected = folds(next(iter(JOBS)), 5, "spread")
    assert {file.date for file in files} == set(NIGHT_DATES)
    assert _sorted(folding.published.arrow()) == _sorted(expected.staged.rows.toArrow())
    assert _added(folding.unpublished, ledger) == _added(expected.staged.unpublished, ledger)
    assert all(equation.adds_up for equation in mart_equations(clean, [staged]))
