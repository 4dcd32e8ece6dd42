"""Late beacons under both policies: other dates are built on the way, the tables are the same in the end."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import pytest

from jobs.backfill import Backfill, run_backfill
from jobs.config import Settings
from jobs.errors import NothingNew
from jobs.explain_date import explain_date
from jobs.rollback import rollback
from jobs.status import as_text, status_of
from tests.night.warehouses import (
    BEFORE_MIDNIGHT_MS,
    DATE,
    dated_beacon,
    newest_release,
    night,
    page_views,
    published,
    query,
    write_lines,
)

pytestmark = pytest.mark.spark

DATES = [DATE + dt.timedelta(days=day) for day in range(5)]
WINDOW_DAYS = 2

#: Lines by landing date: of three event dates, each with late ones, and a page view over midnight of the first.
LANDED: list[list[dict[str, Any]]] = [
    [dated_beacon("a-0", 0), dated_beacon("m-0", 0, after_ms=BEFORE_MIDNIGHT_MS)],
    [
        dated_beacon("a-1", 1),
        dated_beacon("m-0", 0, after_ms=BEFORE_MIDNIGHT_MS, seq=1, delay_ms=15_000),
        dated_beacon("b-late-0", 0),
    ],
    [dated_beacon("a-2", 2), dated_beacon("c-late-0", 0), dated_beacon("b-late-1", 1)],
    [dated_beacon("c-late-1", 1), dated_beacon("c-late-2", 2)],
]


def _night(root: Path, day: int, policy: str, lines: slice = slice(None)) -> list[int]:
    """A night with some lines of its landing date; the days whose dates it built, none if nothing was new."""
    if day < len(LANDED):
        write_lines(root / "raw", LANDED[day][lines], date=DATES[day], name=f"from-{lines.start}.ndjson")
    try:
        night(root / "raw", root / policy, DATES[day], late_window_days=WINDOW_DAYS, late_rebuild=policy)
    except NothingNew:
        return []
    return _built(root / policy)


def _built(warehouse: Path) -> list[int]:
    """Days whose dates the newest release's run built."""
    run_id = newest_release(warehouse).run_id
    [(dates,)] = query(warehouse, f"select event_dates from ops.runs where run_id = '{run_id}'")
    return [DATES.index(dt.date.fromisoformat(date)) for date in dates.split(", ") if date]


def _awaiting(warehouse: Path) -> list[int]:
    return [DATES.index(date) for date in newest_release(warehouse).dates_awaiting_final]


