"""Polars: the time base of page views, what the state stream and gaps make of it (METRICS 1)."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from benchmarks.peers.polars_land import records
from jobs.config import Settings
from warehouse_schema.raw import cursor_beacon as raw

STATES = {
    "shown": {"visible": 1, "hidden": 0},
    "foreground": {"foreground": 1, "background": 0, "screen_off": 0},
    "focused": {"focused": 1, "blurred": 0},
}


@dataclass(frozen=True)
class TimeBase:
    """Stretches of one state (`edges`, all of [0, end of view) side by side) and the maximal intervals of V."""

    edges: pl.DataFrame
    visible: pl.DataFrame


def time_base(kept: pl.DataFrame, all_views: pl.DataFrame, settings: Settings) -> TimeBase:
    """What the state stream and gaps make of each page view; the first mark of a page view sets every flag."""
    flags = [*STATES, "watched"]
    start = all_views.lazy().select(
        "pv", pl.lit(0, pl.Int64).alias("t_ms"), *(pl.lit(1, pl.Int64).alias(f) for f in flags)
    )
    changes = records(kept, "state").select(
        "pv",
        "t_ms",
        *(
            pl.col("state").replace_strict(values, default=None, return_dtype=pl.Int64).alias(f)
            for f, values in STATES.items()
        ),
        pl.lit(None, pl.Int64).alias("watched"),
    )
    gaps = _gaps(kept, all_views, settings)
    unsaid = [pl.lit(None, pl.Int64).alias(f) for f in STATES]
    ends, starts = (
        gaps.select("pv", pl.col(at).alias("t_ms"), *unsaid, pl.lit(watched, pl.Int64).alias("watched"))
        for at, watched in (("stop_ms", 1), ("start_ms", 0))
    )
    marks = pl.concat([start, ends, starts, changes]).sort("pv", "t_ms", maintain_order=True)
    is_same = pl.col("pv").shift(-1) == pl.col("pv")
    seen = (pl.col("shown") * pl.col("foreground") * pl.col("watched")).alias("is_visible")
    edges = (
        marks.with_columns(pl.col(flags).forward_fill())
        .join(all_views.lazy().select("pv", "end_ms"), on="pv", how="left", maintain_order="left")
        .with_columns(seen, next_ms=pl.when(is_same).then(pl.col("t_ms").shift(-1)).otherwise("end_ms"))
        .with_columns(is_focused=pl.col("is_visible") * pl.col("focused"))
        .filter(pl.col("t_ms") < pl.col("next_ms"))
        .with_columns(was_visible=pl.when(pl.col("pv").shift(1) == pl.col("pv")).then(pl.col("is_visible").shift(1)))
        .select("pv", "t_ms", "next_ms", "end_ms", "is_visible", "is_focused", "was_visible")
        .collect()
    )
    opens = (pl.col("was_visible").fill_null(0) == 0).cum_sum().alias("interval")
    shown = edges.lazy().filter(pl.col("is_visible") == 1).with_columns(opens)
    visible = shown.group_by("interval").agg(
        pl.col("pv").first(), start_ms=pl.col("t_ms").min(), stop_ms=pl.col("next_ms").max()
    )
    return TimeBase(edges, visible.drop("interval").collect())


def _gaps(kept: pl.DataFrame, all_views: pl.DataFrame, settings: Settings) -> pl.LazyFrame:
    long = all_views.filter(pl.col("last_event_ms") > settings.max_gap_ms).select("pv")
    of_long = kept.join(long, on="pv", how="semi")
    instants = [records(of_long, stream).select("pv", "t_ms") for stream in raw.STREAMS]
    starts = long.lazy().select("pv", pl.lit(0, pl.Int64).alias("t_ms"))
    ordered = pl.concat([starts, *instants]).sort("pv", "t_ms")
    pairs = ordered.select(
        "pv",
        start_ms="t_ms",
        stop_ms=pl.when(pl.col("pv").shift(-1) == pl.col("pv")).then(pl.col("t_ms").shift(-1)),
    )
    return pairs.filter(pl.col("stop_ms") - pl.col("start_ms") > settings.max_gap_ms)
