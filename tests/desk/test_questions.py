"""Questions to the tables: what each may read, that no ratio lacks its denominator, and answers computed by hand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from jobs.errors import UsageError
from jobs.questions import DATE, QUESTIONS, page
from jobs.questions.ask import ask, draw, question_of, report
from jobs.questions.page import PAGE, PICTURES, answers_on, is_stale, picture_path, render
from jobs.questions.question import Bars, Question
from jobs.sql import named_tables, read_only
from tests.conftest import Demo
from tests.desk.warehouse import STORIES, desk_warehouse
from warehouse_schema import TABLES

#: What each ratio is of. A ratio of a whole mart, as those of small groups are, has its amounts in other columns.
DENOMINATORS = {
    **dict.fromkeys(("hovered_share", "mean_hover_ms"), "hover_measured_count"),
    **dict.fromkeys(("clicks_per_100",), "clicks_measured_count"),
    **dict.fromkeys(("median_visible_ms", "mean_visible_ms", "skips_per_100", "near_misses_per_100"), "impressions"),
    **dict.fromkeys(("p50_ms", "p90_ms"), "impressions"),
    "phone_median_ms": "phone_impressions",
    "desktop_median_ms": "desktop_impressions",
    "seen_share": "item_count",
    "measured_share": "eligible_count",
    "hover_in_view_share": "hover_ms",
    **dict.fromkeys(("active_share", "idle_share"), "dwell_ms"),
    "dwell_per_screen_minute_ms": "visible_ms",
    "reached_share": "top_page_view_count",
    "long_hovers_per_100": "hover_measured_count",
    "share_of_date": "page_views_of_date",
    "placed_share": "visible_ms",
    **dict.fromkeys(("engaged_share", "page_views_per_session"), "session_count"),
    **dict.fromkeys(("median_engaged_ms", "engaged_ms_per_session"), "engaged_measured_count"),
    "rage_share": "rage_measured_count",
    "thrash_share": "thrash_measured_count",
    "share_of_lines": "line_count",
    "bot_share": "page_view_count",
    **dict.fromkeys(("small_groups_share", "lost_all_keys_share", "idle_share_of_all", "clicks_measured_share"), None),
}
#: Read by quantile, which has an answer below 0.1 % of the values too, or for want of values none at all.
FAR_OUT = {"p90_ms"}
RATIO = re.compile(r"_share\b|_share_|_per_|^share_|^(median|mean)_|_median_ms$|^p\d\d_ms$")


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> str:
    return desk_warehouse(str(tmp_path_factory.mktemp("desk") / "warehouse"))


@pytest.fixture(scope="module")
def unmeasured(tmp_path_factory: pytest.TempPathFactory) -> str:
    return desk_warehouse(str(tmp_path_factory.mktemp("unmeasured") / "warehouse"), is_measured=False)


def rows_of(warehouse: str, name: str, *columns: str) -> list[tuple[Any, ...]]:
    """Columns of the answer to a question about the demo's date."""
    asked = ask(warehouse, question_of(name), DATE)
    return [tuple(row[column] for column in columns) for row in asked.rows]


def words_of(warehouse: str, name: str) -> str:
    return ask(warehouse, question_of(name), DATE).words


def viewable_denominator(question: Question) -> str | None:
    return "measurable_count" if "measurable_count" in question.columns else None


def denominator_of(question: Question, column: str) -> str | None:
    return viewable_denominator(question) if column == "viewable_share" else DENOMINATORS[column]


def without_denominator(question: Question, rows: tuple[dict[str, Any], ...]) -> list[Any]:
    """Ratios of nothing that are a number, and ratios of something that are none."""
    found = []
    for column in filter(RATIO.search, question.columns):
        if (of := denominator_of(question, column)) is None:
            continue
        assert of in question.columns, f"{question.slug}: {column} stands without {of}"
        for row in rows:
            is_wrong = (row[column] is not None) != bool(row[of])
            if is_wrong and not (column in FAR_OUT and row[column] is None):
                found.append((question.slug, column, row))
    return found


def test_there_are_at_least_twenty_and_each_has_a_name_of_its_own() -> None:
    assert len(QUESTIONS) >= 20
    assert (
        len({question.slug for question in QUESTIONS})
        == len({question.asked for question in QUESTIONS})
        == len(QUESTIONS)
    )


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.slug)
def test_a_query_is_one_statement_on_published_tables(question: Question) -> None:
    tables = named_tables(read_only(question.sql))

    assert tables is not None
    assert {name.split(".")[0] for name in tables} <= {"mart", "ops"}
    # Pasted into a shell between double quotes, it must arrive as it is.
    assert not set('"$`\\') & set(question.sql)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.slug)
