"""Questions that set layouts side by side: how deep they are read, and how their zones are used."""

from __future__ import annotations

import math
from collections.abc import Sequence

from jobs.questions.question import Bar, Bars, Row, question
from jobs.questions.sentences import CURSOR, SCREEN, and_list, best
from jobs.report.words import number, share

#: Standard deviations that 95 in 100 differences by chance lie within.
NORMAL_95 = 1.96


def _deeper(rows: Sequence[Row]) -> str:
    layouts = {row["layout_id"] for row in rows}
    if len(layouts) < 2:
        only = max(rows, key=lambda row: (row["top_page_view_count"], row["depth_px"]))
        return (
            f"It cannot be told on this date: {only['layout_id']} alone has enough visitors in any row. Of its "
            f"{number(only['top_page_view_count'])} page views at a width of {only['viewport_class']} px, {share(only['reached_share'])} had "
            f"{number(only['depth_px'])} px on screen, the furthest depth published here."
        )
    return _compared(rows)


def _compared(rows: Sequence[Row]) -> str:
    """The deepest row that both layouts have, in the width with most page views."""
    by_place: dict[tuple[str, int], list[Row]] = {}
    for row in rows:
        by_place.setdefault((row["viewport_class"], row["depth_px"]), []).append(row)
    shared = {place: found for place, found in by_place.items() if len(found) > 1}
    if not shared:
        return "Two layouts are published, but at no width and depth both: they cannot be compared."
    width = max(shared, key=lambda place: (sum(row["top_page_view_count"] for row in shared[place]), place[1]))
    parts = [
        f"{row['layout_id']} {share(row['reached_share'])} of {number(row['top_page_view_count'])} page views"
        for row in shared[width]
    ]
    told = f"At a width of {width[0]} px, a depth of {number(width[1])} px was on screen in: {and_list(parts)}."
    return told + _chance(shared[width]) if len(shared[width]) == 2 else told


def _chance(rows: Sequence[Row]) -> str:
    """How large a difference of two shares is, beside the one that chance alone exceeds once in twenty times."""
    first, second = rows
    difference = second["reached_share"] - first["reached_share"]
    variance = sum(row["reached_share"] * (1 - row["reached_share"]) / row["top_page_view_count"] for row in rows)
    return (
        f" {second['layout_id']} less {first['layout_id']} are {100 * difference:+.1f} points; chance alone gives "
        f"{100 * NORMAL_95 * math.sqrt(variance):.1f} either way, and more, as page views of one visitor are alike."
    )


DEEPER = question(
    "read-deeper",
    "Is the new layout read deeper?",
    "reached_share",
    "layout_id viewport_class depth_px visitor_count page_view_count top_page_view_count reached_share",
    """
    with exposed as (
      select *, max(page_view_count) over (partition by layout_id, viewport_class) as top_page_view_count
      from mart.viewport_exposure_daily
      where event_date = '2026-11-20' and surface = 'feed' and device_type = 'desktop' and not is_remainder
    )
    select layout_id, viewport_class, 32 * cell_y as depth_px, visitor_count, page_view_count, top_page_view_count,
           round(page_view_count / top_page_view_count, 4) as reached_share
    from exposed
    where cell_y % 50 = 0 and cell_y > 0
    order by viewport_class, depth_px, layout_id
    """,
    _deeper,
    Bars(
        ("viewport_class", "depth_px", "layout_id"),
        (Bar("reached_share", "Page views that had the row on screen", "share", "top_page_view_count", "page views"),),
        SCREEN,
    ),
    "Compare within one width of the window only: a wide window holds more of the page.",
    "A layout that starts with a billboard has the same story further down: the same depth is another place in the feed.",
    "Rows that fewer visitors reached are missing, not zero; the smaller layout loses them first.",
    "Who has the new layout must have been drawn by lot, else it is the people that differ.",
    is_of_many=True,
)


def _zones(rows: Sequence[Row]) -> str:
    told_apart = [row for row in rows if row["long_hovers_per_100"] is not None]
    if not told_apart:
        return "Hover was not measured on any zone."
    first = best(told_apart, "clicks_per_100")
    return (
        f"{first['target']} of {first['layout_id']} is clicked most: {first['clicks_per_100']:.1f} clicks per 100 of "
        f"{number(first['clicks_measured_count'])} page views on which it was hovered over or clicked, and "
        f"{first['long_hovers_per_100']:.0f} hovers of half a second or more per 100 of {number(first['hover_measured_count'])}."
    )


ZONES = question(
    "zones",
    "Are navigation and sidebar used, or only crossed?",
    "clicks_per_100",
    "surface layout_id target visitor_count hover_measured_count long_hovers_per_100 clicks_measured_count clicks_per_100 hover_count unclicked_hover_count",
    """
    select surface, layout_id, target, visitor_count, hover_measured_count,
           round(100 * long_hover_count / nullif(hover_measured_count, 0), 1) as long_hovers_per_100,
           clicks_measured_count, round(100 * click_count / nullif(clicks_measured_count, 0), 2) as clicks_per_100,
           hover_count, unclicked_hover_count
    from mart.zone_attention_daily
    where event_date = '2026-11-20' and device_type = 'desktop' and not is_remainder
    order by surface, layout_id, target
    """,
    _zones,
    Bars(
        ("surface", "layout_id", "target"),
        (
            Bar("clicks_per_100", "Clicks per 100 page views", "per_100", "clicks_measured_count", "page views"),
            Bar("long_hovers_per_100", "Hovers of 0.5 s, per 100", "per_100", "hover_measured_count", "page views"),
        ),
        CURSOR,
    ),
    "Of page views on which the zone was hovered over or clicked: how many page views had the zone at all is not in the table.",
    "A cursor on its way crosses what lies in its way: long hovers say more than hovers.",
    "hover_count less unclicked_hover_count is not the clicked hovers, where clicks are not measured everywhere.",
    "Layouts stand side by side and are not added: a zone lies elsewhere in each.",
)

LAYOUTS = (DEEPER, ZONES)
