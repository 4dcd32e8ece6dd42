"""clean.page_views: one row per page view, with everything measured on it.

One shuffle by visitor brings all beacons of a person together; de-duplication, page views and first-of-visitor flags
then need no other.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.config import Settings
from jobs.steps.deduplicate import ORDER
from jobs.steps.memory import freed_memory_kept
from jobs.steps.page_view_kernel import page_view_batches
from warehouse_schema.clean.beacons import BEACONS
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.derive import spark_schema
from warehouse_schema.shared import FIRST_KEY_ID

READS, WRITES = BEACONS, PAGE_VIEWS


def transform(beacons: DataFrame, settings: Settings, *, event_dates: list[dt.date]) -> DataFrame:
    """Page views of `event_dates` from all beacons of those dates and of page views that reach into them."""

    def kernel(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with freed_memory_kept():
            yield from page_view_batches(batches, settings)

    # Beacons written before keys had ids are all of the first.
    keyed = beacons.fillna(FIRST_KEY_ID, ["key_id"])
    by_visitor = keyed.repartition("visitor_key").sortWithinPartitions(*ORDER)
    page_views = by_visitor.mapInArrow(kernel, spark_schema(WRITES.columns))
    return page_views.where(F.col("event_date").isin(event_dates))


def visitors(spans: DataFrame) -> DataFrame:
    """Per event date and visitor: beacons, and over how many start dates one of the page views goes."""
    return spans.groupBy("event_date", "visitor_key").agg(
        F.expr("sum(beacon_count) AS beacon_count"), F.expr("max(size(start_dates)) AS start_dates")
    )


def of_oversized_visitors(spans: DataFrame, max_visitor_beacons: int) -> DataFrame:
    """Page views (visitor_key, page_view_id) of visitors with too many beacons on an event date."""
    oversized = visitors(spans).where(f"beacon_count > {max_visitor_beacons}").select("event_date", "visitor_key")
    on_date = spans.join(oversized, on=["event_date", "visitor_key"], how="left_semi")
    return on_date.select("visitor_key", "page_view_id")


def spans(beacons: DataFrame, new_files: list[str]) -> DataFrame:
    """Per page view: start dates of its beacons, event date, beacons, whether this run brought any of them.

    Reads four narrow columns. The event date is that of the lowest surviving beacon.
    """
    return beacons.groupBy("visitor_key", "page_view_id").agg(
        F.expr("min(struct(seq, received_at_ms, line_sha256, start_date)).start_date AS event_date"),
        F.expr("collect_set(start_date) AS start_dates"),
        F.expr("count(*) AS beacon_count"),
        F.max(F.col("raw_file").isin(new_files)).alias("is_touched"),
    )
