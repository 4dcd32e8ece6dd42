"""Charts as SVG: what is drawn of which number."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from jobs.report.attention import Place, PositionCurve
from jobs.report.charts import LABEL_GAP, _apart, _round_up, bar, funnel, time_chart, trend_chart, viewable_chart
from jobs.report.trends import Trend

DATE = dt.date(2026, 11, 20)


def _trend(values: dict[int, float], usual: float | None = None, metric: str = "bots", title: str = "Bots") -> Trend:
    """A trend of values by how many days ago they are."""
    dates = {DATE - dt.timedelta(days=ago): value for ago, value in sorted(values.items(), reverse=True)}
    return Trend(metric, title, dates, DATE, usual, "as usual", "good", 100)


def test_a_date_without_a_number_breaks_the_line() -> None:
    whole, broken = (trend_chart(_trend(dict.fromkeys(days, 0.5))) for days in ([3, 2, 1, 0], [4, 3, 1, 0]))

    assert whole.count("<polyline") == 1
    assert broken.count("<polyline") == 2


def test_same_weekdays_are_dots_and_the_date_itself_is_large() -> None:
    drawn = trend_chart(_trend(dict.fromkeys(range(15), 0.5)))

    # 7 and 14 days ago.
    assert drawn.count('class="weekday"') == 2
    assert drawn.count('r="4" class="now good"') == 1
    assert ">50.0 %</text>" in drawn


def test_a_date_that_was_not_measured_has_no_dot_and_a_single_number_no_line() -> None:
    assert "now good" not in trend_chart(_trend({1: 0.5, 2: 0.5}))
    assert "<polyline" not in trend_chart(_trend({0: 0.5}))
    assert 'class="usual"' not in trend_chart(_trend({0: 0.5}))
    assert 'class="usual"' in trend_chart(_trend({0: 0.5}, usual=0.4))


def test_numbers_that_are_all_zero_can_be_drawn() -> None:
    assert ">0.0 %</text>" in trend_chart(_trend({0: 0.0, 7: 0.0}, usual=0.0))


def test_a_chart_is_told_in_words_and_its_texts_are_escaped() -> None:
    drawn = trend_chart(_trend({0: 0.5}, usual=0.4, title="<script>"))

    assert "<title>&lt;script&gt;</title>" in drawn
    assert "<desc>&lt;script&gt;: 50.0 % on 2026-11-20, as usual; median of the same weekdays 40.0 %" in drawn
    assert "<script>" not in drawn


def _curve(places: dict[str, list[Place]]) -> PositionCurve:
    return PositionCurve("feed", "story", places, 100, 0.0, 60)


def test_places_stand_in_the_order_of_the_feed_and_what_is_not_measured_is_left_out() -> None:
    places = [Place("1", 0.9, 4000, 10), Place("4-5", None, None, 10), Place("51+", 0.3, 1000, 10)]
    drawn = viewable_chart(_curve({"phone": places, "desktop": [Place("2", 0.8, 3000, 10)]}))

    assert re.findall(r'class="tick middle">([^<]+)<', drawn)[:-1] == ["1", "2", "4-5", "51+"]
    assert drawn.count("<circle") == 2
    assert "phone 1: 90 %, 4-5: not measured, 51+: 30 %" in drawn


def test_devices_are_told_apart_without_colour() -> None:
    places = [Place("1", 0.9, 4000, 10), Place("2", 0.8, 3000, 10)]
    drawn = time_chart(_curve({"desktop": places, "phone": places, "tablet": places}))

    assert drawn.count("<circle") == 2
    assert {found.count(",") for found in re.findall(r'<polygon points="([^"]+)"', drawn)} == {4, 3}
    assert [word for word in ("desktop", "phone", "tablet") if f">{word}</text>" not in drawn] == []


def test_labels_do_not_cover_each_other() -> None:
    ys = [y for y, *_ in _apart([(50, "a", 0), (50, "b", 1), (51, "c", 2), (200, "d", 3)])]

    assert ys == [50, 50 + LABEL_GAP, 50 + 2 * LABEL_GAP, 200]


@pytest.mark.parametrize(("value", "top"), [(0, 4), (1, 1), (4.1, 8), (6100, 8000), (8001, 10_000), (99_000, 100_000)])
def test_an_axis_ends_at_a_number_that_four_steps_divide(value: float, top: float) -> None:
    assert _round_up(value) == top


def test_a_bar_is_its_parts_one_after_another() -> None:
    drawn = bar([(0.75, "on"), (0.25, "bot")])

    assert re.findall(r'x="([\d.]+)" y="0" width="([\d.]+)"', drawn) == [("0.000", "75.000"), ("75.000", "25.000")]
    assert "75.000,0 100,10" in funnel(0.75)
