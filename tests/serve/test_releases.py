"""A page follows the newest release, and a permalink keeps to its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from jobs.report.words import number
from jobs.serve.snapshots import KEPT
from jobs.sql import connect
from tests.reading.small_warehouse import write_table
from tests.report.warehouse import DATE, EVIL, LATER, run_row
from tests.serve.conftest import Site
from tests.serve.parsing import Page
from tests.serve.reading import page_of
from tests.serve.warehouse import BLOCKED, EMPTY, MORE, NEW, OLD, desk_warehouse, publish_newer
from warehouse_schema import TABLES
from warehouse_schema.derive import rows


def test_an_older_release_shows_its_own_numbers_and_says_that_it_is_old(site: Site) -> None:
    old, new = (page_of(site, release=release, date=DATE) for release in (OLD, NEW))

    for page, more in ((old, 0), (new, MORE)):
        assert ["desktop", "1", number(900 + more)] in [row[:3] for row in page.table("Device", "Place")]
    assert f"This is release {OLD}, not the newest: that is {NEW}." in old.words
    assert "not the newest" not in new.words


def test_an_older_release_has_the_verdict_and_the_dates_it_had(site: Site) -> None:
    old = page_of(site, release=OLD)

    assert (2, "Published, with 1 warning") in old.headings
    assert [option["value"] for option in old.attributes("option")][:2] == [str(DATE), "feed"]
    # Release 8 published the date before, and a later run was blocked: release 7 knows of neither.
    assert site(release=OLD, date=EMPTY).status == site(release=OLD, date=BLOCKED).status == 404


def test_a_run_that_was_blocked_later_is_told_at_once_and_not_of_the_older_release(own_site: Site) -> None:
    assert (2, "Published, with 1 warning") in page_of(own_site).headings

    write_table(own_site.warehouse, "ops.runs", rows(TABLES["ops.runs"], run_row(f"{LATER}-1", 11, str(DATE))))

    assert (2, "Published as before: the last run was blocked") in page_of(own_site).headings
    assert (2, "Published, with 1 warning") in page_of(own_site, release=OLD).headings


def test_a_permalink_gives_the_same_page_when_a_newer_release_has_come(own_site: Site) -> None:
    question = {"date": DATE, "surface": "feed", "items": "story"}
    page = own_site(**question)
    link = next(str(a["href"]) for a in Page(page.text).attributes("a") if f"release={NEW}" in str(a["href"]))
    before = own_site(link)

    publish_newer(own_site.warehouse, NEW + 1, MORE)

    after, followed = own_site(link), page_of(own_site, **question)
    assert Page(after.text).tables == Page(before.text).tables == Page(page.text).tables
    assert f"This is release {NEW}, not the newest: that is {NEW + 1}." in Page(after.text).words
    assert ["desktop", "1", number(900 + 2 * MORE)] in [row[:3] for row in followed.table("Device", "Place")]
    assert f"release {NEW + 1}, the newest" in followed.words


def test_a_release_whose_files_are_gone_is_told_to_be_gone(own_site: Site) -> None:
    shutil.rmtree(Path(own_site.warehouse) / "mart/feed_attention_daily/event_date=2026-11-20")

    answer = own_site(release=OLD)

    assert (answer.status, Page(answer.text).headings) == (410, [(1, f"Release {OLD} is no longer kept")])
    assert own_site().status == 503


def test_a_date_of_a_release_is_read_once_and_the_copies_kept_are_few(
    own_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int | None] = []

    def counted(warehouse: str, tables: Iterable[str], number: int, keep: Any) -> Any:
        read.append(number)
        return connect(warehouse, tables, number, keep)

    monkeypatch.setattr("jobs.serve.snapshots.connect", counted)

    for question in ({}, {"surface": "search"}, {"measure": "click_count"}, {"release": OLD}, {"release": NEW}):
        page_of(own_site, **question)
    own_site("/heatmap.csv")
    assert read == [NEW, OLD]
    for day in range(1, KEPT + 1):
        own_site(date=f"2026-10-{day:02d}")
    page_of(own_site)
    assert read == [NEW, OLD, *[NEW] * KEPT, NEW]


def test_a_warehouse_made_anew_is_not_answered_from_memory(own_site: Site) -> None:
    assert EVIL in page_of(own_site, release=OLD).words
    shutil.rmtree(own_site.warehouse)
    desk_warehouse(own_site.warehouse, last_run="20261121T050000000Z-9", layout="feed-v9")

    words = page_of(own_site, release=OLD).words

    assert ("feed-v9" in words, EVIL in words) == (True, False)