def test_only_what_adds_up_is_added_and_visitors_never_are(question: Question) -> None:
    additive = {name for table in named_tables(question.sql) or () for name in TABLES[table].additive}
    # Sums over ops count lines; `amount` is the measure that the row itself names.
    additive |= {"row_count", "amount"}

    added = {word for inner in re.findall(r"\bsum\(([^()]*)\)", question.sql) for word in re.findall(r"[a-z_]+", inner)}

    assert added <= additive
    assert not re.search(r"(sum|avg)\s*\(\s*visitor", question.sql)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.slug)
def test_every_ratio_has_its_count_beside_it_and_is_null_without(
    question: Question, warehouse: str, unmeasured: str
) -> None:
    measured, nothing = (ask(path, question, DATE) for path in (warehouse, unmeasured))

    assert measured.rows
    assert without_denominator(question, measured.rows) == []
    assert without_denominator(question, nothing.rows) == []


def test_a_ratio_of_nothing_would_be_found() -> None:
    question = question_of("zones")
    row = dict.fromkeys(question.columns, 1) | {"clicks_measured_count": 0}

    assert [column for _, column, _ in without_denominator(question, (row,))] == ["clicks_per_100"]


@pytest.mark.parametrize(
    "name", ["skipped", "ads-viewable", "ads-hovered", "annoyed", "trend", "topics", "dwell-by-type"]
)
def test_what_nobody_measured_is_said_to_be_unmeasured(name: str, unmeasured: str) -> None:
    assert words_of(unmeasured, name) == "It was not measured on 2026-11-20."


def test_stories_stopped_at_and_not_clicked_are_above_the_middle_of_hovers_and_below_that_of_clicks(
    warehouse: str,
) -> None:
    # Hovered over: 160/200, 130/200, 40/100, 60/100, 18/60, in the middle 0.6. Clicks per 100: 20, 5, 15, 30, 5, in the middle 15.
    found = rows_of(warehouse, "stopped-at", "item_id", "hovered_share", "clicks_per_100", "is_stopped_at_unclicked")

    assert found[0] == ("story-2", 0.65, 5.0, True)
    assert [flag for *_, flag in found] == [True, False, False, False, False]
    assert "1 of 5 stories" in words_of(warehouse, "stopped-at")


def test_a_topic_counts_published_stories_and_says_what_small_groups_hold(warehouse: str) -> None:
    impressions = dict(rows_of(warehouse, "topics", "topic", "impressions"))

    # Desktop 200 + 100 and phone 80 + 80; the profile's 900 are of another surface.
    assert impressions["film"] == 200 + 100 + 80 + 80
    assert impressions["(unknown)"] == STORIES["story-5"][1]
    # The rest of the stories, and of the date: at most.
    assert impressions["(small groups)"] == 140 + 60
    assert "Up to 16.9 % of all published impressions" in words_of(warehouse, "topics")


def test_a_story_too_tall_for_the_screen_is_not_said_to_be_ignored(warehouse: str) -> None:
    assert "sports only looks unseen" in words_of(warehouse, "topics")
    assert "story-4" not in [item for (item,) in rows_of(warehouse, "phone-or-desktop", "item_id")]


def test_the_three_groups_of_ads_are_all_of_them(warehouse: str) -> None:
    groups = ("eligible_count", "not_measurable_count", "measured_not_viewable_count", "viewable_count")
    found = rows_of(warehouse, "ads-viewable", "device_type", *groups, "viewable_share")

    assert found == [
        ("desktop", 100 + 60 + 40, 10 + 10, 30 + 25 + 20, 60 + 25 + 20, round(105 / 180, 4)),
        ("phone", 80, 20, 30, 30, 0.5),
        ("(small groups)", 20, 0, 10, 10, 0.5),
    ]
    assert all(eligible == a + b + c for _, eligible, a, b, c, _ in found)


def test_an_ad_that_is_hovered_over_is_not_therefore_viewable(warehouse: str) -> None:
    found = rows_of(warehouse, "ads-hovered", "ad_id", "hovered_share", "viewable_share")

    assert found == [("ad-1", 0.5, round(60 / 90, 4)), ("ad-2", 0.5, 0.5), ("(small groups)", 0.5, 0.5)]
    assert "Up to 20.0 % of all published eligible item views of ads on desktops" in words_of(warehouse, "ads-hovered")