@pytest.fixture(scope="module")
def touched(spark: object, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The warehouse of nights that build every date which late beacons touch."""
    root = tmp_path_factory.mktemp("touched")
    built = [_night(root, day, "touched") for day in range(5)]

    assert built == [[0], [0, 1], [0, 1, 2], [1, 2], []]
    return root / "touched"


class Killed(BaseException):
    """A process that ends without a word."""


def _die(*_: Any) -> None:
    raise Killed


@pytest.mark.slow
def test_a_date_is_built_when_it_lands_and_once_more_when_its_window_closes(
    touched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = tmp_path / "final"
    shutil.copy(touched.with_suffix(".key"), tmp_path / "final.key")

    assert (_night(tmp_path, 0, "final"), _awaiting(warehouse)) == ([0], [])
    first = page_views(warehouse)
    assert (_night(tmp_path, 1, "final", slice(2)), _awaiting(warehouse)) == ([1], [0])
    # A file of late beacons alone: nothing is built.
    assert (_night(tmp_path, 1, "final", slice(2, None)), _awaiting(warehouse)) == ([], [0])
    _check_that_the_first_date_waits(warehouse, first)
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr("jobs.stages.stage_marts", _die)
        _night(tmp_path, 2, "final")
    assert _awaiting(warehouse) == [0]
    assert (_night(tmp_path, 2, "final"), _awaiting(warehouse)) == ([0, 2], [1])
    assert (_night(tmp_path, 3, "final"), _awaiting(warehouse)) == ([1], [2])
    _check_that_a_backfill_builds(tmp_path, warehouse)
    # The window of the last date closes in a night without any file.
    assert (_night(tmp_path, 4, "final"), _awaiting(warehouse)) == ([2], [])

    assert page_views(warehouse) == page_views(touched)
    assert published(warehouse) == published(touched)
    assert query(warehouse, "select count(*) from ops.reconciliation where not adds_up") == [(0,)]
    with pytest.raises(NothingNew):
        night(tmp_path / "raw", warehouse, DATES[4], late_window_days=WINDOW_DAYS, late_rebuild="final")


def _check_that_the_first_date_waits(warehouse: Path, first: list[Any]) -> None:
    """Its page views stay, what came since is counted, and who asks is told."""
    views = page_views(warehouse)
    assert [view for view in views if DATES[0] in view] == first
    equation = "select reason, row_count from ops.reconciliation where quantity = 'beacons' and row_count > 0"
    of_run = f"run_id = '{newest_release(warehouse).run_id}' and date = date '{DATES[0]}'"
    # a-0 and the first beacon of m-0 are shown; the second of m-0 and b-late-0 wait.
    assert sorted(query(warehouse, f"{equation} and {of_run}")) == [
        ("awaits_final_build", 2),
        ("input", 2 + 2),
        ("used", 2),
    ]
    audited = f"select distinct table_name from ops.dq_results where {of_run.replace('date =', 'event_date =')}"
    assert sorted(query(warehouse, audited)) == [("clean.beacons",), ("clean.page_views",)]
    status = as_text(status_of(str(warehouse), dt.timedelta(days=1)), "")
    assert f"late beacons await the final build of {DATES[0]}" in status
    told = explain_date(str(warehouse), DATES[0], "mart.reach_daily")
    assert told.startswith(f"event date {DATES[0]}, provisional, late beacons await its final build, release 3\n")
    assert "late: await the final build" in told


def _check_that_a_backfill_builds(root: Path, warehouse: Path) -> None:
    """In any case; taken back, the date waits again."""
    settings = Settings(min_visitors=1, late_window_days=WINDOW_DAYS, late_rebuild="final")
    number = newest_release(warehouse).number
    run_backfill(Backfill(DATES[2], DATES[2], str(root / "raw"), str(warehouse), settings))
    assert (_built(warehouse), _awaiting(warehouse)) == ([2], [])
    rollback(str(warehouse), number)
    assert _awaiting(warehouse) == [2]


@pytest.mark.slow
def test_one_night_of_everything_gives_the_same_tables(touched: Path, tmp_path: Path) -> None:
    shutil.copy(touched.with_suffix(".key"), tmp_path / "final.key")
    for day, lines in enumerate(LANDED):
        write_lines(tmp_path / "raw", lines, date=DATES[day])

    assert _night(tmp_path, 4, "final") == [0, 1, 2]

    assert page_views(tmp_path / "final") == page_views(touched)
    assert published(tmp_path / "final") == published(touched)


def test_a_page_view_that_moves_takes_the_date_along_that_showed_it(spark: object, tmp_path: Path) -> None:
    raw, warehouse = tmp_path / "raw", tmp_path / "warehouse"
    settings = {"late_window_days": WINDOW_DAYS, "late_rebuild": "final"}
    second = dated_beacon("m-0", 0, after_ms=BEFORE_MIDNIGHT_MS, seq=1, delay_ms=15_000)
    write_lines(raw, [dated_beacon("a-0", 0)], date=DATES[0])
    write_lines(raw, [dated_beacon("a-1", 1), second], date=DATES[1])
    night(raw, warehouse, DATES[1], **settings)
    dates = f"select page_view_id, date_diff('day', date '{DATES[0]}', event_date) from clean.page_views order by all"
    assert query(warehouse, dates) == [("a-0", 0), ("a-1", 1), ("m-0", 1)]

    # Its first beacon comes with the night that closes the window of its date; the next date's is still open.
    write_lines(raw, [dated_beacon("m-0", 0, after_ms=BEFORE_MIDNIGHT_MS), dated_beacon("a-2", 2)], date=DATES[2])
    night(raw, warehouse, DATES[2], **settings)

    assert query(warehouse, dates) == [("a-0", 0), ("a-1", 1), ("a-2", 2), ("m-0", 0)]
    assert (_built(warehouse), _awaiting(warehouse)) == ([0, 1, 2], [])
