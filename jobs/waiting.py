"""Event dates that wait for the close of their late window: to be built once more, or to be published at all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs import page_views
from jobs.build import beacon_sums, read_dates
from jobs.io.delta import DeltaTables
from jobs.io.sums import ROW_COUNT
from jobs.late_rebuild import Move, apart, as_published
from jobs.publication import Publication
from jobs.quality import with_others
from jobs.steps.clean_side import PAGE_VIEWS
from jobs.steps.reconcile import Equation
from warehouse_schema import MARTS

#: Term of late beacons that are in clean.beacons, and not yet in the page views of their date.
AWAITS_FINAL = "awaits_final_build"
#: Term of page views of a date that a mart does not show before it closes.
AWAITS_PUBLICATION = "awaits_publication"


def left_waiting(
    tables: DeltaTables, beacons: DataFrame, touched: Sequence[dt.date], waiting: Collection[dt.date]
) -> tuple[set[dt.date], list[Equation]]:
    """The dates among `waiting` that can wait, with the equations of their beacons.

    `beacons` are all near the dates that the run's input `touched`; no page view has moved from any other. The tables'
    page views are still those of the base release.
    """
    spans = page_views.spans(beacons, [])
    moves = _moves(spans, read_dates(tables, touched)) if waiting else []
    dates = apart(waiting, moves)
    if not dates:
        return set(), []
    by_date = spans.groupBy("event_date").agg(F.sum("beacon_count").alias("beacon_count")).collect()
    counts = {row["event_date"]: row["beacon_count"] for row in by_date if row["event_date"] in dates}
    return dates, with_others(as_published(counts, moves), beacon_sums(tables, dates), AWAITS_FINAL)


def _moves(spans: DataFrame, published: DataFrame) -> list[Move]:
    """Page views whose beacons now say another date than the published one: the lowest came after higher ones."""
    straddling = spans.where("size(start_dates) > 1")
    shown = published.selectExpr("visitor_key", "page_view_id", "event_date AS published")
    both = shown.join(F.broadcast(straddling), on=["visitor_key", "page_view_id"], how="inner")
    moved = both.where("published <> event_date").groupBy("published", "event_date")
    return [Move(*row) for row in moved.agg(F.sum("beacon_count").alias("beacon_count")).collect()]


def left_unpublished(tables: DeltaTables, publication: Publication) -> list[Equation]:
    """Per mart and date that the run builds and the mart does not show yet: page views = those that await publication."""
    dates = sorted(set(publication.awaiting) & set(publication.built))
    marts = [table for table in MARTS if not publication.is_at_once(table)]
    if not dates or not marts:
        return []
    counts = {row["event_date"]: row[ROW_COUNT] for row in beacon_sums(tables, dates)}
    return [
        Equation(mart.name, date, PAGE_VIEWS, counts.get(date, 0), {AWAITS_PUBLICATION: counts.get(date, 0)})
        for mart in marts
        for date in dates
    ]
