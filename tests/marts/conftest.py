"""Every mart folded once per threshold: the tests only compare what was collected."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from typing import TYPE_CHECKING

import pytest

from jobs.build import LEDGERS
from jobs.config import Settings
from jobs.steps.driver_rows import DriverRows
from jobs.steps.folding import fold
from jobs.steps.ledger import Ledger
from jobs.steps.marts import MartSpec
from jobs.steps.page_views_source import PageViews
from jobs.steps.passes import Rows, SpreadRows
from jobs.steps.reconcile import Equation, Staged, mart_equations
from tests.marts.plain_ladder import Entry, EntryId, Keys, PlainMart, Row, climb
from tests.marts.plain_marts import MARTS
from tests.marts.plain_marts_next import NIGHT_MARTS
from tests.marts.plain_marts_rows import NightMart
from tests.marts.small_night import CROWDS, HIST_EDGES_MS, page_views
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.derive import arrow_schema

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

#: All marts of a night by name, and their plain implementations.
JOBS = {job.WRITES.name.removeprefix("mart."): job for jobs in LEDGERS for job in jobs}
PLAIN = {mart.name.removeprefix("mart."): mart for mart in (*MARTS.values(), *NIGHT_MARTS.values())}
THRESHOLDS = (1, 2, 5, 50)
#: Where rows are gone over.
KINDS: dict[str, type[Rows]] = {"spread": SpreadRows, "driver": DriverRows}
NIGHT_DATES = sorted(CROWDS)


@dataclass
class Night:
    """The small night as plain rows and as a DataFrame of clean.page_views."""

    rows: list[Row]
    page_views: DataFrame


@dataclass
class Folded:
    """A mart of the small night at one threshold: what the job made, the entries it was made from, and where the
    plain ladder publishes each."""

    name: str
    mart: PlainMart | NightMart
    spec: MartSpec
    min_visitors: int
    clean: list[Entry]
    rows: list[Row]
    step_of: dict[EntryId, str]
    staged: Staged = field(repr=False)
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
def folds(spark: SparkSession, night: Night) -> Callable[[str, int, str], Folded]:
    """A mart at a threshold, by a kind of rows; all marts are folded together, at the first call only: a fold costs
    seconds."""
    fold_once = cache(partial(fold_night, spark, night))
    return lambda name, min_visitors, kind: fold_once(min_visitors, kind)[name]


#: One threshold of each kind by default; the others are behind `make test-slow`.
BY_DEFAULT = {(5, "spread"), (2, "driver")}
CASES = [
    pytest.param((name, n, kind), marks=[] if (n, kind) in BY_DEFAULT else [pytest.mark.slow], id=f"{name}-{n}-{kind}")
    for n in THRESHOLDS
    for kind in KINDS
    for name in JOBS
]


@pytest.fixture(scope="session", params=CASES)
def folded(request: pytest.FixtureRequest, folds: Callable[[str, int, str], Folded]) -> Folded:
    return folds(*request.param)


def fold_night(spark: SparkSession, night: Night, min_visitors: int, kind: str) -> dict[str, Folded]:
    """Fold all marts in one ledger and collect everything that tests look at."""
    settings = Settings(min_visitors=min_visitors, hist_edges_ms=HIST_EDGES_MS)
    ledger = Ledger([job.spec(settings) for job in JOBS.values()], HIST_EDGES_MS)
    dates = {spec.name: spec.dates(NIGHT_DATES, NIGHT_DATES) for spec in ledger.specs}
    clean = PageViews(night.page_views, KINDS[kind])
    folding = fold(ledger.inputs(clean, dates), ledger, min_visitors)
    # The night, too, adds up what it staged, not the plan that led there.
    rows = spark.createDataFrame(folding.published.arrow()).persist()
    staged = Staged(ledger, dates, rows, folding.unpublished)
    equations = mart_equations(clean, [staged])
    return {
        spec.name.removeprefix("mart."): _folded(night, spec, staged, equations, min_visitors) for spec in ledger.specs
    }


def _folded(night: Night, spec: MartSpec, staged: Staged, equations: list[Equation], min_visitors: int) -> Folded:
    name = spec.name.removeprefix("mart.")
    mart = PLAIN[name]
    rows = [row.asDict() for row in staged.ledger.rows_of(spec, staged.rows).collect()]
    for row in rows:
        # Spark gives instants without a time zone; the plain marts say UTC.
        row |= {key: value.replace(tzinfo=dt.UTC) for key, value in row.items() if isinstance(value, dt.datetime)}
    clean = list(mart.entries(night.rows))
    counted = [entry for entry in clean if entry.exclusion is None]
    step_of = climb(mart, counted, min_visitors).step_of
    own = [equation for equation in equations if equation.table_name == spec.name]
    return Folded(name, mart, spec, min_visitors, clean, rows, step_of, staged, own)
