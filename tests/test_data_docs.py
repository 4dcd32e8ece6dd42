"""Data Docs: what a browser is shown of an audited run, and when a page goes."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from pathlib import Path

import pytest

from expectations.results import Result
from jobs import data_docs
from jobs.config import Settings
from jobs.data_docs import RUNS, document, write_data_docs
from jobs.io.store import Store
from jobs.maintain import Maintenance, _abandoned
from jobs.nightly import Night

DATE = dt.date(2026, 11, 20)
RUN = "20261121T030000000Z-1"
HELD = Result(
    table_name="mart.story_attention_daily",
    event_date=DATE,
    expectation="viewable_at_most_impressions",
    column_name="*",
    severity="critical",
    success=True,
    observed="0 of 400 rows",
    threshold="viewable_count <= impressions",
    unexpected_count=0,
    row_count=400,
    meaning="More items were viewable than seen.",
)
BROKEN = replace(HELD, expectation="sum_of_parts", success=False, observed="7 of 400 rows", unexpected_count=7)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path), create=True)


def _page(store: Store, *results: Result, run: str = RUN) -> str:
    path = write_data_docs(store, run, DATE, results, {"raw": "data/raw"})
    return (store.read(path) or b"").decode()


def test_a_page_says_what_was_expected_seen_and_meant(store: Store) -> None:
    page = _page(store, HELD, BROKEN)

    for words in ("viewable_at_most_impressions", "viewable_count &lt;= impressions", "7 of 400 rows", HELD.meaning):
        assert words in page
    assert "unexpected Exception" not in page


def test_one_expectation_is_one_row_however_many_dates(store: Store) -> None:
    other = DATE + dt.timedelta(days=1)

    same = _page(store, HELD, replace(HELD, event_date=other))
    differ = _page(store, HELD, replace(HELD, event_date=other, observed="0 of 7 rows"))

    assert same.count("0 of 400 rows (2 dates from 2026-11-20 to 2026-11-21)") == 1
    assert "2026-11-20: 0 of 400 rows; 2026-11-21: 0 of 7 rows" in differ


def test_what_could_not_be_judged_is_neither_passed_nor_failed(store: Store) -> None:
    assert "fa-question-circle" in _page(store, replace(HELD, success=None, observed="1; not enough history"))
    assert "fa-question-circle" not in _page(store, HELD)


@pytest.mark.parametrize("field", ["expectation", "column_name", "observed", "threshold", "meaning", "owner"])
def test_texts_of_a_log_are_texts_in_a_page(store: Store, field: str) -> None:
    evil = "<script>alert(1)</script>"

    page = _page(store, replace(BROKEN, **{field: f"a {evil}"}))

    assert evil not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_only_a_critical_failure_fails_a_run(store: Store) -> None:
    def path(result: Result) -> str:
        return write_data_docs(store, RUN, DATE, [result], {})

    assert path(HELD).endswith("passed.html")
    assert path(replace(BROKEN, severity="warning")).endswith("passed.html")
    assert path(BROKEN).endswith("failed.html")


def test_every_link_within_the_site_leads_to_a_page(store: Store, tmp_path: Path) -> None:
    runs = ("20261121T030000000Z-1", "20261122T030000000Z-2")
    for run in runs:
        _page(store, HELD, run=run)
    pages = [tmp_path / item.path for item in store.list("_data_docs") if item.path.endswith(".html")]

    links = {(page.name, link) for page in pages for link in _links(page)}

    assert {(page.name, link) for page in pages for link in _links(page) if not (page.parent / link).exists()} == set()
    for run in runs:
        assert ("index.html", f"validations/night/{run}/2026-11-20/passed.html") in links
    assert ("passed.html", "../../../../index.html") in links


def _links(page: Path) -> list[str]:
    """Relative links, also those that the index keeps as data of its table."""
    found = re.findall(r'(?:href="|_table_row_link_path[^:]*: ?[^\w]*)([\w./-]+\.html)', page.read_text())
    return [link for link in found if "://" not in link]


def test_a_page_that_cannot_be_written_stops_no_night(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> str:
        raise OSError("disk full")

    monkeypatch.setattr(data_docs, "write_data_docs", refuse)

    document(Night(DATE, "raw", str(tmp_path), Settings()), store, [HELD], "published")

    assert "data docs: not written: OSError: disk full" in capsys.readouterr().err


def test_maintenance_lets_pages_go_with_the_rows_they_show(store: Store, tmp_path: Path) -> None:
    _page(store, HELD, run="20241001T030000000Z-1")
    _page(store, HELD, run="20241201T030000000Z-1")

    # 760 days before 2026-11-20 is 2024-10-21.
    assert _abandoned(Maintenance(DATE, str(tmp_path)), store) == [f"{RUNS}/20241001T030000000Z-1"]
