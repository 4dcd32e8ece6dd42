"""Who is a bot: user agents that declare themselves (METRICS 5). Labelled, never deleted."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pyarrow as pa

from jobs.steps.intervals import Bools

HUMAN, DECLARED_BOT = "human", "declared_bot"


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
