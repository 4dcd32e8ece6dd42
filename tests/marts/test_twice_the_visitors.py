"""Twice the visitors, each new one doing what an old one does: twice every number of every mart, so the same shares."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from jobs.config import Settings
from jobs.steps.driver_rows import DriverRows
from jobs.steps.folding import fold
from jobs.steps.ledger import Ledger
from jobs.steps.page_views_source import PageViews
from tests.marts.conftest import JOBS, NIGHT_DATES
from tests.marts.plain_ladder import Keys, Row
from tests.marts.small_night import HIST_EDGES_MS, page_views
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.derive import arrow_schema

pytestmark = pytest.mark.spark

#: The doubled night comes so much later that nothing reaches from one into the other: one aggregation makes both.
LATER = dt.timedelta(days=1000)
LATER_DATES = [date + LATER for date in NIGHT_DATES]
#: Visitors of the windows of reach are rounded to 10: twice a rounded number is at most 10 from the rounded double.
ROUNDED_TO = 10


def _later(view: Row, others: int) -> Row:
    """The page view `LATER`, of a visitor `others` further on."""
    shown = [v | {at: v[at] + LATER for at in ("started_at", "ended_at")} for v in view["visibility"]]
    return view | {
        "event_date": view["event_date"] + LATER,
        "started_at": view["started_at"] + LATER,
        "visibility": shown,
        "visitor_key": f"{int(view['visitor_key'], 16) + others:064x}",
    }


@pytest.fixture(scope="module")
def rows_by_mart(spark: SparkSession) -> dict[str, list[Row]]:
    """All marts' rows at one visitor: of the small night, and of the doubled one."""
    views = page_views()
    both = [*views, *(_later(view, others) for view in views for others in (0, 1_000_000))]
    clean = spark.createDataFrame(pa.Table.from_pylist(both, schema=arrow_schema(PAGE_VIEWS.columns))).coalesce(1)
    settings = Settings(min_visitors=1, hist_edges_ms=HIST_EDGES_MS)
    ledger = Ledger([job.spec(settings) for job in JOBS.values()], HIST_EDGES_MS)
    dates = [*NIGHT_DATES, *LATER_DATES]
    inputs = ledger.inputs(
        PageViews(clean.persist(), DriverRows), {spec.name: spec.dates(dates, dates) for spec in ledger.specs}
    )
    rows = spark.createDataFrame(fold(inputs, ledger, settings.min_visitors).published.arrow())
    return {
        spec.name.removeprefix("mart."): [row.asDict() for row in ledger.rows_of(spec, rows).collect()]
        for spec in ledger.specs
    }


def _by_keys(rows: list[Row], grain: tuple[str, ...], back: dt.timedelta) -> dict[Keys, Row]:
    """Measures by the keys, days and minutes `back`."""
    return {
        tuple(row[n] - back if isinstance(row[n], dt.date) else row[n] for n in grain): {
            name: value for name, value in row.items() if name not in grain
        }
        for row in rows
    }


def _twice(value: Any) -> Any:
    if isinstance(value, list):
        return [2 * of for of in value]
    return 2 * value if isinstance(value, int) and not isinstance(value, bool) else value


@pytest.mark.parametrize("name", JOBS)
def test_twice_the_visitors_are_twice_the_numbers(rows_by_mart: dict[str, list[Row]], name: str) -> None:
    grain = JOBS[name].WRITES.grain
    rows = rows_by_mart[name]
    is_later = lambda row: row["event_date"] >= LATER_DATES[0]  # noqa: E731 one line says it

    once = _by_keys([row for row in rows if not is_later(row)], grain, dt.timedelta())
    doubled = _by_keys([row for row in rows if is_later(row)], grain, LATER)

    assert once and doubled.keys() == once.keys()
    for keys, row in once.items():
        rounded = {n for n in row if n.startswith("visitors_") and n.endswith("d")}
        assert doubled[keys] == {n: doubled[keys][n] if n in rounded else _twice(value) for n, value in row.items()}
        assert all(abs(doubled[keys][n] - 2 * row[n]) <= ROUNDED_TO for n in rounded)
        assert doubled[keys]["visitor_count"] == 2 * row["visitor_count"] > 0
