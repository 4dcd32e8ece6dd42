"""Questions about pages: where cursors rest, what of that is idle, how deep a layout is read, and zones."""

from __future__ import annotations

from collections.abc import Sequence

from jobs.questions.question import Bar, Bars, Heatmap, Plot, Row, question
from jobs.questions.sentences import CURSOR, and_list, best, folded
from jobs.report.words import counted, duration, number, share

POOL = "Cells of two layouts or two widths of the window are different places of the page: never pool them."


def _warmest(rows: Sequence[Row]) -> str:
    first = rows[0]
    return (
        f"In {first['layout_id']} at a width of {first['viewport_class']} px, {number(32 * first['cell_x'])} px from the left and "
        f"{number(32 * first['cell_y'])} px from the top of the window: {duration(first['dwell_ms'])} of cursor time on "
        f"{counted(first['page_view_count'], 'page view')} of {counted(first['visitor_count'], 'visitor')}, "
        f"{share(first['active_share'])} of it within 1 s of a movement."
    )


WARMEST = question(
    "warmest",
    "Where do cursors rest on the screen?",
    "dwell_ms",
    "layout_id viewport_class cell_x cell_y visitor_count page_view_count dwell_ms active_ms active_share",
    """
    select layout_id, viewport_class, cell_x, cell_y, visitor_count, page_view_count, dwell_ms, active_ms,
           round(active_ms / nullif(dwell_ms, 0), 4) as active_share
    from mart.hover_heatmap_daily
    where event_date = '2026-11-20' and surface = 'feed' and device_type = 'desktop' and space = 'viewport' and cell_px = 32
      and not is_remainder and dwell_ms is not null
    order by dwell_ms desc, layout_id, viewport_class, cell_y, cell_x
    limit 10
    """,
    _warmest,
    Heatmap({"space": "viewport"}),
    POOL,
    "Only cells of 32 px are ranked: a larger cell holds what its small ones could not publish, and is no warmer for being large.",
    "The two spaces count the same rests, once by the window and once by the document: never add them.",
    "A warm cell may be where people park the cursor: see the next question.",
)


def _idle(rows: Sequence[Row]) -> str:
    first, usual = rows[0], rows[0]["idle_share_of_all"]
    return (
        f"Of all cursor time that is published of desktop feeds {share(usual)} is idle, more than 1 s after the last movement. Among the warmer half of "
        f"the cells most in {first['layout_id']} ({first['viewport_class']} px) at column {first['cell_x']}, row {first['cell_y']}: "
        f"{share(first['idle_share'])} of {duration(first['dwell_ms'])} (at least {number(first['visitor_count'])} visitors)."
    )


IDLE = question(
    "idle",
    "Which warm places are cursors that were only parked?",
    "idle_share",
    "layout_id viewport_class cell_x cell_y visitor_count dwell_ms active_ms idle_share idle_share_of_all",
    """
    with cells as (
      select *, 1 - sum(active_ms) over () / nullif(sum(dwell_ms) over (), 0) as idle_share_of_all
      from mart.hover_heatmap_daily
      where event_date = '2026-11-20' and surface = 'feed' and device_type = 'desktop' and space = 'viewport'
        and dwell_ms is not null
    )
    select layout_id, viewport_class, cell_x, cell_y, visitor_count, dwell_ms, active_ms,
           round(1 - active_ms / dwell_ms, 4) as idle_share, round(idle_share_of_all, 4) as idle_share_of_all
    from cells
    where cell_px = 32 and not is_remainder and dwell_ms > 0
    qualify dwell_ms >= median(dwell_ms) over ()
    order by idle_share desc, dwell_ms desc, layout_id, viewport_class, cell_y, cell_x
    limit 10
    """,
    _idle,
    Heatmap({"space": "viewport", "measure": "active_ms"}),
    "Beyond 1 s without movement the cursor says little about the eye: active_ms leaves that out, dwell_ms does not.",
    "A cursor can be idle where somebody reads: idle time is not worthless time, it is unknown time.",
    "One long rest of one visitor warms a cell (up to 5 s each): look at visitor_count before you look at the colour.",
)


def _fold(rows: Sequence[Row]) -> str:
    warm, dense = best(rows, "dwell_ms"), best(rows, "dwell_per_screen_minute_ms")
    return (
        f"Most cursor time is {number(warm['from_px'])} to {number(warm['from_px'] + 256)} px down ({warm['layout_id']}, "
        f"{warm['viewport_class']} px: {duration(warm['dwell_ms'])}). Per minute on screen most is {number(dense['from_px'])} to "
        f"{number(dense['from_px'] + 256)} px down ({dense['layout_id']}, {dense['viewport_class']} px: "
        f"{duration(dense['dwell_per_screen_minute_ms'])} a minute, over {duration(dense['visible_ms'])} on screen). "
        + folded(rows[0]["small_groups_share"], "cursor time on desktop feeds")
    )


FOLD = question(
    "below-the-fold",
    "Is there really less going on below the fold, or is it only less on screen?",
    "dwell_per_screen_minute_ms",
    "layout_id viewport_class from_px dwell_ms visible_ms dwell_per_screen_minute_ms small_groups_share",
    """
    with cells as (
      select *, sum(dwell_ms) filter (where cell_y is null) over () / sum(dwell_ms) over () as small_groups_share
      from mart.hover_heatmap_daily
      where event_date = '2026-11-20' and coalesce(surface, 'feed') = 'feed' and coalesce(device_type, 'desktop') = 'desktop'
        and space = 'document' and dwell_ms is not null
    ),
    cursors as (
      select layout_id, viewport_class, cell_y * cell_px // 256 as band, sum(dwell_ms) as dwell_ms,
             any_value(coalesce(small_groups_share, 0)) as small_groups_share
      from cells
      where cell_y is not null and cell_y >= 0
      group by all
    ),
    screens as (
      select layout_id, viewport_class, cell_y // 8 as band, avg(visible_ms) as visible_ms
      from mart.viewport_exposure_daily
      where event_date = '2026-11-20' and surface = 'feed' and device_type = 'desktop' and cell_y is not null
      group by all
      having count(*) = 8
    )
    select layout_id, viewport_class, 256 * band as from_px, dwell_ms, round(visible_ms) as visible_ms,
           round(60000 * dwell_ms / nullif(visible_ms, 0)) as dwell_per_screen_minute_ms,
           round(small_groups_share, 4) as small_groups_share
    from cursors join screens using (layout_id, viewport_class, band)
    order by layout_id, viewport_class, from_px
    """,
    _fold,
    Heatmap({"per_exposure": ""}),
    "Cursor time without its exposure only says what is on top of the page.",
    "What cannot be told its cell is missing above the line, and most of it lies far down: deep bands look colder than they are.",
    "A band is counted only if all eight of its rows are published; a band that is missing is not a band without people.",
    "A band's time on screen is the mean of its rows: a row counts while it lies wholly in the window.",
    POOL,
)


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
    return f"At a width of {width[0]} px, a depth of {number(width[1])} px was on screen in: {and_list(parts)}."


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
    where cell_y % 25 = 0 and cell_y > 0
    order by viewport_class, depth_px, layout_id
    """,
    _deeper,
    Plot("exposure", {"surface": "feed", "device": "desktop"}),
    "Compare within one width of the window only: a wide window holds more of the page.",
    "A layout that starts with a billboard has the same story further down: the same depth is another place in the feed.",
    "Rows that fewer visitors reached are missing, not zero; the smaller layout loses them first.",
    "Who has the new layout must have been drawn by lot, else it is the people that differ.",
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

PAGES = (WARMEST, IDLE, FOLD, DEEPER, ZONES)
