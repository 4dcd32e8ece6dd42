"""A plan is sums and products of constants: each figure recomputed by hand."""

from __future__ import annotations

import pytest

from jobs.plan.asked import RETENTION_DAYS, Prices
from jobs.plan.constants import Span
from jobs.plan.storage import REBUILT_DATES
from tests.plan.round_costs import plan

# A million page views of 100 samples: 100 million samples.
RAW = 1_000_000 * 1000 + 100 * 10e6
BEACONS = 1_000_000 * 500 + 100 * 4e6 + 1_000_000 * 1
VIEWS = 1_000_000 * 200
# Ten rows for each of 4 layouts in three marts, of 100 stories, of 20 ads, and of the date in the other four.
MARTS = (3 * 4 + 100 + 20 + 4) * 10 * 50


def likely(spans: dict[str, Span]) -> dict[str, float]:
    return {name: pytest.approx(span.likely) for name, span in spans.items()}


def test_a_day_is_kept_for_the_retention_of_its_layer() -> None:
    stored = likely(plan().storage.by_layer)

    assert stored["raw"] == RAW * 10
    # Rows about each of the four dates of a night, and one of 100 bytes about each of 16 raw files.
    assert stored["restricted"] == 5000 * 4 * 30
    assert stored["ops"] == (2000 * 4 + 16 * 100) * 760


def test_rebuilt_dates_leave_what_they_replaced_until_maintenance() -> None:
    layers = plan().storage.by_layer

    # Three dates a night are written again; clean keeps the old files for 7 days and up to a week more, marts for 90.
    assert layers["clean"].low == pytest.approx((BEACONS + VIEWS) * 30 + VIEWS * 3 * 7)
    assert layers["clean"].likely == pytest.approx((BEACONS + VIEWS) * 30 + VIEWS * 3 * 10.5)
    assert layers["clean"].high == pytest.approx((BEACONS + VIEWS) * 30 + VIEWS * 3 * 14)
    assert layers["mart"].likely == pytest.approx(MARTS * 760 + MARTS * 3 * 93.5)


def test_a_night_lands_one_day_and_builds_the_late_window_too() -> None:
    night = plan().night

    assert REBUILT_DATES == 4
    # 20 s to start; 10 s, a ms for each page view, 2 s for each million samples.
    assert night.landing_core_hours.likely * 3600 == pytest.approx(20 + 10 + 1000 + 200)
    # 40 s once; four dates of 2 ms for each page view and 1 s for each million samples.
    # Half a million visitors a day, of 4 + 27 dates, at 4 s for each million.
    assert night.reach_core_hours.likely * 3600 == pytest.approx(0.5 * 31 * 4)
    assert night.building_core_hours.likely * 3600 == pytest.approx(40 + 4 * (2000 + 100) + 62)
    assert night.core_hours.likely * 3600 == pytest.approx(1230 + 8502)
    assert night.shuffle_bytes.likely == pytest.approx(4 * (600e6 + 500e6))
    assert night.driver_core_hours.likely * 3600 == pytest.approx(2 * 8)


def test_files_of_a_night() -> None:
    night = plan(night_hours=0.5, executor_cores=4).night

    # 9,732 core-seconds in half an hour of 4 cores: 1.3 executors.
    assert night.executors == Span.of(2)
    assert night.partitions.likely == 2 * 4 * 2
    # 2 GB in files of 128 MB; each with up to 4 start dates.
    assert night.storage.raw_files == Span.of(16)
    assert night.beacons_files == Span(16, 64, 64)
    assert night.page_views_files.likely == 16 * 4
    # Nine marts of four dates, six tables of runs, and the rejected lines.
    assert night.data_files.likely == 64 + 64 + 9 * 4 + 6 + 1


def test_requests_of_a_night() -> None:
    night = plan().night

    files = 64 + night.page_views_files.likely + 43
    written = (BEACONS + 4 * (VIEWS + MARTS)) / (64 * 2**20)
    # 4 h of heartbeats, every 100 s; two staged ledgers of two objects.
    assert night.put_requests.likely == pytest.approx(files + written + 60 + 144 + 4)
    # Each raw file is opened three times, twice of these in ranges of 4 MB; a scan opens a file by 3 requests.
    opened = 64 * 8 * 5 + night.page_views_files.likely * 20 + 40
    assert night.get_requests.likely == pytest.approx(16 * 3 + RAW * 2 / (4 * 2**20) + opened * 3)
    # 160 raw files are one page of a listing.
    assert night.list_requests.likely == 1 + 17 * 4


