"""Declared bots against labelled user agents: how many are found, which people's browsers are taken for one.

Measured on 623 bots and 555 browsers labelled by a project that shares no list with ours:

- 373 of 623 bots are found (60 %), 170 of the 171 that call themselves bot, crawler or spider. Most others are feed
  readers, health checks and HTTP libraries, which run no tracker: they never send a beacon.
- 6 of 555 browsers are labelled (1.1 %), every one by a pattern of MISTAKEN, and no browser by any other pattern.
- Of the 2,116 examples of the list itself all are found, but for those of patterns that are left out.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from crawleruseragents import CRAWLER_USER_AGENTS_DATA

from jobs.steps import traffic
from jobs.steps.traffic import PATTERNS_OF_PEOPLE, declared_bots, is_declared_bot

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "bot-user-agents"
shared_data = pytest.mark.skipif(not DATA.is_dir(), reason="shared data bot-user-agents is absent")

SAYS_SO = re.compile(r"bot\b|crawl|spider", re.I)

#: Patterns of the list that match browsers labelled human, and what these are. The list calls all of them crawlers.
MISTAKEN = {
    r"Miniature\.io\/": "QtWebEngine, an embedded browser; the name is of a screenshot service",
    "YLT Chrome": "a browser, or a speed test that passes for one",
    "TSM-turingos": "a browser with a mark of its device",
    "GTmetrix": "a browser, or a speed test that passes for one",
    "Amzn-User": "a fetcher on behalf of a person",
    "Slurp": "a bot, labelled human because it is rare",
}


def labelled(name: str) -> list[str]:
    """Distinct user agents of one labelled file: a list below each heading, YAML without any other form."""
    found: dict[str, None] = {}
    for line in (DATA / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("  - "):
            text = line.removeprefix("  - ")
            found[json.loads(text) if text.startswith('"') else text.strip()] = None
    return list(found)


@cache
def compiled() -> list[re.Pattern[str]]:
    return [re.compile(entry["pattern"]) for entry in CRAWLER_USER_AGENTS_DATA]


def patterns_of(user_agent: str) -> set[str]:
    """Patterns of the list that know this user agent."""
    return {pattern.pattern for pattern in compiled() if pattern.search(user_agent)}


def test_every_pattern_that_is_left_out_is_on_the_list() -> None:
    assert set(PATTERNS_OF_PEOPLE) - {pattern.pattern for pattern in compiled()} == set()


@shared_data
def test_recall_of_labelled_bots_does_not_fall() -> None:
    bots = labelled("isbot-crawlers.yml")
    that_say_so = [agent for agent in bots if SAYS_SO.search(agent)]

    assert (len(bots), len(that_say_so)) == (623, 171)
    assert sum(map(is_declared_bot, bots)) >= 373
    assert sum(map(is_declared_bot, that_say_so)) >= 170


@shared_data
def test_every_example_of_the_list_is_found() -> None:
    entries = json.loads((DATA / "crawler-user-agents.json").read_text(encoding="utf-8"))
    agents = {agent for entry in entries if entry["pattern"] not in PATTERNS_OF_PEOPLE for agent in entry["instances"]}

    assert len(agents) > 2000
    assert [agent for agent in agents if not is_declared_bot(agent)] == []


@shared_data
def test_patterns_that_are_left_out_know_people_and_no_labelled_bot() -> None:
    browsers, bots = labelled("isbot-browsers.yml"), labelled("isbot-crawlers.yml")

    left_out = re.compile("|".join(PATTERNS_OF_PEOPLE))
    people = [agent for agent in browsers if left_out.search(agent)]
    of_nothing_else = [
        agent for agent in bots if left_out.search(agent) and patterns_of(agent) <= set(PATTERNS_OF_PEOPLE)
    ]

    assert len(people) == 10
    assert not any(map(is_declared_bot, people))
    assert of_nothing_else == []


@shared_data
def test_browsers_are_labelled_by_known_mistakes_of_the_list_only() -> None:
    browsers = labelled("isbot-browsers.yml")

    taken = {agent: patterns_of(agent) for agent in browsers if is_declared_bot(agent)}

    assert len(browsers) == 555
    assert {agent: found for agent, found in taken.items() if not found or not found <= set(MISTAKEN)} == {}
    assert len(taken) <= 6


@shared_data
def test_a_maker_whose_name_ends_in_bot_makes_phones_for_people() -> None:
    phones = [agent for agent in labelled("isbot-browsers.yml") if "CUBOT" in agent]

    assert len(phones) == 5
    assert not any(map(is_declared_bot, phones))


def test_each_distinct_user_agent_of_a_batch_is_judged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    judged: Counter[str] = Counter()

    def judge(user_agent: str) -> bool:
        judged[user_agent] += 1
        return user_agent.startswith("bot")

    monkeypatch.setattr(traffic, "is_declared_bot", judge)
    agents: list[Any] = [f"{kind} {number}" for number in range(5) for kind in ("bot", "browser")]

    flags = declared_bots(pa.array([*agents, None] * 1000, pa.string()))

    assert flags.tolist() == [True, False, True, False, True, False, True, False, True, False, False] * 1000
    assert judged == dict.fromkeys(agents, 1)
