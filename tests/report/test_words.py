"""Numbers as people read them."""

from __future__ import annotations

import pytest

from jobs.report.words import NOT_MEASURED, counted, duration, metric, number, ratio, setting, share


@pytest.mark.parametrize(
    ("ms", "words"),
    [(0, "0 ms"), (999, "999 ms"), (1000, "1 s"), (43_800, "43.8 s"), (60_000, "1 min"), (84_240_000, "23.4 h")],
)
def test_a_time_is_in_its_largest_unit(ms: int, words: str) -> None:
    assert duration(ms) == words


@pytest.mark.parametrize(
    ("value", "words"), [(0, "0.0 %"), (0.0004, "under 0.1 %"), (0.0005, "0.1 %"), (0.9994, "99.9 %"), (1, "100 %")]
)
def test_a_share_that_is_there_is_never_zero(value: float, words: str) -> None:
    assert share(value) == words


def test_what_is_not_measured_is_said() -> None:
    assert {number(None), share(None), duration(None), metric("bots", None)} == {NOT_MEASURED}
    assert ratio(None, 5) is None and ratio(5, None) is None and ratio(0, 0) is None
    assert ratio(1, 4) == 0.25


def test_a_metric_has_its_own_unit() -> None:
    assert (metric("page_views", 1800), metric("bots", 0.07), metric("dwell_ms", 1500)) == ("1,800", "7.0 %", "1.5 s")


def test_one_is_one() -> None:
    assert (counted(1, "check"), counted(2, "check"), counted(1200, "check")) == ("1 check", "2 checks", "1,200 checks")


def test_a_long_list_is_told_by_its_ends() -> None:
    assert (setting([100, 141, 1_638_400]), setting(4_194_304), setting(0.5), setting([])) == (
        "3 from 100 to 1,638,400",
        "4,194,304",
        "0.5",
        "none",
    )
