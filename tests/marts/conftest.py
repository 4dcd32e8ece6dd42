"""Every mart folded once per threshold: the tests only compare what was collected."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from typing import TYPE_CHECKING

import pytest

from jobs import hover_heatmap_daily, story_attention_daily, viewport_exposure_daily
from jobs.config import Settings
from jobs.steps.folding import fold_entries
from jobs.steps.reconcile import Equation, MartResult, mart_equations
from tests.marts.plain_ladder import Entry, EntryId, Keys, PlainMart, Row, climb
from tests.marts.plain_marts import MARTS
from tests.marts.small_night import HIST_EDGES_MS, page_views
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.derive import arrow_schema, spark_schema

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

JOBS = {
    "hover_heatmap_daily": hover_heatmap_daily,
    "viewport_exposure_daily": viewport_exposure_daily,
    "story_attention_daily": story_attention_daily,
}
THRESHOLDS = (1, 2, 5, 50)


@dataclass
class Night:
    """The small night as plain rows and as a DataFrame of clean.page_views."""

    rows: list[Row]
    page_views: DataFrame


@dataclass
class Folded:
    """A mart of the small night at one threshold: what the job made, the entries it was made from, and where the
    plain ladder publishes each."""

    mart: PlainMart
    min_visitors: int
    clean: list[Entry]
    rows: list[Row]
    step_of: dict[EntryId, str]
    result: MartResult = field(repr=False)
    equations: list[Equation] = field(repr=False)

    @property
    def counted(self) -> list[Entry]:
        """The entries in the mart's universe."""
        return [entry for entry in self.clean if entry.exclusion is None]

    def keys(self, row: Row) -> Keys:
        return tuple(row[name] for name in self.mart.grain)


@pytest.fixture(scope="session")
def night(spark: SparkSession) -> Iterator[Night]:
    import pyarrow as pa

    rows = page_views()
    table = pa.Table.from_pylist(rows, schema=arrow_schema(PAGE_VIEWS.columns))
    # A few hundred rows: every further partition only costs tasks.
    partitions = spark.conf.get("spark.sql.shuffle.partitions")
    spark.conf.set("spark.sql.shuffle.partitions", "1")
    yield Night(rows, spark.createDataFrame(table).coalesce(1).persist())
    spark.conf.set("spark.sql.shuffle.partitions", str(partitions))


@pytest.fixture(scope="session")
def folds(spark: SparkSession, night: Night) -> Callable[[str, int], Folded]:
    """A mart at a threshold, folded at the first call only: a fold costs seconds."""
    return cache(partial(fold_night, spark, night))


#: One case per mart by default, and one without any folding; the others are behind `make test-slow`.
DEFAULT = {
    ("hover_heatmap_daily", 5),
    ("viewport_exposure_daily", 5),
    ("story_attention_daily", 5),
    ("story_attention_daily", 1),
}
CASES = [
    pytest.param((name, n), marks=[] if (name.removeprefix("mart."), n) in DEFAULT else [pytest.mark.slow])
    for name in MARTS
    for n in THRESHOLDS
]


@pytest.fixture(scope="session", params=CASES, ids=[f"{name}-{n}" for name in MARTS for n in THRESHOLDS])
def folded(request: pytest.FixtureRequest, folds: Callable[[str, int], Folded]) -> Folded:
    return folds(*request.param)


def fold_night(spark: SparkSession, night: Night, name: str, min_visitors: int) -> Folded:
    """Fold the mart and collect everything that tests look at."""
    mart, job = MARTS[name], JOBS[name]
    settings = Settings(min_visitors=min_visitors, hist_edges_ms=HIST_EDGES_MS)
    spec = job.spec(settings)
    folding = fold_entries(night.page_views, spec, settings)
    rows = [row.asDict() for row in folding.published.collect()]
    # The night, too, adds up what it staged, not the plan that led there.
    schema = spark_schema(job.WRITES.columns)
    staged = spark.createDataFrame([tuple(row[n] for n in schema.names) for row in rows], schema)
    clean = mart.entries(night.rows)
    counted = [entry for entry in clean if entry.exclusion is None]
    step_of = climb(mart, counted, min_visitors).step_of
    result = MartResult(spec, staged, folding.unpublished)
    equations = mart_equations(night.page_views, [result])
    return Folded(mart, min_visitors, clean, rows, step_of, result, equations)
