"""A night by Polars and delta-rs: the common part of hoverlake's tables, by expressions over whole columns, on all cores.

python -m benchmarks.peers.polars_night --raw data/raw --date 2026-11-20 --out /tmp/polars
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import polars as pl
from deltalake import write_deltalake

from benchmarks.peers import polars_cursor, polars_items, polars_land
from benchmarks.peers.night import CLEAN_TABLES, MART_TABLES, PeerNight, main
from benchmarks.peers.polars_time import TimeBase, time_base
from benchmarks.peers.polars_traffic import traffic
from benchmarks.peers.sql_marts import HEAT_AMOUNTS, ITEM_SUMS
from jobs.config import Settings
from warehouse_schema.shared import FEED_RANK_BUCKETS, MISSING

#: More page views than one bucket has.
BUCKET_NUMBERS = 1_000_000_000
CONTEXT = ("surface", "layout_id", "device_type", "viewport_class", "traffic_class", "has_ads")
Tables = dict[str, pl.DataFrame]


def run(night: PeerNight) -> None:
    """Land, build bucket by bucket, add up, write."""
    with night.progress.stage("land"):
        landed = polars_land.beacons(night.files(), night.settings)
    with night.progress.stage("page views"):
        bucket_of = pl.col("visitor_id").hash() % night.buckets()
        buckets = [landed.filter(bucket_of == bucket) for bucket in range(night.buckets())]
        del landed
        built = [clean(bucket, n * BUCKET_NUMBERS, night.settings) for n, bucket in enumerate(buckets) if len(bucket)]
        tables: Tables = {name: pl.concat([part[name] for part in built]) for name in CLEAN_TABLES}
    with night.progress.stage("marts"):
        tables |= marts(tables, night.settings)
    with night.progress.stage("write"):
        for name in (*CLEAN_TABLES, *MART_TABLES):
            write_deltalake(str(night.out / name), tables[name], partition_by=["event_date"])


def clean(landed: pl.DataFrame, numbers_from: int, settings: Settings) -> Tables:
    """The clean tables of some visitors."""
    kept = polars_land.survivors(landed, numbers_from)
    views = polars_land.views(kept, settings)
    base = time_base(kept, views, settings)
    ordered = polars_cursor.events(kept, views, base, settings)
    pieces = polars_cursor.runs(ordered, settings)
    engaged = polars_cursor.engaged(pieces)
    classes = traffic(pieces, ordered, views, settings)
    del ordered
    page_views = _page_views(views, classes, base, engaged)
    dates = page_views.select("event_date", "pv")
    cells = polars_cursor.heat_cells(pieces, views, settings)
    items = _items(kept, views, base, pieces, engaged, settings)
    return {
        "page_views": page_views,
        "page_view_heat_cells": dates.join(cells, on="pv"),
        "page_view_items": dates.join(items, on="pv"),
    }


def _page_views(views: pl.DataFrame, classes: pl.DataFrame, base: TimeBase, engaged: pl.DataFrame) -> pl.DataFrame:
    times = {"visible_ms": base.visible, "engaged_ms": engaged}
    rows = views.lazy().join(classes.lazy(), on="pv")
    for name, intervals in times.items():
        length = (pl.col("stop_ms") - pl.col("start_ms")).sum().alias(name)
        rows = rows.join(intervals.lazy().group_by("pv").agg(length), on="pv", how="left")
    has_input = pl.col("has_pointer") | pl.col("has_clicks") | pl.col("has_scroll")
    return rows.select(
        "visitor_id",
        "page_view_id",
        "pv",
        *CONTEXT,
        event_date=pl.col("event_day").cast(pl.Int32).cast(pl.Date),
        absolute_ms="end_ms",
        visible_ms=pl.col("visible_ms").fill_null(0),
        engaged_ms=pl.when(has_input).then(pl.col("engaged_ms").fill_null(0)),
    ).collect()


def _items(
    kept: pl.DataFrame,
    views: pl.DataFrame,
    base: TimeBase,
    pieces: pl.DataFrame,
    engaged: pl.DataFrame,
    settings: Settings,
) -> pl.DataFrame:
    metas = polars_land.metas(kept)
    states = polars_items.states(kept, views)
    seen = polars_items.seen(states, base.visible, settings)
    half = polars_items.spells(seen, "is_half").collect()
    parts = {
        "sums": polars_items.item_sums(seen, half),
        "attended": polars_items.attended(states, metas, engaged),
        "hovered": polars_items.hovered(pieces, half),
    }
    hovers = polars_cursor.hovers(pieces, settings)
    return polars_items.item_views(kept, views, metas, states, hovers, parts, settings)


def marts(tables: Mapping[str, pl.DataFrame], settings: Settings) -> Tables:
    """Three marts at their finest grain: humans only; an ad counts only from page views with the purpose ads."""
    views = tables["page_views"].lazy().filter(pl.col("traffic_class") == "human").drop("event_date")
    cells = tables["page_view_heat_cells"].lazy().join(views, on="pv")
    items = tables["page_view_items"].lazy().join(views, on="pv")
    counted = items.filter(pl.col("ad_id").is_null() | pl.col("has_ads")).with_columns(feed_rank_bucket=_bucket())
    by_layout = [
        "event_date",
        "surface",
        "layout_id",
        "device_type",
        "viewport_class",
        "space",
        "cell_px",
        "cell_x",
        "cell_y",
    ]
    by_type = ["event_date", "surface", "device_type", "item_type"]
    people = pl.col("visitor_id").n_unique().cast(pl.Int64).alias("visitor_count")
    rows = pl.len().cast(pl.Int64)
    heatmap = (
        cells.with_columns(cell_px=pl.lit(settings.cell_px, pl.Int32))
        .group_by(by_layout)
        .agg(
            people,
            rows.alias("page_view_count"),
            pl.col("dwell_ms").count().cast(pl.Int64).alias("hover_measured_count"),
            pl.col("click_count").count().cast(pl.Int64).alias("clicks_measured_count"),
            *(_sum(name) for name in HEAT_AMOUNTS),
        )
    )
    topic = pl.when(pl.col("topic").min() == pl.col("topic").max()).then(pl.col("topic").min()).alias("topic")
    stories = counted.group_by(*by_type, "item_id").agg(
        topic, people, rows.alias("page_view_count"), **_measures(settings)
    )
    page_views = pl.col("pv").n_unique().cast(pl.Int64).alias("page_view_count")
    feed = counted.group_by(*by_type, "feed_rank_bucket").agg(
        people, page_views, rows.alias("item_count"), **_measures(settings)
    )
    return dict(zip(MART_TABLES, pl.collect_all([heatmap, stories, feed]), strict=True))


def _bucket() -> pl.Expr:
    bucket = pl.lit(MISSING)
    for name, lowest in FEED_RANK_BUCKETS.items():
        bucket = pl.when(pl.col("feed_rank") >= lowest).then(pl.lit(name)).otherwise(bucket)
    return bucket


def _sum(name: str) -> pl.Expr:
    """NULL where nothing measured it: the sum of nothing is 0 in Polars."""
    return pl.when(pl.col(name).count() > 0).then(pl.col(name).sum()).alias(name)


def _measures(settings: Settings) -> dict[str, Any]:
    flags = {
        "impressions": pl.col("is_impression"),
        "measurable_count": pl.col("is_measurable"),
        "viewable_count": pl.col("is_viewable"),
        "measurable_viewable_count": pl.col("is_viewable") & pl.col("is_measurable"),
        "large_count": pl.col("is_viewable_large"),
        "tall_count": pl.col("is_viewable_tall"),
        "subsecond_count": pl.col("is_subsecond"),
        "skip_count": pl.col("is_skip"),
        "hover_measured_count": pl.col("hover_ms").is_not_null(),
        "clicks_measured_count": pl.col("click_count").is_not_null(),
        "hovered_count": pl.col("hover_count") > 0,
    }
    return {
        **{name: flag.sum().cast(pl.Int64) for name, flag in flags.items()},
        **{name: _sum(name) for name in ITEM_SUMS},
        "visible_ms_hist": _histogram(settings),
    }


def _histogram(settings: Settings) -> pl.Expr:
    edges = [-1, *settings.hist_edges_ms, 2**62]
    shown, ms = pl.col("is_impression").fill_null(False), pl.col("visible_ms")
    bins = [(shown & (ms >= low) & (ms < high)).sum().cast(pl.Int64) for low, high in itertools.pairwise(edges)]
    return pl.concat_list(bins)


if __name__ == "__main__":
    main(__doc__, run)
