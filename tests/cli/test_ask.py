"""`hoverlake ask`: what it prints, draws and refuses."""

from __future__ import annotations

import pytest

from jobs.questions import QUESTIONS
from tests.cli.conftest import Command
from tests.desk.warehouse import desk_warehouse


@pytest.fixture
def desk(hoverlake: Command) -> str:
    return desk_warehouse(str(hoverlake.warehouse))


def test_without_a_question_all_are_listed(hoverlake: Command) -> None:
    said = hoverlake("ask")

    assert said.exit_code == 0
    assert [line.split()[0] for line in said.out.splitlines()] == [str(n) for n in range(1, len(QUESTIONS) + 1)]


def test_an_answer_comes_with_date_release_and_warnings(hoverlake: Command, desk: str) -> None:
    said = hoverlake("ask", "ads-viewable", "--warehouse", desk)

    lines = said.out.splitlines()
    assert lines[0] == "Which share of our ads was viewable?"
    assert lines[1].startswith("2026-11-20, release 3: On desktop 58.3 % of 180 measurable item views")
    assert lines[2] == "How not to misread it:"
    assert len(lines) > 5


def test_a_number_names_the_question_of_the_list(hoverlake: Command, desk: str) -> None:
    assert (
        hoverlake("ask", "2", "--warehouse", desk).out == hoverlake("ask", QUESTIONS[1].slug, "--warehouse", desk).out
    )


def test_its_query_can_be_asked_by_hand(hoverlake: Command, desk: str) -> None:
    query = hoverlake("ask", "engaged", "--sql", "--date", "2026-11-13").out

    answer = hoverlake("sql", query, "--format", "csv", "--warehouse", desk)

    assert "event_date = '2026-11-13'" in query
    assert answer.out.splitlines()[1].startswith("web,desktop,60,200,160,0.8,")


def test_the_answer_is_drawn(hoverlake: Command, desk: str) -> None:
    said = hoverlake("ask", "engaged", "-o", "engaged.svg", "--warehouse", desk)

    assert said.out == "engaged.svg: How engaged are visits? 2026-11-20, UTC, release 3.\n"


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("ask", "holds"), "there is no question holds. Did you mean held?"),
        (("ask", "held", "--date", "2026-11-19"), "shows nothing of 2026-11-19"),
        (("ask", "held", "--date", "yesterday"), "yesterday"),
        (("ask", "held", "-o", "held.pdf"), "must end in .png or .svg"),
        (("ask", "held", "-o", "nowhere/held.png"), "cannot be written"),
        (("ask", "held", "--release", "9"), "9"),
    ],
)
def test_what_cannot_be_answered_is_said_in_one_line(
    hoverlake: Command, desk: str, words: tuple[str, ...], problem: str
) -> None:
    said = hoverlake(*words, "--warehouse", desk)

    assert said.exit_code == 2
    assert problem in said.last
