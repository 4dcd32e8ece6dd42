"""A date beside its past: what is noted, what is held back, and what cannot be judged."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest

from expectations.results import Result
from jobs.against_past import NOT_ENOUGH, Past, against_past
from jobs.config import Settings
from jobs.steps.profile import Measured
from warehouse_schema.clean.page_views import PAGE_VIEWS

DATE = dt.date(2026, 11, 20)
SETTINGS = Settings()


def _measured(metric: str, amount: int, base: int | None = None, date: dt.date = DATE, **more: Any) -> Measured:
    return Measured(PAGE_VIEWS.name, date, more.pop("surface", "feed"), metric, amount, base, **more)


def _weeks(metric: str, amounts: list[int], base: int | None = None, lag_days: int = 0, **more: Any) -> list[Past]:
    """One published date per amount, the last a week ago."""
    dates = [DATE - dt.timedelta(weeks=n) for n in range(len(amounts), 0, -1)]
    return [
        Past(f"run {date}", lag_days, _measured(metric, amount, base, date, **more))
        for date, amount in zip(dates, amounts, strict=True)
    ]


def _only(now: list[Measured], past: list[Past], landing: dt.date = DATE) -> Result:
    (result,) = against_past(now, past, [DATE], landing, SETTINGS)
    return result


def test_too_few_weeks_are_neither_pass_nor_fail() -> None:
    result = _only([_measured("page_views", 1)], _weeks("page_views", [1000] * 3))

    assert result.success is None
    assert result.severity == "warning"
    assert result.observed == f"1; {NOT_ENOUGH}: 3 of 4 weeks"
    assert not result.is_critical_failure


# Median 1000, MAD 0: a deviation of 100, a tenth of the median, is taken for granted.
@pytest.mark.parametrize(
    ("amount", "success", "severity"),
    [
        *[(1000, True, "warning"), (1400, True, "warning"), (1401, False, "warning"), (1800, False, "warning")],
        *[(1801, False, "critical"), (600, True, "warning"), (599, False, "warning"), (199, False, "critical")],
    ],
)
def test_volume_is_judged_by_its_distance_from_the_median(amount: int, success: bool, severity: str) -> None:
    result = _only([_measured("page_views", amount)], _weeks("page_views", [1000] * 4))

    assert (result.success, result.severity) == (success, severity), result.observed


def test_weeks_that_differ_much_let_the_next_one_differ_too() -> None:
    # Median 1000, MAD 500: 741 is one deviation.
    past = _weeks("page_views", [500, 1500, 500, 1500, 1000])

    assert _only([_measured("page_views", 3900)], past).success is True
    assert _only([_measured("page_views", 4000)], past).success is False


def test_a_share_of_few_page_views_may_differ_by_chance() -> None:
    usual = _weeks("bots", [50] * 4, 1000)

    # Half a percent is usual by chance for 2,000 page views, 3.5 percent for 40.
    assert _only([_measured("bots", 240, 2000)], usual).success is False
    assert _only([_measured("bots", 5, 40)], usual).success is True


def test_a_share_that_never_was_is_noticed() -> None:
    assert _only([_measured("beacons_missing", 500, 1000)], _weeks("beacons_missing", [0] * 8, 1000)).severity == (
        "critical"
    )


def test_a_date_is_compared_with_dates_as_they_stood_at_its_age() -> None:
    first_nights = _weeks("page_views", [600] * 4)
    later = [
        Past(f"{p.run_id} later", 3, _measured("page_views", 1000, date=p.measured.event_date)) for p in first_nights
    ]

    fresh = _only([_measured("page_views", 600)], first_nights + later)
    old = _only([_measured("page_views", 1000)], first_nights + later, DATE + dt.timedelta(days=3))

    assert fresh.success and old.success
    assert _only([_measured("page_views", 600)], later).success is None, (
        "on its first night nothing is known of first nights"
    )


def test_other_weekdays_and_older_weeks_are_no_past() -> None:
    past = _weeks("page_views", [1000] * 4)
    moved = [
        Past(p.run_id, 0, _measured("page_views", 9, date=p.measured.event_date + dt.timedelta(days=1))) for p in past
    ]
    ancient = [Past("a", 0, _measured("page_views", 9, date=DATE - dt.timedelta(weeks=n))) for n in range(9, 30)]

    assert "over 4 weeks" in str(_only([_measured("page_views", 1000)], past + moved + ancient).observed)


def test_a_surface_that_is_gone_is_a_volume_of_nothing() -> None:
    past = _weeks("page_views", [1000] * 8) + _weeks("bots", [10] * 8, 1000)

    result = _only([], past)

    assert (result.expectation, result.column_name, result.severity) == ("past_page_views_z", "feed", "critical")
    assert str(result.observed).startswith("0, z -10.0")


def _devices(counts: Mapping[str, int], date: dt.date = DATE) -> list[Measured]:
    return [_measured("device_type", n, sum(counts.values()), date, class_=name) for name, n in counts.items()]


def test_a_device_type_that_is_gone_is_critical_and_chance_is_nothing() -> None:
    usual = {"desktop": 400, "phone": 600}
    past = [Past(p.run_id, 0, m) for p in _weeks("page_views", [1] * 8) for m in _devices(usual, p.measured.event_date)]

    assert _only(_devices({"desktop": 400}), past).severity == "critical"
    assert _only(_devices({"desktop": 390, "phone": 610}), past).success is True
    assert _only(_devices({"desktop": 700, "phone": 300}), past).success is False
    assert _only(_devices({"desktop": 3, "phone": 9}), past).success is True


def test_many_page_views_of_few_visitors_are_a_small_sample() -> None:
    def devices(counts: Mapping[str, int], visitors: int, date: dt.date) -> list[Measured]:
        return [dataclasses.replace(m, visitor_count=visitors) for m in _devices(counts, date)]

    weeks = [DATE - dt.timedelta(weeks=n) for n in range(1, 7)]

    def on(now: Mapping[str, int], visitors: int) -> Result:
        past = [Past(str(day), 0, m) for day in weeks for m in devices({"desktop": 30, "phone": 30}, visitors, day)]
        return _only(devices(now, visitors, DATE), past)

    # Sixty page views that are all of phones: of three visitors it is chance, of twelve it may be, of sixty a device type
    # is gone.
    assert on({"phone": 60}, 3).success is True
    assert (on({"phone": 60}, 12).success, on({"phone": 60}, 12).severity) == (False, "warning")
    assert on({"phone": 60}, 60).is_critical_failure


def test_order_of_the_past_does_not_matter() -> None:
    past = _weeks("dwell_ms", [100, 300, 200, 250, 120], 10)

    assert _only([_measured("dwell_ms", 900, 10)], past) == _only([_measured("dwell_ms", 900, 10)], past[::-1])
