"""What `hoverlake plan` says: tables, costs only at given prices, and where it goes beyond what was measured."""

from __future__ import annotations

import json

import pytest

from jobs.plan.asked import Prices
from jobs.plan.report import as_json, as_text, notes
from tests.plan.round_costs import plan


def row(text: str, start: str) -> str:
    [line] = [line for line in text.splitlines() if line.strip().startswith(start)]
    return " ".join(line.split())


def test_each_layer_has_a_row_with_its_range() -> None:
    text = as_text(plan(spread=0.1))

    assert row(text, "raw, 10 days") == "raw, 10 days 18 GB 20 GB 22 GB"
    assert row(text, "restricted, 30 days") == "restricted, 30 days 540 kB 600 kB 660 kB"
    assert row(text, "commits") == "commits 15.3 17 18.7"


def test_a_cost_without_a_price_names_the_option() -> None:
    text = as_text(plan(prices=Prices(storage=1)))

    assert row(text, "cost of computing") == "cost of computing no price: give --price-core-hour"
    assert row(text, "cost of what has a price").split()[-2:] == row(text, "cost of storage").split()[-2:]
    assert "cost of all" not in text


def test_without_any_price_nothing_is_added_up() -> None:
    text = as_text(plan())

    assert text.count("no price: give --price-") == 4
    assert "cost of all" not in text and "cost of what has a price" not in text


def test_all_prices_add_up() -> None:
    found = plan(prices=Prices(1, 1, 1, 1))

    total = sum(cost.likely for cost in found.cost.values() if cost)
    assert row(as_text(found), "cost of all").split()[-2] == f"{float(f'{total:.3g}'):,.10g}"


@pytest.mark.parametrize(
    ("page_views", "samples", "said"),
    [
        (4000, 100, []),
        (4001, 100, ["1.0 times the page views of the largest measured night (4,000)."]),
        (1_000_000, 100, ["250.0 times the page views", "a partition of the shuffle is 137.5 times"]),
        (100, 101, ["101 samples per page view; measured from 100 to 100."]),
    ],
)
def test_what_goes_beyond_the_measured_is_said(page_views: int, samples: float, said: list[str]) -> None:
    found = [note for note in notes(plan(page_views, samples)) if note.startswith("EXTRAPOLATED")]

    assert len(found) == len(said)
    assert all(words in note for words, note in zip(said, found, strict=True))


def test_a_driver_that_cannot_read_all_raw_files_is_told() -> None:
    # 2 GB of raw files take 16 s of one core; 6 million times as much takes longer than 4 h of 4 cores.
    assert not [note for note in notes(plan()) if note.startswith("TOO LARGE")]
    assert [note for note in notes(plan(6_000_000 * 1_000_000)) if note.startswith("TOO LARGE")]


def test_what_was_measured_once_is_told() -> None:
    once = [note for note in notes(plan()) if "was measured once" in note]

    assert len(once) == 1
    assert not [note for note in notes(plan(spread=0.1)) if "was measured once" in note]


def test_json_holds_what_the_tables_say() -> None:
    found = plan(spread=0.1, prices=Prices(storage=0.02))
    said = json.loads(as_json(found))

    assert said["asked"]["daily_page_views"] == 1_000_000
    assert said["stored_bytes"]["raw"] == {
        "low": pytest.approx(18e9),
        "likely": pytest.approx(20e9),
        "high": pytest.approx(22e9),
    }
    assert said["night"]["core_hours"]["likely"] == pytest.approx(9732 / 3600)
    assert said["month"]["core_hour"]["cost"] is None
    assert said["month"]["storage"]["cost"]["likely"] == pytest.approx(found.monthly["storage"].likely * 0.02)
    assert said["measured"]["times_page_views"] == 250
    assert said["notes"] == list(notes(found))
