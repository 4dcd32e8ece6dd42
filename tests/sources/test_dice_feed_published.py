"""dice-feed: both real studies in full against the table that the studies published."""

from __future__ import annotations

import datetime
from collections import Counter
from typing import Any

import pytest

from jobs.sources import import_source
from tests.sources.dice_expected import DATA, expected_order, expected_rows, first_dwell_is_zero, needs_dice_feed
from tests.sources.raw_contract import breaches, read_beacons

DATE = datetime.date(2026, 1, 5)


@pytest.fixture(scope="module")
def real_beacons(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    raw = tmp_path_factory.mktemp("raw")
    summary = import_source("dice-feed", DATA, raw, DATE)

    # 16,170 dwells of the study and 5,942 of its pilot, each an entry and an exit.
    assert (summary.page_view_count, summary.records_read) == (306 + 100, 16_170 + 5_942)
    assert summary.records_written == {"items": 2 * summary.records_read}
    assert (summary.dropped, summary.noted) == ({}, {"zero_length_dwell": 32})
    return read_beacons(summary.files)


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
def test_real_beacons_keep_the_raw_contract(real_beacons: list[dict[str, Any]]) -> None:
    assert [b for beacon in real_beacons for b in breaches(beacon)] == []


@needs_dice_feed
def test_all_published_rows_are_reproduced(real_beacons: list[dict[str, Any]]) -> None:
    rows = expected_rows()
    seconds: dict[tuple[str, str, str], float] = {}
    meta: dict[tuple[str, str, str], dict[str, Any]] = {}
    for beacon in real_beacons:
        for story, ms in in_view(beacon)[0].items():
            seconds[*person(beacon), story] = ms / 1000
        meta |= {(*person(beacon), entry["item_id"]): entry for entry in beacon["item_meta"]}

    # 11,772 + 3,893 seen, 468 + 107 never seen.
    assert Counter(row.seconds is None for row in rows) == {False: 15_665, True: 575}
    assert {row.key for row in rows if row.seconds is not None} == set(seconds)
    wrong = [r for r in rows if r.seconds is not None and abs(seconds[r.key] - r.seconds) > 0.001]
    assert wrong == []
    assert {r.key: (r.feed_rank, r.height_px) for r in rows if r.seconds is not None} == {
        key: (entry["feed_rank"], entry.get("height_px")) for key, entry in meta.items()
    }


@needs_dice_feed
def test_only_stories_that_were_seen_have_a_record(real_beacons: list[dict[str, Any]]) -> None:
    never_seen = {row.key for row in expected_rows() if row.seconds is None}
    recorded = {(*person(beacon), story) for beacon in real_beacons for story in beacon["items"]["item_id"]}
    described = {(*person(beacon), entry["item_id"]) for beacon in real_beacons for entry in beacon["item_meta"]}

    assert len(never_seen) == 575
    assert never_seen & (recorded | described) == set()


@needs_dice_feed
def test_order_of_first_time_in_view_is_the_published_one(real_beacons: list[dict[str, Any]]) -> None:
    found = {person(beacon): in_view(beacon)[1] for beacon in real_beacons}

    assert len(first_dwell_is_zero()) == 21
    assert found == expected_order(expected_rows())


@needs_dice_feed
def test_only_stories_seen_for_zero_seconds_get_a_millisecond_more(real_beacons: list[dict[str, Any]]) -> None:
    expected_ms = {row.key: round(1000 * row.seconds) for row in expected_rows() if row.seconds is not None}
    found_ms = {(*person(beacon), story): ms for beacon in real_beacons for story, ms in in_view(beacon)[0].items()}

    differs = {key: found_ms[key] - ms for key, ms in expected_ms.items() if found_ms[key] != ms}
    assert differs == {key: 1 for key, ms in expected_ms.items() if ms == 0}
    assert len(differs) == 15
