"""The page in words: what it says of a date that is published, refused, empty or new, and what it never says."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jobs import explain_date
from jobs.errors import UsageError
from jobs.io import releases
from jobs.io.releases import EventDate
from jobs.io.store import Store
from jobs.report import facts
from jobs.report.facts import gather
from jobs.report.page import render, write_report
from jobs.sql import connect
from tests.reading.small_warehouse import release, write_table
from tests.report.warehouse import CHECK, DATE, EVIL, LATER, PSEUDONYM, RUN, report_warehouse, run_row
from warehouse_schema import TABLES
from warehouse_schema.derive import rows

NEXT = DATE + dt.timedelta(days=1)
BROKEN = CHECK | {"success": False, "observed": "17 of 400 rows"}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    return render(gather(report_warehouse(str(tmp_path_factory.mktemp("warehouse"))), DATE))


def _words(page: str) -> str:
    """What a reader sees: texts only."""
    body = re.sub(r"<style>.*?</style>", "", page, flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def _of(root: Path, date: dt.date = DATE, **more: Any) -> str:
    return _words(render(gather(report_warehouse(str(root / "warehouse"), **more), date)))


def test_the_verdict_comes_first(page: str) -> None:
    words = _words(page)

    headings = re.findall(r"<h2>(.+?)</h2>", page)
    assert headings == [
        "Published, with 1 warning",
        "What was published",
        "From raw lines to people",
        "What failed, and what it means",
        "Eight weeks",
        "Where cursors rested",
        "Place in the feed",
        "Thresholds in force",
    ]
    assert "23 of 25 checks held; 0 failed critically, 1 with a warning." in words
    assert "1 comparison with the past could not be judged: not enough history." in words


def test_a_failed_check_is_told_with_what_it_means_and_who_looks_first(page: str) -> None:
    words = _words(page)

    assert "! The share of programs is unusual: a flood of them" in words
    assert "Check past_bots_z on feed , warning: it is noted Table clean.page_views" in words
    assert "Seen 0.31, z +5.2 from a median of 0.07 over 8 weeks" in words
    assert "Who looks first tracker" in words


def test_the_flow_goes_from_lines_to_people_and_adds_up(page: str) -> None:
    words = _words(page)

    # 17,385 of 19,108; 16,814 of 17,385; 2,208 - 151.
    assert "Raw lines 19,108" in words and "accepted 17,385 91.0 %" in words and "withheld: no consent 1,536" in words
    assert "Beacons 17,385" in words and "used 16,814 96.7 %" in words
    assert "people: what marts count from 2,057 93.2 % bots 151 6.8 %" in words
    assert "Every step adds up." in words


def test_what_is_held_back_stands_out_in_the_flow(tmp_path: Path) -> None:
    held = {"run_id": RUN, "table_name": "clean.page_views", "quantity": "beacons", "date": DATE, "reason": "held_back"}

    root = report_warehouse(str(tmp_path / "warehouse"), ops_reconciliation=[held | {"row_count": 5}])

    parts = {part.name: part.kind for step in gather(root, DATE).flow for part in step.parts}
    assert parts["held back by data quality"] == "held"
    assert (parts["used"], parts["duplicates"], parts["bots"], parts["withheld: no consent"]) == (
        "on",
        "repeat",
        "bot",
        "consent",
    )


def test_a_step_that_does_not_add_up_is_told_in_verdict_and_picture(tmp_path: Path) -> None:
    lost = {"run_id": RUN, "table_name": "clean.beacons", "quantity": "lines", "date": DATE, "adds_up": False}

    words = _of(tmp_path, ops_reconciliation=[lost | {"reason": "gone_wrong", "row_count": 5}])

    assert "The chain from raw lines to published rows does not add up." in words
    assert "The parts of this step are not its whole" in words
    assert "Every step adds up." not in words


def test_every_picture_says_how_many_when_which_release_which_unit_and_what_is_left_out(page: str) -> None:
    stands = [_words(found) for found in re.findall(r'<p class="stand">(.+?)</p>', page, re.S)]

    pictures = [words for words in stands if "unit:" in words]
    assert len(pictures) == 5
    for words in pictures:
        assert f"event date {DATE}, UTC · release 7, provisional" in words
        assert "groups of fewer than 20 visitors are merged or left out" in words
    assert sum("gaze" in words for words in pictures) == 3
    assert "At least 60 visitors and 80 page views" in _words(page)
    assert "up to 376 visitors behind a row" in _words(page)


def test_a_mart_says_how_much_of_it_lies_in_remainders(page: str) -> None:
    words = _words(page)

    # 1,000 of 10,000 impressions in one of two rows.
    assert (
        "mart.story_attention_daily one row per day, surface, device, item type and item 2,057 93.2 % 2 1 remainder 10.0 % of impressions"
        in words
    )
    assert (
        "mart.ad_attention_daily one row per day, surface, device and ad 2,057 93.2 % 0 0 remainders no rows" in words
    )
    assert "mart.reach_daily one row per day, surface and device 2,057 93.2 % 1 0 remainders not additive" in words


def test_a_measure_of_nothing_has_no_share(tmp_path: Path) -> None:
    words = _of(tmp_path, mart_zone_attention_daily=[{"event_date": DATE, "is_remainder": False, "hover_count": 0}])

    assert "device and zone 2,057 93.2 % 1 0 remainders nothing measured" in words


def test_the_viewable_rate_is_of_measurable_views(page: str) -> None:
    # 4,200 + 36 of 8,000 + 900.
    assert "10,000 item impressions 47.6 % of measurable ones viewable" in _words(page)


def test_not_measured_is_said_and_no_zero(page: str) -> None:
    words = _words(page)

    assert "not measured of ads viewable of 0 measurable views" in words
    assert "None" not in words and "nan" not in words


def test_thresholds_are_those_of_the_release_and_others_than_defaults_stand_out(page: str) -> None:
    assert '<div class="changed"><dt>min_visitors</dt><dd>20<small>default 50</small>' in page
    assert "<div><dt>past_min_weeks</dt><dd>4</dd></div>" in page
    assert "built under other thresholds" not in page


def test_names_of_a_log_are_texts_wherever_they_stand(page: str) -> None:
    assert "<script" not in page
    assert html.escape(EVIL)[:30] in page
    assert EVIL in html.unescape(page)


def test_nothing_of_the_page_lies_elsewhere(page: str) -> None:
    assert re.findall(r"""(?:src|href|srcset|action)=["'](?!data:)""", page) == []
    assert not re.search(r"url\(|@import|https?://", page)
    assert "Content-Security-Policy\" content=\"default-src 'none'" in page


