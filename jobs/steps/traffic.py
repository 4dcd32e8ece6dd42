"""Who is a bot: user agents that declare themselves, cursors that give themselves away (METRICS 5).

Labelled, never deleted: marts count humans.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa

from jobs.steps.intervals import Bools
from jobs.steps.nested import lists
from warehouse_schema.shared import TRAFFIC_REASONS

HUMAN, DECLARED_BOT, SUSPECTED_BOT = "human", "declared_bot", "suspected_bot"
USER_AGENT = "user_agent"


@lru_cache(maxsize=100_000)
def is_declared_bot(user_agent: str) -> bool:
    """Whether the maintained list of crawlers knows this user agent."""
    from crawleruseragents import is_crawler

    return bool(is_crawler(user_agent))


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
