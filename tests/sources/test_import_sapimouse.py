"""sapimouse: synthetic sessions for each rule, and the total dwell of every real person.

By default the first three people by name stand for all; `make test-slow` takes all seventy.
"""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from jobs.errors import InputUnreadable, UsageError
from jobs.sources import ImportSummary, import_source, sapimouse
from jobs.sources.page_view import Tally
from tests.sources.part_of import linked
from tests.sources.raw_contract import breaches, read_beacons
from tests.sources.sapimouse_expected import DATA, RowCounts, expected_dwell_ms, needs_sapimouse, row_counts

DATE = datetime.date(2026, 1, 5)
HEADER = "client timestamp,button,state,x,y\n"


def session(root: Path, rows: str, user: str = "user1", name: str = "session_1min.csv", header: str = HEADER) -> Path:
    file = root / user / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(header + rows)
    return file


def test_every_row_is_a_sample_and_a_press_is_a_click_too(tmp_path: Path) -> None:
    session(tmp_path, "500,NoButton,Move,10,255\n510,Left,Pressed,256,255\n530,Left,Released,256.5,512\n")

    [page_view] = sapimouse.page_views(tmp_path, Tally())

    assert page_view.streams == {
        "pointer": {
            "t_ms": [0, 10, 30],
            "x_px": [10, 256, 256.5],
            "y_px": [255, 255, 512],
            "target": ["tile-0-0", "tile-1-0", "tile-1-2"],
        },
        "clicks": {"t_ms": [10], "x_px": [256], "y_px": [255], "target": ["tile-1-0"]},
    }
    assert (page_view.visitor, page_view.code, page_view.observed_until_ms) == ("user1", "user1:session_1min", 30)


def test_a_clock_that_steps_back_makes_no_negative_time(tmp_path: Path) -> None:
    tally = Tally()
    session(tmp_path, "700,NoButton,Move,1,0\n690,NoButton,Move,2,0\n700,NoButton,Move,3,0\n")

    [page_view] = sapimouse.page_views(tmp_path, tally)

    assert page_view.streams["pointer"]["t_ms"] == [0, 10, 10]
    assert page_view.streams["pointer"]["x_px"] == [2, 1, 3]
    assert tally.noted["backward_timestamp"] == 1


def test_identical_rows_are_kept_and_counted(tmp_path: Path) -> None:
    tally = Tally()
    session(tmp_path, "1,NoButton,Move,1,1\n1,NoButton,Move,1,1\n1,NoButton,Move,2,1\n")

    [page_view] = sapimouse.page_views(tmp_path, tally)

    assert page_view.streams["pointer"]["x_px"] == [1, 1, 2]
    assert (tally.noted["identical_row"], tally.noted["backward_timestamp"]) == (1, 0)


def test_positions_left_of_and_above_the_page_have_tiles_too() -> None:
    assert sapimouse.tile(-0.5, -256) == "tile--1--1"
    assert sapimouse.tile(-256.5, 0) == "tile--2-0"


def test_rows_that_are_no_samples_are_dropped_by_rule(tmp_path: Path) -> None:
    good = "1,NoButton,Move,1,1\n"
    bad = ["2,NoButton,Move,1\n", "2,NoButton,Move,1,1,1\n", "2,NoButton,Jump,1,1\n", "x,NoButton,Move,1,1\n"]
    session(tmp_path, good + "".join(bad) + "2,NoButton,Move,nan,1\n2,NoButton,Move,,1\n")
    session(tmp_path, "", name="session_3min.csv")
    tally = Tally()

    [page_view] = sapimouse.page_views(tmp_path, tally)

    assert page_view.streams["pointer"]["t_ms"] == [0]
    assert tally.dropped == Counter(row_of_other_length=2, unknown_state=1, not_a_number=3, session_without_samples=1)
    assert tally.records_read == 7


