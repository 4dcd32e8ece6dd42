"""What an address may ask, and that nothing else than a clear answer comes of it."""

from __future__ import annotations

import html
import string
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.serve.questions import MAX_CHARS, PARAMETERS, Question, Refused, asked
from tests.report.warehouse import DATE, EVIL
from tests.serve.conftest import Answer, Site
from tests.serve.parsing import TAGS, Page
from tests.serve.warehouse import FORMULA

#: In front of each value: wherever it stands in a page, the value follows.
MARK = "zq9x"
ATTACKS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' or 1=1 --",
    "'; drop table mart.hover_heatmap_daily; --",
    "{{ 7 * 7 }}",
    "../../../../etc/passwd",
    "%00",
    "\r\nSet-Cookie: a=b",
    "\u202e\u0000",
    "2026-11-20T00:00:00Z",
    "20261120",
    "2026-W47-5",
    "０",
    "-1",
    "1e9",
    "NULL",
    "9" * 400,
)


def _check_that_it_is_only_told(answer: Answer, value: str) -> None:
    """A refusal in words: none of its elements is the value's, and the value stands in it as text only."""
    page = Page(answer.text)
    assert answer.status in (200, 400, 404)
    assert {tag for tag, _ in page.elements} <= TAGS
    assert [name for _, attributes in page.elements for name in attributes if name.startswith(("on", "style"))] == []
    for part in answer.text.split(MARK)[1:]:
        told = html.escape(value).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
        shown = part.split("…")[0]
        assert shown.startswith(told) or told.startswith(shown) or part.startswith(quote(value, safe=""))


@pytest.mark.parametrize("name", PARAMETERS)
@pytest.mark.parametrize("value", ATTACKS)
def test_an_attack_in_any_parameter_is_told_as_text_and_nothing_else(site: Site, name: str, value: str) -> None:
    answer = site(**{name: MARK + value})

    assert answer.status in (400, 404)
    _check_that_it_is_only_told(answer, value)


@pytest.mark.parametrize("picture", ["heatmap", "position-curve", "feed-visibility", "checks"])
@pytest.mark.parametrize("name", PARAMETERS)
def test_rows_are_refused_in_the_same_words(site: Site, name: str, picture: str) -> None:
    assert site(f"/{picture}.csv", **{name: MARK}).text == site(**{name: MARK}).text


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(PARAMETERS), value=st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
def test_any_text_in_any_parameter_has_an_answer(site: Site, name: str, value: str) -> None:
    _check_that_it_is_only_told(site(**{name: MARK + value}), value)
    assert site(**{name: value}).status in (200, 400, 404)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.text(string.printable.replace(" ", "")[:94] + "%&=;+", max_size=60))
def test_any_address_has_an_answer(site: Site, raw: str) -> None:
    assert site(f"/?{raw.replace('#', '')}").status in (200, 400, 404)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_any_path_has_an_answer_that_does_not_tell_it(site: Site, path: str) -> None:
    answer = site(f"/{MARK}{quote(path, safe='')}")

    assert (answer.status, MARK in answer.text) == (404, False)


def test_bytes_that_are_no_text_are_an_unknown_name(site: Site) -> None:
    assert site("/?surface=%ff%fe").status == 404


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("date=2026-11-31", 400, "2026-11-31 is not a date"),
        ("date=2026-11-18", 404, "release 8 has no date 2026-11-18"),
        ("release=9", 404, "There is no release 9"),
        ("release=0", 400, "0 is not the number of a release"),
        ("surface=nope", 404, "2026-11-20 has no surface nope"),
        ("layout=nope", 404, "2026-11-20 has no layout nope"),
        ("device=tv", 404, "2026-11-20 has no device tv"),
        ("width=33", 404, "2026-11-20 has no viewport width 33"),
        ("items=poll", 404, "2026-11-20 has no item type poll"),
        ("measure=visitor_count", 400, "There is no measure visitor_count"),
        ("space=outer", 400, "There is no space outer"),
        ("layuot=feed-v6", 400, "There is no parameter layuot"),
        ("surface=feed&surface=search", 400, "The parameter surface is given 2 times"),
        ("surface=&surface=", 400, "The parameter surface is given 2 times"),
        (f"surface={'x' * (MAX_CHARS + 1)}", 400, "The value of surface is too long"),
        ("surface=feed%00", 400, "The value of surface is no name"),
    ],
)
def test_a_wrong_question_is_told_what_is_wrong(site: Site, query: str, status: int, said: str) -> None:
    answer = site(f"/?{query}")

    assert (answer.status, Page(answer.text).headings) == (status, [(1, said)])
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


def test_a_refusal_lists_what_there_is_and_each_link_has_an_answer(site: Site) -> None:
    page = Page(site(layout="nope").text)

    links = [str(a["href"]) for a in page.attributes("a") if a["href"] != "#answer"]
    assert f"What there is: {EVIL} feed-v6 {FORMULA} profile-m2" in page.words
    assert [site(link).status for link in links] == [200] * 5
    assert [link for link in Page(site(date="2026-11-18").text).words.split() if link.startswith("2026-11-2")] == [
        "2026-11-22",
        "2026-11-21",
        "2026-11-20",
    ]


def test_the_longest_name_is_still_a_name() -> None:
    assert asked([("surface", "x" * MAX_CHARS)]).surface == "x" * MAX_CHARS
    with pytest.raises(Refused):
        asked([("surface", "x" * (MAX_CHARS + 1))])


def test_what_a_form_leaves_empty_is_not_asked() -> None:
    assert asked([("layout", ""), ("date", ""), ("measure", "")]) == Question()


def test_a_question_survives_its_own_address(site: Site) -> None:
    question = Question(7, DATE, "feed", EVIL, "desktop", "<1440", "active_ms", "viewport", "story")

    answer = site(f"/?{question.query}")

    chosen = [option["value"] for option in Page(answer.text).attributes("option") if "selected" in option]
    assert chosen == ["2026-11-20", "feed", EVIL, "desktop", "<1440", "active_ms", "viewport", "story", "7"]
