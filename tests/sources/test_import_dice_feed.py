"""dice-feed: synthetic studies, one rule each."""

from __future__ import annotations

import csv
import datetime
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from jobs.errors import InputUnreadable
from jobs.sources import dice_feed, import_source
from jobs.sources.page_view import PageView, Tally

DATE = datetime.date(2026, 1, 5)


def study(
    folder: Path, *participants: dict[str, Any], stories: str | None = "doc_id,sponsored\n1,0\n2,0\n3,1\n"
) -> Path:
    """A study's folder; each participant is given by what differs from p1, who saw nothing of three stories."""
    folder.mkdir(parents=True)
    with (folder / "raw_viewport.csv").open("w", newline="") as target:
        rows = csv.writer(target)
        rows.writerow(dice_feed.COLUMNS)
        for given in participants:
            dwells = given.get("dwells", [])
            text = dwells if isinstance(dwells, str) else json.dumps([{"doc_id": d, "duration": s} for d, s in dwells])
            rows.writerow(
                [
                    given.get("code", "p1"),
                    "A",
                    given.get("sequence", "2, 1, 3"),
                    text,
                    given.get("heights", '[{"doc_id":1,"height":500},{"doc_id":null,"height":297}]'),
                    given.get("touch", "0"),
                    given.get("device", "Desktop"),
                ]
            )
    if stories is not None:
        (folder / "stories.csv").write_text(stories)
    return folder


def only_page_view(folder: Path) -> PageView:
    [page_view] = dice_feed.page_views(folder, Tally())
    return page_view


def test_dwells_lie_end_to_end_and_each_ends_out_of_view(tmp_path: Path) -> None:
    folder = study(tmp_path / "s", {"dwells": [(2, 1.5), (1, 0.2004), (1, 0.251), (2, 1)]})

    page_view = only_page_view(folder)

    # The second dwell on story 1 starts 1 ms after the first ended, so that they stay two.
    assert page_view.streams["items"] == {
        "t_ms": [0, 1500, 1500, 1700, 1701, 1952, 1952, 2952],
        "item_id": ["2", "2", "1", "1", "1", "1", "2", "2"],
        "visible_share": [0.5, 0.0, 0.5, 0.0, 0.5, 0.0, 0.5, 0.0],
    }
    assert page_view.observed_until_ms == 2952


def lengths(page_view: PageView, story: str) -> list[int]:
    """Length of each dwell on a story, in ms."""
    items = page_view.streams["items"]
    times = [t for t, item_id in zip(items["t_ms"], items["item_id"], strict=True) if item_id == story]
    return [left - entered for entered, left in zip(times[::2], times[1::2], strict=True)]


@pytest.mark.parametrize(
    ("seconds", "lengths_ms"),
    [
        ([0], [1]),
        ([0.0004], [1]),
        ([0.001], [1]),
        ([0, 0, 0], [1, 0, 0]),
        ([0, 0.001], [1, 1]),  # given back, nothing would be left of the second
        ([0, 0.002], [1, 1]),
        ([0, 0, 1.5, 2], [1, 0, 1499, 2000]),
        ([1.5, 0], [1500, 0]),
    ],
)
def test_a_first_dwell_of_zero_is_one_millisecond_of_the_story_s_total(
    tmp_path: Path, seconds: list[float], lengths_ms: list[int]
) -> None:
    dwells = [dwell for s in seconds for dwell in ((1, s), (2, 1))]
    folder = study(tmp_path / "s", {"dwells": dwells})

    found = lengths(only_page_view(folder), "1")

    assert found == lengths_ms
    assert abs(sum(found) - 1000 * sum(seconds)) <= 1


def test_two_dwells_with_only_a_later_zero_dwell_between_them_stay_two(tmp_path: Path) -> None:
    folder = study(tmp_path / "s", {"dwells": [(2, 1), (1, 1), (2, 0), (1, 1)]})

    assert only_page_view(folder).streams["items"]["t_ms"] == [0, 1000, 1000, 2000, 2000, 2000, 2001, 3001]


def test_stories_seen_are_described_by_their_rank_among_all_displayed(tmp_path: Path) -> None:
    folder = study(tmp_path / "s", {"dwells": [(3, 0), (1, 1)]})

    assert only_page_view(folder).item_meta == [
        {"item_id": "1", "item_type": "story", "feed_rank": 2, "height_px": 500},
        {"item_id": "3", "item_type": "ad", "feed_rank": 3},
    ]


def test_a_story_never_seen_has_no_record_at_all(tmp_path: Path) -> None:
    page_view = only_page_view(study(tmp_path / "s", {"dwells": [(1, 1)]}))

    assert {entry["item_id"] for entry in page_view.item_meta} == {"1"}
    assert set(page_view.streams["items"]["item_id"]) == {"1"}


