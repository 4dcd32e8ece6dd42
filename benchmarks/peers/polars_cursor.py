"""Polars: one sweep over all samples, scrolls and states in order, and what adds up from it (METRICS 2, 4, 5).

As `sql_cursor`, without windows: one sort of all events, then shifts and fills along the whole frame. The first event
of each page view sets every value that is carried on, so that nothing flows from one page view into the next.
"""

from __future__ import annotations

import polars as pl

from benchmarks.peers.polars_land import Expr, records
from benchmarks.peers.polars_time import TimeBase
from benchmarks.peers.sql_cursor import CLICK, EDGE, SAMPLE, SCROLL, TOUCH
from jobs.config import Settings

#: Before all time.
NEVER = -(10**9)
_MAX_OFFSET_PX = 1e9
#: Bits of a sort key: kind, instant (page views last less than 2^33 ms), then the page view's rank.
_KIND_BITS, _TIME_BITS = 3, 33


def known(settings: Settings) -> Expr:
    """A position: both coordinates given, finite, not a recorder's word for unknown."""
    most = settings.max_coordinate_px
    x, y = pl.col("x_px"), pl.col("y_px")
    is_position = [(px.abs() <= most) & (px != 65535) & px.is_not_nan() for px in (x, y)]
    return pl.all_horizontal(*(rule.fill_null(False) for rule in is_position))


def events(kept: pl.DataFrame, all_views: pl.DataFrame, base: TimeBase, settings: Settings) -> pl.DataFrame:
    """Edges, known scrolls (the last of an instant), clicks and pointer records, in order of (page view, t_ms, kind)."""
    scrolls = records(kept, "scroll").filter(pl.col("y_px").abs() <= _MAX_OFFSET_PX)
    scrolls = scrolls.sort("pv", "t_ms", maintain_order=True).unique(["pv", "t_ms"], keep="last", maintain_order=True)
    clicks = records(kept, "clicks").filter(known(settings))
    pointer = records(kept, "pointer").join(
        all_views.lazy().select("pv", "has_cursor"), on="pv", how="left", maintain_order="left"
    )
    kind = pl.when("has_cursor").then(SAMPLE).otherwise(TOUCH).cast(pl.Int64)
    parts = [
        _edges(all_views, base),
        scrolls.select("pv", "t_ms", kind=pl.lit(SCROLL, pl.Int64), is_known=True, scroll_px="y_px"),
        pointer.select("pv", "t_ms", kind.alias("kind"), known(settings).alias("is_known"), "x_px", "y_px", "target"),
        clicks.select("pv", "t_ms", kind=pl.lit(CLICK, pl.Int64), is_known=True, x_px="x_px", y_px="y_px"),
    ]
    rank = pl.col("pv") - pl.col("pv").min()
    key = (rank * 2**_TIME_BITS + pl.col("t_ms")) * 2**_KIND_BITS + pl.col("kind")
    return pl.concat(parts, how="diagonal").sort(key, maintain_order=True).collect()


def _edges(all_views: pl.DataFrame, base: TimeBase) -> pl.LazyFrame:
    """Edges, and one at 0 for page views of no length; the edge at 0 resets what is carried."""
    lengthless = (
        all_views.lazy()
        .filter(pl.col("end_ms") == 0)
        .select("pv", *(pl.lit(0, pl.Int64).alias(name) for name in ("t_ms", "end_ms", "is_visible", "is_focused")))
    )
    edges = pl.concat([base.edges.lazy(), lengthless], how="diagonal")
    is_first = pl.col("t_ms") == 0
    reset = {"rest_ms": NEVER, "input_ms": NEVER, "scroll_ms": NEVER, "is_sampled": 0}
    return edges.select(
        "pv",
        "t_ms",
        "is_visible",
        "is_focused",
        "end_ms",
        kind=pl.lit(EDGE, pl.Int64),
        is_known=pl.lit(False),
        hidden_until=pl.when(pl.col("was_visible") == 0).then("t_ms").when(is_first).then(NEVER),
        scroll_px=pl.when(is_first).then(0.0),
        sample_x=pl.when(is_first).then(0.0),
        sample_y=pl.when(is_first).then(0.0),
        sample_target=pl.when(is_first).then(pl.lit("")),
        **{name: pl.when(is_first).then(pl.lit(value, pl.Int64)) for name, value in reset.items()},
    )


