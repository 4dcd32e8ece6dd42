"""dice-feed: both real studies in full against the table that the studies published."""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from typing import Any

import pytest

from jobs.sources import dice_feed, import_source
from jobs.sources.page_view import Tally
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


def in_view(beacon: dict[str, Any]) -> tuple[dict[str, int], list[str], list[str]]:
    """Milliseconds in view by story, stories in order of first record, stories in order of first time in view."""
    total_ms: dict[str, int] = {}
    since: dict[str, int] = {}
    with_time: dict[str, None] = {}
    items = beacon["items"]
    for t_ms, story, share in zip(items["t_ms"], items["item_id"], items["visible_share"], strict=True):
        total_ms.setdefault(story, 0)
        if story in since:
            length_ms = t_ms - since.pop(story)
            total_ms[story] += length_ms
            if length_ms > 0:
                with_time.setdefault(story)
        if share > 0:
            since[story] = t_ms
    assert not since
    return total_ms, list(total_ms), list(with_time)


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
    assert {r.key: (r.feed_rank, r.height_px) for r in rows} == {
        key: (entry["feed_rank"], entry.get("height_px")) for key, entry in meta.items()
    }


@needs_dice_feed
def test_order_of_first_sight_is_the_published_one(real_beacons: list[dict[str, Any]]) -> None:
    found = {person(beacon): in_view(beacon)[1] for beacon in real_beacons}

    assert found == expected_order(expected_rows())


@needs_dice_feed
def test_only_stories_with_a_first_dwell_of_zero_lose_their_place_in_the_order_of_time_in_view(
    real_beacons: list[dict[str, Any]],
) -> None:
    zero = first_dwell_is_zero()
    found = {person(beacon): in_view(beacon)[2] for beacon in real_beacons}

    def without_zero(order: dict[tuple[str, str], list[str]]) -> dict[tuple[str, str], list[str]]:
        return {who: [s for s in stories if (*who, s) not in zero] for who, stories in order.items()}

    expected = expected_order(expected_rows())
    assert len(zero) == 21
    assert sum(row.seconds == 0 for row in expected_rows()) == 15
    assert without_zero(found) == without_zero(expected)
    assert found != expected


@needs_dice_feed
def test_a_zero_dwell_of_one_millisecond_would_keep_every_row_and_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dice_feed, "SHORTEST_DWELL_MS", 1)
    totals: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    orders: dict[tuple[str, str], list[str]] = {}
    for page_view in dice_feed.page_views(DATA, Tally()):
        who = (page_view.page["layout_id"], page_view.visitor)
        totals[who], _, orders[who] = in_view({"items": page_view.streams["items"]})

    rows = [row for row in expected_rows() if row.seconds is not None]
    assert orders == expected_order(rows)
    assert max(abs(totals[r.study, r.participant][r.item_id] / 1000 - (r.seconds or 0)) for r in rows) <= 0.001 + 1e-9
