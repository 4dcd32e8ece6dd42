"""`hoverlake releases list` and `show`: what they say of nights, rollbacks and old records."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jobs.errors import InfrastructureFailed, UsageError
from jobs.io import releases
from jobs.io.releases import EventDate, InputFile, Release
from jobs.io.store import Store
from jobs.releases_report import list_releases, show_release

FINAL = EventDate("final", "0.1.0", "ab" * 32)
LATE = EventDate("provisional", "0.2.0", "cd" * 32)


def file(name: str, problem: str = "") -> InputFile:
    return InputFile(name, 10, "etag", "5e" * 32, 2, "2026-11-20", problem)


@pytest.fixture
def warehouse(tmp_path: Path) -> str:
    """A night of one date, one of two, and a rollback to the first."""
    store = Store(str(tmp_path), create=True)
    first = Release(1, "run-1", "2026-11-21T03:00:00+00:00", "2026-11-20", {"clean.beacons": 3}, {"2026-11-20": LATE})
    dates = {"2026-11-20": FINAL, "2026-11-21": LATE}
    second = Release(
        2, "run-2", "2026-11-22T03:00:00+00:00", "2026-11-21", {"clean.beacons": 4}, dates, {"cell_px": 32}
    )
    third = Release(
        3, "run-3", "2026-11-22T09:00:00+00:00", "2026-11-20", {"clean.beacons": 3}, {"2026-11-20": LATE},
        kind="rollback", rolled_back_to=1,
    )  # fmt: skip
    for release in (first, second, third):
        assert releases.publish(store, release, {"a": file("a"), "b": file("b"), "c": file("c", "cut short")})
    return str(tmp_path)


def test_releases_are_listed_newest_first_with_what_each_is(warehouse: str) -> None:
    head, *lines = list_releases(warehouse).splitlines()

    assert head.split()[:2] == ["release", "created"]
    assert [" ".join(line.split()) for line in lines] == [
        "3 2026-11-22T09:00:00+00:00 2026-11-20 run-3 1 0 rollback to 1 current",
        "2 2026-11-22T03:00:00+00:00 2026-11-21 run-2 1 1 night",
        "1 2026-11-21T03:00:00+00:00 2026-11-20 run-1 1 0 night",
    ]


def test_the_list_for_programs_says_the_same(warehouse: str) -> None:
    listed = json.loads(list_releases(warehouse, as_json=True))

    assert [(row["release"], row["is_current"], row["rolled_back_to"]) for row in listed] == [
        (3, True, 1), (2, False, None), (1, False, None),
    ]  # fmt: skip
    assert (listed[1]["provisional"], listed[1]["final"]) == (1, 1)


def test_a_release_is_shown_with_all_of_its_record(warehouse: str) -> None:
    shown = show_release(warehouse, 2)

    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert lines[0] == "release 2: night"
    assert "raw files 2, 1 more set aside" in lines
    assert "clean.beacons 4" in lines
    assert f"2026-11-20 final 0.1.0 {'ab' * 32}" in lines
    assert f"2026-11-21 provisional 0.2.0 {'cd' * 32}" in lines
    assert "cell_px 32" in lines


def test_a_release_that_left_late_beacons_for_later_says_so(warehouse: str) -> None:
    dates = {"2026-11-20": FINAL, "2026-11-21": LATE}
    late = Release(4, "run-4", "2026-11-22T10:00:00+00:00", "2026-11-21", {}, dates, awaiting_final=["2026-11-21"])
    releases.publish(Store(warehouse), late, {})

    assert "late         2026-11-21: with late beacons, built once their window closes\n" in show_release(warehouse, 4)
    assert "with late beacons" not in show_release(warehouse, 2)


def test_a_shown_release_for_programs_is_its_record(warehouse: str) -> None:
    shown = json.loads(show_release(warehouse, 3, as_json=True))

    assert (shown["kind"], shown["rolled_back_to"], shown["tables"]) == ("rollback", 1, {"clean.beacons": 3})
    assert (shown["raw_file_count"], shown["set_aside_count"]) == (2, 1)


def test_what_is_not_there_is_told(warehouse: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no release 4"):
        show_release(warehouse, 4)
    with pytest.raises(UsageError, match="nothing published"):
        list_releases(str(tmp_path / "nowhere"))


def test_a_record_cannot_steer_the_terminal(tmp_path: Path) -> None:
    release = Release(1, "run-1", "2026-11-21T03:00:00+00:00", "2026\x1b[2J", {}, {})
    releases.publish(Store(str(tmp_path)), release, {})

    assert "\x1b" not in list_releases(str(tmp_path))


def test_a_rollback_is_as_old_as_the_release_it_serves(warehouse: str) -> None:
    store = Store(warehouse)
    third = releases.newest(store)
    assert third is not None

    assert releases.origin(store, third).number == 1

    store.delete("_releases/000001.json")
    with pytest.raises(InfrastructureFailed, match=r"release 3 .* rolled back to 1, which is gone"):
        releases.origin(store, third)
