"""`hoverlake nightly` before it starts Spark: exit codes, and the last line on stderr."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import NoReturn

import pytest

from jobs.errors import InfrastructureFailed
from jobs.io.lease import held_lease
from jobs.io.store import Store
from tests.cli.conftest import DAY, Command
from tests.reading.small_warehouse import publish_release


def test_a_night_with_readable_files_comes_as_far_as_spark(hoverlake: Command) -> None:
    hoverlake.raw_file()

    with pytest.raises(AssertionError, match="as far as Spark"):
        hoverlake.nightly()


@pytest.mark.parametrize("date", ["2026-13-45", "2026-02-29", "20261120", "2026-W47-5", "yesterday", ""])
def test_a_date_that_is_none(hoverlake: Command, date: str) -> None:
    said = hoverlake("nightly", "--date", date)

    assert (said.exit_code, said.last) == (
        2,
        f"hoverlake: --date {date}: not a date. Give YYYY-MM-DD, for example 2026-11-20.",
    )


@pytest.mark.parametrize(
    ("word", "problem"),
    [
        ("nonsense=1", "nonsense: Extra inputs are not permitted"),
        ("min_visitors=0", "min_visitors: Input should be greater than or equal to 1"),
        ("min_visitors=many", "min_visitors: Input should be a valid integer"),
        ("min_visitors", "expected name=value"),
    ],
)
def test_a_threshold_that_cannot_be_used(hoverlake: Command, word: str, problem: str) -> None:
    hoverlake.raw_file()

    said = hoverlake.nightly("--set", word)

    assert said.exit_code == 2
    assert problem in said.last
    assert not hoverlake.warehouse.exists()


def test_an_empty_raw_folder(hoverlake: Command) -> None:
    hoverlake.raw.mkdir()

    said = hoverlake.nightly()

    assert said.exit_code == 10
    assert said.last.startswith(f"hoverlake: no raw files up to landing_date={DAY} below {hoverlake.raw}. Check --raw")


def test_a_raw_folder_that_does_not_exist(hoverlake: Command) -> None:
    said = hoverlake.nightly()

    assert said.exit_code == 12
    assert said.last.startswith(f"hoverlake: raw folder {hoverlake.raw} does not exist. Give --raw")
    assert not hoverlake.warehouse.exists()


def test_a_warehouse_that_cannot_be_made(hoverlake: Command) -> None:
    hoverlake.raw_file()
    hoverlake.warehouse.write_text("a file, not a folder")

    said = hoverlake.nightly("--warehouse", str(hoverlake.warehouse / "below"))

    assert said.exit_code == 14
    assert said.last.startswith(f"hoverlake: cannot open {hoverlake.warehouse}/below: ")


def test_a_warehouse_that_nobody_could_read(hoverlake: Command) -> None:
    hoverlake.raw_file()

    said = hoverlake.nightly("--warehouse", "a%20b")

    assert said.exit_code == 2
    assert said.last.startswith("hoverlake: the warehouse a%20b cannot have %20 in its path")
    assert not Path("a%20b").exists()


def test_files_that_the_newest_release_holds_are_nothing_new(hoverlake: Command) -> None:
    known = hoverlake.raw_file()
    publish_release(str(hoverlake.warehouse), {}, files={known.path: known})

    said = hoverlake.nightly()

    assert said.exit_code == 10
    assert said.last.startswith(f"hoverlake: nothing new up to landing date {DAY}: the newest release knows all 1 raw")


@pytest.mark.parametrize("content", [gzip.compress(b"{}\n{}\n"), gzip.compress(b"[]\n")], ids=["longer", "as long"])
def test_a_file_that_was_rewritten_after_it_was_landed(hoverlake: Command, content: bytes) -> None:
    known = hoverlake.raw_file()
    publish_release(str(hoverlake.warehouse), {}, files={known.path: known})
    hoverlake.raw_file(content=content)

    said = hoverlake.nightly()

    assert said.exit_code == 12
    assert said.last.startswith(
        f"hoverlake: 1 raw file(s) were rewritten after they were landed: {known.path}. Restore"
    )


def test_too_many_unreadable_files_stop_the_night_and_give_the_lease_back(hoverlake: Command) -> None:
    hoverlake.raw_file("cut.ndjson.gz", gzip.compress(b"{}\n" * 1000)[:-9])
    hoverlake.raw_file("noise.ndjson.zst", b"\x00\x01\x02\x03")

    for said in (hoverlake.nightly(), hoverlake.nightly()):
        assert said.exit_code == 12
        assert said.last.startswith("hoverlake: 2 of 2 new raw files are unreadable, more than 10%: ")
        assert "cut.ndjson.gz" in said.last and "noise.ndjson.zst" in said.last
    assert not (hoverlake.warehouse / "_releases").exists()


def test_one_unreadable_file_of_ten_is_not_too_many(hoverlake: Command) -> None:
    hoverlake.raw_file("noise.ndjson.gz", b"noise")
    for number in range(9):
        hoverlake.raw_file(f"{number}.ndjson.gz")

    with pytest.raises(AssertionError, match="as far as Spark"):
        hoverlake.nightly()


def test_a_warehouse_that_another_run_holds(hoverlake: Command) -> None:
    hoverlake.raw_file()

    with held_lease(Store(str(hoverlake.warehouse), create=True), "another-run"):
        said = hoverlake.nightly()

    assert said.exit_code == 13
    assert f"{hoverlake.warehouse} is held by run another-run (host " in said.last
    assert said.last.endswith("Wait for it to end, then run again.")


def test_an_error_of_the_machine_is_one_line(hoverlake: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> NoReturn:
        raise PermissionError(13, "Permission denied", "/etc/shadow")

    monkeypatch.setattr("jobs.nightly.run_night", refused)
    said = hoverlake.nightly()

    assert said.exit_code == InfrastructureFailed.exit_code
    assert said.last.startswith("hoverlake: [Errno 13] Permission denied: '/etc/shadow'. Check permission and space")
