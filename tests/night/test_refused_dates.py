"""Data that is refused: it blocks the night, or is held back with its date; and the next run tries again."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest

from expectations import page_views as page_view_rules
from expectations.catalog import OWN_RULES
from expectations.rules import Rule
from jobs.config import Settings
from jobs.errors import BlockedByQuality
from jobs.io import releases
from jobs.io.store import Store
from jobs.nightly import Night, OnFailure, run_night
from jobs.releases_report import show_release
from jobs.report.facts import gather
from jobs.sql import run_sql
from jobs.status import as_text, status_of
from tests.night.warehouses import (
    DATE,
    START_MS,
    beacon,
    newest_release,
    night,
    page_views,
    published,
    query,
    write_lines,
)
from warehouse_schema import MARTS

pytestmark = pytest.mark.spark

NEXT = DATE + dt.timedelta(days=1)
BAD = "pv-bad"
REFUSED = Rule("no_bad_page_view", f"page_view_id <> '{BAD}'", "A page view is here that everybody knows to be bad.")


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setitem(OWN_RULES, "clean.page_views", (*page_view_rules.RULES, REFUSED))
    return monkeypatch


def _night(root: Path, on_dq_failure: OnFailure, date: dt.date = NEXT) -> str:
    settings = Settings(min_visitors=1)
    return run_night(Night(date, str(root / "raw"), str(root / "warehouse"), settings, on_dq_failure=on_dq_failure))


def _day_after(name: str, **changes: Any) -> dict[str, Any]:
    clocks = {
        clock: START_MS + 86_400_000 + ms
        for clock, ms in (("started_at_ms", 0), ("sent_at_ms", 5000), ("received_at_ms", 5000))
    }
    return beacon(beacon_id=name, page_view_id=name, visitor_id=name, **clocks, **changes)


def _shown_by(message: str) -> str:
    """What the command in the message prints."""
    found = re.search(r'hoverlake sql "(.+)" --warehouse (\S+)', message)
    assert found
    return str(run_sql(found[2], found[1]))


def test_a_first_night_that_is_blocked_can_be_looked_into(
    spark: object, tmp_path: Path, strict: pytest.MonkeyPatch
) -> None:
    write_lines(tmp_path / "raw", [beacon(), beacon(beacon_id="b", page_view_id=BAD)])

    with pytest.raises(BlockedByQuality) as blocked:
        _night(tmp_path, "quarantine-date", DATE)

    message = str(blocked.value)
    assert blocked.value.exit_code == 11
    assert "clean.page_views 2026-11-20 no_bad_page_view: observed 1 of 2 rows, expected page_view_id <> 'pv-bad'" in (
        message
    )
    assert "no_bad_page_view" in _shown_by(message)
    assert releases.newest(Store(str(tmp_path / "warehouse"))) is None
    [page] = (tmp_path / "warehouse/_data_docs/validations/night").glob("*/2026-11-20/failed.html")
    assert REFUSED.meaning in page.read_text() and "1 of 2 rows" in page.read_text()


def _check_held_back(warehouse: Path, message: str, first: dict[str, list[Any]], first_views: list[Any]) -> None:
    """The refused date stands as it was published, the next one is out, and everything that tells of it says so."""
    release = newest_release(warehouse)
    assert (release.number, release.held_back) == (2, [str(DATE)])
    assert f"event dates {NEXT}" in message and f"held back by data quality, as published before: {DATE}" in message
    assert "no_bad_page_view" in _shown_by(message)
    for mart in MARTS:
        of_date = f"select * from {mart.name} where event_date = date '{DATE}' order by all"
        number = [column.name for column in mart.columns].index("event_date")
        assert query(warehouse, of_date) == [row for row in first[mart.name] if row[number] == DATE], mart.name
    views = page_views(warehouse)
    assert [row for row in views if "pv-next" not in row] == first_views
    assert len(views) == len(first_views) + 1
    assert query(warehouse, "select count(*) from clean.beacons") == [(6,)]
    assert query(warehouse, "select count(*) from ops.reconciliation where not adds_up") == [(0,)]
    of_run = f"run_id = '{release.run_id}'"
    held = "select reason, row_count from ops.reconciliation where quantity = 'beacons' and row_count > 0"
    assert sorted(query(warehouse, f"{held} and {of_run} and date = date '{DATE}'")) == [
        ("held_back", 2),
        ("input", 5),
        ("used", 3),
    ]
    failed = f"select event_date, expectation from ops.dq_results where not success and {of_run}"
    assert query(warehouse, failed) == [(DATE, "no_bad_page_view")]
    profiled = f"select distinct event_date, is_published from ops.dq_profile where {of_run} and surface = 'feed'"
    assert sorted(query(warehouse, profiled)) == [(DATE, False), (NEXT, True)]
    assert f"held back by data quality: {DATE}" in as_text(status_of(str(warehouse), dt.timedelta(days=1)), "w")
    assert f"held back    {DATE}" in show_release(str(warehouse), 2)
    assert _headline(warehouse) == "Published as before: newer input is held back"


def _headline(warehouse: Path) -> str:
    """The verdict of the report on the date that was refused."""
    return gather(str(warehouse), DATE).verdict.headline


@pytest.mark.slow
def test_a_refused_date_stays_as_published_and_is_tried_again(
    spark: object, tmp_path: Path, strict: pytest.MonkeyPatch
) -> None:
    raw, warehouse = tmp_path / "raw", tmp_path / "warehouse"
    write_lines(raw, [beacon(beacon_id=f"b-{n}", page_view_id=f"pv-{n}", visitor_id=f"v-{n}") for n in range(3)])
    night(raw, warehouse, DATE)
    first, first_views = published(warehouse), page_views(warehouse)
    late = [beacon(beacon_id=name, page_view_id=name, visitor_id=name) for name in (BAD, "pv-late")]
    write_lines(raw, [*late, _day_after("pv-next")], date=NEXT, name="b.gz")

    with pytest.raises(BlockedByQuality, match="no_bad_page_view: observed 1 of 5 rows"):
        _night(tmp_path, "block")
    assert (newest_release(warehouse).number, published(warehouse)) == (1, first)
    assert _headline(warehouse) == "Published as before: the last run was blocked"

    message = _night(tmp_path, "quarantine-date")

    _check_held_back(warehouse, message, first, first_views)

    # Nothing new came, but what was wrong with the rule is mended.
    strict.undo()
    _night(tmp_path, "block")

    assert (newest_release(warehouse).number, newest_release(warehouse).held_back) == (3, [])
    assert _headline(warehouse).startswith("Published: no check failed")
    night(raw, tmp_path / "at once", NEXT)
    assert published(warehouse) == published(tmp_path / "at once")
    assert page_views(warehouse) == page_views(tmp_path / "at once")
