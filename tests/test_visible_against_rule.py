"""The query of `hoverlake visible` against a plain reading of its rule, on random page views."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path
from typing import Any

from jobs.sql import connect
from tests.test_visible import ANN, BOB, MINUTE, PAGE_VIEWS, answer_of, ms, publish, view


def plain_answer(views: list[dict[str, Any]], key: str, at: dt.datetime) -> tuple[str, int]:
    """METRICS 4 read word by word: the answer, and how many page views of the feed it rests on."""
    mine = [v for v in views if v["visitor_key"] == key and v.get("surface", "feed") == "feed"]
    answers = []
    for one in mine:
        if any(spell["started_at"] <= at < spell["ended_at"] for spell in one["visibility"]):
            answers.append("yes")
        elif one["started_at"] <= at < one["started_at"] + ms(one["absolute_ms"]):
            answers.append("no" if one["is_state_measured"] else "not measured")
    for answer in ("yes", "no"):
        if answer in answers:
            return answer, len(answers)
    return "not measured", len(answers)


def random_view(dice: random.Random, number: int) -> dict[str, Any]:
    """Up to 3 intervals on a coarse grid, so that page views meet each other and midnight at their edges."""
    start = dt.datetime(2026, 11, 20, 23, 50, tzinfo=dt.UTC) + ms(dice.randrange(20) * MINUTE)
    absolute = dice.randrange(12)
    edges = sorted(dice.sample(range(absolute + 1), 2 * dice.randint(0, min(3, (absolute + 1) // 2))))
    spells = [(a * MINUTE, b * MINUTE, "hidden") for a, b in zip(edges[::2], edges[1::2], strict=True)]
    return view(
        start,
        absolute * MINUTE,
        *dice.sample(spells, len(spells)),  # a list has no order that is promised
        key=dice.choice((ANN, BOB)),
        page_view_id=f"pv-{number}",
        surface=dice.choice(("feed", "feed", "profile")),
        is_state_measured=dice.random() < 0.7,
    )


def test_the_query_answers_as_the_rule_does(tmp_path: Path) -> None:
    dice = random.Random(7)
    views = [random_view(dice, number) for number in range(24)]
    warehouse = publish(tmp_path, *views)
    edges = {one["started_at"] + ms(m * MINUTE) for one in views for m in range(12)}
    asked = dice.sample([(key, edge + ms(by)) for key in (ANN, BOB) for edge in edges for by in (-1, 0)], 40)

    with connect(warehouse, [PAGE_VIEWS]) as connection:
        found = [answer_of(connection, warehouse, *one) for one in asked]

    answers = [plain_answer(views, *one) for one in asked]
    assert found == answers
    assert {answer for answer, _ in answers} == {"yes", "no", "not measured"}
    assert max(count for _, count in answers) > 2
