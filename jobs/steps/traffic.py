"""Who is a bot: user agents that declare themselves, cursors that give themselves away (METRICS 5).

Labelled, never deleted: marts count humans.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
import pyarrow as pa

from jobs.steps.intervals import Bools
from jobs.steps.nested import lists
from warehouse_schema.shared import TRAFFIC_REASONS

HUMAN, DECLARED_BOT, SUSPECTED_BOT = "human", "declared_bot", "suspected_bot"
USER_AGENT = "user_agent"

#: Patterns of the list that are left out: each knows browsers of people. Of 555 labelled browsers they take 10, and
#: none of 623 labelled bots is known by them alone.
PATTERNS_OF_PEOPLE = {
    r"AP3A\.240617\.008": "a build of Android 15",
    "MetaIAB Facebook": "the browser inside an app",
    "Viber": "the browser inside an app",
    r"Code\/1\.": "an editor on the desktop",
    r"Trae\/": "an editor on the desktop",
    "Sonic": "a chat program on the desktop",
    "Fluid": "a browser for one site",
    r"Fetch\/": "a part of Firefox for Android",
}

#: What calls itself a bot is one, also where no list knows it (35 of the 623 labelled bots, none of the browsers).
#: CUBOT makes phones.
SAYS_IT_IS_A_BOT = re.compile(r"(?<!cu)bot\b|crawler|spider", re.IGNORECASE)


@cache
def _crawlers() -> tuple[re.Pattern[str], ...]:
    """The list, one expression each: searched in half the time that alternatives in one expression take."""
    from crawleruseragents import CRAWLER_USER_AGENTS_DATA

    listed = [entry["pattern"] for entry in CRAWLER_USER_AGENTS_DATA]
    return tuple(re.compile(pattern) for pattern in listed if pattern not in PATTERNS_OF_PEOPLE)


@lru_cache(maxsize=100_000)
def is_declared_bot(user_agent: str) -> bool:
    """Whether this user agent calls itself a bot, or the maintained list of crawlers knows it."""
    return any(pattern.search(user_agent) for pattern in (SAYS_IT_IS_A_BOT, *_crawlers()))


def declared_bots(user_agents: pa.Array) -> Bools:
    """One flag per row, evaluated once per distinct user agent; unknown agents are no bots."""
    encoded = user_agents.dictionary_encode()
    flags = [is_declared_bot(agent) for agent in encoded.dictionary.to_pylist()]
    table = np.array([*flags, False], bool)
    return table[np.asarray(encoded.indices.fill_null(len(flags)), np.int64)]


@dataclass(frozen=True)
class Traffic:
    """The class of every page view, and the reasons for it as a sorted list."""

    is_human: Bools
    traffic_class: pa.Array
    reasons: pa.ListArray


def classify(is_declared: Bools, suspicions: Mapping[str, Bools], least_reasons: int) -> Traffic:
    """Classes from the user agent and from `suspicions` by name; fewer than `least_reasons` of these are stored only."""
    suspicion_count = np.sum([*suspicions.values()], axis=0)
    is_suspected = suspicion_count >= least_reasons
    flags = {**suspicions, USER_AGENT: is_declared}
    view, reason = np.nonzero(np.stack([flags[name] for name in TRAFFIC_REASONS], axis=1))
    names = pa.array(np.array(TRAFFIC_REASONS)[reason], pa.string())
    return Traffic(
        ~(is_declared | is_suspected),
        pa.array(np.where(is_declared, DECLARED_BOT, np.where(is_suspected, SUSPECTED_BOT, HUMAN))),
        lists(names, view, np.ones(len(is_declared), bool)),
    )
