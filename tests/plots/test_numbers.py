"""Numbers of plots are those of the mart: each is asked for again in plain SQL, or worked out by hand."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import duckdb
import pytest

from jobs.errors import UsageError
from jobs.io.releases import Release
from jobs.plots.asked import Question
from jobs.plots.chart import Chart, Panel
from jobs.plots.depth import exposure
from jobs.plots.distribution import dwell_distribution
from jobs.plots.minutes import feed_visibility
from jobs.plots.plot import KINDS, chart_of
from jobs.plots.position import position_curve
from jobs.plots.trend import trend
from tests.plots.warehouse import DAY, EVIL, NEXT

ON = Question(DAY, DAY)
Connection = duckdb.DuckDBPyConnection


def values(panel: Panel, name: str) -> dict[float, float]:
    """Numbers of a line by place; places without one are left out."""
    [series] = [one for one in panel.series if one.name == name]
    return {mark.x: mark.y for mark in series.marks if mark.y is not None}


def drawn(connection: Connection, release: Release, kind: str, question: Question) -> Chart:
    return chart_of(connection, release, kind, question)


def test_the_position_curve_is_the_marts(connection: Connection, release: Release) -> None:
    curve = position_curve(connection, release, ON)

    asked = connection.execute(
        "select feed_rank_bucket, impressions, measurable_count, measurable_viewable_count, hist_p50(visible_ms_hist) "
        "from mart.feed_attention_daily where event_date = ? and surface = 'feed' and device_type = 'desktop' "
        "and item_type = 'story' and not is_remainder and feed_rank_bucket <> '(none)' order by 1",
        [DAY],
    ).fetchall()
    places = [(p.bucket, p.impressions, p.measurable, p.viewable, p.median_ms) for p in curve.series["desktop"]]
    assert places == asked
    assert list(curve.series) == ["desktop", "phone"]


def test_a_share_is_drawn_only_where_its_denominator_is(connection: Connection, release: Release) -> None:
    viewable, time = drawn(connection, release, "position-curve", ON).panels

    # Place 4-5 has nothing measurable, place 3 has no row: neither is a zero.
    assert values(viewable, "desktop") == {0.0: 150 / 200, 1.0: 50 / 100}
    assert sorted(values(time, "desktop")) == [0.0, 1.0, 3.0]


def test_hover_of_touch_is_not_drawn_and_the_cursor_is_not_the_gaze(connection: Connection, release: Release) -> None:
    chart = drawn(connection, release, "position-curve", replace(ON, measure="hovered"))

    assert values(chart.panels[0], "desktop") == {0.0: 20 / 80, 1.0: 20 / 80, 3.0: 20 / 80}
    assert values(chart.panels[0], "phone") == {}
    assert chart.notes[-1].startswith("The cursor, not the gaze.")
    with pytest.raises(UsageError, match="touch has no hover"):
        drawn(connection, release, "position-curve", replace(ON, measure="hovered", device="phone"))


def test_of_one_device_there_is_a_line_for_each_item_type(connection: Connection, release: Release) -> None:
    curve = position_curve(connection, release, replace(ON, device="desktop"))

    assert list(curve.series) == ["story", "ad"]
    assert [place.bucket for place in curve.series["ad"]] == ["3"]


def test_what_is_folded_or_without_a_place_is_told(connection: Connection, release: Release) -> None:
    stand = position_curve(connection, release, ON).stand
    notes = "\n".join(stand.notes)

    # 40 of the desktop's stories and 140 of nobody's surface, of 720 placed, 60 without a place, and these.
    assert stand.folded == pytest.approx((40 + 140) / (720 + 60 + 40 + 140))
    assert stand.n == "720 impressions"
    assert "Rows of fewer than 20 visitors are merged into remainders, which are not drawn: 18.8%" in notes
    assert f"{60 / 780:.1%} of published impressions have no place" in notes
    assert "at least 90 visitors" in notes


def test_distributions_are_the_bins_of_the_mart(connection: Connection, release: Release) -> None:
    made = dwell_distribution(connection, release, ON)
    chart = drawn(connection, release, "dwell-distribution", ON)

    nav, sidebar = made.distributions
    assert (nav.name, nav.counts[2], nav.counts[5], nav.n) == ("nav", 10, 30, 40)
    assert (sidebar.name, sidebar.n) == ("sidebar", 20)
    assert values(chart.panels[0], "nav") == {2.0: 10 / 40, 3.0: 0, 4.0: 0, 5.0: 30 / 40}
    [median] = connection.execute(
        "select hist_p50(dwell_ms_hist) from mart.zone_attention_daily where target = 'nav' and layout_id = 'feed-v7' and event_date = '2026-11-20'"
    ).fetchone() or [None]
    assert nav.p50_ms == median
    assert made.stand.folded == 15 / (40 + 20 + 15)
    assert chart.notes[-1] == "The cursor, not the gaze."


def test_the_bins_say_where_they_begin_and_end(connection: Connection, release: Release) -> None:
    [panel] = drawn(connection, release, "dwell-distribution", replace(ON, layout="feed-v8")).panels

    assert "logarithmic" in panel.x.title
    assert panel.headings == {29.0: "27.3 min or more"}
    [panel] = drawn(connection, release, "dwell-distribution", ON).panels
    assert panel.headings[2.0] == "141 ms to 200 ms"


def test_zones_of_two_layouts_are_not_pooled(connection: Connection, release: Release) -> None:
    made = dwell_distribution(connection, release, ON)

    assert "feed-v7" in made.title
    assert sum(one.n for one in made.distributions) == 60


def test_time_in_view_has_its_own_caution(connection: Connection, release: Release) -> None:
    chart = drawn(connection, release, "dwell-distribution", replace(ON, measure="visible_ms", device="desktop"))

    assert [one.name for one in chart.panels[0].series] == ["story", "ad"]
    assert chart.notes[-1] == "Time on screen is not reading."


def test_minutes_are_the_marts_and_all_platforms_share_one_scale(connection: Connection, release: Release) -> None:
    chart = drawn(connection, release, "feed-visibility", ON)

    android, ios = chart.panels
    assert (android.title, ios.title) == ("android", "ios")
    assert values(ios, "ios") == {600.0: 30, 601.0: 30, 605.0: 30}
    assert android.y == ios.y and android.y.high >= 60
    assert ios.headings[605.0] == "10:05 UTC"


def test_minutes_without_a_row_are_gaps_and_not_zeros(connection: Connection, release: Release) -> None:
    chart = drawn(connection, release, "feed-visibility", replace(ON, measure="visible_ms"))
    [panel] = [panel for panel in chart.panels if panel.title == "ios"]

    assert panel.gaps == [(0.0, 600.0), (602.0, 605.0), (606.0, 1440.0)]
    assert values(panel, "ios")[600.0] == 30_000
    notes = "\n".join(chart.notes)
    assert "3 on android, 3 on ios" in notes
    assert "No minute published: web." in notes
    # Of phones: 40 s in remainders, 3 · 60 s and 3 · 30 s in minutes.
    assert f"{40 / (40 + 180 + 90):.1%} of all published visible time" in notes


def test_a_device_without_a_published_minute_is_told(connection: Connection, release: Release) -> None:
    with pytest.raises(UsageError, match="no minute of 2026-11-20 on desktop is published"):
        feed_visibility(connection, release, replace(ON, device="desktop"))


def test_exposure_is_the_marts(connection: Connection, release: Release) -> None:
    made = exposure(connection, release, replace(ON, surface="feed"))

    assert [(depth.device, depth.layout) for depth in made.depths] == [("desktop", "feed-v8"), ("tablet", "feed-v7")]
    desktop = made.depths[0]
    assert [(row.row, row.page_views, row.visible_ms) for row in desktop.rows] == [(n, 100 - n, 4000) for n in range(6)]
    assert desktop.base == 100
    assert made.stand.folded == pytest.approx(4 / (8 * 2 + 6 * 4 + 3 * 1 + 4))


def test_exposure_is_a_share_of_the_most_shown_row(connection: Connection, release: Release) -> None:
    shares, times = drawn(connection, release, "exposure", replace(ON, device="desktop", layout="feed-v8")).panels

    name = "desktop · feed-v8 · <1440 px"
    assert values(shares, name) == {32.0 * row: (100 - row) / 100 for row in range(6)}
    assert values(times, name) == dict.fromkeys((32.0 * row for row in range(6)), 4000 / 100)


def test_over_several_dates_only_rows_of_every_date_are_drawn(connection: Connection, release: Release) -> None:
    made = exposure(connection, release, Question(DAY, NEXT, device="desktop", layout="feed-v7"))

    # Eight rows on the first date, three on the second.
    assert [(row.row, row.page_views, row.visible_ms) for row in made.depths[0].rows] == [
        (0, 100 + 40, 3000),
        (1, 99 + 40, 3000),
        (2, 98 + 40, 3000),
    ]


def test_a_trend_has_a_point_for_each_date_and_a_gap_between_them(connection: Connection, release: Release) -> None:
    chart = drawn(connection, release, "trend", Question(device="desktop", measure="sessions"))

    [panel] = chart.panels
    assert values(panel, "desktop") == {0.0: 100, 7.0: 120}
    assert [mark.y for mark in panel.series[0].marks] == [100, *[None] * 6, 120]
    assert panel.headings[7.0] == "Friday, 2026-11-27"
    assert panel.y.low == 0
    assert "One date is one point" not in "\n".join(chart.notes)
    assert "2 dates from 2026-11-20 to 2026-11-27" in chart.subtitle


def test_one_date_is_one_point_and_says_so(connection: Connection, release: Release) -> None:
    chart = drawn(connection, release, "trend", replace(ON, measure="engaged_ms"))

    assert values(chart.panels[0], "desktop") == {0.0: 100_000 / 50}
    assert "One date is one point: no trend can be read from it." in chart.notes


def test_what_has_lost_its_device_is_told(connection: Connection, release: Release) -> None:
    stand = trend(connection, release, replace(ON, measure="sessions")).stand

    assert stand.folded == 25 / 125
    assert "of which those that lost their device are not drawn: 20.0%" in "\n".join(stand.notes)


def test_cursor_time_by_date_adds_up_cells_and_remainders(connection: Connection, release: Release) -> None:
    chart = drawn(connection, release, "trend", Question(surface="feed", device="desktop", measure="dwell_ms"))

    # feed-v7 2,400 + 600 in its remainder, feed-v8 1,790.
    assert values(chart.panels[0], "desktop") == {0.0: 2400 + 600 + 1790, 7.0: 3000}
    assert chart.notes[-1] == "The cursor, not the gaze."


@pytest.mark.parametrize("kind", KINDS)
def test_every_picture_says_what_it_stands_on(connection: Connection, release: Release, kind: str) -> None:
    chart = drawn(connection, release, kind, replace(ON, device="phone" if kind == "feed-visibility" else None))

    assert "2026-11-20, UTC, release 3" in chart.subtitle
    notes = "\n".join(chart.notes)
    for words in ("n = ", "at least ", "Unit: ", "Rows of fewer than 20 visitors are merged into remainders"):
        assert words in notes
    assert chart.notes[-1] in ("The cursor, not the gaze.", "Time on screen is not reading.")


def test_a_date_that_may_still_change_says_so(connection: Connection, release: Release) -> None:
    later = drawn(connection, release, "trend", Question(NEXT, NEXT, measure="sessions"))
    earlier = drawn(connection, release, "trend", replace(ON, measure="sessions"))

    assert "Provisional, late beacons may still come: 2026-11-27." in later.notes
    assert "Provisional" not in "\n".join(earlier.notes)


@pytest.mark.parametrize(
    ("kind", "question", "words"),
    [
        ("gaze-plot", ON, "there is no plot gaze-plot. Choose one of position-curve, "),
        ("position-curve", Question(), "position-curve of which date"),
        (
            "position-curve",
            Question(dt.date(2026, 1, 1), dt.date(2026, 1, 1)),
            "no event date 2026-01-01 .* There is: 2026-11-20, ",
        ),
        ("trend", Question(dt.date(2026, 1, 1), dt.date(2026, 1, 9)), "no event date from 2026-01-01 to 2026-01-09"),
        ("position-curve", replace(ON, surface="profile"), "no surface profile .* There is: <script>"),
        ("exposure", replace(ON, layout="feed-v9"), "no layout_id feed-v9 .* There is: feed-v7, feed-v8"),
        ("exposure", replace(ON, device="watch"), "no device_type watch .* There is: desktop, tablet"),
        ("position-curve", replace(ON, layout="feed-v7"), "does not tell layouts: leave out --layout"),
        ("dwell-distribution", replace(ON, item_type="ad"), "does not tell item types: leave out --item-type"),
        ("feed-visibility", replace(ON, surface="profile"), "about the surface feed alone"),
        (
            "position-curve",
            replace(ON, measure="gaze_ms"),
            "--measure gaze_ms is unknown here. Choose one of viewable, visible_ms",
        ),
        ("trend", replace(ON, measure="reading"), "--measure reading is unknown"),
        ("trend", replace(ON, measure="hovered", device="phone"), "touch has no hover"),
        ("exposure", replace(ON, surface="'; drop table mart.reach_daily; --"), "no surface '; drop table"),
        ("exposure", replace(ON, device="a\x1b[0m"), r"no device_type a\\x1b\[0m in"),
    ],
)
def test_what_cannot_be_drawn_is_explained(
    connection: Connection, release: Release, kind: str, question: Question, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        chart_of(connection, release, kind, question)


def test_several_dates_have_no_minutes_of_one_day(connection: Connection, release: Release) -> None:
    with pytest.raises(UsageError, match=r"the minutes of one date, not of 2\. Give --date"):
        feed_visibility(connection, release, Question(DAY, NEXT))


def test_a_name_that_is_no_name_is_drawn_as_text(connection: Connection, release: Release) -> None:
    chart = drawn(connection, release, "position-curve", replace(ON, surface=EVIL))

    assert "<script>" in chart.title and "\x07" not in chart.title