def test_no_pseudonym_stands_in_a_page(tmp_path: Path) -> None:
    root = str(tmp_path / "warehouse")
    write_table(root, "clean.page_views", rows(TABLES["clean.page_views"], {"visitor_key": PSEUDONYM}))

    page = render(gather(report_warehouse(root), DATE))

    assert PSEUDONYM not in page
    assert not re.search(r"\b[0-9a-f]{64}\b", page)


def test_a_date_without_a_warning_passed(tmp_path: Path) -> None:
    words = _of(tmp_path, ops_runs=[run_row(LATER)], ops_dq_results=[CHECK | {"run_id": LATER}], last_run=LATER)

    assert "✓ Published: no check failed 1 of 1 check held." in words
    assert "Nothing failed of 1 check." in words


def test_a_rolled_back_run_is_told(tmp_path: Path) -> None:
    words = _of(tmp_path, ops_runs=[run_row(LATER)], ops_dq_results=[CHECK | {"run_id": LATER}])

    # LATER published it, too, but the release is of RUN: it was rolled back.
    assert "Published as before: a later run was rolled back" in words
    assert f"Readers see the date as run {RUN} published it." in words


def test_a_blocked_run_leaves_the_date_as_it_was(tmp_path: Path) -> None:
    words = _of(tmp_path, ops_runs=[run_row(LATER, 11)], ops_dq_results=[BROKEN | {"run_id": LATER}])

    assert (
        f"Published as before: the last run was blocked Run {LATER} was blocked by data quality on this date." in words
    )
    assert "critical: it keeps the date from being published" in words
    assert "Seen 17 of 400 rows" in words


