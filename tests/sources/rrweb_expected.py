"""Where the time of the recorded session went, node by node, computed plainly from the events: no code of the jobs."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).parents[3] / "shared" / "data" / "rrweb-recording"

needs_rrweb = pytest.mark.skipif(not DATA.is_dir(), reason="real data ../shared/data/rrweb-recording is not here")

#: Of rrweb's own numbering.
INCREMENTAL, MOVE, INTERACTION, SCROLL = 3, 1, 2, 3


@dataclass
class TimeSpent:
    """Every ms of the page view, in exactly one of these: the sum of all is the visible time."""

    before_first_sample: int = 0
    #: Beyond the 5 s for which a still cursor rests.
    over_cap: int = 0
    #: Resting after a scroll: what lies under the cursor is unknown until the next sample.
    after_scroll: int = 0
    #: In hovers of less than 150 ms.
    in_short_hovers: int = 0
    #: In hovers, by node.
    on_node: Counter[str] = field(default_factory=Counter)

    def total(self) -> int:
        """All of it."""
        return (
            self.before_first_sample + self.over_cap + self.after_scroll + self.in_short_hovers + self.on_node.total()
        )


@cache
def events() -> list[dict[str, Any]]:
    """All events of the recording."""
    found: list[dict[str, Any]] = json.loads((DATA / "events.json").read_text(encoding="utf-8"))
    return found


def samples() -> list[tuple[int, float, float, int]]:
    """Instant since the first event, x, y, node id; by instant, as recorded where two are the same."""
    start = events()[0]["timestamp"]
    found = []
    for event in events():
        if event["type"] == INCREMENTAL and event["data"]["source"] == MOVE:
            for p in event["data"]["positions"]:
                found.append((event["timestamp"] + p["timeOffset"] - start, p["x"], p["y"], p["id"]))
        elif event["type"] == INCREMENTAL and event["data"]["source"] == INTERACTION and "x" in event["data"]:
            p = event["data"]
            found.append((event["timestamp"] - start, p["x"], p["y"], p["id"]))
    return sorted(found, key=lambda sample: sample[0])


def scrolls() -> list[int]:
    """Instants of all scrolls, of whatever element; the first snapshot tells where the document is: one too."""
    start = events()[0]["timestamp"]
    return [
        event["timestamp"] - start
        for event in events()
        if event["type"] == 2 or (event["type"] == INCREMENTAL and event["data"]["source"] == SCROLL)
    ]


def visible_ms() -> int:
    """From the first event to the last: the recorder writes no hidden tab, and no gap is over half an hour."""
    return int(events()[-1]["timestamp"] - events()[0]["timestamp"])


def time_spent() -> TimeSpent:
    """The page view's time, by METRICS section 2: rests of 5 s at most, cut at scrolls; hovers of 150 ms at least."""
    spent, path = TimeSpent(before_first_sample=samples()[0][0]), samples()
    run: list[int] = []
    for i, (start, _, _, node) in enumerate(path):
        following = path[i + 1][0] if i + 1 < len(path) else visible_ms()
        stop = min(following, start + 5000)
        known_until = min([stop, *(scroll for scroll in scrolls() if start < scroll < stop)])
        spent.over_cap += following - stop
        spent.after_scroll += stop - known_until
        run.append(known_until - start)
        # A hover ends with its node, or at a pause of over 5 s.
        if i + 1 == len(path) or path[i + 1][3] != node or following - start > 5000:
            if sum(run) >= 150:
                spent.on_node[f"node-{node}"] += sum(run)
            else:
                spent.in_short_hovers += sum(run)
            run = []
    return spent