def test_skips_of_a_type_are_those_of_its_places_and_of_its_remainder(warehouse: str) -> None:
    found = {
        row[:2]: row[2:]
        for row in rows_of(warehouse, "skipped", "item_type", "device_type", "impressions", "skip_count")
    }

    assert found["story", "desktop"] == (100 + 90 + 80 + 70 + 60 + 50, 10 + 9 + 8 + 7 + 6 + 5)
    assert ("zone", "desktop") not in found


def test_layouts_are_compared_at_one_width_and_depth(warehouse: str) -> None:
    found = rows_of(warehouse, "read-deeper", "layout_id", "viewport_class", "depth_px", "reached_share")

    # Row 50 is 1,600 px down: the old layout has lost 50 of 200 page views there, the new one 25.
    assert ("feed-v7", "<1440", 1600, 0.75) in found
    assert ("feed-v8", "<1440", 1600, 0.875) in found
    assert {width for _, width, _, _ in found} == {"<1440"}
    # 12.5 points; 1.96 times the root of 0.75 * 0.25 / 200 + 0.875 * 0.125 / 200.
    assert "feed-v8 less feed-v7 are +12.5 points; chance alone gives 7.6 either way" in words_of(
        warehouse, "read-deeper"
    )


def test_a_band_of_the_page_is_divided_by_the_time_it_was_on_screen(warehouse: str) -> None:
    found = {
        row[:2]: row[2:]
        for row in rows_of(warehouse, "below-the-fold", "layout_id", "from_px", "dwell_ms", "visible_ms")
    }

    # Columns 8 to 19 of rows 0 to 7; the rows were on screen in 200, 199, ... 193 page views for 6 s each.
    assert found["feed-v7", 0] == (sum(10_000 - 100 * y + 50 * x for x in range(8, 20) for y in range(8)), 6000 * 196.5)
    # The last rows are 56 to 59: half a band is no band.
    assert ("feed-v7", 256 * 7) not in found


def test_a_parked_cursor_is_found_by_its_idle_time(warehouse: str) -> None:
    found = rows_of(warehouse, "idle", "cell_x", "cell_y", "idle_share")

    assert found[0] == (12, 4, 0.75)
    assert found[1][2] == pytest.approx(0.1, abs=0.01)


def test_the_time_of_feeds_includes_what_no_minute_can_tell(warehouse: str) -> None:
    found = {row[0]: row[1:] for row in rows_of(warehouse, "feed-on-screen", "platform", "minute_count", "visible_ms")}

    assert found["ios"] == (5, sum(600_000 + 1000 * minute for minute in range(720, 725)) + 1_000_000)
    assert found["(small groups)"] == (0, 500_000)


def test_annoyance_on_phones_is_not_measured_and_not_zero(warehouse: str) -> None:
    found = {row[0]: row[1:] for row in rows_of(warehouse, "annoyed", "platform", "rage_share", "thrash_share")}

    assert found["ios"] == (2 / 100, None)
    # Over the sessions that measured it: 1 of 200 and 1 of 40.
    assert "in 0.8 % of 240 with the cursor measured (2)" in words_of(warehouse, "annoyed")


def test_a_check_that_could_not_be_judged_neither_held_nor_failed(warehouse: str) -> None:
    assert rows_of(warehouse, "believed", "held_count", "broken_count", "not_judged_count") == [(2, 1, 1)]


def test_lines_that_came_are_told_by_what_became_of_them(warehouse: str) -> None:
    found = rows_of(warehouse, "lost", "reason", "line_count", "share_of_lines")

    assert found == [("accepted", 930, 0.93), ("withheld", 60, 0.06), ("malformed_json", 10, 0.01)]


def test_one_date_is_no_trend(warehouse: str, tmp_path: Path) -> None:
    assert "Over 3 dates from 67.7 % of 340 sessions on 2026-11-06" in words_of(warehouse, "trend")


def test_another_date_is_asked_about_by_the_same_query(warehouse: str) -> None:
    earlier = ask(warehouse, question_of("believed"), DATE.replace(day=13))

    assert [(row["held_count"], row["broken_count"], row["not_judged_count"]) for row in earlier.rows] == [(2, 0, 2)]
    assert "2026-11-13, release 3" in report(earlier)
    assert ask(warehouse, question_of("held"), DATE.replace(day=13)).words.startswith(
        "Nothing about this is published of 2026-11-13"
    )


def test_a_date_that_the_release_does_not_show_is_named_with_those_it_does(warehouse: str) -> None:
    with pytest.raises(UsageError, match=r"shows nothing of 2026-11-21. It shows: 2026-11-06, 2026-11-13, 2026-11-20"):
        ask(warehouse, question_of("held"), DATE.replace(day=21))


