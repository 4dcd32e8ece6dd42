"""What runs leave of themselves: journals and decisions."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from jobs.errors import InfrastructureFailed
from jobs.io.decisions import Rewritten, TooLate, all_decisions, decide, too_late_ranges
from jobs.io.journal import Journal, events, stories
from jobs.io.releases import Release, publish
from jobs.io.store import Store
from jobs.run_rows import failed_runs


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path), create=True)


def test_a_run_is_told_by_its_first_and_last_event(store: Store) -> None:
    journal = Journal(store, "20261120T030000000Z-1")
    journal.write("started", command="nightly", date=dt.date(2026, 11, 20))
    journal.write("landed", files=3)
    journal.write("ended", exit_code=11, message="blocked")

    (story,) = stories(store)

    assert (story.command, story.exit_code, story.message, story.last_event) == ("nightly", 11, "blocked", "ended")
    assert story.facts["date"] == "2026-11-20"
    assert [event["event"] for event in events(store, story.run_id)] == ["started", "landed", "ended"]


def test_a_killed_run_has_no_exit_code_and_the_newest_come_first(store: Store) -> None:
    for second, last in ((1, "ended"), (2, "landed")):
        journal = Journal(store, f"20261120T03000{second}000Z-1")
        journal.write("started", command="nightly")
        journal.write(last, exit_code=0, message="published")
    (store.local_root or Path()).joinpath("_journal/20261120T030003000Z-1").mkdir()  # killed at its first event

    assert [(story.exit_code, story.last_event) for story in stories(store)] == [(None, "landed"), (0, "ended")]
    assert len(stories(store, most=2)) == 1


def test_two_runs_of_one_name_do_not_write_over_each_other(store: Store) -> None:
    Journal(store, "r").write("started", command="nightly")

    with pytest.raises(InfrastructureFailed, match="001-started"):
        Journal(store, "r").write("started", command="nightly")


def test_decisions_are_numbered_and_made_once(store: Store) -> None:
    first, second = Rewritten("landing_date=2026-11-20/a", "00"), TooLate("2026-11-01", "2026-11-03")

    decide(store, [first], "run-1")
    decide(store, [first, second], "run-2")

    assert all_decisions(store) == [first, second]
    assert too_late_ranges(all_decisions(store)) == [(dt.date(2026, 11, 1), dt.date(2026, 11, 3))]
    assert store.json("_decisions/000002.json")["run_id"] == "run-2"


def test_a_decision_of_another_version_stops_the_run(store: Store) -> None:
    store.put_if_absent("_decisions/000001.json", b'{"kind": "forget"}')

    with pytest.raises(InfrastructureFailed, match="unknown kind: 'forget'"):
        all_decisions(store)


def test_failed_runs_are_told_whatever_operators_did_since(store: Store) -> None:
    def run(second: int, *later: str, **ended: object) -> str:
        journal = Journal(store, f"20261120T03000{second}000Z-1")
        for event in ("started", *later):
            journal.write(event, command="nightly", message="", **ended)
        return journal.run_id

    def released(number: int, kind: str, run_id: str) -> Release:
        release = Release(number, run_id, "2026-11-20T03:00:00+00:00", "2026-11-20", {}, {}, kind=kind)
        assert publish(store, release, {})
        return release

    released(1, "night", run(1, "leased", "ended", exit_code=0))
    killed = run(2, "leased")
    failed = run(3, "leased", "ended", exit_code=14)
    run(4, "ended", exit_code=13)  # never had the lease, and says so itself
    released(2, "rollback", "20261120T030005000Z-rollback")
    base = released(3, "maintain", "20261120T030006000Z-maintain")

    told = failed_runs(store, base, "20261120T030007000Z-1")

    assert [story.run_id for story in told] == [failed, killed]
