"""What the page says of a date: numbers are the mart's, what is not there is said in words, a release stays itself."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import shutil
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from jobs.report.words import duration, number, share
from jobs.serve.snapshots import KEPT, READ
from jobs.sql import connect, run_sql
from jobs.sql_output import csv_cell
from tests.reading.small_warehouse import write_table
from tests.report.warehouse import DATE, EVIL, LATER, run_row
from tests.serve.conftest import Site
from tests.serve.parsing import Page
from tests.serve.warehouse import (
    AWAITED,
    BLOCKED,
    EMPTY,
    FEED,
    FORMULA,
    HEATMAP,
    MINUTES,
    MORE,
    NEW,
    OLD,
    desk_warehouse,
    publish_newer,
)
from warehouse_schema import TABLES
from warehouse_schema.derive import rows

LARGEST = f"surface = 'feed' and layout_id = '{EVIL.replace(chr(39), chr(39) * 2)}' and viewport_class = '<1440'"


def _rows(site: Site, query: str, release: int = NEW) -> list[tuple[Any, ...]]:
    with connect(site.warehouse, [HEATMAP, FEED, MINUTES], release) as connection:
        return connection.execute(query).fetchall()


def _page(site: Site, **question: object) -> Page:
    answer = site(**question)
    assert answer.status == 200
    return Page(answer.text)


def test_places_in_the_table_are_the_marts(site: Site) -> None:
    query = f"""
        select device_type, feed_rank_bucket, impressions, measurable_viewable_count / measurable_count from {FEED}
        where event_date = '{DATE}' and item_type = 'story' and not is_remainder
    """
    expected = {(row[0], row[1], number(row[2]), share(row[3])) for row in _rows(site, query)}

    table = _page(site).table("Device", "Place")

    assert {tuple(row[:4]) for row in table} == expected
    assert len(table) == 3 * 8


def test_bands_in_the_table_are_sums_of_the_marts_cells(site: Site) -> None:
    query = f"""
        select cell_y // 8, sum(dwell_ms) from {HEATMAP} where {LARGEST} and space = 'document' and cell_px = 32
        group by 1 order by 1
    """
    # The page is drawn down to row 50, so the last band is cut.
    expected = [duration(ms) for _, ms in _rows(site, query)][:6]

    table = _page(site).table("px from the top")

    assert [row[4] for row in table][:6] == expected
    assert [row[0] for row in table] == [
        "0–256",
        "256–512",
        "512–768",
        "768–1,024",
        "1,024–1,280",
        "1,280–1,536",
        "1,536–1,600",
    ]


def test_hours_in_the_table_are_the_marts_minutes(site: Site) -> None:
    query = f"""
        select hour(minute), max(visible_at_start_count) from {MINUTES}
        where platform = 'web' and minute is not null group by 1
    """
    expected = {f"{hour:02d}:00": number(peak) for hour, peak in _rows(site, query)}

    table = _page(site).table("Hour, UTC", "web · desktop", "android · phone")

    assert {row[0]: row[1] for row in table if row[1] != "no minute"} == expected
    assert [row[0] for row in table if row[2] == "30"] == ["20:00", "21:00"]


@pytest.mark.parametrize(
    ("picture", "question", "table", "where"),
    [
        ("heatmap", {}, HEATMAP, f"{LARGEST} and space = 'document'"),
        ("heatmap", {"space": "viewport"}, HEATMAP, f"{LARGEST} and space = 'viewport'"),
        ("heatmap", {"surface": "search", "measure": "click_count"}, HEATMAP, "surface = 'search'"),
        ("position-curve", {}, FEED, "item_type = 'story'"),
        ("position-curve", {"device": "phone"}, FEED, "item_type = 'story' and device_type = 'phone'"),
        ("feed-visibility", {}, MINUTES, "true"),
        ("feed-visibility", {"device": "phone"}, MINUTES, "device_type = 'phone'"),
    ],
)
def test_csv_has_the_marts_rows_and_so_does_the_query_beside_it(
    site: Site, picture: str, question: dict[str, str], table: str, where: str
) -> None:
    rows = _rows(site, f"select * from {table} where event_date = '{DATE}' and {where}")
    expected = sorted(["" if cell is None else str(csv_cell(cell)) for cell in row] for row in rows)
    page = _page(site, **question)

    answer = site(f"/{picture}.csv", **question)

    head, *got = csv.reader(io.StringIO(answer.text, newline=""))
    plain = [[cell.removeprefix("'") if cell == f"'{FORMULA}" else cell for cell in row] for row in got]
    assert sorted(plain) == expected and expected
    assert head[0] == "event_date"
    asked = next(
        query
        for query in re.findall(r"select \* from mart\.\S+ where .*?nulls last(?= )", page.words)
        if table in query
    )
    again = list(csv.reader(io.StringIO(run_sql(site.warehouse, asked, "csv", release_number=NEW) or "")))
    assert again[1:] == plain


def test_csv_says_what_it_is_of_and_follows_rfc_4180(site: Site) -> None:
    answer = site("/heatmap.csv")

    assert answer.headers["content-disposition"] == f'attachment; filename="{HEATMAP}_{DATE}_release-{NEW}.csv"'
    assert answer.headers["content-type"] == "text/csv; header=present; charset=utf-8"
    lines = answer.text.split("\r\n")
    assert lines[-1] == "" and "\n" not in "".join(lines)
    assert f'"{EVIL.replace(chr(34), chr(34) * 2)}"' in lines[1]


def test_a_text_that_is_a_formula_is_defused_and_a_negative_number_is_not(site: Site) -> None:
    rows = list(csv.DictReader(io.StringIO(site("/heatmap.csv", surface="search", measure="click_count").text)))

    assert {row["layout_id"] for row in rows} == {f"'{FORMULA}"}
    assert sorted(int(row["cell_x"]) for row in rows) == [*range(-1, 12)]


def test_checks_as_csv_are_those_of_the_run_that_judged(site: Site) -> None:
    rows = list(csv.DictReader(io.StringIO(site("/checks.csv").text)))

    assert len(rows) == 25
    assert [row["expectation"] for row in rows if row["success"] == "false"] == ["past_bots_z"]


def test_a_warning_is_told_with_its_meaning_and_where_to_read_on(site: Site) -> None:
    page = _page(site)

    assert (2, "Published, with 1 warning") in page.headings
    assert "The share of programs is unusual: a flood of them" in page.words
    assert f"hoverlake report --date {DATE} -o report.html" in page.words


def test_every_picture_says_how_many_when_of_what_and_what_is_left_out(site: Site) -> None:
    page = _page(site)

    stands = [part.split(" left out")[0] for part in page.words.split(" · event date 2026-11-20, UTC · ")[1:]]
    assert [re.search("unit: ([^·]*)", stand).group(1).strip() for stand in stands if "unit" in stand] == [  # type: ignore[union-attr]
        "time the cursor rested, per cell of 32 × 32 px",
        "share of measurable impressions; time at least half in view",
        "page views visible at once; visible time added over page views",
    ]
    assert all(f"release {NEW}, provisional" in stand for stand in stands)
    assert page.words.count("groups of fewer than 20 visitors are merged or left out") == 3
    assert "At least 60 visitors and 80 page views" in page.words
    assert "44,376 impressions, up to 376 visitors behind a row" in page.words
    assert "640 minutes of a platform and device, up to 60 visitors behind one" in page.words
    assert page.words.count("The cursor, not the gaze.") == 2


def test_an_older_release_shows_its_own_numbers_and_says_that_it_is_old(site: Site) -> None:
    old, new = (_page(site, release=release, date=DATE) for release in (OLD, NEW))

    for page, more in ((old, 0), (new, MORE)):
        assert ["desktop", "1", number(900 + more)] in [row[:3] for row in page.table("Device", "Place")]
    assert f"This is release {OLD}, not the newest: that is {NEW}." in old.words
    assert "not the newest" not in new.words


def test_an_older_release_has_the_verdict_and_the_dates_it_had(site: Site) -> None:
    old = _page(site, release=OLD)

    assert (2, "Published, with 1 warning") in old.headings
    assert [option["value"] for option in old.attributes("option")][:2] == [str(DATE), "feed"]
    # Release 8 published the date before, and a later run was blocked: release 7 knows of neither.
    assert site(release=OLD, date=EMPTY).status == site(release=OLD, date=BLOCKED).status == 404


def test_a_run_that_was_blocked_later_is_told_at_once_and_not_of_the_older_release(own_site: Site) -> None:
    assert (2, "Published, with 1 warning") in _page(own_site).headings

    write_table(own_site.warehouse, "ops.runs", rows(TABLES["ops.runs"], run_row(f"{LATER}-1", 11, str(DATE))))

    assert (2, "Published as before: the last run was blocked") in _page(own_site).headings
    assert (2, "Published, with 1 warning") in _page(own_site, release=OLD).headings


def test_a_permalink_gives_the_same_page_when_a_newer_release_has_come(own_site: Site) -> None:
    question = {"date": DATE, "surface": "feed", "items": "story"}
    page = own_site(**question)
    link = next(str(a["href"]) for a in Page(page.text).attributes("a") if f"release={NEW}" in str(a["href"]))
    before = own_site(link)

    publish_newer(own_site.warehouse, NEW + 1, MORE)

    after, followed = own_site(link), _page(own_site, **question)
    assert Page(after.text).tables == Page(before.text).tables == Page(page.text).tables
    assert f"This is release {NEW}, not the newest: that is {NEW + 1}." in Page(after.text).words
    assert ["desktop", "1", number(900 + 2 * MORE)] in [row[:3] for row in followed.table("Device", "Place")]
    assert f"release {NEW + 1}, the newest" in followed.words


def test_a_release_whose_files_are_gone_is_told_to_be_gone(own_site: Site) -> None:
    shutil.rmtree(Path(own_site.warehouse) / "mart/feed_attention_daily/event_date=2026-11-20")

    answer = own_site(release=OLD)

    assert (answer.status, Page(answer.text).headings) == (410, [(1, f"Release {OLD} is no longer kept")])
    assert own_site().status == 503


def test_a_blocked_date_and_one_that_waits_are_told_in_words(site: Site) -> None:
    blocked, waits = _page(site, date=BLOCKED), _page(site, date=AWAITED)

    assert (2, "Not published: the last run was blocked") in blocked.headings
    assert blocked.words.count("Nothing of this date is published.") == 3
    assert (2, "Not published yet: the late window is open") in waits.headings
    assert waits.words.count("it comes with landing date 2026-11-25, when no later night can change the date.") == 3
    for page in (blocked, waits):
        assert page.attributes("svg") == []
    assert f"{BLOCKED} (not published)" in _page(site).words


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ({"date": EMPTY}, "Nothing of this date is in the marts: no page view that they count came in, or too few."),
        ({"date": EMPTY}, "No minute of the feed is published: nobody looked at it, or too few did."),
        (
            {"surface": "search"},
            "Time the cursor rested: not measured, or none, on phone. Touch has no hover. Draw clicks",
        ),
        ({"surface": "search"}, "search: no place in the feed was measured, or every group was too small to publish."),
        ({"surface": "profile"}, "Time the cursor rested: all of it lies in groups too small to draw."),
        ({"surface": "search", "layout": "feed-v6"}, "search has no published cell of feed-v6."),
        (
            {"layout": EVIL, "device": "phone"},
            f"feed has no published cell of {EVIL} · phone. {EVIL} · desktop · <1440 px",
        ),
        ({"device": "tablet"}, "No minute of the feed is published"),
    ],
)
def test_what_cannot_be_drawn_says_why(site: Site, question: dict[str, object], said: str) -> None:
    assert said in _page(site, **question).words


@pytest.mark.parametrize(
    ("path", "question", "said"),
    [
        ("/heatmap.csv", {"surface": "profile"}, "all of it lies in groups too small to draw"),
        ("/position-curve.csv", {"surface": "search"}, "no place in the feed was measured"),
        ("/feed-visibility.csv", {"date": BLOCKED}, "Nothing of this date is published."),
        ("/checks.csv", {"date": AWAITED}, "No check of this date is on record."),
    ],
)
def test_no_picture_has_no_rows(site: Site, path: str, question: dict[str, object], said: str) -> None:
    answer = site(path, **question)

    assert (answer.status, said in answer.text) == (404, True)


def test_a_date_built_under_other_bins_has_no_curve_and_all_the_rest(
    own_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other_bins(release: Any) -> list[str]:
        return ["CREATE MACRO hist_p50(hist) AS error('other bins')", "CREATE MACRO hist_sum(hist) AS max(hist)"]

    monkeypatch.setattr("jobs.serve.snapshots.macros", other_bins)

    page = _page(own_site)

    assert "The date's distributions have other bins than this release's" in page.words
    assert page.table("px from the top") and page.table("Hour, UTC")


def test_no_request_opens_more_than_marts_and_ops(site: Site) -> None:
    folders = {path.name for path in Path(site.warehouse).iterdir()}

    assert {name.split(".")[0] for name in READ} == {"mart", "ops"}
    # There is no other layer in this warehouse, and every page has an answer.
    assert not {"clean", "restricted"} & folders


def test_a_date_of_a_release_is_read_once_and_the_copies_kept_are_few(
    own_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int | None] = []

    def counted(warehouse: str, tables: Iterable[str], number: int) -> Any:
        read.append(number)
        return connect(warehouse, tables, number)

    monkeypatch.setattr("jobs.serve.snapshots.connect", counted)

    for question in ({}, {"surface": "search"}, {"measure": "click_count"}, {"release": OLD}, {"release": NEW}):
        _page(own_site, **question)
    own_site("/heatmap.csv")
    assert read == [NEW, OLD]
    for day in range(1, KEPT + 1):
        own_site(date=f"2026-10-{day:02d}")
    _page(own_site)
    assert read == [NEW, OLD, *[NEW] * KEPT, NEW]


def test_a_warehouse_made_anew_is_not_answered_from_memory(own_site: Site) -> None:
    assert EVIL in _page(own_site, release=OLD).words
    shutil.rmtree(own_site.warehouse)
    desk_warehouse(own_site.warehouse, last_run="20261121T050000000Z-9", layout="feed-v9")

    words = _page(own_site, release=OLD).words

    assert ("feed-v9" in words, EVIL in words) == (True, False)


def test_headings_are_in_order_and_every_choice_has_a_label(site: Site) -> None:
    page = _page(site)

    levels = [level for level, _ in page.headings]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert {a["for"] for a in page.attributes("label")} == {a["id"] for a in page.attributes("select")}
    assert len(page.attributes("select")) == 9
    drawn = [a for a in page.attributes("svg") if "aria-hidden" not in a]
    assert drawn and all(a.get("role") == "img" for a in drawn)
    tags = [tag for tag, _ in page.elements]
    assert all(
        tags[n + 1 : n + 3] == ["title", "desc"]
        for n, (tag, a) in enumerate(page.elements)
        if tag == "svg" and "role" in a
    )


def test_all_links_of_a_page_have_answers(site: Site) -> None:
    links = {str(a["href"]) for a in _page(site).attributes("a")} - {"#answer"}

    assert {site(link).status for link in links} == {200}
    assert len(links) == 1 + 4


def test_dates_are_sorted_and_the_newest_shown_one_is_chosen(site: Site) -> None:
    options = _page(site).attributes("option")[:4]

    assert [dt.date.fromisoformat(str(option["value"])) for option in options] == [BLOCKED, AWAITED, DATE, EMPTY]
    assert ["selected" in option for option in options] == [False, False, True, False]
