"""scroll-readability: the real readers against a plain recomputation from the file.

By default the first 60 people of the file stand for all. All 299, and with them the one negative offset, the gaps of over
half an hour and the full counts of dirt, are left to `make test-slow`.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pytest

from jobs.sources import scroll_readability
from jobs.sources.beacons import beacons_of
from jobs.sources.page_view import Tally
from tests.sources.raw_contract import breaches
from tests.sources.scroll_readability_expected import DATA, Reading, View, expected, needs_scroll_readability
from tests.steps.plain_rows import Row, kernel_rows

DATE = dt.date(2026, 1, 5)
PART = 60
VIEWS_PER_PERSON = 4


@dataclass(frozen=True)
class Readers:
    """Real people: what the file says of their readings, and what import and kernel made of it."""

    count: int
    expected: dict[View, Reading]
    tally: Tally
    beacons: list[dict[str, Any]]
    rows: dict[View, Row]


@pytest.fixture(scope="module", params=[PART, pytest.param(299, marks=pytest.mark.slow)])
def readers(request: pytest.FixtureRequest) -> Readers:
    people, tally = request.param, Tally()
    views = islice(scroll_readability.page_views(DATA, tally), people * VIEWS_PER_PERSON)
    beacons = [beacon for view in views for beacon in beacons_of("scroll-readability", view, DATE)]
    rows = {view_of(row): row for row in kernel_rows(beacons)}
    return Readers(people, expected(people), tally, beacons, rows)


def view_of(row: Row) -> View:
    """The view of the page view `scroll-readability:17:advanced:reading:2026-01-05`."""
    _, person, level, phase, _ = row["page_view_id"].split(":")
    return person, level, phase


@needs_scroll_readability
def test_real_beacons_keep_the_raw_contract(readers: Readers) -> None:
    assert [breach for beacon in readers.beacons for breach in breaches(beacon)] == []


@needs_scroll_readability
@pytest.mark.parametrize(
    ("measure", "column"), [("half_ms", "visible_ms"), ("full_ms", "fully_visible_ms"), ("spells", "spell_count")]
)
def test_every_paragraph_of_every_person_was_in_view_as_long_as_the_file_says(
    readers: Readers, measure: str, column: str
) -> None:
    found = {
        view: {item["item_id"].rsplit(":", 1)[1]: item[column] for item in row["item_views"]}
        for view, row in readers.rows.items()
    }

    assert len({person for person, _, _ in found}) == readers.count
    assert found == {view: getattr(of, measure) for view, of in readers.expected.items()}
    assert sum(sum(of.values()) for of in found.values()) > 0


@needs_scroll_readability
def test_page_times_are_those_of_the_file_and_depths_are_not_known(readers: Readers) -> None:
    found = {view: (row["visible_ms"], row["layout_id"], row["surface"]) for view, row in readers.rows.items()}

    assert found == {view: (of.visible_ms, of.text, view[2]) for view, of in readers.expected.items()}
    # No viewport height is known: how deep anyone saw is not.
    assert {row["scroll_depth_px"] for row in readers.rows.values()} == {None}


@needs_scroll_readability
def test_dirt_is_kept_and_counted(readers: Readers) -> None:
    events = sum(of.events for of in readers.expected.values())
    noted = readers.tally.noted

    assert (readers.tally.records_read, +readers.tally.dropped) == (events, Counter())
    assert noted["end_before_last_event"] == sum(of.has_early_end for of in readers.expected.values())
    assert noted["pause_over_30_s"] == sum(of.long_pauses for of in readers.expected.values())
    assert noted["negative_scroll"] == sum(of.negative_scrolls for of in readers.expected.values())
    assert noted["end_before_last_event"] > 0
    if readers.count == 299:
        assert (events, len(readers.rows)) == (22_742, 299 * VIEWS_PER_PERSON)
        assert +noted == Counter(
            end_before_last_event=51, pause_over_30_s=935, negative_scroll=1, text_marked_not_read=65
        )
        assert sum(row["gap_ms"] > 0 for row in readers.rows.values()) > 0
