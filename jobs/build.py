"""Build: event dates that new beacons touch are rebuilt whole, from clean.beacons to staged marts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
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
from jobs.io.delta import DeltaTables
from jobs.io.store import table_uri
from jobs.steps.folding import fold
from jobs.steps.ledger import Ledger
from jobs.steps.marts import MartSpec, on_dates
from jobs.steps.reconcile import Equation, Staged, build_equations


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


@dataclass(frozen=True)
class History:
    """Event dates built before, the first of which clean still holds everything (None: all), and those held back."""

    dates: Sequence[dt.date]
    clean_since: dt.date | None = None
    held_back: Collection[dt.date] = ()

    def whole(self, spec: MartSpec, dates: Sequence[dt.date]) -> list[dt.date]:
        """Of a mart's dates those whose page views clean holds, and none held back: rows of the others stay as they
        were published."""
        back = dt.timedelta(days=spec.back_days)
        free = [date for date in dates if date not in self.held_back]
        return [date for date in free if self.clean_since is None or date - back >= self.clean_since]


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
    return build_equations(counts, oversized, read_dates(tables, dates))


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


def read_dates(tables: DeltaTables, dates: Sequence[dt.date]) -> DataFrame:
    """clean.page_views of `dates`, as just written."""
    return tables.read(page_views.WRITES).where(F.col("event_date").isin(list(dates)))


def stage_marts(
    tables: DeltaTables, settings: Settings, dates: Sequence[dt.date], history: History, staging: str
) -> list[Staged]:
    """Aggregate every mart and write it as Parquet under `staging`, where no reader looks.

    A mart is rebuilt for `dates`, and for those after and before that look at them.
    """
    views, every_date = tables.read(page_views.WRITES), {*history.dates, *dates}

    def stage(number: int) -> Staged:
        specs = [job.spec(settings) for job in LEDGERS[number]]
        mart_dates = {spec.name: history.whole(spec, spec.dates(dates, every_date)) for spec in specs}
        ledger = Ledger([spec for spec in specs if mart_dates[spec.name]], settings.hist_edges_ms)
        folding = fold(ledger.inputs(views, mart_dates), ledger, settings.min_visitors)
        path = table_uri(tables.warehouse, f"{staging}/ledger-{number}")
        folding.published.coalesce(1).write.mode("overwrite").parquet(path)
        rows = tables.spark.read.schema(folding.published.schema).parquet(path)
        return Staged(ledger, mart_dates, rows, folding.unpublished)

    # Much of each is planning: together they keep the cores busy.
    with ThreadPoolExecutor(len(LEDGERS)) as pool:
        staged = list(pool.map(stage, range(len(LEDGERS))))
    tables.spark.catalog.clearCache()
    return staged
