"""The oracle: what `clean.page_views` must say of one page view, by loops that read like METRICS.

A second, plain implementation of the metrics that shares no code with the jobs: two independent readings that agree
are the proof. It is slow on purpose: no vectors, one question after the other.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import crawleruseragents

from jobs.simulator.merge import MergedView, date_of, merge_beacons
from jobs.simulator.oracle_cursor import heat_cells, hovers_of, measures_hover, rests_of
from jobs.simulator.oracle_feed import exposure, item_views
from jobs.simulator.oracle_gestures import (
    BOT_HOURS,
    BOT_REASONS,
    Step,
    cursor_reasons,
    hours_with_input,
    rage_count,
    strokes_of,
    thrash_count,
)
from jobs.simulator.oracle_time import (
    ScrollPath,
    end_of_view,
    end_reason,
    engaged_time,
    event_instants,
    gaps_between,
    has_offset,
    is_known,
    total,
    visible_time,
)
from jobs.simulator.oracle_zones import zone_views
from jobs.steps.traffic import PATTERNS_OF_PEOPLE

__all__ = ["MergedView", "expected_page_view", "expected_page_views", "merge_beacons"]

MISSING = "(none)"
#: Each class of viewport widths ends below its number of CSS px.
VIEWPORT_CLASSES = ((480, "<480"), (768, "<768"), (1024, "<1024"), (1440, "<1440"), (1920, "<1920"))
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def expected_page_views(views: Iterable[MergedView]) -> list[dict[str, Any]]:
    """The rows that `clean.page_views` must have for these page views, `visitor_id` in place of `visitor_key`.

    `views` must hold all page views of each visitor and event date, because some programs only show over a whole
    date. Without the flags `is_first_*`, and without columns that are only carried over.
    """
    views = list(views)
    hours = hours_with_input(views)
    return [_row(view, hours[view.visitor_id, date_of(view.started_ms)]) for view in views]


def expected_page_view(view: MergedView) -> dict[str, Any]:
    """The row of a page view that is its visitor's only one on its event date."""
    (row,) = expected_page_views([view])
    return row


def _row(view: MergedView, hours: set[int]) -> dict[str, Any]:
    """One row; `hours` are those of the event date with an input of the visitor."""
    events = event_instants(view)
    end = end_of_view(events, view.observed_until_ms)
    gaps = gaps_between(events)
    seen = visible_time(view, end, gaps)
    engaged = engaged_time(view, visible_time(view, end, gaps, must_focus=True))
    scroll = ScrollPath(view.scroll)
    strokes = strokes_of(view)
    rests = rests_of(view.pointer or [], scroll, seen, end) if measures_hover(view) else None
    hovers = None if rests is None else hovers_of(view, rests, seen)
    depth_px, depth_share = scroll_depth(view)
    return {
        **_context(view),
        **_traffic(view, strokes, hours),
        "rage_count": rage_count(view),
        "thrash_count": thrash_count(view, strokes),
        "gap_ms": total(gaps),
        "absolute_ms": end,
        "visible_ms": total(seen),
        "engaged_ms": None if engaged is None else total(engaged),
        "scroll_depth_px": depth_px,
        "scroll_depth_share": depth_share,
        "heat_cells": heat_cells(view, rests, scroll, seen),
        "hovers": hovers,
        "item_views": item_views(view, rests, hovers, engaged, seen, end),
        "zone_views": zone_views(view, hovers),
        "clicks": None if view.clicks is None else [click._asdict() for click in view.clicks],
        "visibility": [
            {"started_at": _at(view, a), "ended_at": _at(view, b), "end_reason": end_reason(view, b, end)}
            for a, b in seen
        ],
        "exposure": exposure(view, scroll, seen, end),
    }


def _context(view: MergedView) -> dict[str, Any]:
    """Everything that is not measured but said, and how completely it arrived."""
    unknown = None
    if view.pointer is not None:
        unknown = sum(not is_known(p.x_px, p.y_px) for p in view.pointer)
    return {
        "event_date": date_of(view.started_ms),
        "visitor_id": view.visitor_id,
        "page_view_id": view.page_view_id,
        "started_at": _at(view, 0),
        "surface": _said(view.page, "surface"),
        "layout_id": _said(view.page, "layout_id"),
        "device_type": _said(view.device, "type"),
        "viewport_class": viewport_class(view.device.get("viewport_w_px")),
        "purposes": view.purposes,
        "beacons_received": view.beacons_received,
        "beacons_missing": view.beacons_missing,
        "beacons_duplicate": view.beacons_duplicate,
        "beacons_conflicting": view.beacons_conflicting,
        "is_closed": view.is_closed,
        "is_state_measured": view.state is not None,
        "unknown_position_count": unknown,
    }


def _traffic(view: MergedView, strokes: list[list[Step]], hours: set[int]) -> dict[str, Any]:
    """Who declares itself is believed; two other reasons are a suspicion, one is only noted (METRICS 5)."""
    reasons = cursor_reasons(view, strokes)
    if len(hours) >= BOT_HOURS:
        reasons.add("input_every_hour")
    traffic_class = "suspected_bot" if len(reasons) >= BOT_REASONS else "human"
    if is_declared_bot(view.device.get("user_agent")):
        traffic_class = "declared_bot"
        reasons.add("user_agent")
    return {"traffic_class": traffic_class, "traffic_reasons": sorted(reasons)}


def _said(context: Mapping[str, Any], name: str) -> str:
    value = context.get(name)
    return MISSING if value is None else value


def _at(view: MergedView, t_ms: int) -> dt.datetime:
    return _EPOCH + dt.timedelta(milliseconds=view.started_ms + t_ms)


def viewport_class(width_px: float | None) -> str:
    """The class of a viewport width; '(none)' if the tracker did not say it."""
    if width_px is None or not math.isfinite(width_px):
        return MISSING
    for limit, label in VIEWPORT_CLASSES:
        if width_px < limit:
            return label
    return ">=1920"


@lru_cache(maxsize=4096)
def is_declared_bot(user_agent: str | None) -> bool:
    """True if the user agent says itself that it is a program, or the list of crawlers has it."""
    if user_agent is None:
        return False
    if re.search(r"bot\b|crawler|spider", user_agent.lower().replace("cubot", "")):
        return True
    patterns = [crawler["pattern"] for crawler in crawleruseragents.CRAWLER_USER_AGENTS_DATA]
    return any(re.search(pattern, user_agent) for pattern in patterns if pattern not in PATTERNS_OF_PEOPLE)


def scroll_depth(view: MergedView) -> tuple[float | None, float | None]:
    """How far down the viewport's bottom came, in px and as a share of the document (METRICS 4)."""
    viewport = view.device.get("viewport_h_px")
    if view.scroll is None or viewport is None:
        return None, None
    offsets = [record.y_px for record in view.scroll if record.y_px is not None and has_offset(record)]
    depth = float(max([0.0, *offsets]) + viewport)
    document = view.page.get("document_h_px")
    if document is None:
        return depth, None
    return depth, 1.0 if document <= viewport else min(1.0, depth / document)
