"""Build: event dates that new beacons touch are rebuilt whole, from clean.beacons to staged marts."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

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
from jobs.io.delta import DeltaTables, dates_predicate
from jobs.io.store import table_uri
from jobs.steps.folding import fold_entries
from jobs.steps.marts import MartSpec
from jobs.steps.reconcile import Equation, MartResult, build_equations
from warehouse_schema.derive import spark_schema


class MartJob(Protocol):
    """A module of one mart."""

    def spec(self, settings: Settings) -> MartSpec:
        """How the mart comes from page views."""


MART_JOBS: tuple[MartJob, ...] = (
    hover_heatmap_daily,
    viewport_exposure_daily,
    zone_attention_daily,
    story_attention_daily,
    feed_attention_daily,
    ad_attention_daily,
    feed_visibility_minutes,
    session_attention_daily,
    reach_daily,
)


def touched_dates(beacons: DataFrame, new_files: Sequence[str], landed_dates: Sequence[dt.date]) -> list[dt.date]:
    """Event dates to rebuild: start dates of new beacons, and all dates of page views that they belong to."""
    if not landed_dates:
        return []
    spans = page_views.spans(beacons, list(new_files)).where("is_touched and size(start_dates) > 1")
    straddled = spans.select(F.explode("start_dates").alias("date")).distinct().collect()
    return sorted({row["date"] for row in straddled} | set(landed_dates))


def window(beacons: DataFrame, dates: Sequence[dt.date], settings: Settings) -> DataFrame:
    """Beacons near `dates`: all beacons of one page view start within the late window of each other."""
    margin = dt.timedelta(days=settings.late_window_days + 1)
    return beacons.where(F.col("start_date").between(min(dates) - margin, max(dates) + margin))


def build_page_views(tables: DeltaTables, settings: Settings, dates: list[dt.date]) -> list[Equation]:
    """Rebuild clean.page_views of `dates` in one commit; returns the equations of its beacons."""
    beacons = window(tables.read(page_views.READS), dates, settings)
    spans = page_views.spans(beacons, []).persist()
    per_date = spans.where(F.col("event_date").isin(dates)).groupBy("event_date").agg(F.sum("beacon_count").alias("n"))
    counts = {row["event_date"]: int(row["n"]) for row in per_date.collect()}
    reaching = spans.where(F.size("start_dates") > 1).select("visitor_key", "page_view_id")
    inside = beacons.where(F.col("start_date").isin(dates))
    outside = beacons.where(~F.col("start_date").isin(dates)).join(
        F.broadcast(reaching), on=["visitor_key", "page_view_id"], how="left_semi"
    )
    every = inside.unionByName(outside.select(*inside.columns)) if not reaching.isEmpty() else inside
    rows = page_views.transform(every, settings, event_dates=dates)
    tables.replace(page_views.WRITES, rows, dates_predicate("event_date", dates))
    spans.unpersist()
    return build_equations(counts, read_dates(tables, dates))


def read_dates(tables: DeltaTables, dates: Sequence[dt.date]) -> DataFrame:
    """clean.page_views of `dates`, as just written."""
    return tables.read(page_views.WRITES).where(F.col("event_date").isin(list(dates)))


def stage_marts(
    tables: DeltaTables, settings: Settings, dates: Sequence[dt.date], known: Iterable[dt.date], staging: str
) -> list[MartResult]:
    """Aggregate every mart and write it as Parquet under `staging`, where no reader looks.

    A mart is rebuilt for `dates`, and for those of the `known` dates that look at them.
    """
    every_date = {*known, *dates}

    def stage(job: MartJob) -> MartResult:
        spec = job.spec(settings)
        mart_dates = spec.dates(dates, every_date)
        views = spec.page_views(tables.read(page_views.WRITES), mart_dates)
        folding = fold_entries(views, spec, mart_dates, settings)
        path = table_uri(tables.warehouse, f"{staging}/{spec.table.path}")
        folding.published.coalesce(1).write.mode("overwrite").parquet(path)
        rows = tables.spark.read.schema(spark_schema(spec.table.columns)).parquet(path)
        return MartResult(spec, mart_dates, rows, folding.unpublished)

    # Marts do not depend on each other, and much of each is planning: together they keep the cores busy.
    with ThreadPoolExecutor(min(len(MART_JOBS), 2 * (os.cpu_count() or 1))) as pool:
        staged = list(pool.map(stage, MART_JOBS))
    tables.spark.catalog.clearCache()
    return staged
