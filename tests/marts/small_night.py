"""Page views of five dates, small enough for plain loops, rich enough for every turn of the fold ladder.

Crowds are chosen around thresholds of 2, 5 and 50 visitors: dates on which groups stand alone, lean on each other,
take in a published row, or stay unpublished.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from typing import Any

from tests.marts.plain_marts_items import feed_rank_bucket
from warehouse_schema.clean.entries import EXPOSURE, HEAT_CELL, ITEM_VIEW, VISIBILITY, ZONE_VIEW
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.derive import example_value, rows
from warehouse_schema.table import Struct

Row = dict[str, Any]

HIST_EDGES_MS = (100, 1000, 5000)

DESKTOP = {"surface": "feed", "device_type": "desktop", "pointer_type": "mouse", "viewport_class": "<1440"}
WIDE = DESKTOP | {"viewport_class": ">=1920"}
PROFILE = DESKTOP | {"surface": "profile", "layout_id": "profile-v1"}
PHONE = {"surface": "feed", "device_type": "phone", "pointer_type": "touch", "viewport_class": "<480"}
#: Tablets come with a pen or with touch: measured and unmeasured cursors meet in one group.
TABLET = DESKTOP | {"device_type": "tablet", "pointer_type": "pen", "layout_id": "(none)"}
CROWDS: dict[dt.date, list[tuple[Row, int]]] = {
    dt.date(2026, 11, 16): [(DESKTOP, 110), (PHONE, 60), (WIDE, 9), (TABLET, 6), (PROFILE, 4)],
    dt.date(2026, 11, 17): [(DESKTOP, 55), (PROFILE, 1)],
    dt.date(2026, 11, 18): [(TABLET, 7), (WIDE, 3), (PHONE, 1)],
    dt.date(2026, 11, 19): [(DESKTOP, 3)],
    dt.date(2026, 11, 20): [(PROFILE, 1)],
}
STORIES = ["story-1", "story-2", "story-3", "story-4", "story-5", "story-6", "clip-1", "ad-1", "ad-2", "ad-3", "zone-1"]


def page_views() -> list[Row]:
    """Rows of clean.page_views, the same at every call, in no order of visitors."""
    chance = random.Random(20261120)
    views = []
    for date, crowds in CROWDS.items():
        visitor = 0
        for context, visitors in crowds:
            # The second crowd of a date shares two visitors with the first: people have several devices.
            visitor = max(0, visitor - 2) if len(crowds) > 2 else visitor
            for _ in range(visitors):
                visitor += 1
                # Page views are named alike for all visitors: only together with the visitor is a name unique.
                names = ["view-1", "view-2"][: chance.choice([1, 1, 2])]
                views += [_page_view(chance, date, context, f"{visitor:064x}", name) for name in names]
    for number, view in enumerate(views):
        view["page_view_id"] += f"-{view['device_type']}-{view['surface']}-{view['viewport_class']}"
        view["traffic_class"] = "declared_bot" if number % 17 == 5 else "human"
    chance.shuffle(views)
    _flag_first_visitors(views)
    return rows(PAGE_VIEWS, *views)


def _page_view(chance: random.Random, date: dt.date, context: Row, visitor: str, name: str) -> Row:
    is_touch = context["device_type"] == "phone" or (context["device_type"] == "tablet" and chance.random() < 0.4)
    has_clicks = chance.random() < 0.8
    # A chance of its own: what is added here leaves the crowds of the other columns as they are.
    other = random.Random(f"{date} {visitor} {name} {context}")
    return context | {
        "event_date": date,
        "visitor_key": visitor,
        "page_view_id": name,
        "pointer_type": "touch" if is_touch else context["pointer_type"],
        "purposes": ["ads", "product_development"] if chance.random() < 0.6 else ["product_development"],
        "heat_cells": _heat_cells(chance, is_touch, has_clicks),
        "item_views": _item_views(chance, is_touch, has_clicks),
        "exposure": _exposure(chance),
        "zone_views": _zone_views(other, is_touch, has_clicks),
        "experiments": None,
        "platform": other.choice(["web", "web", "ios"]),
        "engaged_ms": other.choice([None, 0, 4000, 9999, 30_000]),
        "visible_ms": other.randrange(90_000),
        "rage_count": other.choice([0, 0, 1]) if has_clicks else None,
        "thrash_count": None if is_touch else other.choice([0, 0, 2]),
        **_times(other, date),
    }


def _times(chance: random.Random, date: dt.date) -> Row:
    """A start, often close to midnight; shown once or twice, some on to the next date."""
    start = dt.datetime.combine(date, dt.time(), dt.UTC) + dt.timedelta(
        milliseconds=chance.choice([chance.randrange(600_000), 86_400_000 - chance.randrange(1, 600_000)])
    )
    absolute_ms = chance.choice([0, 20_000, 200_000, 900_000])
    cuts = sorted(chance.sample(range(absolute_ms + 1), 4)) if absolute_ms else []
    shown = [(start + dt.timedelta(milliseconds=a), start + dt.timedelta(milliseconds=b)) for a, b in _pairs(cuts)]
    intervals = [_entry(VISIBILITY, {"started_at": a, "ended_at": b, "end_reason": "hidden"}) for a, b in shown]
    return {"started_at": start, "absolute_ms": absolute_ms, "visibility": intervals}


def _pairs(cuts: list[int]) -> list[tuple[int, int]]:
    return list(zip(cuts[::2], cuts[1::2], strict=True))


def _zone_views(chance: random.Random, is_touch: bool, has_clicks: bool) -> list[Row] | None:
    if is_touch and not has_clicks:
        return None
    zones = [zone for n, zone in enumerate(["nav", "sidebar", "footer"]) if chance.random() < 0.8 * 0.3**n]
    return _some(chance, [_zone_view(chance, zone, is_touch, has_clicks) for zone in zones])


def _zone_view(chance: random.Random, target: str, is_touch: bool, has_clicks: bool) -> Row:
    dwells = [chance.choice([150, *HIST_EDGES_MS[1:], chance.randrange(150, 9000)]) for _ in range(chance.randrange(3))]
    hovers: Row = {
        "hover_count": len(dwells),
        "long_hover_count": sum(ms >= 500 for ms in dwells),
        "unclicked_hover_count": chance.randint(0, len(dwells)) if has_clicks else None,
        "dwell_ms": sum(dwells),
        "active_ms": sum(dwells) // 2,
        "hover_dwells_ms": dwells,
    }
    hovers |= dict.fromkeys(hovers) if is_touch else {}
    return _entry(ZONE_VIEW, hovers | {"target": target, "click_count": chance.randint(0, 2) if has_clicks else None})


def _some(chance: random.Random, entries: list[Row]) -> list[Row] | None:
    """The entries of most page views; none on some that measured, NULL on some that did not."""
    return chance.choices([entries, [], None], [30, 1, 1])[0]


def _entry(struct: Struct, values: Row) -> Row:
    return {column.name: example_value(column) for column in struct.fields} | values


def _heat_cells(chance: random.Random, is_touch: bool, has_clicks: bool) -> list[Row] | None:
    if is_touch and not has_clicks:
        return None
    cells = []
    for space in ("viewport", "document"):
        # Nearly everyone crosses the middle; the rest is spread over both signs of both axes.
        around = {(round(chance.gauss(0, 5)), round(chance.gauss(0, 9))) for _ in range(4)}
        middle = {(0, 0), (1, 0)} if chance.random() < 0.8 else set()
        cells += [_heat_cell(chance, space, cell, is_touch, has_clicks) for cell in sorted(around | middle)]
    return _some(chance, cells)


def _heat_cell(chance: random.Random, space: str, cell: tuple[int, int], is_touch: bool, has_clicks: bool) -> Row:
    measures = {"dwell_ms": 20_000, "active_ms": 4000, "sample_count": 90, "stay_count": 3}
    amounts: Row = {name: None if is_touch else chance.randrange(limit) for name, limit in measures.items()}
    clicks = chance.randint(1, 3) if is_touch else chance.randint(0, 1)
    amounts["click_count"] = clicks if has_clicks else None
    return _entry(HEAT_CELL, {"space": space, "cell_x": cell[0], "cell_y": cell[1]} | amounts)


def _exposure(chance: random.Random) -> list[Row] | None:
    depth = min(40, int(chance.expovariate(0.15)))
    return _some(
        chance, [_entry(EXPOSURE, {"cell_y": y, "visible_ms": chance.randrange(60_000)}) for y in range(depth)]
    )


def _item_views(chance: random.Random, is_touch: bool, has_clicks: bool) -> list[Row] | None:
    slots = [(n, item) for n, item in enumerate(STORIES) if chance.random() < 0.85 * 0.72**n + 0.03]
    return _some(chance, [_item_view(chance, n, item, is_touch, has_clicks) for n, item in slots])


def _item_view(chance: random.Random, slot: int, item_id: str, is_touch: bool, has_clicks: bool) -> Row:
    is_seen = chance.random() < 0.9
    flags = ["is_impression", "is_viewable", "is_viewable_large", "is_viewable_tall", "is_subsecond", "is_skip"]
    times = ["visible_ms", "attended_ms", "hover_ms", "hover_visible_ms"]
    item = {name: chance.choice([None, False, True]) if is_seen else None for name in flags}
    # Values on the edges of bins belong to the bin that starts there.
    item |= {name: chance.choice([0, 99, *HIST_EDGES_MS, chance.randrange(9000)]) for name in times}
    item |= {} if is_seen else {"visible_ms": None, "attended_ms": None}
    item |= {"hover_count": chance.choice([0, 0, 2]), "click_count": chance.choice([0, 1]) if has_clicks else None}
    item |= {"hover_count": None, "hover_ms": None, "hover_visible_ms": None} if is_touch else {}
    kind = item_id.split("-")[0]
    item_type = {"clip": "video", "ad": chance.choice(["ad", "video"])}.get(kind, kind)
    return _entry(
        ITEM_VIEW,
        item
        | {"item_id": item_id, "item_type": item_type, "feed_rank": slot + 1, "is_measurable": chance.random() < 0.7}
        | {"ad_id": f"creative-{item_id}" if kind == "ad" else None, "topic": _topic(chance, item_id)},
    )


def _topic(chance: random.Random, item_id: str) -> str | None:
    topics = {"story-1": ["sport"], "story-2": ["sport", "news"], "story-3": [None, "news"], "clip-1": ["sport"]}
    return chance.choice(topics.get(item_id, [None]))


def _is_ad(view: Row, item: Row) -> bool:
    return item["ad_id"] is not None


def _is_viewable_ad(view: Row, item: Row) -> bool:
    return _is_ad(view, item) and bool(item["is_measurable"] and item["is_viewable"])


def _always(view: Row, entry: Row) -> bool:
    return True


def _layout(view: Row) -> tuple[Any, ...]:
    return view["layout_id"], view["viewport_class"]


def _place(view: Row, item: Row) -> tuple[Any, ...]:
    return item["item_type"], feed_rank_bucket(item["feed_rank"])


def _ad(view: Row, item: Row) -> tuple[Any, ...]:
    return (item["ad_id"],)


Key = Callable[[Row, Row], tuple[Any, ...]]
#: Nested column, flag, what makes an entry's row of the mart besides the page view's own columns, which entries.
_FIRSTS: list[tuple[str, str, Key, Callable[[Row, Row], bool]]] = [
    (
        "heat_cells",
        "is_first_in_hover_heatmap",
        lambda view, cell: (*_layout(view), cell["space"], cell["cell_x"], cell["cell_y"]),
        _always,
    ),
    ("exposure", "is_first_in_viewport_exposure", lambda view, row: (*_layout(view), row["cell_y"]), _always),
    ("zone_views", "is_first_in_zone_attention", lambda view, zone: (view["layout_id"], zone["target"]), _always),
    ("item_views", "is_first_in_story_attention", lambda view, item: (item["item_type"], item["item_id"]), _always),
    ("item_views", "is_first_in_feed_attention", _place, _always),
    ("item_views", "is_first_of_page_view_in_feed_attention", _place, _always),
    ("item_views", "is_first_in_ad_attention", _ad, _is_ad),
    ("item_views", "is_first_of_page_view_in_ad_attention", _ad, _is_ad),
    ("item_views", "is_first_viewable_in_ad_attention", _ad, _is_viewable_ad),
]


def _flag_first_visitors(views: list[Row]) -> None:
    """Set the flags by a loop: true on a visitor's (or a page view's) first entry that counts, per row of the mart."""
    for view in views:
        view.setdefault("layout_id", "feed-v7")
    for nested, flag, key, is_meant in _FIRSTS:
        seen = set()
        for view in views:
            for entry in view[nested] or []:
                counts = view["traffic_class"] == "human" and (not entry.get("ad_id") or "ads" in view["purposes"])
                counts = counts and is_meant(view, entry)
                who = (view["visitor_key"], view["page_view_id"] if "of_page_view" in flag else "")
                row = (view["event_date"], view["surface"], view["device_type"], who, key(view, entry))
                entry[flag] = counts and row not in seen
                if counts:
                    seen.add(row)
