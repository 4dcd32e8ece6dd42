"""With `publish_provisional = none` each mart shows a date once, and in the end what it shows under `all`."""

from __future__ import annotations

import datetime as dt
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from jobs.backfill import Backfill, run_backfill
from jobs.config import Settings
from jobs.errors import NothingNew, UsageError
from jobs.explain_date import explain_date
from jobs.heatmap import draw_heatmap
from jobs.report.facts import gather
from jobs.sql import connect
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
from warehouse_schema import MARTS

pytestmark = pytest.mark.spark

DATES = [DATE + dt.timedelta(days=day) for day in range(6)]
WINDOW_DAYS = 1

#: Lines by landing date: of two event dates, each with late ones; a page view whose second beacon lies over midnight, and
#: one that is visible over the midnight of the second date, after which nobody comes.
LANDED: list[list[dict[str, Any]]] = [
    [dated_beacon("a-0", 0), dated_beacon("m-0", 0, after_ms=BEFORE_MIDNIGHT_MS)],
    [
        dated_beacon("a-1", 1),
        dated_beacon("m-0", 0, after_ms=BEFORE_MIDNIGHT_MS, seq=1, delay_ms=15_000),
        dated_beacon("b-late-0", 0),
    ],
    [dated_beacon("c-late-1", 1), dated_beacon("n-1", 1, after_ms=BEFORE_MIDNIGHT_MS, watched_ms=20_000)],
]


def _night(root: Path, day: int, policy: str, late_rebuild: str = "touched") -> str:
    """The last line of a night with its landing date's lines; empty if nothing was to be done."""
    if day < len(LANDED):
        write_lines(root / "raw", LANDED[day], date=DATES[day])
    settings = {"late_window_days": WINDOW_DAYS, "late_rebuild": late_rebuild, "publish_provisional": policy}
    try:
        return night(root / "raw", root / policy, DATES[day], **settings)
    except NothingNew:
        return ""


