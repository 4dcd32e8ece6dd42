"""`hoverlake status`: fresh or stale, the last runs, who is at work; and spans of time in words."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from jobs.durations import duration_of, in_words
from jobs.errors import UsageError
from jobs.io import releases
from jobs.io.journal import Journal
from jobs.io.lease import held_lease
from jobs.io.releases import EventDate, Release
from jobs.io.store import Store
from jobs.status import as_json, as_text, status_of

CREATED = dt.datetime(2026, 11, 21, 3, 0, tzinfo=dt.UTC)
DATES = {"2026-11-19": EventDate("final", "0.1.0", "0" * 64), "2026-11-20": EventDate("provisional", "0.1.0", "0" * 64)}
DAY = dt.timedelta(hours=26)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(str(tmp_path / "warehouse"), create=True)
    releases.publish(store, Release(1, "run-1", CREATED.isoformat(), "2026-11-20", {}, DATES), {})
    return store


@pytest.mark.parametrize(("seconds", "exit_code", "word"), [(26 * 3600, 0, "fresh"), (26 * 3600 + 1, 1, "stale")])
def test_a_release_is_fresh_up_to_the_limit(store: Store, seconds: int, exit_code: int, word: str) -> None:
    status = status_of(store.uri, DAY, CREATED + dt.timedelta(seconds=seconds))

    assert status.exit_code == exit_code
    assert as_text(status, store.uri).startswith(f"{word}: release 1 is 1d 2h old, at most 1d 2h allowed\n")
    assert json.loads(as_json(status))["is_fresh"] is (exit_code == 0)


def test_a_rollback_makes_nothing_fresh(store: Store) -> None:
    again = Release(2, "r", (CREATED + DAY).isoformat(), "2026-11-20", {}, {}, kind="rollback", rolled_back_to=1)
    releases.publish(store, again, {})

    status = status_of(store.uri, DAY, CREATED + DAY + dt.timedelta(hours=1))

    assert status.exit_code == 1
    assert "release   2, rollback to 1 of landing date 2026-11-20" in as_text(status, store.uri)


@pytest.mark.parametrize("name", ["warehouse", "nowhere"])
def test_where_nothing_is_published_is_stale(tmp_path: Path, name: str) -> None:
    (tmp_path / "warehouse").mkdir()

    status = status_of(str(tmp_path / name), DAY)

    assert status.exit_code == 1
    assert as_text(status, "here").splitlines() == [
        "stale: nothing published in here",
        "lease     free",
        "runs      none recorded",
    ]
    assert not (tmp_path / "nowhere").exists()


def test_dates_runs_and_holder_are_told(store: Store) -> None:
    done, killed, busy = (Journal(store, f"20261121T0{n}0000Z-7") for n in (1, 2, 3))
    done.write("started", command="nightly", date="2026-11-20")
    done.write("ended", exit_code=10, message="nothing new")
    killed.write("started", command="nightly")
    killed.write("landed", lines=3)
    busy.write("started", command="backfill")

    with held_lease(store, busy.run_id):
        said = as_text(status_of(store.uri, DAY, CREATED), store.uri)
    after = as_text(status_of(store.uri, DAY, CREATED), store.uri)

    assert "dates     1 provisional, 1 final\n" in said
    assert f"lease     held by run {busy.run_id} (host " in said
    assert "lease     free\n" in after
    endings = [line.split(maxsplit=1) for line in said.splitlines() if line.startswith("20261121T")]
    assert [run for run, _ in endings] == [busy.run_id, killed.run_id, done.run_id]
    assert [rest.split()[0] for _, rest in endings] == ["backfill", "nightly", "nightly"]
    assert endings[0][1].endswith("running")
    assert endings[1][1].endswith("killed after landed")
    assert endings[2][1].split()[2:] == ["0.0s", "10"]


def test_dates_that_await_their_final_build_are_told(store: Store) -> None:
    assert "late beacons" not in as_text(status_of(store.uri, DAY, CREATED), store.uri)
    late = Release(2, "run-2", CREATED.isoformat(), "2026-11-20", {}, DATES, awaiting_final=["2026-11-20"])
    releases.publish(store, late, {})

    status = status_of(store.uri, DAY, CREATED)

    line = "dates     1 provisional, 1 final, late beacons await the final build of 2026-11-20\n"
    assert line in as_text(status, store.uri)
    assert json.loads(as_json(status))["release"]["awaiting_final"] == ["2026-11-20"]


def test_ten_runs_are_shown(store: Store) -> None:
    for number in range(12):
        Journal(store, f"run-{number:02}").write("started", command="nightly")

    runs = json.loads(as_json(status_of(store.uri, DAY, CREATED)))["runs"]

    assert [run["run_id"] for run in runs] == [f"run-{number:02}" for number in range(11, 1, -1)]


@pytest.mark.parametrize(
    ("text", "span"),
    [("90m", dt.timedelta(minutes=90)), ("26h", dt.timedelta(hours=26)), ("2d", dt.timedelta(days=2))],
)
def test_a_duration(text: str, span: dt.timedelta) -> None:
    assert duration_of("--max-age", text) == span


@pytest.mark.parametrize("text", ["", "26", "h", "0h", "-1h", "1.5h", "26 h", "26H", "1h30m", "9999999d", "²h"])
def test_no_duration(text: str) -> None:
    with pytest.raises(UsageError, match="not a duration"):
        duration_of("--max-age", text)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.44, "0.4s"), (59, "59.0s"), (60, "1m"), (185, "3m 5s"), (3600, "1h"), (93_600, "1d 2h"), (86_460, "1d")],
)
def test_a_span_in_words(seconds: float, words: str) -> None:
    assert in_words(dt.timedelta(seconds=seconds)) == words
