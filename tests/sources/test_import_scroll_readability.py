"""scroll-readability: small files, one rule each."""

from __future__ import annotations

import csv
import datetime as dt
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from jobs.errors import InputUnreadable, UsageError
from jobs.sources import import_source, scroll_readability
from jobs.sources.beacons import beacons_of
from jobs.sources.page_view import PageView, Tally
from tests.steps.plain_rows import Row, kernel_rows

DATE = dt.date(2026, 1, 5)
VIEWS_PER_PERSON = 4


def log(folder: Path, *people: dict[str, str]) -> Path:
    """A log; each person is given by the cells that differ from one who saw a paragraph for a second, four times."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "scroll_readability.csv").open("w", newline="") as target:
        rows = csv.DictWriter(target, scroll_readability.COLUMNS)
        rows.writeheader()
        for number, given in enumerate(people):
            rows.writerow(_usual() | {"participant_row": str(number)} | given)
    return folder


def _usual() -> dict[str, str]:
    cells = {"participant_row": "0"}
    for level in ("elementary", "advanced"):
        cells |= {f"{level}_text": f"Owls-{level}.txt", f"{level}_read_value": "read"}
        for phase in ("reading", "question"):
            cells |= reading([(0, 0, "0_100")], 1000, f"{level}_{phase}")
    return cells


def reading(events: list[tuple[int, float, str]], time_ms: int, cell: str = "elementary_reading") -> dict[str, str]:
    """The cells of one text and phase."""
    instants, offsets, listed = ([str(value) for value in values] for values in zip(*events, strict=True))
    return {
        f"{cell}_time_ms": str(time_ms),
        f"{cell}_event_ms": str(instants),
        f"{cell}_scroll_event": str(offsets),
        f"{cell}_paragraph_visibility": str(listed),
    }


def first_page_view(folder: Path, tally: Tally | None = None) -> PageView:
    return next(scroll_readability.page_views(folder, tally or Tally()))


def first_row(folder: Path) -> Row:
    [row] = kernel_rows(beacons_of("scroll-readability", first_page_view(folder), DATE))
    return row


def in_view(row: Row) -> dict[str, tuple[int, int, int]]:
    return {
        item["item_id"]: (item["visible_ms"], item["fully_visible_ms"], item["spell_count"])
        for item in row["item_views"]
    }


def test_each_person_has_two_texts_and_each_text_two_page_views(tmp_path: Path) -> None:
    found = list(scroll_readability.page_views(log(tmp_path, {}), Tally()))

    assert [(view.visitor, view.code, view.page["surface"], view.page["layout_id"]) for view in found] == [
        ("0", "0:elementary:reading", "reading", "Owls-elementary"),
        ("0", "0:elementary:question", "question", "Owls-elementary"),
        ("0", "0:advanced:reading", "reading", "Owls-advanced"),
        ("0", "0:advanced:question", "question", "Owls-advanced"),
    ]


def test_a_share_holds_until_the_next_event_and_ends_where_the_paragraph_is_listed_no_more(tmp_path: Path) -> None:
    events = [(100, 0, "0_100,1_50"), (600, 200, "0_49,1_100"), (700, 400, "1_100,2_7"), (900, 0, "0_50")]
    folder = log(tmp_path, reading(events, 2000))

    page_view = first_page_view(folder)

    assert page_view.streams["scroll"] == {"t_ms": [100, 600, 700, 900], "y_px": [0, 200, 400, 0]}
    # 0: 500 ms whole, and half of it from 900 to the end; 1: 500 at a half, 100 + 200 whole; 2: never at a half.
    assert in_view(first_row(folder)) == {
        "Owls-elementary:0": (500 + 1100, 500, 2),
        "Owls-elementary:1": (500 + 100 + 200, 100 + 200, 1),
        "Owls-elementary:2": (0, 0, 0),
    }


def test_paragraphs_are_stories_ranked_by_their_place(tmp_path: Path) -> None:
    folder = log(tmp_path, reading([(0, 0, "10_5,2_100"), (9, 9, "9_1")], 10))

    assert first_page_view(folder).item_meta == [
        {"item_id": f"Owls-elementary:{paragraph}", "item_type": "story", "feed_rank": paragraph + 1}
        for paragraph in (2, 9, 10)
    ]


def test_an_end_declared_before_the_last_event_gives_way_to_it(tmp_path: Path) -> None:
    tally = Tally()
    folder = log(tmp_path, reading([(0, 0, "0_100"), (5000, 9, "1_100")], 4999))

    page_view = first_page_view(folder, tally)

    assert (page_view.observed_until_ms, tally.noted["end_before_last_event"]) == (5000, 1)
    assert in_view(first_row(folder)) == {"Owls-elementary:0": (5000, 5000, 1), "Owls-elementary:1": (0, 0, 0)}


def test_long_pauses_are_kept_and_counted_up_to_half_an_hour(tmp_path: Path) -> None:
    tally = Tally()
    instants = [0, 30_000, 60_001, 60_001 + 1_800_000, 60_001 + 1_800_000 + 1_800_001]
    folder = log(tmp_path, reading([(t_ms, t_ms % 7, "0_100") for t_ms in instants], instants[-1] + 10))

    first_page_view(folder, tally)
    row = first_row(folder)

    # 30,000 ms is not over 30 s; 1,800,001 ms is a gap that nobody looked at.
    assert (tally.noted["pause_over_30_s"], row["gap_ms"]) == (3, 1_800_001)
    assert in_view(row)["Owls-elementary:0"][:2] == (60_001 + 1_800_000 + 10,) * 2


def test_a_negative_offset_is_kept_and_counted(tmp_path: Path) -> None:
    tally = Tally()

    page_view = first_page_view(log(tmp_path, reading([(0, 0, "0_100"), (9, -36, "0_100")], 10)), tally)

    assert (page_view.streams["scroll"]["y_px"], tally.noted["negative_scroll"]) == ([0, -36], 1)


def test_events_that_are_none_are_left_out_by_rule_and_late_ones_put_in_order(tmp_path: Path) -> None:
    tally = Tally()
    wrong: list[tuple[Any, Any, str]] = [
        (-1, 0, "0_100"),
        ("x", 0, "0_100"),
        (7, "nan", "0_100"),
        (7, 0, "0_101"),
        (7, 0, "0"),
        (7, 0, "A1_5"),
    ]
    nothing = reading([("x", 0, "0_100")], 1, "elementary_question")  # type: ignore[list-item]
    folder = log(tmp_path, reading([(5, 0, "0_100"), *wrong, (3, 1, "")], 10) | nothing, {"participant_row": "0"})

    views = list(scroll_readability.page_views(folder, tally))

    assert len(views) == VIEWS_PER_PERSON - 1
    assert views[0].streams["scroll"] == {"t_ms": [3, 5], "y_px": [1, 0]}
    assert tally.dropped == Counter(event_not_understood=6 + 1, session_without_events=1, repeated_participant=1)
    assert (tally.records_read, tally.noted["backward_timestamp"]) == (8 + 1 + 2, 1)


def test_a_text_marked_as_not_read_is_imported_and_counted(tmp_path: Path) -> None:
    tally = Tally()

    views = list(scroll_readability.page_views(log(tmp_path, {"advanced_read_value": "not_read"}), tally))

    assert (len(views), +tally.noted) == (VIEWS_PER_PERSON, Counter(text_marked_not_read=1))


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"elementary_reading_event_ms": "['1', '2']"}, "elementary reading: lists of 2, 1 and 1 entries"),
        ({"elementary_reading_event_ms": "15, 16"}, "is no list"),
        ({"elementary_reading_event_ms": "{}"}, "is no list of texts"),
        ({"elementary_reading_time_ms": "soon"}, "'soon' is no duration in ms"),
    ],
)
def test_cells_that_cannot_be_read_are_named(tmp_path: Path, cells: dict[str, str], words: str) -> None:
    with pytest.raises(InputUnreadable, match=rf"scroll_readability\.csv line 2.*{words}"):
        import_source("scroll-readability", log(tmp_path / "log", cells), tmp_path / "raw", DATE)

    assert list((tmp_path / "raw").rglob("*")) == []


def test_a_folder_without_the_file_is_refused_with_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no scroll-readability log in .*expected scroll_readability\.csv"):
        import_source("scroll-readability", tmp_path, tmp_path / "raw", DATE)
