"""dice-feed: the real studies against the table that the studies published.

By default the pilot stands for both; the larger study, and with it the stories seen for 0 s, is left to `make test-slow`.
"""

from __future__ import annotations

import datetime
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from jobs.sources import import_source
from tests.sources.dice_expected import DATA, expected_order, expected_rows, first_dwell_is_zero, needs_dice_feed
from tests.sources.part_of import linked
from tests.sources.raw_contract import breaches, read_beacons

DATE = datetime.date(2026, 1, 5)


@dataclass(frozen=True)
class Studies:
    """What is in some of the studies: people, dwells, those of 0 s, stories seen, never seen, first seen for 0 s."""

    names: tuple[str, ...]
    people: int
    dwells: int
    zero_dwells: int
    seen: int
    never_seen: int
    first_zero: int
    only_zero: int


@dataclass(frozen=True)
class Imported:
    """Studies, the folder with them, and their beacons."""

    studies: Studies
    path: Path
    beacons: list[dict[str, Any]]


PILOT = Studies(("meme_feed_pilot_2024-10-12",), 100, 5_942, 0, 3_893, 107, 0, 0)
BOTH = Studies(
    ("meme_feed_2024-10-15", "meme_feed_pilot_2024-10-12"),
    306 + 100,
    16_170 + 5_942,
    32 + 0,
    11_772 + 3_893,
    468 + 107,
    21 + 0,
    15 + 0,
)


@pytest.fixture(scope="module", params=[PILOT, pytest.param(BOTH, marks=pytest.mark.slow)], ids=["pilot", "both"])
def imported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Imported:
    root, studies = tmp_path_factory.mktemp("dice"), request.param
    path = linked(DATA, studies.names, root / "log")
    summary = import_source("dice-feed", path, root / "raw", DATE)

    assert (summary.page_view_count, summary.records_read) == (studies.people, studies.dwells)
    # Each dwell is an entry and an exit.
    assert summary.records_written == {"items": 2 * studies.dwells}
    assert summary.dropped == {}
    assert summary.noted == ({"zero_length_dwell": studies.zero_dwells} if studies.zero_dwells else {})
    return Imported(studies, path, read_beacons(summary.files))


def in_view(beacon: dict[str, Any]) -> tuple[dict[str, int], list[str]]:
    """Milliseconds in view by story, and stories in order of their first time in view."""
    total_ms: dict[str, int] = {}
    since: dict[str, int] = {}
    first_seen: dict[str, None] = {}
    items = beacon["items"]
    for t_ms, story, share in zip(items["t_ms"], items["item_id"], items["visible_share"], strict=True):
        if story in since:
            length_ms = t_ms - since.pop(story)
            total_ms[story] = total_ms.get(story, 0) + length_ms
            if length_ms > 0:
                first_seen.setdefault(story)
        if share >= 0.5:
            since[story] = t_ms
    assert not since
    return total_ms, list(first_seen)


def person(beacon: dict[str, Any]) -> tuple[str, str]:
    return beacon["page"]["layout_id"], beacon["visitor_id"].removeprefix("dice-feed:")


@needs_dice_feed
def test_real_beacons_keep_the_raw_contract(imported: Imported) -> None:
    assert [b for beacon in imported.beacons for b in breaches(beacon)] == []


@needs_dice_feed
def test_all_published_rows_are_reproduced(imported: Imported) -> None:
    rows = expected_rows(imported.path)
    seconds: dict[tuple[str, str, str], float] = {}
    meta: dict[tuple[str, str, str], dict[str, Any]] = {}
    for beacon in imported.beacons:
        for story, ms in in_view(beacon)[0].items():
            seconds[*person(beacon), story] = ms / 1000
        meta |= {(*person(beacon), entry["item_id"]): entry for entry in beacon["item_meta"]}

    studies = imported.studies
    assert Counter(row.seconds is None for row in rows) == {False: studies.seen, True: studies.never_seen}
    assert {row.key for row in rows if row.seconds is not None} == set(seconds)
    wrong = [r for r in rows if r.seconds is not None and abs(seconds[r.key] - r.seconds) > 0.001]
    assert wrong == []
    assert {r.key: (r.feed_rank, r.height_px) for r in rows if r.seconds is not None} == {
        key: (entry["feed_rank"], entry.get("height_px")) for key, entry in meta.items()
    }


@needs_dice_feed
def test_only_stories_that_were_seen_have_a_record(imported: Imported) -> None:
    never_seen = {row.key for row in expected_rows(imported.path) if row.seconds is None}
    recorded = {(*person(beacon), story) for beacon in imported.beacons for story in beacon["items"]["item_id"]}
    described = {(*person(beacon), entry["item_id"]) for beacon in imported.beacons for entry in beacon["item_meta"]}

    assert len(never_seen) == imported.studies.never_seen
    assert never_seen & (recorded | described) == set()


@needs_dice_feed
def test_order_of_first_time_in_view_is_the_published_one(imported: Imported) -> None:
    found = {person(beacon): in_view(beacon)[1] for beacon in imported.beacons}

    assert len(first_dwell_is_zero(imported.path)) == imported.studies.first_zero
    assert found == expected_order(expected_rows(imported.path))


@needs_dice_feed
def test_only_stories_seen_for_zero_seconds_get_a_millisecond_more(imported: Imported) -> None:
    expected_ms = {
        row.key: round(1000 * row.seconds) for row in expected_rows(imported.path) if row.seconds is not None
    }
    found_ms = {(*person(beacon), story): ms for beacon in imported.beacons for story, ms in in_view(beacon)[0].items()}

    differs = {key: found_ms[key] - ms for key, ms in expected_ms.items() if found_ms[key] != ms}
    assert differs == {key: 1 for key, ms in expected_ms.items() if ms == 0}
    assert len(differs) == imported.studies.only_zero