def test_memory_is_a_jvm_and_a_python_worker_for_each_core() -> None:
    assert plan(executor_cores=4).night.executor_bytes.likely == 2e9 + 4 * 0.5e9


def test_a_month_costs_its_amounts_at_the_prices() -> None:
    prices = Prices(storage=0.02, core_hour=0.05, put_requests=5, get_requests=0.4)
    found = plan(prices=prices)

    stored = sum(span.likely for span in found.storage.by_layer.values())
    assert found.monthly["storage"].likely == pytest.approx(stored / 1e9)
    assert found.monthly["core_hour"].likely == pytest.approx((1230 + 8502) / 3600 * 365 / 12)
    assert {name: cost.likely for name, cost in found.cost.items() if cost} == {
        name: pytest.approx(found.monthly[name].likely * getattr(prices, name)) for name in found.monthly
    }


def test_without_a_price_there_is_no_cost() -> None:
    cost = plan(prices=Prices(storage=0.0)).cost

    assert cost["storage"] == Span.of(0)
    assert [name for name, value in cost.items() if value is None] == ["core_hour", "put_requests", "get_requests"]


def test_what_has_no_fixed_part_doubles_with_page_views_and_samples() -> None:
    once, twice = plan(), plan(2_000_000)
    half = plan(2_000_000, 50)

    assert twice.storage.by_layer["raw"].likely == pytest.approx(2 * once.storage.by_layer["raw"].likely)
    assert twice.night.shuffle_bytes.likely == pytest.approx(2 * once.night.shuffle_bytes.likely)
    # Twice the page views of half the samples each: only what page views bring is more.
    assert half.storage.raw_bytes.likely - once.storage.raw_bytes.likely == pytest.approx(1_000_000 * 1000)


@pytest.mark.parametrize("larger", [{"page_views": 3_000_000}, {"samples_per_view": 250}])
def test_more_never_takes_less(larger: dict[str, int]) -> None:
    before, after = plan(spread=0.1), plan(spread=0.1, **larger)

    for name in (
        "core_hours",
        "executors",
        "shuffle_bytes",
        "data_files",
        "put_requests",
        "get_requests",
        "list_requests",
    ):
        one, other = getattr(before.night, name), getattr(after.night, name)
        assert (one.low, one.likely, one.high) <= (other.low, other.likely, other.high), name
    for layer, span in before.storage.by_layer.items():
        assert span.likely <= after.storage.by_layer[layer].likely, layer


def test_marts_grow_with_layouts_stories_and_ads_and_not_with_page_views() -> None:
    assert plan(5_000_000).storage.mart_bytes == plan().storage.mart_bytes
    assert plan(layouts=5).storage.mart_bytes.likely - MARTS == pytest.approx(3 * 10 * 50)
    assert plan(stories=101).storage.mart_bytes.likely - MARTS == pytest.approx(10 * 50)
    assert plan(ads=21).storage.mart_bytes.likely - MARTS == pytest.approx(10 * 50)


def test_a_longer_retention_stores_more_of_that_layer_only() -> None:
    before = plan().storage.by_layer
    after = plan(retention_days={**RETENTION_DAYS, "raw": 30}).storage.by_layer

    assert after["raw"].likely == pytest.approx(3 * before["raw"].likely)
    assert {name: span for name, span in after.items() if name != "raw"} == {
        name: span for name, span in before.items() if name != "raw"
    }


def test_low_and_high_are_the_extremes_of_the_constants() -> None:
    found = plan(spread=0.1).storage.raw_bytes

    assert (found.low, found.likely, found.high) == (
        pytest.approx(RAW * 0.9),
        pytest.approx(RAW),
        pytest.approx(RAW * 1.1),
    )


def test_how_far_it_is_from_what_was_measured() -> None:
    # Measured: 4,000 page views of 100 samples, 16 MB shuffled in 2 x 2 partitions.
    assert plan(4000).times_page_views == 1
    assert plan(1_000_000).times_page_views == 250
    assert plan().measured_samples_per_view == (100, 100)
    # 4 x 1.1 GB in 8 partitions.
    assert plan().times_partition == pytest.approx(4 * 1.1e9 / 8 / 4e6)