@pytest.mark.parametrize("name", ["0", "99", "holds", "-1", "1; drop table x"])
def test_an_unknown_question_is_refused_with_the_way_to_all_of_them(name: str) -> None:
    with pytest.raises(UsageError, match=r"there is no question .*`hoverlake ask` lists all"):
        question_of(name)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.slug)
def test_bars_are_of_columns_of_the_answer(question: Question) -> None:
    if isinstance(picture := question.picture, Bars):
        of = {bar.of for bar in picture.panels if bar.of}

        assert {*picture.names, *(bar.column for bar in picture.panels), *of} <= set(question.columns)
        assert all(
            bar.of for bar in picture.panels if bar.column in DENOMINATORS and denominator_of(question, bar.column)
        )


#: All that other commands draw, one with a flag in its names, and one in which a row is not measured.
DRAWN = [
    question
    for question in QUESTIONS
    if not isinstance(question.picture, Bars) or question.slug in ("stopped-at", "annoyed")
]


@pytest.mark.parametrize("question", DRAWN, ids=lambda question: question.slug)
def test_a_picture_is_drawn_of_the_answer(question: Question, warehouse: str, tmp_path: Path) -> None:
    drawn = tmp_path / "drawn.png"

    said = draw(warehouse, ask(warehouse, question, DATE), drawn)

    assert said.startswith(str(drawn))
    assert drawn.stat().st_size > 5000


def test_a_bar_that_is_not_measured_says_so_and_has_no_length(warehouse: str, tmp_path: Path) -> None:
    drawn = tmp_path / "drawn.svg"

    draw(warehouse, ask(warehouse, question_of("annoyed"), DATE), drawn)

    assert drawn.read_text().count("not measured") == 1
    assert "2.0 % of 100" in drawn.read_text()


def test_nothing_cannot_be_drawn(unmeasured: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing to draw"):
        draw(unmeasured, ask(unmeasured, question_of("held"), DATE), tmp_path / "drawn.png")
    with pytest.raises(UsageError, match=r"must end in .png or .svg"):
        draw(unmeasured, ask(unmeasured, question_of("held"), DATE), tmp_path / "drawn.gif")


def test_the_page_is_fresh() -> None:
    text = PAGE.read_text(encoding="utf-8")

    assert not is_stale(text), "docs/questions.md is stale: run make questions"
    assert is_stale(text.replace("How not to misread it", "How to misread it", 1))


def test_the_page_shows_a_small_picture_for_every_question() -> None:
    shown = {PAGE.parent / path for path in re.findall(r"!\[.*?\]\((.+?)\)", PAGE.read_text(encoding="utf-8"))}

    assert shown == {picture_path(question) for question in QUESTIONS} == set(PICTURES.glob("*.png"))
    assert [path for path in shown if path.stat().st_size > 60_000] == []


def test_links_within_the_page_lead_to_their_question() -> None:
    page = PAGE.read_text(encoding="utf-8")
    headings = {
        re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in re.findall(r"^### (.+)$", page, re.M)
    }

    assert set(re.findall(r"\]\(#(.+?)\)", page)) == headings


def test_answers_of_another_warehouse_make_the_page_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {question.slug: ["So: it is.", "And so."][: 1 + question.is_of_many] for question in QUESTIONS}
    monkeypatch.setattr(page, "answers_of", lambda demo, month: told)

    assert answers_on(render(told)) == told
    assert not is_stale(render(told))
    assert not is_stale(render(told), ("demo", "month"))
    assert is_stale(PAGE.read_text(encoding="utf-8"), ("demo", "month"))


def test_a_larger_warehouse_is_asked_where_the_demo_is_too_small(
    warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "QUESTIONS", (question_of("trend"), question_of("lost")))

    answers = page.answers_of(warehouse, warehouse)

    assert {slug: len(told) for slug, told in answers.items()} == {"trend": 2, "lost": 1}


@pytest.mark.spark
def test_every_question_has_an_answer_on_the_demo_night(demo_warehouse: Demo, tmp_path: Path) -> None:
    warehouse = str(demo_warehouse.warehouse)
    answers = {question.slug: ask(warehouse, question, DATE) for question in QUESTIONS}

    assert [slug for slug, asked in answers.items() if not asked.rows] == []
    assert [wrong for asked in answers.values() for wrong in without_denominator(asked.question, asked.rows)] == []
    for asked in answers.values():
        draw(warehouse, asked, tmp_path / f"{asked.question.slug}.png")