def test_without_a_file_of_stories_nothing_is_said_about_item_types(tmp_path: Path) -> None:
    folder = study(tmp_path / "s", {"dwells": [(1, 1)]}, stories=None)

    assert only_page_view(folder).item_meta == [{"item_id": "1", "feed_rank": 2, "height_px": 500}]


def test_an_empty_list_of_dwells_is_measured_and_an_empty_cell_is_not(tmp_path: Path) -> None:
    tally = Tally()
    folder = study(tmp_path / "s", {"code": "nothing-seen"}, {"code": "not-measured", "dwells": ""})

    page_views = list(dice_feed.page_views(folder, tally))

    assert [(p.visitor, p.streams["items"]["t_ms"]) for p in page_views] == [("nothing-seen", [])]
    assert tally.dropped == Counter(participant_without_viewport_data=1)


def test_a_participant_counts_once_in_a_study_and_again_in_another(tmp_path: Path) -> None:
    tally = Tally()
    study(tmp_path / "both" / "first", {"dwells": [(1, 1)]}, {"dwells": [(2, 9)]}, {"code": ""})
    study(tmp_path / "both" / "second", {"dwells": [(3, 1)]})

    page_views = list(dice_feed.page_views(tmp_path / "both", tally))

    assert [(p.code, p.observed_until_ms) for p in page_views] == [("first:p1", 1000), ("second:p1", 1000)]
    assert tally.dropped == Counter(repeated_participant=1, participant_without_code=1)


@pytest.mark.parametrize(
    ("dwell", "rule"),
    [
        ('{"doc_id":null,"duration":1}', "dwell_without_story"),
        ('{"doc_id":1,"duration":"long"}', "duration_not_a_number"),
        ('{"doc_id":1,"duration":true}', "duration_not_a_number"),
        ('{"doc_id":1,"duration":NaN}', "duration_not_a_number"),
        ('{"doc_id":1}', "duration_not_a_number"),
        ('{"doc_id":1,"duration":-0.1}', "negative_duration"),
        ('{"doc_id":1,"duration":1e300}', "duration_over_a_day"),
    ],
)
def test_a_dwell_that_cannot_be_placed_is_dropped_by_rule(tmp_path: Path, dwell: str, rule: str) -> None:
    tally = Tally()
    folder = study(tmp_path / "s", {"dwells": f'[{dwell},{{"doc_id":1,"duration":2}}]'})

    [page_view] = dice_feed.page_views(folder, tally)

    assert tally.dropped == Counter({rule: 1})
    assert tally.records_read == 2
    assert page_view.streams["items"]["t_ms"] == [0, 2000]


@pytest.mark.parametrize(
    ("device", "touch", "device_type", "pointer"),
    [
        ("Mobile", "1", "phone", "touch"),
        ("Mobile", "0", "phone", "touch"),
        ("Tablet", "1", "tablet", "touch"),
        ("Desktop", "0", "desktop", "mouse"),
        ("Desktop", "1", "desktop", None),
        ("Fridge", "1", None, None),
    ],
)
def test_pointer_is_said_only_where_it_is_known(
    tmp_path: Path, device: str, touch: str, device_type: str | None, pointer: str | None
) -> None:
    folder = study(tmp_path / "s", {"device": device, "touch": touch})

    found = only_page_view(folder).device

    assert (found.get("type"), found.get("pointer")) == (device_type, pointer)


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"dwells": '[{"doc_id":1'}, "viewport_data is no JSON"),
        ({"dwells": "[" * 100_000}, "viewport_data is no JSON"),
        ({"dwells": "[1, 2]"}, "viewport_data is no list of records"),
        ({"heights": "{}"}, "rowheight_data is no list of records"),
        ({"sequence": "1, 2, 1"}, "names a story twice"),
    ],
)
def test_a_broken_cell_is_named_with_file_and_line(tmp_path: Path, given: dict[str, str], word: str) -> None:
    folder = study(tmp_path / "s", {"code": "good"}, given)

    with pytest.raises(InputUnreadable, match=rf"raw_viewport\.csv line 3: .*{word}"):
        import_source("dice-feed", folder, tmp_path / "raw", DATE)

    assert list((tmp_path / "raw").rglob("*")) == []


def test_a_row_of_other_length_is_named_with_file_and_line(tmp_path: Path) -> None:
    folder = study(tmp_path / "s", {}, stories="doc_id,sponsored\n1,0\n2\n")

    with pytest.raises(InputUnreadable, match=r"stories\.csv line 3: not as many cells"):
        only_page_view(folder)
