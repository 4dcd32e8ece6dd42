"""Page views of few values, for nights small enough to add up by hand."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

from tests.marts.plain_ladder import Keys
from tests.marts.plain_marts_rows import NightMart, night_rows
from warehouse_schema.clean.page_views import ITEM_VIEW, PAGE_VIEWS
from warehouse_schema.derive import example_value, rows

Row = dict[str, Any]
EDGES = (100, 1000)
DAY = dt.date(2026, 11, 20)
NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
MINUTE, HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)

[EXAMPLE] = rows(PAGE_VIEWS, {})
UNMEASURED = {"zone_views": None, "item_views": None, "rage_count": None, "thrash_count": None, "engaged_ms": None}


def view(visitor: str = "ann", name: str = "pv", **changes: Any) -> Row:
    """A page view at noon on which nothing but its length was measured."""
    return EXAMPLE | UNMEASURED | {"visitor_key": visitor, "page_view_id": name, "started_at": NOON} | changes


def zone(target: str, dwells: list[int] | None = None, clicks: int | None = None, **changes: Any) -> Row:
    """The hovers over a zone, each with its dwell; None where the cursor is not measured."""
    measured = dwells is not None
    return {
        "target": target,
        "hover_count": len(dwells) if measured else None,
        "long_hover_count": sum(ms >= 500 for ms in dwells) if measured else None,
        "unclicked_hover_count": len(dwells) if measured and clicks is not None else None,
        "dwell_ms": sum(dwells) if measured else None,
        "active_ms": sum(dwells) if measured else None,
        "hover_dwells_ms": dwells,
        "click_count": clicks,
    } | changes


def item(**changes: Any) -> Row:
    return {column.name: example_value(column) for column in ITEM_VIEW.fields} | changes


def at_one(mart: NightMart, *views: Row) -> dict[Keys, Row]:
    """The rows of the mart without folding."""
    return night_rows(mart, views, 1, EDGES)


def picked(row: Row, *names: str) -> list[Any]:
    return [row[name] for name in names]


def shown(*parts: tuple[float, float]) -> list[Row]:
    """Visible intervals in seconds after noon."""
    second = dt.timedelta(seconds=1)
    return [{"started_at": NOON + a * second, "ended_at": NOON + b * second, "end_reason": "hidden"} for a, b in parts]


def at(start: dt.datetime, minutes: float = 1, **changes: Any) -> Row:
    """A page view of that length, named by its start."""
    length_ms = int(minutes * 60_000)
    name = f"{start:%d-%H:%M:%S.%f}"
    return view(name=name, started_at=start, event_date=start.date(), absolute_ms=length_ms) | changes


def crowd(seed: int) -> list[Row]:
    """A hundred page views of two dates, of which every stream is sometimes missing and some are a bot's."""
    chance = random.Random(seed)
    return [_someone(chance, f"pv-{number}") for number in range(100)]


def _someone(chance: random.Random, name: str) -> Row:
    start = NOON + chance.randrange(1440) * MINUTE
    length_ms = chance.randrange(200_000)
    devices = [("desktop", "web"), ("phone", "ios"), ("phone", "android"), ("tablet", "ios"), ("tablet", "web")]
    [(device, platform)] = chance.choices(devices, [8, 8, 2, 1, 1])
    return view(
        f"visitor-{chance.randrange(20)}",
        name,
        **{"started_at": start, "event_date": start.date(), "absolute_ms": length_ms, "visible_ms": length_ms},
        **{"device_type": device, "platform": platform, "surface": chance.choice(["feed", "feed", "profile"])},
        traffic_class=chance.choice(["human"] * 9 + ["suspected_bot"]),
        purposes=chance.choice([["ads"], []]),
        engaged_ms=chance.choice([None, 500, 20_000]),
        rage_count=chance.choice([None, 0, 1]),
        thrash_count=chance.choice([None, 0, 1]),
        visibility=[
            {"started_at": start, "ended_at": start + length_ms * dt.timedelta(milliseconds=1), "end_reason": "hidden"}
        ],
        zone_views=[_some_zone(chance, target) for target in ("nav", "side", "foot") if chance.random() < 0.4],
        item_views=[_some_item(chance, rank) for rank in range(1, 8) if chance.random() < 0.4],
    )


def _some_zone(chance: random.Random, target: str) -> Row:
    dwells = chance.choice([None, [], [150], [200, 3000]])
    return zone(target, dwells, chance.choice([None, 0, 2]))


def _some_item(chance: random.Random, rank: int) -> Row:
    return item(
        item_id=f"story-{rank}",
        item_type=chance.choice(["story", "video"]),
        feed_rank=chance.choice([None, rank, rank]),
        ad_id=chance.choice([None, "ad-1", "ad-2"]),
        is_measurable=chance.choice([False, True]),
        is_impression=chance.choice([None, False, True]),
        is_viewable=chance.choice([None, False, True]),
        visible_ms=chance.choice([0, 700, 1000]),
        hover_ms=chance.choice([None, 60]),
        click_count=chance.choice([None, 0, 1]),
    )
