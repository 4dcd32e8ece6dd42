"""Boundaries of rage clicks and thrashing (METRICS 4), each with a case on either side, in both implementations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from jobs.config import Settings
from jobs.steps.page_view_kernel import page_views
from tests.steps.beacon_table import beacon_table
from tests.steps.one_view import agreed_view, beacon
from tests.steps.plain_rows import agreed_rows

Records = list[tuple[Any, ...]]
LOST = (None, None, None)
TOUCH = {"pointer": "touch"}


def clicks(*records: tuple[Any, ...]) -> Records:
    """Clicks given as (t, x, y)."""
    return [(*record, None) for record in records]


def rage(*records: tuple[Any, ...]) -> int:
    count: int = agreed_view(clicks=clicks(*records))["rage_count"]
    return count


def shake(instants: Sequence[int], axis: int = 0, start: tuple[float, float] = (600, 400)) -> Records:
    """Samples at these instants, to and fro along one axis: n samples have n - 2 reversals, the first at the third."""
    samples = []
    for number, t_ms in enumerate(instants):
        position = [*start]
        position[axis] += 3 * (number % 2)
        samples.append((t_ms, *position, None))
    return samples


def thrash(samples: Records, **changes: Any) -> int:
    count: int = agreed_view(pointer=samples, **changes)["thrash_count"]
    return count


#: 12 samples: a step of rest, then ten reversals 100 ms apart; the last one at 1100 ms.
TEN_REVERSALS = [100 * number for number in range(12)]


@pytest.mark.parametrize(("count", "bursts"), [(2, 0), (3, 1), (4, 1), (9, 1)])
def test_three_clicks_are_a_burst_and_a_longer_one_is_still_one(count: int, bursts: int) -> None:
    assert rage(*[(100 * number, 50, 50) for number in range(count)]) == bursts


@pytest.mark.parametrize(("gap_ms", "bursts"), [(999, 1), (1000, 0)])
def test_clicks_of_a_burst_are_less_than_a_second_apart(gap_ms: int, bursts: int) -> None:
    assert rage((0, 50, 50), (gap_ms, 50, 50), (gap_ms + 1, 50, 50)) == bursts


@pytest.mark.parametrize(("dx", "dy", "bursts"), [(29, 0, 1), (30, 0, 0), (-14, 15, 1), (15, -15, 0), (29.99, 0, 1)])
def test_clicks_of_a_burst_are_less_than_30_px_apart_over_both_axes(dx: float, dy: float, bursts: int) -> None:
    assert rage((0, 50, 50), (9, 50 + dx, 50 + dy), (18, 50 + dx, 50 + dy)) == bursts


def test_burst_may_wander_because_each_click_is_held_against_the_one_before() -> None:
    assert rage((0, 0, 50), (100, 25, 50), (200, 50, 50), (300, 75, 50)) == 1


def test_burst_that_pauses_or_moves_begins_anew() -> None:
    first, far, late = [(0, 9, 9), (1, 9, 9), (2, 9, 9)], [(3, 90, 9), (4, 90, 9)], [(2000, 9, 9), (2001, 9, 9)]

    assert rage(*first, *far, (5, 90, 9)) == 2
    assert rage(*first, *late, (2002, 9, 9)) == 2
    assert rage(*first, *far, *late) == 1


def test_click_of_unknown_position_neither_counts_nor_ends_a_burst() -> None:
    assert rage((0, 9, 9), (1, None, None), (2, 9, 9)) == 0
    assert rage((0, 9, 9), (1, 65535, 9), (2, 9, 9), (3, 9, 9)) == 1


def test_rage_is_measured_on_touch_and_while_the_page_is_hidden_but_not_without_clicks() -> None:
    taps = clicks((0, 9, 9), (1, 9, 9), (2, 9, 9))

    assert agreed_view(clicks=taps, device=TOUCH)["rage_count"] == 1
    assert agreed_view(clicks=taps, state=[(0, "hidden")])["rage_count"] == 1
    assert agreed_view(clicks=[])["rage_count"] == 0
    assert agreed_view(pointer=[])["rage_count"] is None


@pytest.mark.parametrize(("samples", "events"), [(11, 0), (12, 1)])
@pytest.mark.parametrize("axis", [0, 1])
def test_ten_reversals_on_one_axis_are_an_event(samples: int, events: int, axis: int) -> None:
    assert thrash(shake(TEN_REVERSALS[:samples], axis)) == events


def test_reversals_of_two_axes_do_not_add_up() -> None:
    """Nine reversals along x, then nine along y."""
    along_x = shake(TEN_REVERSALS[:11])
    along_y = shake([1000 + t for t in TEN_REVERSALS[1:12]], axis=1)

    assert thrash(along_x + along_y) == 0


@pytest.mark.parametrize(("last_ms", "events"), [(1999, 1), (2000, 0)])
def test_ten_reversals_fall_within_less_than_two_seconds(last_ms: int, events: int) -> None:
    """The first reversal is the third sample, at 0 ms; the tenth is the last one."""
    assert thrash(shake([0, 0, 0, *[100 * number for number in range(1, 9)], last_ms])) == events


@pytest.mark.parametrize(("pause_ms", "events"), [(1999, 1), (2000, 2)])
def test_windows_less_than_two_seconds_apart_are_one_event(pause_ms: int, events: int) -> None:
    """All reversals of the first are at 0 ms; the second goes on from where it ended, along the other axis."""
    first = shake([0] * 12)
    second = shake([0, 0, *[pause_ms] * 10], axis=1, start=(603, 400))

    assert thrash(first + second) == events


def test_event_lasts_until_the_end_of_its_last_window_on_either_axis() -> None:
    """Along x one window from 0 to 1800 ms, along y one at 10 ms and one at 2100 ms: 300 ms after the first ended."""
    along_x = [(t, 0) for t in (0, *range(0, 2000, 200))]
    along_y = [(t, 1) for t in (5, *[10] * 10, *[2100] * 10)]
    place, samples = [600, 400], [(0, 600, 400, None)]
    for t_ms, axis in sorted(along_x + along_y):
        place[axis] ^= 1
        samples.append((t_ms, *place, None))

    assert thrash(samples) == 1


def test_longer_shaking_is_one_event() -> None:
    assert thrash(shake([100 * number for number in range(100)])) == 1


def test_standing_still_on_the_axis_is_no_reversal_and_hides_none() -> None:
    """Every position twice, as after a scroll: 24 samples, ten reversals still; nine with a movement that goes on."""
    twice = [sample for sample in shake(TEN_REVERSALS) for _ in range(2)]
    onward = [(t, 600 + 3 * number, 400, None) for number, t in enumerate(TEN_REVERSALS)]

    assert thrash(twice) == 1
    assert thrash(onward) == 0


def test_no_step_leads_over_a_record_of_unknown_position() -> None:
    """In the midst of ten reversals the pointer is lost: two of them are not seen."""
    whole = shake(TEN_REVERSALS)
    lost = [*whole[:6], (550, *LOST), *whole[6:]]

    assert (thrash(whole), thrash(lost)) == (1, 0)
    assert thrash([*shake(range(7)), (8, *LOST), *shake(range(9, 16))]) == 1  # 5 + 5
    assert thrash([*shake(range(7)), (8, *LOST), *shake(range(9, 15))]) == 0  # 5 + 4, though the directions differ


def test_thrash_counts_while_hidden_and_is_not_measured_without_a_cursor() -> None:
    samples = shake(TEN_REVERSALS)

    assert thrash(samples, state=[(0, "hidden")]) == 1
    assert thrash([]) == 0
    assert agreed_view(pointer=samples, device=TOUCH)["thrash_count"] is None
    assert agreed_view(clicks=[])["thrash_count"] is None


def test_page_views_of_a_batch_have_nothing_in_common() -> None:
    """The second page view goes on where the first one ends: halves of gestures stay halves, whole ones two."""

    def counts(taps: Records, samples: Records) -> list[tuple[int, int]]:
        told = [beacon(page_view_id=name, clicks=taps, pointer=samples) for name in ("p1", "p2")]
        return [(row["rage_count"], row["thrash_count"]) for row in agreed_rows(told)]

    assert counts(clicks((0, 9, 9), (1, 9, 9)), shake(range(7))) == [(0, 0), (0, 0)]
    assert counts(clicks((0, 9, 9), (1, 9, 9), (2, 9, 9)), shake(range(12))) == [(1, 1), (1, 1)]


def test_thresholds_are_settings() -> None:
    raw = beacon(clicks=clicks((0, 9, 9), (1500, 49, 9)), pointer=shake([0, 10, 3000]))
    loose = Settings(rage_clicks=2, rage_px=41, rage_ms=1501, thrash_reversals=1, thrash_ms=1)

    (row,) = page_views(beacon_table([raw]), loose).to_pylist()

    assert (row["rage_count"], row["thrash_count"]) == (1, 1)
