"""Build: event dates that new beacons touch are rebuilt whole, from clean.beacons to staged marts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs import (
    ad_attention_daily,
    feed_attention_daily,
    feed_visibility_minutes,
    hover_heatmap_daily,
    page_views,
    reach_daily,
    session_attention_daily,
    story_attention_daily,
    viewport_exposure_daily,
    zone_attention_daily,
)
from jobs.config import Settings
from jobs.io.delta import DeltaTables
from jobs.io.session import is_own, is_spread, suit_input
from jobs.io.store import table_uri
from jobs.io.sums import group_sums
from jobs.io.warehouse import data_files, stored_bytes
from jobs.publication import Publication
from jobs.steps.driver_rows import DriverRows
from jobs.steps.folding import fold
from jobs.steps.ledger import Ledger
from jobs.steps.marts import MartSpec, on_dates
from jobs.steps.page_views_source import PageViews
from jobs.steps.passes import SpreadRows
from jobs.steps.reconcile import BEACONS, Equation, Staged, build_equations, mart_equations

#: Stored page views (of some 20 million samples) below which a cluster's driver fetches them and goes over them alone.
FEW_STORED_BYTES = 64 * 1024 * 1024
#: Raw files beside what clean.beacons stores of them.
RAW_BYTES_PER_STORED = 1.5


class MartJob(Protocol):
    """A module of one mart."""

    def spec(self, settings: Settings) -> MartSpec:
        """How the mart comes from page views."""


#: Marts that share their queries: grids of many small cells; and what has distributions and many measures.
LEDGERS: tuple[tuple[MartJob, ...], ...] = (
    (hover_heatmap_daily, viewport_exposure_daily, feed_visibility_minutes),
    (
        *(zone_attention_daily, story_attention_daily, feed_attention_daily, ad_attention_daily),
        *(session_attention_daily, reach_daily),
    ),
)


def touched_dates(beacons: DataFrame, new_files: Sequence[str], landed_dates: Sequence[dt.date]) -> list[dt.date]:
    """Event dates to rebuild: start dates of new beacons, and all dates of page views that they belong to."""
    if not landed_dates:
        return []
    spans = page_views.spans(beacons, list(new_files)).where("is_touched and size(start_dates) > 1")
    straddled = spans.select(F.explode("start_dates").alias("date")).distinct().collect()
    return sorted({row["date"] for row in straddled} | set(landed_dates))


def start_dates(tables: DeltaTables, landed: str) -> set[dt.date]:
    """Start dates of the beacons that a predicate covers."""
    beacons = tables.read(page_views.READS).where(landed)
    return {row["start_date"] for row in beacons.select("start_date").distinct().collect()}


def suit_dates(tables: DeltaTables, dates: Collection[dt.date]) -> None:
    """Settings for building `dates`: a small landing can touch large ones."""
    stored = stored_bytes(tables.warehouse, page_views.READS, dates)
    suit_input(tables.spark, int(stored * RAW_BYTES_PER_STORED))


def window(beacons: DataFrame, dates: Sequence[dt.date], settings: Settings) -> DataFrame:
    """Beacons near `dates`: all beacons of one page view start within the late window of each other."""
    margin = dt.timedelta(days=settings.late_window_days + 1)
    return beacons.where(F.col("start_date").between(min(dates) - margin, max(dates) + margin))


def build_page_views(tables: DeltaTables, settings: Settings, dates: list[dt.date]) -> list[Equation]:
    """Rebuild clean.page_views of `dates` in one commit; returns the equations of its beacons."""
    beacons = window(tables.read(page_views.READS), dates, settings)
    spans = page_views.spans(beacons, [])
    counts, oversized, reaching = _survey(spans, dates, settings.max_visitor_beacons)
    every = inside = beacons.where(F.col("start_date").isin(dates))
    if reaching:
        outside = beacons.where(~F.col("start_date").isin(dates)).join(
            F.broadcast(spans.where("size(start_dates) > 1").select("visitor_key", "page_view_id")),
            on=["visitor_key", "page_view_id"],
            how="left_semi",
        )
        every = inside.unionByName(outside.select(*inside.columns))
    if oversized:
        # Before the shuffle by visitor, which brings all beacons of one into one task.
        every = every.join(
            page_views.of_oversized_visitors(spans, settings.max_visitor_beacons),
            on=["visitor_key", "page_view_id"],
            how="left_anti",
        ).select(*every.columns)
    rows = page_views.transform(every, settings, event_dates=dates)
    tables.replace(page_views.WRITES, rows, on_dates("event_date", dates))
    return build_equations(counts, oversized, beacon_sums(tables, dates))


def beacon_sums(tables: DeltaTables, dates: Collection[dt.date]) -> list[dict[str, Any]]:
    """Per event date: the beacons in its page views."""
    is_of_dates = pc.field("event_date").isin(sorted(dates))
    return group_sums(tables.warehouse, page_views.WRITES, ["event_date"], is_of_dates, list(BEACONS.values()))


def _survey(
    spans: DataFrame, dates: Sequence[dt.date], max_visitor_beacons: int
) -> tuple[dict[dt.date, int], dict[dt.date, int], bool]:
    """Beacons of the page views of each of `dates`; those of oversized visitors; whether any page view has beacons of
    several start dates."""
    visitors = page_views.visitors(spans)
    totals = visitors.groupBy("event_date").agg(
        F.expr("sum(beacon_count) AS beacon_count"),
        F.expr(f"coalesce(sum(IF(beacon_count > {max_visitor_beacons}, beacon_count, 0)), 0) AS oversized"),
        F.expr("max(start_dates) AS start_dates"),
    )
    rows = totals.collect()
    counts = {row["event_date"]: int(row["beacon_count"]) for row in rows if row["event_date"] in dates}
    oversized = {row["event_date"]: int(row["oversized"]) for row in rows if row["oversized"]}
    return counts, oversized, any(row["start_dates"] > 1 for row in rows)


def take_back_page_views(tables: DeltaTables, dates: Collection[dt.date], pinned: int | None) -> None:
    """Page views of `dates` as version `pinned` has them; without one there were none."""
    previous = tables.read(page_views.WRITES, pinned).where(
        on_dates("event_date", dates) if pinned is not None else "FALSE"
    )
    tables.replace(page_views.WRITES, previous, on_dates("event_date", dates))


def read_dates(tables: DeltaTables, dates: Sequence[dt.date]) -> DataFrame:
    """clean.page_views of `dates`, as just written."""
    return tables.read(page_views.WRITES).where(F.col("event_date").isin(list(dates)))


def stage_marts(tables: DeltaTables, settings: Settings, publication: Publication, staging: str) -> list[Staged]:
    """Aggregate every mart for the dates that it is published for, and write it as Parquet under `staging`, where no
    reader looks."""
    specs = [[job.spec(settings) for job in jobs] for jobs in LEDGERS]
    dates = {spec.name: publication.dates(spec) for own in specs for spec in own}

    def stage(number: int) -> Staged:
        ledger = Ledger([spec for spec in specs[number] if dates[spec.name]], settings.hist_edges_ms)
        mart_dates = {spec.name: dates[spec.name] for spec in ledger.specs}
        views = open_page_views(tables, ledger.read_dates(mart_dates))
        folding = fold(ledger.inputs(views, mart_dates), ledger, settings.min_visitors)
        folder = f"{staging}/ledger-{number}"
        folding.published.write(tables.warehouse, folder)
        rows = tables.spark.read.schema(ledger.schema).parquet(table_uri(tables.warehouse, folder))
        return Staged(ledger, mart_dates, rows, folding.unpublished)

    # Much of each is planning: together they keep the cores busy.
    with ThreadPoolExecutor(len(LEDGERS)) as pool:
        staged = list(pool.map(stage, [n for n, own in enumerate(specs) if any(dates[spec.name] for spec in own)]))
    tables.spark.catalog.clearCache()
    return staged


def open_page_views(tables: DeltaTables, dates: Collection[dt.date]) -> PageViews:
    """clean.page_views of `dates`: gone over by the driver where no other machine could help it, or where they are few."""
    frame = read_dates(tables, sorted(dates))
    if is_spread(tables.spark):
        return PageViews(frame)
    files = data_files(tables.warehouse, page_views.WRITES, dates)
    if is_own(tables.spark):
        return PageViews(frame, DriverRows, tables.warehouse, files)
    return PageViews(frame, DriverRows if sum(file.size_bytes for file in files) < FEW_STORED_BYTES else SpreadRows)


def equations_of_marts(tables: DeltaTables, staged: Sequence[Staged]) -> list[Equation]:
    """Staged marts beside the page views that they come from."""
    dates = {date for part in staged for date in part.ledger.read_dates(part.dates)}
    return mart_equations(open_page_views(tables, dates), staged)