def test_a_date_that_was_never_published_has_a_page_if_it_was_refused(tmp_path: Path) -> None:
    refused = BROKEN | {"run_id": LATER, "event_date": NEXT}

    words = _of(tmp_path, NEXT, ops_runs=[run_row(LATER, 11, f"{DATE}, {NEXT}")], ops_dq_results=[refused])

    assert "Not published: the last run was blocked" in words
    assert "Nothing of this date can be read." in words
    for missing in (
        "No heatmap: nothing of this date",
        "No position curve: nothing",
        "There is no chain to show: no run",
    ):
        assert missing in words


def test_a_held_back_date_waits_for_the_next_run(tmp_path: Path) -> None:
    refused = BROKEN | {"run_id": LATER}

    words = _of(tmp_path, ops_runs=[run_row(LATER, 0, str(NEXT))], ops_dq_results=[refused], last_run=LATER)

    assert f"Published as before: newer input is held back Run {LATER} held the date back." in words
    assert f"Readers see the date as run {RUN} published it." in words


def test_a_date_that_is_nowhere_is_refused_with_the_dates_there_are(tmp_path: Path) -> None:
    root = report_warehouse(str(tmp_path / "warehouse"))

    with pytest.raises(UsageError, match=r"2026-11-21 is not in the newest release of .* Published: 2026-11-20\."):
        write_report(root, NEXT, tmp_path / "r.html")
    assert not (tmp_path / "r.html").exists()


def test_nothing_published_is_an_error_of_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing published in"):
        write_report(str(tmp_path / "nowhere"), DATE, tmp_path / "r.html")


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    root = report_warehouse(str(tmp_path / "warehouse"))

    with pytest.raises(UsageError, match=r"r\.html cannot be written: No such file or directory\. Choose another"):
        write_report(root, DATE, tmp_path / "missing" / "r.html")


def test_a_date_of_which_nothing_came_says_so(tmp_path: Path) -> None:
    root = str(tmp_path / "warehouse")
    write_table(root, "mart.reach_daily", [])
    state = replace(release(1, {"mart.reach_daily": 0}), event_dates={str(NEXT): EventDate("final", "0.1.0", "0" * 64)})
    assert releases.publish(Store(root), state, {})

    words = _words(render(gather(root, NEXT)))

    assert "Published, but no run tells of it" in words
    assert "There is nothing in this date: no page view" in words
    assert "No heatmap: on this date no cursor was measured, or every group was too small to publish." in words
    assert "No position curve: no place in the feed was measured" in words
    assert "Not enough history: no number of this date" in words
    assert "This date was built under other thresholds" in words
    assert "not measured sessions not measured engaged time" in words
    assert "number of page views not on record" in words


def test_numbers_that_nobody_published_are_no_past(tmp_path: Path) -> None:
    other = {"table_name": "clean.page_views", "surface": "feed", "metric": "page_views", "class": "(all)", "amount": 9}
    gap = other | {"event_date": DATE - dt.timedelta(days=24)}
    newer = other | {"event_date": DATE - dt.timedelta(days=7), "is_published": True}

    root = report_warehouse(
        str(tmp_path / "warehouse"),
        ops_dq_profile=[gap | {"run_id": "20261001", "is_published": False}, newer | {"run_id": LATER}],
    )

    # A blocked run's numbers, and those of a run that was rolled back.
    views = gather(root, DATE).surfaces[0].trends[0].values
    assert gap["event_date"] not in views
    assert views[newer["event_date"]] != 9


def test_a_report_opens_marts_and_ops_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, names = report_warehouse(str(tmp_path / "warehouse")), list[str]()

    def recorded(warehouse: str, tables: Iterable[str]) -> Any:
        names.extend(wanted := [*tables])
        return connect(warehouse, wanted)

    for module in (explain_date, facts):
        monkeypatch.setattr(module, "connect", recorded)
    gather(root, DATE)

    assert {name.split(".")[0] for name in names} == {"mart", "ops"}


def test_a_first_night_has_no_history_and_says_so(tmp_path: Path) -> None:
    root = report_warehouse(str(tmp_path / "warehouse"), weeks=0)

    gathered = gather(root, DATE)

    trends = gathered.surfaces[0].trends
    assert [(len(trend.values), trend.usual) for trend in trends] == [(1, None)] * 8
    assert "not enough history: 2 of 4 weeks" in {trend.said for trend in trends}
    page = render(gathered)
    assert "Page views of bots 31.0 % ! unusual: noted" in _words(page)
    assert "<polyline" not in page.partition("Place in the feed")[0]
