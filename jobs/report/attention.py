"""What the date's marts say: a few sums, and how seeing falls off with the place in the feed."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from jobs.report.words import duration, number, ratio, share
from warehouse_schema.shared import FEED_RANK_BUCKETS

#: Devices drawn in the position curve.
DEVICES = ("desktop", "phone", "tablet")


@dataclass(frozen=True)
class Figure:
    """A number of the date, what it is, and of what."""

    value: str
    title: str
    note: str


@dataclass(frozen=True)
class Place:
    """A device's stories at one place of the feed."""

    bucket: str
    viewable: float | None
    median_ms: int | None
    impressions: int


@dataclass(frozen=True)
class PositionCurve:
    """The curve of one surface's item type, a line for each device."""

    surface: str
    item_type: str
    places: dict[str, list[Place]]
    impressions: int
    #: Share of the surface's impressions of the type that is published without a place.
    without_place: float
    #: Largest visitor count of a single point.
    visitors: int


def key_figures(connection: duckdb.DuckDBPyConnection, date: dt.date) -> list[Figure]:
    """Sums over the date's published rows, remainders included."""
    sessions, engaged, engaged_ms = _row(
        connection,
        date,
        "sum(session_count), sum(engaged_session_count), sum(engaged_ms)",
        "mart.session_attention_daily",
    )
    seen, measurable, viewable = _row(
        connection,
        date,
        "sum(impressions), sum(measurable_count), sum(measurable_viewable_count)",
        "mart.story_attention_daily",
    )
    (rest_ms,) = _row(connection, date, "sum(dwell_ms) filter (space = 'viewport')", "mart.hover_heatmap_daily")
    eligible, unmeasured, ads = _row(
        connection,
        date,
        "sum(eligible_count), sum(not_measurable_count), sum(viewable_count)",
        "mart.ad_attention_daily",
    )
    measured_ads = None if eligible is None else eligible - (unmeasured or 0)
    return [
        Figure(number(sessions), "sessions", _of(ratio(engaged, sessions), "of them engaged")),
        Figure(duration(engaged_ms), "engaged time", "with input at most 5 s ago, in a focused window"),
        Figure(number(seen), "item impressions", _of(ratio(viewable, measurable), "of measurable ones viewable")),
        Figure(duration(rest_ms), "cursor rest", "the cursor, not the gaze; never on touch"),
        Figure(share(ratio(ads, measured_ads)), "of ads viewable", f"of {number(measured_ads or 0)} measurable views"),
    ]


def _of(part: float | None, of_what: str) -> str:
    """A share with what it is of; nothing if it is not measured."""
    return "" if part is None else f"{share(part)} {of_what}"


def _row(connection: duckdb.DuckDBPyConnection, date: dt.date, columns: str, table: str) -> tuple[Any, ...]:
    row = connection.execute(f"select {columns} from {table} where event_date = ?", [date]).fetchone()
    return tuple(None if value is None else int(value) for value in row or ())


def position_curve(
    connection: duckdb.DuckDBPyConnection,
    date: dt.date,
    surface: str | None = None,
    item_type: str | None = None,
    device: str | None = None,
) -> PositionCurve | None:
    """The curve of the surface and item type with the most impressions, of those asked for; None if no place is published."""
    asked = {"surface": surface, "item_type": item_type, "device_type": device}
    wanted = {name: value for name, value in asked.items() if value is not None}
    row = connection.execute(
        f"""
        select surface, item_type, sum(impressions) from mart.feed_attention_daily
        where event_date = ? and not is_remainder and list_contains(?, feed_rank_bucket) and list_contains(?, device_type)
            {_and(wanted)}
        group by 1, 2 having sum(impressions) > 0 order by 3 desc, 1, 2 limit 1
        """,
        [date, list(FEED_RANK_BUCKETS), list(DEVICES), *wanted.values()],
    ).fetchone()
    if row is None:
        return None
    keys = {"surface": row[0], "item_type": row[1]} | ({"device_type": device} if device else {})
    return _curve(connection, date, keys, int(row[2]))


def _and(wanted: Mapping[str, str]) -> str:
    return "".join(f" and {name} = ?" for name in wanted)


def _curve(
    connection: duckdb.DuckDBPyConnection, date: dt.date, keys: Mapping[str, str], impressions: int
) -> PositionCurve:
    rows = connection.execute(
        f"""
        select device_type, feed_rank_bucket, sum(measurable_count), sum(measurable_viewable_count), sum(impressions),
            hist_p50(hist_sum(visible_ms_hist)), max(visitor_count)
        from mart.feed_attention_daily where event_date = ?{_and(keys)} and not is_remainder
            and list_contains(?, feed_rank_bucket) and list_contains(?, device_type)
        group by 1, 2
        """,
        [date, *keys.values(), list(FEED_RANK_BUCKETS), list(DEVICES)],
    ).fetchall()
    order = list(FEED_RANK_BUCKETS)
    places: dict[str, list[Place]] = defaultdict(list)
    for device, bucket, measurable, viewable, seen, median_ms, _ in sorted(rows, key=lambda row: order.index(row[1])):
        places[device].append(Place(bucket, ratio(viewable, measurable), median_ms, int(seen or 0)))
    folded = connection.execute(
        f"select sum(impressions) from mart.feed_attention_daily where event_date = ?{_and(keys)} "
        "and (is_remainder or not list_contains(?, feed_rank_bucket))",
        [date, *keys.values(), order],
    ).fetchone()
    without = int(folded[0] or 0) if folded else 0
    devices = {device: places[device] for device in DEVICES if device in places}
    visitors = max((row[6] for row in rows), default=0)
    share_without = without / (impressions + without)
    return PositionCurve(keys["surface"], keys["item_type"], devices, impressions, share_without, visitors)
