"""Questions about pages: where cursors rest, what of that is idle, and what is only seldom on screen."""

from __future__ import annotations

from collections.abc import Sequence

from jobs.questions.question import Heatmap, Row, question
from jobs.questions.sentences import best, folded
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


PAGES = (WARMEST, IDLE, FOLD)
