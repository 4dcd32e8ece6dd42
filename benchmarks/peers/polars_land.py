"""Polars: raw lines to surviving beacons, one row per page view, and flat records of its streams (METRICS 1)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import polars as pl

from benchmarks.peers.dialect import META_FIELDS, STREAM_ARRAYS
from benchmarks.peers.sql_views import CLOCK_END_MS, DAY_MS
from jobs.config import Settings
from warehouse_schema.raw import cursor_beacon as raw
from warehouse_schema.table import Array, Column, Map, Struct, Type

_TYPES = {"string": pl.String, "int": pl.Int32, "long": pl.Int64, "double": pl.Float64, "boolean": pl.Boolean}
#: What a line of a beacon looks like; cheaper than parsing it, and true of nearly all that can be parsed.
LOOKS_WELL = r'^\{.*"seq":\d.*\}$'
Expr = pl.Expr


def beacons(files: Sequence[str], settings: Settings) -> pl.DataFrame:
    """The lines that count, flat; streams stay lists. Files are read by threads, as Polars parses one by one core."""
    with ThreadPoolExecutor(pl.thread_pool_size()) as pool:
        frames = list(pool.map(lambda file: _beacons_of(file, settings), files))
    return pl.concat(frames).with_row_index("beacon_no")


def _beacons_of(file: str, settings: Settings) -> pl.DataFrame:
    options: dict[str, Any] = {"has_header": False, "separator": "\x01", "quote_char": None, "encoding": "utf8-lossy"}
    lines = pl.read_csv(file, schema={"line": pl.String}, **options)["line"]
    lines = lines.filter(lines.str.contains(LOOKS_WELL))
    try:
        parsed = lines.str.json_decode(_struct(raw.COLUMNS))
    except pl.exceptions.ComputeError:
        # A line cut off at a bracket: all are looked at one by one, which is dearer.
        lines = lines.filter(lines.str.json_path_match("$.seq").str.contains(r"^\d+$").fill_null(False))
        parsed = lines.str.json_decode(_struct(raw.COLUMNS))
    hashes = pl.Series("line_sha256", [hashlib.sha256(line.encode()).hexdigest() for line in lines], pl.String)
    found = re.search(r"landing_date=([0-9-]+)", file)
    landing_day = (date.fromisoformat(found[1]) - date(1970, 1, 1)).days if found else 0
    flat = parsed.rename("beacon").to_frame().unnest("beacon").with_columns(hashes, landing_day=pl.lit(landing_day))
    return _accepted(flat.lazy(), settings).collect()


def _struct(columns: Sequence[Column]) -> pl.Struct:
    return pl.Struct({column.name: _type(column.type) for column in columns if not isinstance(column.type, Map)})


def _type(type_: Type) -> Any:
    if isinstance(type_, Struct):
        return _struct(type_.fields)
    return pl.List(_type(type_.of)) if isinstance(type_, Array) else _TYPES[str(type_)]


def field(path: str) -> Expr:
    """A field of a struct column, by its dotted path."""
    name, *inner = path.split(".")
    column = pl.col(name)
    for part in inner:
        column = column.struct.field(part)
    return column


def _accepted(lines: pl.LazyFrame, settings: Settings) -> pl.LazyFrame:
    last = pl.max_horizontal(pl.lit(0), *(field(f"{stream}.t_ms").list.max() for stream in raw.STREAMS))
    age = pl.col("sent_at_ms") - pl.col("started_at_ms")
    timed = lines.filter(*_is_well_formed()).with_columns(last_t_ms=last)
    repaired = pl.when(age - pl.col("last_t_ms") < -settings.clock_suspect_ms).then("last_t_ms").otherwise(age)
    started = timed.with_columns(start_ms=pl.col("received_at_ms") - repaired)
    landing_end = (pl.col("landing_day") + 1).cast(pl.Int64) * DAY_MS
    in_time = started.filter(
        pl.col("landing_day") - pl.col("start_ms") // DAY_MS <= settings.late_window_days,
        pl.col("start_ms") <= landing_end + settings.future_tolerance_ms,
        pl.col("last_t_ms") <= settings.max_page_view_ms,
    )
    return in_time.select(*_flat_columns(settings))


def _is_well_formed() -> list[Expr]:
    purposes = field("consent.purposes")
    return [
        pl.col("schema") == raw.SCHEMA_ID,
        pl.col("seq") >= 0,
        purposes.list.contains("product_development"),
        pl.col("observed_until_ms").fill_null(0) >= 0,
        pl.col("page").is_not_null() & pl.col("device").is_not_null(),
        *(pl.col(name) != "" for name in ("beacon_id", "page_view_id", "visitor_id")),
        *(pl.col(n).is_between(0, CLOCK_END_MS - 1) for n in ("started_at_ms", "sent_at_ms", "received_at_ms")),
        *(field(f"{stream}.t_ms").list.min().fill_null(0) >= 0 for stream in raw.STREAMS),
        *(_is_even(stream, name) for stream in raw.STREAMS for name in STREAM_ARRAYS[stream]),
    ]


def _is_even(stream: str, name: str) -> Expr:
    length = field(f"{stream}.t_ms").list.len().fill_null(0)
    mine = field(f"{stream}.{name}").list.len()
    return mine.fill_null(0 if name in raw.STREAM_REQUIRED[stream] else length) == length


def _flat_columns(settings: Settings) -> list[Expr]:
    texts = {"surface": "page.surface", "layout_id": "page.layout_id", "device_type": "device.type"}
    texts["pointer_type"] = "device.pointer"
    sent = ["visitor_id", "page_view_id", "seq", "received_at_ms", "observed_until_ms", "item_meta", *raw.STREAMS]
    ads = field("consent.purposes").list.contains("ads") & ~field("consent.gpc").fill_null(False)
    sizes = {name: field(f"device.{name}") for name in ("viewport_w_px", "viewport_h_px")}
    return [
        *map(pl.col, (*sent, "line_sha256", "last_t_ms", "start_ms")),
        *(field(path).replace("", None).fill_null("(none)").alias(name) for name, path in texts.items()),
        *(pl.when((px > 0) & (px <= settings.max_coordinate_px)).then(px).alias(name) for name, px in sizes.items()),
        field("device.user_agent").alias("user_agent"),
        ads.fill_null(False).alias("has_ads"),
    ]


def survivors(landed: pl.DataFrame, numbers_from: int) -> pl.DataFrame:
    """One beacon per seq, in the order of page views and seq, with the number of its page view."""
    view = ["visitor_id", "page_view_id"]
    narrow = landed.lazy().select("beacon_no", *view, "seq", "received_at_ms", "line_sha256")
    ordered = narrow.sort(*view, "seq", "received_at_ms", "line_sha256")
    kept = ordered.unique([*view, "seq"], keep="first", maintain_order=True)
    numbered = kept.select("beacon_no", pv=pl.struct(view).rle_id().cast(pl.Int64) + numbers_from)
    return numbered.join(landed.lazy(), on="beacon_no", how="left", maintain_order="left").collect()


def views(kept: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """One row per page view: context of its lowest beacon, streams that are measured, end of view."""
    first = ["visitor_id", "page_view_id", "start_ms", "surface", "layout_id", "device_type", "pointer_type"]
    first += ["viewport_w_px", "viewport_h_px", "user_agent"]
    is_touch = pl.col("pointer_type") == "touch"
    width = pl.col("viewport_w_px")
    classes = pl.lit(">=1920")
    for px in (1920, 1440, 1024, 768, 480):
        classes = pl.when(width < px).then(pl.lit(f"<{px}")).otherwise(classes)
    grouped = (
        kept.lazy()
        .group_by("pv", maintain_order=True)
        .agg(
            *(pl.col(name).first() for name in first),
            pl.col("has_ads").all(),
            last_event_ms=pl.col("last_t_ms").max(),
            observed_ms=pl.col("observed_until_ms").max().fill_null(-1),
            has_meta=pl.col("item_meta").is_not_null().any(),
            **{f"has_{stream}": field(f"{stream}.t_ms").is_not_null().any() for stream in raw.STREAMS},
        )
    )
    watched = pl.min_horizontal("observed_ms", pl.col("last_event_ms") + settings.max_gap_ms)
    return grouped.with_columns(
        event_day=pl.col("start_ms") // DAY_MS,
        end_ms=pl.max_horizontal("last_event_ms", watched),
        viewport_class=pl.when(width.is_null()).then(pl.lit("(none)")).otherwise(classes),
        has_cursor=pl.col("has_pointer") & ~is_touch,
    ).collect()


def records(kept: pl.DataFrame, stream: str) -> pl.LazyFrame:
    """One row per record of a stream, in the order of page views, seq and position."""
    names = ("t_ms", *STREAM_ARRAYS[stream])
    length = field(f"{stream}.t_ms").list.len()
    wide = (
        kept.lazy()
        .filter(length > 0)
        .select("pv", *(_filled(field(f"{stream}.{name}"), length, name).alias(name) for name in names))
    )
    return wide.explode(*names)


def _filled(arrays: Expr, length: Expr, name: str) -> Expr:
    """An array that may be left out has as many nulls as its neighbours have values."""
    if name not in ("target", "viewport_share"):
        return arrays
    nothing = pl.lit(None, pl.String if name == "target" else pl.Float64).repeat_by(length)
    return pl.when(arrays.is_null()).then(nothing).otherwise(arrays)


def metas(kept: pl.DataFrame) -> pl.DataFrame:
    """The last description of each item of a page view."""
    entries = kept.lazy().select("pv", "item_meta").filter(pl.col("item_meta").list.len() > 0).explode("item_meta")
    fields = entries.select("pv", *(field(f"item_meta.{name}").alias(name) for name in META_FIELDS))
    return (
        fields.filter(pl.col("item_id").is_not_null())
        .unique(["pv", "item_id"], keep="last", maintain_order=True)
        .collect()
    )
