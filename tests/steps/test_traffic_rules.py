"""Boundaries of the traffic class and its reasons (METRICS 5), each with a case on either side, in both implementations."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.config import Settings
from jobs.steps.page_view_kernel import page_views
from tests.steps.beacon_table import beacon_table
from tests.steps.one_view import agreed_view, beacon
from tests.steps.plain_rows import agreed_rows

Records = list[tuple[Any, ...]]
LOST = (None, None, None)
CRAWLER = {"pointer": "mouse", "user_agent": "Googlebot/2.1"}
#: Not a line, not fast, no rhythm.
WANDERING: Records = [(0, 1, 1, None), (1000, 30, 40, None), (2500, 7, 90, None), (2900, 7, 9, None)]


def reasons(**changes: Any) -> list[str]:
    found: list[str] = agreed_view(**changes)["traffic_reasons"]
    return found


def walk(*steps: tuple[int, float, float]) -> Records:
    """Samples from (0, 0) on, by steps of (milliseconds, dx, dy)."""
    samples: Records = [(0, 0, 0, None)]
    for dt_ms, dx, dy in steps:
        t_ms, x, y, _ = samples[-1]
        samples.append((t_ms + dt_ms, x + dx, y + dy, None))
    return samples


def rhythm(count: int, gap_ms: int = 16) -> Records:
    """So many samples at one interval, along no line."""
    return [(gap_ms * number, number * number % 17, 0, None) for number in range(count)]


def line(count: int, dx: float = 0, dy: float = 2) -> list[tuple[int, float, float]]:
    """So many equal steps of unequal duration."""
    return [(10 + number % 3, dx, dy) for number in range(count)]


def test_quiet_page_view_has_no_reason_and_is_human() -> None:
    row = agreed_view(pointer=WANDERING, clicks=[(500, 30, 40, None)])

    assert (row["traffic_class"], row["traffic_reasons"]) == ("human", [])


@pytest.mark.parametrize(("fast", "found"), [(2, []), (3, ["fast_steps"])])
def test_three_fast_steps_are_a_reason(fast: int, found: list[str]) -> None:
    """21 px in 2 ms are 10,500 px/s; they need not follow each other."""
    leap, pause = (2, 21, 0), (700, -2, 9)

    assert reasons(pointer=walk(*[leap, pause, leap, pause, leap][: 2 * fast - 1])) == found


@pytest.mark.parametrize(("dx", "dy", "is_fast"), [(60, 80, False), (60, 80.1, True), (0, -101, True)])
def test_fast_is_over_10_000_px_per_second(dx: float, dy: float, is_fast: bool) -> None:
    """60 and 80 px are 100 px of way, in 10 ms."""
    steps = [(10, dx, dy), (11, 1, 2), (10, -dx, dy), (13, 1, 2), (10, dx, -dy)]

    assert reasons(pointer=walk(*steps)) == (["fast_steps"] if is_fast else [])


def test_step_that_takes_no_time_has_no_speed() -> None:
    assert reasons(pointer=walk((0, 90, 0), (0, -80, 5), (0, 70, 9))) == []


def test_step_over_a_record_of_unknown_position_is_no_step() -> None:
    leaps = walk((1, 90, 0), (1, -80, 5), (1, 70, 9))

    assert reasons(pointer=leaps) == ["fast_steps"]
    assert reasons(pointer=[*leaps[:2], (1, *LOST), *leaps[2:]]) == []


@pytest.mark.parametrize(("count", "found"), [(199, []), (200, ["constant_interval"]), (201, ["constant_interval"])])
def test_200_samples_at_one_interval_are_a_reason(count: int, found: list[str]) -> None:
    assert reasons(pointer=rhythm(count)) == found


def test_interval_of_zero_is_no_rhythm_and_another_interval_ends_one() -> None:
    late = [(t + (t > 100), *rest) for t, *rest in rhythm(250)]
    early_and_late = [(t + (t > 16 * 125), *rest) for t, *rest in rhythm(250)]

    assert reasons(pointer=rhythm(250, gap_ms=0)) == []
    assert reasons(pointer=late) == ["constant_interval"]
    assert reasons(pointer=early_and_late) == []


def test_lost_pointer_ends_a_rhythm() -> None:
    samples = rhythm(250)

    assert reasons(pointer=[*samples[:125], (samples[124][0] + 3, *LOST), *samples[125:]]) == []


@pytest.mark.parametrize(("count", "found"), [(19, []), (20, ["collinear_steps"])])
def test_20_equal_steps_are_a_reason(count: int, found: list[str]) -> None:
    assert reasons(pointer=walk(*line(count))) == found
    assert reasons(pointer=walk(*line(count, 0.1, -0.7))) == found  # equal but for rounding


def test_steps_of_another_length_or_direction_end_a_line() -> None:
    for other in ((0, 2.01), (0.01, 2), (0, -2), (0, 4)):
        assert reasons(pointer=walk(*line(15), (10, *other), *line(15))) == []


def test_step_of_length_zero_neither_counts_nor_ends_a_line() -> None:
    assert reasons(pointer=walk(*line(15), (10, 0, 0), *line(5))) == ["collinear_steps"]
    assert reasons(pointer=walk(*line(15), *[(10, 0, 0)] * 9, *line(4))) == []
    assert reasons(pointer=walk(*[(9, 0, 0)] * 30)) == []


def test_lost_pointer_ends_a_line() -> None:
    samples = walk(*line(24))

    assert reasons(pointer=[*samples[:12], (samples[11][0], *LOST), *samples[12:]]) == []


CLICKS: Records = [(0, 5, 5, None), (1500, 90, 5, None), (3000, 5, 90, None)]
UNPREPARED = ["clicks_without_samples"]


@pytest.mark.parametrize(("count", "found"), [(2, []), (3, UNPREPARED)])
def test_three_clicks_without_a_sample_before_are_a_reason(count: int, found: list[str]) -> None:
    assert reasons(clicks=CLICKS[:count], pointer=[]) == found
    assert reasons(clicks=CLICKS[:count], pointer=[(9000, 5, 5, None)]) == found


@pytest.mark.parametrize(("sample_ms", "found"), [(2999, []), (3000, UNPREPARED)])
def test_sample_before_a_click_prepares_it(sample_ms: int, found: list[str]) -> None:
    assert reasons(clicks=CLICKS, pointer=[(sample_ms, 5, 5, None)]) == found
    assert reasons(clicks=CLICKS, pointer=[(sample_ms, *LOST)]) == UNPREPARED  # a record, but no sample


def test_click_at_the_origin_or_of_unknown_position_is_the_keyboards() -> None:
    for x, y, found in ((0, 0, []), (None, 5, []), (65535, 5, []), (0, 5, UNPREPARED), (5, 0, UNPREPARED)):
        assert reasons(clicks=[*CLICKS[:2], (3000, x, y, None)], pointer=[]) == found


def test_clicks_without_samples_need_a_pointer_stream_and_a_mouse() -> None:
    assert reasons(clicks=CLICKS) == []
    for kind, found in (("touch", []), ("pen", []), (None, []), ("mouse", UNPREPARED)):
        assert reasons(clicks=CLICKS, pointer=[], device={"pointer": kind}) == found


def test_samples_of_a_finger_are_no_reason() -> None:
    """Two fingers in one stream: hundreds of px in a millisecond, at a constant interval."""
    fingers = [(number, 300 * (number % 2), 9 * number, None) for number in range(250)]

    assert reasons(pointer=fingers, device={"pointer": "pen"}) == ["constant_interval", "fast_steps"]
    assert reasons(pointer=fingers, device={"pointer": "touch"}) == []


def test_one_reason_is_stored_and_two_make_a_suspected_bot() -> None:
    one = agreed_view(pointer=rhythm(200))
    two = agreed_view(pointer=[(16 * number, number, 0, None) for number in range(200)])

    assert (one["traffic_class"], one["traffic_reasons"]) == ("human", ["constant_interval"])
    assert (two["traffic_class"], two["traffic_reasons"]) == ("suspected_bot", ["collinear_steps", "constant_interval"])


def test_declared_bot_keeps_its_class_and_stores_all_reasons() -> None:
    plain = agreed_view(pointer=WANDERING, device=CRAWLER)
    busy = agreed_view(pointer=[(number, 20 * number, 0, None) for number in range(200)], device=CRAWLER)

    assert (plain["traffic_class"], plain["traffic_reasons"]) == ("declared_bot", ["user_agent"])
    assert busy["traffic_class"] == "declared_bot"
    assert busy["traffic_reasons"] == ["collinear_steps", "constant_interval", "fast_steps", "user_agent"]


def test_first_flags_follow_the_class() -> None:
    """The same cell on two page views: the first one's cursor is a program's, so that the second one is the first."""
    program = beacon(page_view_id="p1", pointer=[(16 * number, number / 8, 5, None) for number in range(200)])
    person = beacon(page_view_id="p2", pointer=[(0, 10, 10, None)])

    suspected, human = agreed_rows([program, person])

    assert (suspected["traffic_class"], human["traffic_class"]) == ("suspected_bot", "human")
    assert not any(cell["is_first_in_hover_heatmap"] for cell in suspected["heat_cells"])
    assert all(cell["is_first_in_hover_heatmap"] for cell in human["heat_cells"])


def test_thresholds_are_settings() -> None:
    raw = beacon(pointer=[(5 * number, number, 0, None) for number in range(4)], clicks=[(0, 5, 5, None)])
    strict = Settings(
        bot_speed_px_per_s=199,
        bot_fast_steps=3,
        bot_interval_samples=4,
        bot_line_steps=3,
        bot_clicks=1,
        bot_input_hours=1,
        bot_reasons=6,
    )

    (row,) = page_views(beacon_table([raw]), strict).to_pylist()

    assert row["traffic_class"] == "human"
    assert row["traffic_reasons"] == [
        "clicks_without_samples",
        "collinear_steps",
        "constant_interval",
        "fast_steps",
        "input_every_hour",
    ]