def test_one_persons_folder_gives_the_same_page_views_as_within_the_data_set(tmp_path: Path) -> None:
    session(tmp_path, "1,NoButton,Move,1,1\n")

    assert list(sapimouse.page_views(tmp_path / "user1", Tally())) == list(sapimouse.page_views(tmp_path, Tally()))


def test_a_folder_without_sessions_is_refused_with_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no sapimouse sessions in .*expected user\*/session_\*\.csv"):
        import_source("sapimouse", tmp_path, tmp_path / "raw", DATE)


def test_a_file_with_other_columns_is_refused_by_name(tmp_path: Path) -> None:
    session(tmp_path, "1,2\n", header="time,x\n")

    with pytest.raises(InputUnreadable, match=r"session_1min\.csv line 1: no column 'client timestamp'"):
        import_source("sapimouse", tmp_path, tmp_path / "raw", DATE)


@pytest.mark.parametrize("content", [b"", b"\x1f\x8b\x08\x00\xff\xfe", HEADER.encode() + b"1,\xff,Move,1,1\n"])
def test_a_file_of_other_bytes_is_refused_by_name_and_nothing_is_written(tmp_path: Path, content: bytes) -> None:
    session(tmp_path, "1,NoButton,Move,1,1\n")
    session(tmp_path, "", name="session_3min.csv").write_bytes(content)

    with pytest.raises(InputUnreadable, match=r"session_3min\.csv"):
        import_source("sapimouse", tmp_path, tmp_path / "raw", DATE)

    assert list((tmp_path / "raw").rglob("*")) == []


@dataclass(frozen=True)
class Imported:
    """A part of the real data set: its folder, what is in it, and what the import made of it."""

    path: Path
    counts: RowCounts
    summary: ImportSummary
    beacons: list[dict[str, Any]]


PART = RowCounts(sessions=6, rows=30_595, presses=743, identical=0, backward=0)
WHOLE = RowCounts(sessions=140, rows=661_114, presses=20_325, identical=2, backward=0)


@pytest.fixture(scope="module", params=[PART, pytest.param(WHOLE, marks=pytest.mark.slow)], ids=["part", "whole"])
def imported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Imported:
    root, counts = tmp_path_factory.mktemp("sapimouse"), request.param
    people = sorted(folder.name for folder in DATA.glob("user*"))
    path = linked(DATA, people[: counts.sessions // 2], root / "log")
    summary = import_source("sapimouse", path, root / "raw", DATE)
    return Imported(path, counts, summary, read_beacons(summary.files))


@needs_sapimouse
def test_real_beacons_keep_the_raw_contract(imported: Imported) -> None:
    assert [breach for beacon in imported.beacons for breach in breaches(beacon)] == []


@needs_sapimouse
def test_every_real_row_is_imported(imported: Imported) -> None:
    counts, summary = imported.counts, imported.summary

    assert row_counts(imported.path) == counts
    assert summary.page_view_count == counts.sessions
    assert (summary.records_read, summary.dropped) == (counts.rows, {})
    assert summary.records_written == {"pointer": counts.rows, "clicks": counts.presses}
    assert summary.noted == ({"identical_row": counts.identical} if counts.identical else {})
    assert sum(len(beacon["pointer"]["t_ms"]) for beacon in imported.beacons) == counts.rows


@needs_sapimouse
def test_total_dwell_of_every_person_is_that_of_the_session_files(imported: Imported) -> None:
    found: dict[str, int] = defaultdict(int)
    for _, of_page_view in groupby(imported.beacons, key=lambda beacon: beacon["page_view_id"]):
        in_order = sorted(of_page_view, key=lambda beacon: beacon["seq"])
        instants = [t_ms for beacon in in_order for t_ms in beacon["pointer"]["t_ms"]]
        instants.append(in_order[-1]["observed_until_ms"])
        user = in_order[0]["visitor_id"].removeprefix("sapimouse:")
        found[user] += sum(min(instants[i + 1] - instants[i], 5000) for i in range(len(instants) - 1))

    assert len(found) == imported.counts.sessions // 2
    assert dict(found) == expected_dwell_ms(imported.path)
