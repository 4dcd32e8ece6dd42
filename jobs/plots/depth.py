"""`hoverlake plot exposure`: how far down the page was on screen, from `mart.viewport_exposure_daily`."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from jobs.errors import UsageError
from jobs.heatmap_grid import GRID_PX
from jobs.heatmap_groups import named
from jobs.io.releases import Release
from jobs.plots.asked import SCREEN, Question, Rows, Stand, keys_in_words, rows_of
from jobs.plots.chart import MAX_SERIES, Axis, Chart, Mark, Panel, Series, highest, share_axis, time_axis
from jobs.report.words import duration, number, share
from warehouse_schema.mart.viewport_exposure_daily import VIEWPORT_EXPOSURE_DAILY

TABLE = VIEWPORT_EXPOSURE_DAILY.name
MEASURES = ("page_view_count", "visible_ms")
#: Distances of ticks, in css px.
DEPTH_STEPS_PX = (100, 200, 500, 1000, 2000, 5000, 10_000, 20_000)
MAX_TICKS = 8
GROUP = ("layout_id", "device_type", "viewport_class")


@dataclass(frozen=True)
class DepthRow:
    """A row of the document, 32 px high, `row` from the top: page views that showed it whole, and for how long together."""

    row: int
    page_views: int
    visible_ms: int
    visitors: int


@dataclass(frozen=True)
class Depth:
    """One layout, device and viewport class. `base` is the page views of its most shown row: the mart has no other total."""

    layout: str
    device: str
    viewport_class: str
    rows: tuple[DepthRow, ...]

    @property
    def base(self) -> int:
        """Page views that showed the most shown row."""
        return max(row.page_views for row in self.rows)

    @property
    def name(self) -> str:
        """The group in words."""
        return f"{named(self.device)} · {named(self.layout)} · {self.viewport_class} px"


@dataclass(frozen=True)
class Exposure:
    """Depths of several groups of a surface, the largest first."""

    title: str
    depths: tuple[Depth, ...]
    stand: Stand


def exposure(connection: duckdb.DuckDBPyConnection, release: Release, question: Question) -> Exposure:
    """The largest group of each device; or, of one device, each viewport class of its largest layout.

    Of several dates, a row is drawn only if it is published on each of them: else it would lack a date's part.
    """
    question = question.only("surface", "device", "layout", of=TABLE)
    rows = rows_of(connection, release, TABLE, question, "surface", "layout", "device")
    drawn = "not is_remainder and cell_y is not null"
    if "surface" not in rows.keys:
        rows = rows.but(surface=_first(rows.largest("surface", "visible_ms", drawn)))
    if question.device is not None and question.layout is None:
        rows = rows.but(layout_id=_first(rows.largest("layout_id", "visible_ms", drawn)))
    groups = rows.select(
        f"{', '.join(GROUP)}, sum(visible_ms)",
        drawn,
        "group by all having sum(visible_ms) > 0 order by 4 desc, 1, 2, 3",
    )
    if question.device is None:
        groups = [next(row for row in groups if row[1] == device) for device in dict.fromkeys(row[1] for row in groups)]
    depths = [depth for group in groups[:MAX_SERIES] if (depth := _depth(rows, drawn, *group[:3])).rows]
    _first([depth.layout for depth in depths])
    return Exposure(
        f"On screen by depth · {keys_in_words(rows)}", tuple(depths), _stand(release, rows, depths, len(groups))
    )


def _first(values: list[str]) -> str:
    if not values:
        raise UsageError(
            f"no row of the page is published for this question in {TABLE}: every group was too small, or no row on every date. "
            "Ask for one --date, or leave out a choice."
        )
    return values[0]


def _depth(rows: Rows, drawn: str, layout: str, device: str, viewport_class: str) -> Depth:
    own = rows.but(layout_id=layout, device_type=device, viewport_class=viewport_class)
    dates = own.one("count(distinct event_date)", drawn)[0]
    found = own.select(
        "cell_y, sum(page_view_count), sum(visible_ms), max(visitor_count)",
        f"{drawn} and cell_y >= 0",
        f"group by 1 having count(distinct event_date) = {int(dates)} order by 1",
    )
    return Depth(layout, device, viewport_class, tuple(DepthRow(*map(int, row)) for row in found))


def _stand(release: Release, rows: Rows, depths: list[Depth], groups: int) -> Stand:
    more = [
        "Shares are of the page views that showed a group's most shown row: how many showed none is not published here."
    ]
    if groups > len(depths):
        more.append(f"The {len(depths)} largest of {groups} groups (layout, device, viewport class).")
    more.append("A row counts while it lies on screen whole. A break in a line: rows of too few visitors.")
    if any(depth.layout != depths[0].layout for depth in depths):
        more.append("In another layout the same depth holds other things.")
    return Stand(
        release=release,
        rows=rows,
        n=" + ".join(
            f"{number(depth.base)} page views ({named(depth.device)}, {depth.viewport_class})" for depth in depths
        ),
        visitors=max(row.visitors for depth in depths for row in depth.rows),
        unit="rows of 32 css px from the top of the page",
        folded=rows.folded_share("visible_ms"),
        folded_of="visible time of rows",
        caution=SCREEN,
        more=tuple(more),
    )


def chart_of(made: Exposure, measure: str | None = None) -> Chart:
    """Share of page views that a row was shown in, and its mean time on screen; or the one measure."""
    deepest = max(depth.rows[-1].row + 1 for depth in made.depths) * GRID_PX
    step = next(step for step in DEPTH_STEPS_PX if deepest <= MAX_TICKS * step)
    x = Axis(
        "px from the top of the page",
        0.0,
        float(deepest),
        tuple((step * n, f"{step * n:,.0f}") for n in range(MAX_TICKS + 1) if step * n <= deepest),
    )
    headings = {
        float(row * GRID_PX): f"{row * GRID_PX:,} to {(row + 1) * GRID_PX:,} px" for row in range(deepest // GRID_PX)
    }
    shown = MEASURES if measure is None else (measure,)
    panels = tuple(_panel(made, name, x, headings) for name in shown)
    return Chart(made.title, made.stand.subtitle, panels, made.stand.notes)


def _panel(made: Exposure, measure: str, x: Axis, headings: dict[float, str]) -> Panel:
    series = tuple(Series(depth.name, _marks(depth, measure, len(headings))) for depth in made.depths)
    if measure == "page_view_count":
        return Panel("Page views that showed the row", "dense", x, share_axis("share of page views"), series, headings)
    y = time_axis("mean time on screen", highest(series))
    return Panel("Time on screen per page view of the most shown row", "dense", x, y, series, headings)


def _marks(depth: Depth, measure: str, count: int) -> tuple[Mark, ...]:
    by_row = {row.row: row for row in depth.rows}
    marks = []
    for place in range(count):
        row = by_row.get(place)
        if row is None:
            marks.append(Mark(float(place * GRID_PX), None, "not published"))
        elif measure == "page_view_count":
            part = row.page_views / depth.base
            said = f"{share(part)}, {number(row.page_views)} of {number(depth.base)} page views"
            marks.append(Mark(float(place * GRID_PX), part, said))
        else:
            mean = row.visible_ms / depth.base
            said = f"{duration(mean)} each, {duration(row.visible_ms)} over {number(depth.base)} page views"
            marks.append(Mark(float(place * GRID_PX), mean, said))
    return tuple(marks)