@pytest.fixture(scope="module")
def under_all(spark: object, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The warehouse of nights that show every date at once."""
    root = tmp_path_factory.mktemp("all")
    _night(root, 0, "all")
    write_lines(root / "raw", LANDED[1], date=DATES[1])
    _night(root, 2, "all")
    return root / "all"


class Killed(BaseException):
    """A process that ends without a word."""


def _die(*_: Any) -> None:
    raise Killed


def _shown(warehouse: Path) -> list[int]:
    """Days of which any mart has a row."""
    dates = {row[0] for mart in MARTS for row in query(warehouse, f"select distinct event_date from {mart.name}")}
    return sorted(DATES.index(date) for date in dates)


def _changes(warehouse: Path) -> Counter[tuple[str, dt.date]]:
    """In how many releases the rows of each mart and date differ from those of the release before."""
    changes: Counter[tuple[str, dt.date]] = Counter()
    before: dict[tuple[str, dt.date], list[Any]] = {}
    for number in range(1, newest_release(warehouse).number + 1):
        with connect(str(warehouse), [mart.name for mart in MARTS], number) as connection:
            for mart in MARTS:
                for date in DATES:
                    text = f"select * from {mart.name} where event_date = ? order by all"
                    now = connection.execute(text, [date]).fetchall()
                    changes[mart.name, date] += now != before.get((mart.name, date), [])
                    before[mart.name, date] = now
    return changes


@pytest.mark.parametrize("late_rebuild", ["final", pytest.param("touched", marks=pytest.mark.slow)])
def test_each_date_is_shown_once_and_in_the_end_as_under_all(
    under_all: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, late_rebuild: str
) -> None:
    warehouse = tmp_path / "none"
    shutil.copy(under_all.with_suffix(".key"), tmp_path / "none.key")

    said = _night(tmp_path, 0, "none", late_rebuild)
    assert said.endswith(f"; await publication: {DATES[0]} (with landing date {DATES[2]})")
    _check_that_readers_are_told(warehouse)
    _night(tmp_path, 1, "none", late_rebuild)
    assert (_shown(warehouse), newest_release(warehouse).awaiting_publication) == ([], [str(d) for d in DATES[:2]])
    assert f"; published for good: {DATES[0]}; await" in _night(tmp_path, 2, "none", late_rebuild)
    assert _shown(warehouse) == [0]
    # The windows of the second date and of the minutes after its midnight close in nights without files.
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr("jobs.stages.next_release", _die)
        _night(tmp_path, 3, "none", late_rebuild)
    assert _shown(warehouse) == [0]
    _night(tmp_path, 3, "none", late_rebuild)
    assert (_shown(warehouse), newest_release(warehouse).awaiting_publication) == ([0, 1], [])
    _night(tmp_path, 4, "none", late_rebuild)
    assert _shown(warehouse) == [0, 1, 2]
    assert _night(tmp_path, 5, "none", late_rebuild) == ""

    assert published(warehouse) == published(under_all)
    assert page_views(warehouse) == page_views(under_all)
    assert query(warehouse, "select count(*) from ops.reconciliation where not adds_up") == [(0,)]
    rows = {(mart.name, row[0]) for mart in MARTS for row in query(warehouse, f"select event_date from {mart.name}")}
    # There are no ads and no zones; of minutes there are those after the second midnight.
    assert len(rows) == (9 - 2) * 2 + 1
    assert _changes(warehouse) == Counter(
        {(name, date): int((name, date) in rows) for name in _names() for date in DATES}
    )
    # The same look at nights that show every date at once finds more.
    assert max(_changes(under_all).values()) > 1
    _check_ops(warehouse)


def _names() -> list[str]:
    return [mart.name for mart in MARTS]


def _check_that_readers_are_told(warehouse: Path) -> None:
    """Who asks for a date that no mart shows is told when it will be."""
    assert f"published when their windows close: {DATES[0]}" in as_text(status_of(str(warehouse), dt.timedelta(1)), "")
    told = explain_date(str(warehouse), DATES[0], "mart.reach_daily")
    assert told.startswith(f"event date {DATES[0]}, provisional, published when its window closes, on {DATES[2]}, ")
    assert "not shown before the window closes" in told
    with pytest.raises(UsageError, match=f"it is published when its window closes, on {DATES[2]}"):
        draw_heatmap(str(warehouse), DATES[0], "feed", output=warehouse.parent / "heat.png")
    facts = gather(str(warehouse), DATES[0])
    assert (facts.state, facts.verdict.headline) == ("not published", "Not published yet: the late window is open")


def _check_ops(warehouse: Path) -> None:
    """Counts of what awaits publication, and the profile of a date once."""
    waits = (
        "select distinct date, row_count from ops.reconciliation where reason = 'awaits_publication' and table_name = "
    )
    found = query(warehouse, f"{waits} 'mart.story_attention_daily' order by all")
    assert {date for date, _ in found} == {DATES[0], DATES[1]}
    profiles = (
        "select event_date, count(distinct run_id), bool_and(is_published) from ops.dq_profile where table_name = "
    )
    assert query(warehouse, f"{profiles} 'clean.page_views' group by all order by all") == [
        (DATES[0], 1, True),
        (DATES[1], 1, True),
    ]


@pytest.mark.slow
def test_only_who_asks_publishes_a_date_a_second_time(spark: object, tmp_path: Path) -> None:
    warehouse = tmp_path / "none"
    asked = Settings(min_visitors=1, late_window_days=WINDOW_DAYS, publish_provisional="none")
    for day in range(4):
        _night(tmp_path, day, "none")
    before = published(warehouse)

    # A file that was missing.
    write_lines(tmp_path / "raw", [dated_beacon("z-0", 0)], date=DATES[0], name="missing.ndjson")
    said = _night(tmp_path, 3, "none")

    assert (published(warehouse), newest_release(warehouse).changed_since_published) == (before, [str(DATES[0])])
    assert said.endswith(f"; changed since they were published, see hoverlake backfill: {DATES[0]}")
    said = run_backfill(Backfill(DATES[0], DATES[1], str(tmp_path / "raw"), str(warehouse), asked))
    assert f"; published again, as asked: {DATES[0]}" in said
    assert newest_release(warehouse).changed_since_published == []
    changed = {name for name in _names() if published(warehouse)[name] != before[name]}
    assert "mart.reach_daily" in changed


@pytest.mark.slow
def test_totals_are_shown_at_once_and_the_rest_once(under_all: Path, tmp_path: Path) -> None:
    warehouse = tmp_path / "totals"
    shutil.copy(under_all.with_suffix(".key"), tmp_path / "totals.key")

    _night(tmp_path, 0, "totals")

    shown = {name for name, rows in published(warehouse).items() if rows}
    assert shown == {"mart.session_attention_daily", "mart.reach_daily"}
    for day in range(1, 5):
        _night(tmp_path, day, "totals")
    assert published(warehouse) == published(under_all)
    changes = _changes(warehouse)
    assert {changes[name, date] for name in set(_names()) - shown for date in DATES} == {0, 1}


@pytest.mark.slow
def test_what_was_shown_early_stays_until_it_closes_and_is_then_shown_for_good(under_all: Path, tmp_path: Path) -> None:
    warehouse = tmp_path / "none"
    shutil.copy(under_all.with_suffix(".key"), tmp_path / "none.key")
    write_lines(tmp_path / "raw", LANDED[0], date=DATES[0])
    night(tmp_path / "raw", warehouse, DATES[0], late_window_days=WINDOW_DAYS)
    before = published(warehouse)

    _night(tmp_path, 1, "none")

    assert published(warehouse) == before
    assert newest_release(warehouse).awaiting_publication == [str(DATES[1])]
    for day in range(2, 5):
        _night(tmp_path, day, "none")
    assert published(warehouse) == published(under_all)