def runs(ordered: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Pieces, numbered by the runs of equal cells, targets and engagement that they belong to."""
    return _numbered(_pieces(_swept(ordered.lazy()), settings), settings).collect()


def _swept(ordered: pl.LazyFrame) -> pl.LazyFrame:
    """Each event with what is in force from it on."""
    kind = pl.col("kind")
    is_sample, is_input = kind == SAMPLE, (kind > EDGE) & pl.col("is_known")
    set_by = {
        "is_sampled": (is_sample, pl.col("is_known").cast(pl.Int64)),
        "sample_x": (is_sample, pl.col("x_px").fill_null(0)),
        "sample_y": (is_sample, pl.col("y_px").fill_null(0)),
        "sample_target": (is_sample, pl.col("target").fill_null("")),
        "rest_ms": (is_sample, pl.col("t_ms")),
        "input_ms": (is_input, pl.col("t_ms")),
        "scroll_ms": (kind == SCROLL, pl.col("t_ms")),
    }
    carried = [pl.when(when).then(value).otherwise(name).alias(name) for name, (when, value) in set_by.items()]
    edge = pl.when(kind == EDGE).then("t_ms").alias("edge_ms")
    is_same = pl.col("pv").shift(-1) == pl.col("pv")
    following = pl.when(is_same).then(pl.col("t_ms").shift(-1)).alias("next_ms")
    filled = [*set_by, "edge_ms", "is_visible", "is_focused", "end_ms", "hidden_until", "scroll_px"]
    swept = ordered.with_columns(*carried, edge, following).with_columns(pl.col(filled).forward_fill())
    return swept.with_columns(pl.col("next_ms").fill_null(pl.max_horizontal("end_ms", "t_ms")))


def _pieces(swept: pl.LazyFrame, settings: Settings) -> pl.LazyFrame:
    """Lengths of pieces within V, and their cells. A first event is kept whatever its length: it bounds all runs."""
    kind, t, cell = pl.col("kind"), pl.col("t_ms"), settings.cell_px
    is_first = (kind == EDGE) & (t == 0)
    is_seen = (pl.col("is_sampled") == 1) & (pl.col("is_visible") == 1)

    def within(most: int) -> Expr:
        length = pl.min_horizontal("next_ms", pl.col("rest_ms") + most) - t
        return pl.when(is_seen).then(length.clip(lower_bound=0)).otherwise(0)

    def cell_of(position: Expr) -> Expr:
        return (position / cell).floor().cast(pl.Int32)

    until = pl.min_horizontal("next_ms", pl.col("input_ms") + settings.engaged_ms)
    return swept.filter((kind >= SAMPLE) | (t < pl.col("next_ms")) | is_first).with_columns(
        is_first=is_first,
        dwell_ms=within(settings.rest_ms),
        active_ms=within(settings.active_ms),
        cell_x=cell_of(pl.col("sample_x")),
        viewport_y=cell_of(pl.col("sample_y")),
        document_y=cell_of(pl.col("sample_y") + pl.col("scroll_px")),
        is_on_target=pl.col("scroll_ms") <= pl.col("rest_ms"),
        engaged_until=until,
        is_engaged=(pl.col("is_focused") == 1) & (until > t),
    )


def _numbered(pieces: pl.LazyFrame, settings: Settings) -> pl.LazyFrame:
    """Runs begin at a break (METRICS 1), at another cell or target, after a pause of engagement."""
    t, last = (
        pl.col("t_ms"),
        {name: pl.col(name).shift(1) for name in ("rest_ms", "is_sampled", "sample_x", "sample_y")},
    )
    is_sample, is_first = pl.col("kind") == SAMPLE, pl.col("is_first")
    hides = pl.col("hidden_until") > last["rest_ms"]
    hides |= (pl.col("is_visible") == 0) & (t > pl.max_horizontal(pl.col("edge_ms"), last["rest_ms"]))
    is_apart = (pl.col("is_sampled") == 0) | (last["is_sampled"] == 0) | (t - last["rest_ms"] > settings.rest_ms)
    breaks = (is_sample & (is_apart | hides)) | is_first

    def opens(*names: str) -> Expr:
        differs = [pl.col(name) != pl.col(name).shift(1) for name in names]
        return pl.any_horizontal(breaks, *differs).cum_sum()

    follows = is_sample & (pl.col("is_sampled") == 1) & (last["is_sampled"] == 1)
    goes_on = pl.col("is_engaged").shift(1) & (pl.col("engaged_until").shift(1) == t) & ~is_first
    return pieces.with_columns(
        document_run=opens("cell_x", "document_y"),
        viewport_run=opens("cell_x", "viewport_y"),
        target_run=opens("sample_target"),
        engaged_run=(pl.col("is_engaged") & ~goes_on.fill_null(False)).cum_sum(),
        dt_ms=pl.when(follows).then(t - last["rest_ms"]),
        dx_px=pl.when(follows).then(pl.col("sample_x") - last["sample_x"]),
        dy_px=pl.when(follows).then(pl.col("sample_y") - last["sample_y"]),
    )


def heat_cells(pieces: pl.DataFrame, all_views: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Runs of pieces in one cell first (a stay is a run of stay_ms), then their sums by cell."""
    sampled = pieces.lazy().filter(pl.col("is_sampled") == 1)
    clicks = pieces.lazy().filter(pl.col("kind") == CLICK)
    parts = [_cell_runs(sampled, space, settings) for space in ("document", "viewport")]
    parts += [_click_cells(clicks, space, settings) for space in ("document", "viewport")]
    amounts = ("dwell_ms", "active_ms", "sample_count", "stay_count", "click_count")
    grain = ("pv", "space", "cell_x", "cell_y")
    sums = pl.concat(parts, how="diagonal").group_by(grain).agg(pl.col(name).sum() for name in amounts)
    measured = sums.join(all_views.lazy().select("pv", "has_cursor", "has_clicks"), on="pv", how="left")
    is_there = (pl.col("sample_count") > 0) | (pl.col("dwell_ms") > 0) | (pl.col("click_count") > 0)
    return (
        measured.filter(is_there)
        .select(
            *grain,
            *(pl.when("has_cursor").then(name).alias(name) for name in amounts[:-1]),
            pl.when("has_clicks").then("click_count").alias("click_count"),
        )
        .collect()
    )


def _cell_runs(sampled: pl.LazyFrame, space: str, settings: Settings) -> pl.LazyFrame:
    in_run = sampled.group_by(f"{space}_run").agg(
        pl.col("pv", "cell_x").first(),
        pl.col(f"{space}_y").first().alias("cell_y"),
        pl.col("dwell_ms", "active_ms").sum(),
        sample_count=(pl.col("kind") == SAMPLE).sum().cast(pl.Int64),
    )
    stay = (pl.col("dwell_ms") >= settings.stay_ms).cast(pl.Int64)
    return in_run.drop(f"{space}_run").with_columns(space=pl.lit(space), stay_count=stay)


def _click_cells(clicks: pl.LazyFrame, space: str, settings: Settings) -> pl.LazyFrame:
    y = pl.col("y_px") + pl.col("scroll_px") if space == "document" else pl.col("y_px")
    cells = {"cell_x": pl.col("x_px"), "cell_y": y}
    numbers = {name: (px / settings.cell_px).floor().cast(pl.Int32) for name, px in cells.items()}
    return clicks.select("pv", space=pl.lit(space), click_count=pl.lit(1, pl.Int64), **numbers)


def hovers(pieces: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Per page view and target: hovers of hover_ms and more, and the target dwell of all samples."""
    on = pieces.lazy().filter((pl.col("is_sampled") == 1) & (pl.col("sample_target") != ""))
    in_run = on.group_by("target_run").agg(
        pl.col("pv").first(),
        pl.col("sample_target").first().alias("target"),
        hover_ms=pl.col("dwell_ms").filter(pl.col("is_on_target")).sum(),
    )
    is_hover = (pl.col("hover_ms") >= settings.hover_ms).sum().cast(pl.Int64)
    return in_run.group_by("pv", "target").agg(hover_count=is_hover, hover_ms=pl.col("hover_ms").sum()).collect()


def engaged(pieces: pl.DataFrame) -> pl.DataFrame:
    """Intervals of engaged time."""
    on = pieces.lazy().filter("is_engaged").group_by("engaged_run")
    intervals = on.agg(pl.col("pv").first(), start_ms=pl.col("t_ms").min(), stop_ms=pl.col("engaged_until").max())
    return intervals.drop("engaged_run").collect()
