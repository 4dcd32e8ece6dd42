"""What the page says of a date: numbers are the mart's, and what is not there is said in words."""

from __future__ import annotations

import datetime as dt
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from jobs.report.words import duration, number, share
from jobs.serve.snapshots import READ
from tests.report.warehouse import DATE, EVIL
from tests.serve.conftest import Site
from tests.serve.reading import LARGEST, page_of, rows_of
from tests.serve.warehouse import AWAITED, BLOCKED, EMPTY, FEED, HEATMAP, MINUTES, NEW


def test_places_in_the_table_are_the_marts(site: Site) -> None:
    query = f"""
        select device_type, feed_rank_bucket, impressions, measurable_viewable_count / measurable_count from {FEED}
        where event_date = '{DATE}' and item_type = 'story' and not is_remainder
    """
    expected = {(row[0], row[1], number(row[2]), share(row[3])) for row in rows_of(site.warehouse, query)}

    table = page_of(site).table("Device", "Place")

    assert {tuple(row[:4]) for row in table} == expected
    assert len(table) == 3 * 8


def test_bands_in_the_table_are_sums_of_the_marts_cells(site: Site) -> None:
    query = f"""
        select cell_y // 8, sum(dwell_ms) from {HEATMAP} where {LARGEST} and space = 'document' and cell_px = 32
        group by 1 order by 1
    """
    # The page is drawn down to row 50, so the last band is cut.
    expected = [duration(ms) for _, ms in rows_of(site.warehouse, query)][:6]

    table = page_of(site).table("px from the top")

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
    expected = {f"{hour:02d}:00": number(peak) for hour, peak in rows_of(site.warehouse, query)}

    table = page_of(site).table("Hour, UTC", "web · desktop", "android · phone")

    assert {row[0]: row[1] for row in table if row[1] != "no minute"} == expected
    assert [row[0] for row in table if row[2] == "30"] == ["20:00", "21:00"]


def test_a_warning_is_told_with_its_meaning_and_where_to_read_on(site: Site) -> None:
    page = page_of(site)

    assert (2, "Published, with 1 warning") in page.headings
    assert "The share of programs is unusual: a flood of them" in page.words
    assert f"hoverlake report --date {DATE} -o report.html" in page.words


def test_every_picture_says_how_many_when_of_what_and_what_is_left_out(site: Site) -> None:
    page = page_of(site)

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


def test_a_blocked_date_and_one_that_waits_are_told_in_words(site: Site) -> None:
    blocked, waits = page_of(site, date=BLOCKED), page_of(site, date=AWAITED)

    assert (2, "Not published: the last run was blocked") in blocked.headings
    assert blocked.words.count("Nothing of this date is published.") == 3
    assert (2, "Not published yet: the late window is open") in waits.headings
    assert waits.words.count("it comes with landing date 2026-11-25, when no later night can change the date.") == 3
    for page in (blocked, waits):
        assert page.attributes("svg") == []
    assert f"{BLOCKED} (not published)" in page_of(site).words


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
    assert said in page_of(site, **question).words


def test_a_date_built_under_other_bins_has_no_curve_and_all_the_rest(
    own_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other_bins(release: Any) -> list[str]:
        return ["CREATE MACRO hist_p50(hist) AS error('other bins')", "CREATE MACRO hist_sum(hist) AS max(hist)"]

    monkeypatch.setattr("jobs.serve.snapshots.macros", other_bins)

    page = page_of(own_site)

    assert "The date's distributions have other bins than this release's" in page.words
    assert page.table("px from the top") and page.table("Hour, UTC")


def test_no_request_opens_more_than_marts_and_ops(site: Site) -> None:
    folders = {path.name for path in Path(site.warehouse).iterdir()}

    assert {name.split(".")[0] for name in READ} == {"mart", "ops"}
    # There is no other layer in this warehouse, and every page has an answer.
    assert not {"clean", "restricted"} & folders


def test_headings_are_in_order_and_every_choice_has_a_label(site: Site) -> None:
    page = page_of(site)

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
    links = {str(a["href"]) for a in page_of(site).attributes("a")} - {"#answer"}

    assert {site(link).status for link in links} == {200}
    assert len(links) == 1 + 4


def test_dates_are_sorted_and_the_newest_shown_one_is_chosen(site: Site) -> None:
    options = page_of(site).attributes("option")[:4]

    assert [dt.date.fromisoformat(str(option["value"])) for option in options] == [BLOCKED, AWAITED, DATE, EMPTY]
    assert ["selected" in option for option in options] == [False, False, True, False]
