"""Page views of five dates, small enough for plain loops, rich enough for every turn of the fold ladder.

Crowds are chosen around thresholds of 2, 5 and 50 visitors: dates on which groups stand alone, lean on each other,
take in a published row, or stay unpublished.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from typing import Any

from warehouse_schema.clean.page_views import EXPOSURE, HEAT_CELL, ITEM_VIEW, PAGE_VIEWS
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
    return context | {
        "event_date": date,
        "visitor_key": visitor,
        "page_view_id": name,
        "pointer_type": "touch" if is_touch else context["pointer_type"],
        "purposes": ["ads", "product_development"] if chance.random() < 0.6 else ["product_development"],
        "heat_cells": _heat_cells(chance, is_touch, has_clicks),
        "item_views": _item_views(chance, is_touch, has_clicks),
        "exposure": _exposure(chance),
        "experiments": None,
    }


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


#: Per nested column: its flag, and what makes an entry's row of the mart besides the page view's own columns.
_FIRSTS: dict[str, tuple[str, Callable[[Row, Row], tuple[Any, ...]]]] = {
    "heat_cells": (
        "is_first_in_hover_heatmap",
        lambda view, cell: (
            view["layout_id"], view["viewport_class"], cell["space"], cell["cell_x"], cell["cell_y"],
        ),
    ),
    "exposure": (
        "is_first_in_viewport_exposure",
        lambda view, row: (view["layout_id"], view["viewport_class"], row["cell_y"]),
    ),
    "item_views": ("is_first_in_story_attention", lambda view, item: (item["item_type"], item["item_id"])),
}  # fmt: skip


def _flag_first_visitors(views: list[Row]) -> None:
    """Set the flags by a loop: true on a visitor's first entry that counts, per row of the mart."""
    for view in views:
        view.setdefault("layout_id", "feed-v7")
    for nested, (flag, key) in _FIRSTS.items():
        seen = set()
        for view in views:
            for entry in view[nested] or []:
                counts = view["traffic_class"] == "human" and (not entry.get("ad_id") or "ads" in view["purposes"])
                person = (view["event_date"], view["surface"], view["device_type"], view["visitor_key"])
                entry[flag] = counts and (person, key(view, entry)) not in seen
                if counts:
                    seen.add((person, key(view, entry)))
