"""Polars: who is a program (METRICS 5). Reasons that are dear are asked only of page views that could come to enough."""

from __future__ import annotations

import polars as pl

from benchmarks.peers.night import declared_bots
from benchmarks.peers.sql_cursor import CLICK, EDGE, SAMPLE
from jobs.config import Settings

HOUR_MS = 3_600_000


def traffic(pieces: pl.DataFrame, ordered: pl.DataFrame, views: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """The class of every page view."""
    cheap = _cheap_reasons(pieces, views, settings)
    busy = _busy_views(ordered, views, settings)
    rhythms = _rhythms(pieces, settings)
    suspects = pl.concat([cheap.filter(pl.col("reasons") > 0).select("pv"), busy, rhythms]).unique()
    lines = _lines(pieces.join(suspects, on="pv", how="semi"), settings)
    found = pl.concat([*(one.with_columns(reasons=pl.lit(1, pl.Int64)) for one in (busy, rhythms, lines)), cheap])
    reasons = found.group_by("pv").agg(pl.col("reasons").sum())
    bots = declared_bots(views["user_agent"].unique().to_list())
    is_suspected = pl.col("reasons").fill_null(0) >= settings.bot_reasons
    return (
        views.select("pv", "user_agent")
        .join(reasons, on="pv", how="left")
        .select(
            "pv",
            traffic_class=pl.when(pl.col("user_agent").is_in(bots).fill_null(False))
            .then(pl.lit("declared_bot"))
            .when(is_suspected)
            .then(pl.lit("suspected_bot"))
            .otherwise(pl.lit("human")),
        )
    )


def _cheap_reasons(pieces: pl.DataFrame, views: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    reach = settings.bot_speed_px_per_s * pl.col("dt_ms") / 1000
    is_fast = (pl.col("dt_ms") > 0) & (pl.col("dx_px") ** 2 + pl.col("dy_px") ** 2 > reach**2)
    is_sample = (pl.col("kind") == SAMPLE) & (pl.col("is_sampled") == 1)
    of_views = (
        pieces.lazy()
        .group_by("pv")
        .agg(first_ms=pl.col("t_ms").filter(is_sample).min(), fast_steps=is_fast.fill_null(False).sum())
    )
    mice = views.lazy().filter((pl.col("pointer_type") == "mouse") & pl.col("has_pointer")).select("pv")
    clicks = pieces.lazy().filter((pl.col("kind") == CLICK) & ((pl.col("x_px") != 0) | (pl.col("y_px") != 0)))
    unled = clicks.join(mice, on="pv", how="semi").join(of_views, on="pv")
    is_unled = pl.col("first_ms").is_null() | (pl.col("t_ms") <= pl.col("first_ms"))
    counts = unled.filter(is_unled).group_by("pv").agg(unled=pl.len())
    is_fast_view = (pl.col("fast_steps") >= settings.bot_fast_steps).cast(pl.Int64)
    is_unled_view = (pl.col("unled").fill_null(0) >= settings.bot_clicks).cast(pl.Int64)
    return of_views.join(counts, on="pv", how="left").select("pv", reasons=is_fast_view + is_unled_view).collect()


def _busy_views(ordered: pl.DataFrame, views: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Page views of visitors whose inputs touch bot_input_hours hours of a date; few last long enough to be asked."""
    day = ["visitor_id", "event_day"]
    spans = (pl.col("start_ms") + pl.col("end_ms")) // HOUR_MS - pl.col("start_ms") // HOUR_MS + 1
    possible = views.filter(spans.sum().over(day) >= settings.bot_input_hours).select("pv", *day, "start_ms")
    inputs = ordered.filter((pl.col("kind") > EDGE) & pl.col("is_known")).select("pv", "t_ms").join(possible, on="pv")
    hour = (pl.col("start_ms") + pl.col("t_ms")) // HOUR_MS - pl.col("event_day") * 24
    hours = inputs.filter(hour < 24).group_by(day).agg(hours=hour.n_unique())
    busy = hours.filter(pl.col("hours") >= settings.bot_input_hours)
    return possible.join(busy, on=day, how="semi").select("pv")


def _rhythms(pieces: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Page views with bot_interval_samples samples in a row at one interval."""
    steps = settings.bot_interval_samples - 1
    samples = pieces.lazy().filter(pl.col("kind") == SAMPLE).select("pv", "dt_ms")
    run = (pl.col("dt_ms").ne_missing(pl.col("dt_ms").shift(1)) | (pl.col("pv") != pl.col("pv").shift(1))).cum_sum()
    moving = samples.with_columns(run=run).filter(pl.col("dt_ms") > 0)
    long = moving.group_by("run").agg(pl.col("pv").first(), length=pl.len()).filter(pl.col("length") >= steps)
    return long.select("pv").unique().collect()


def _lines(pieces: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Page views with bot_line_steps equal steps in a row; standing still is passed over, the unknown ends a line."""
    moves = pieces.filter(
        (pl.col("kind") == SAMPLE) & (pl.col("dt_ms").is_null() | (pl.col("dx_px") != 0) | (pl.col("dy_px") != 0))
    )
    same = [(pl.col(d) - pl.col(d).shift(1)).abs() <= settings.bot_line_slack_px for d in ("dx_px", "dy_px")]
    same.append(pl.col("pv") == pl.col("pv").shift(1))
    run = (~pl.all_horizontal(*(rule.fill_null(False) for rule in same))).cum_sum()
    runs = moves.with_columns(run=run).filter(pl.col("dt_ms").is_not_null()).group_by("run")
    long = runs.agg(pl.col("pv").first(), length=pl.len()).filter(pl.col("length") >= settings.bot_line_steps)
    return long.select("pv").unique()
