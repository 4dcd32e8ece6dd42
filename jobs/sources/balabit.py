"""balabit: cursor traces of people at a remote desktop (Fulop et al. 2016), one page view per session file.

A folder per person (`user12/`) holds `session_<number>`: seconds by the clock of the network monitor that recorded the
session, seconds by the clock of the remote desktop's client, button, state, x, y. Both clocks begin at 0 with the
first row. How it becomes beacons:

- the client is the device, the monitor is the collector: t_ms is the client's clock in whole ms from the session's
  first row, and a beacon is received when the monitor's clock recorded its last row. So clock repair (METRICS
  section 1) has two real clocks to work on, with network delays of up to 2 s between them;
- rows are ordered by the client's clock, rows of one instant stay in file order; identical rows are real and kept;
- every row but `Scroll` is a pointer sample; a Pressed row, of whatever button, is a click as well;
- a position of 65535 is what the protocol writes for "unknown": the row stays, as 65535, so that it ends the rest
  before it and is counted in `unknown_position_count`; it is no sample (METRICS section 1);
- a `Scroll` row is a turn of the wheel, always at (0, 0), without an offset: it says neither where nor how far and is
  left out;
- a session ends with its last row: how long the person stayed after it is not recorded.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from jobs.sources.page_view import PageView, Stream, Tally
from jobs.sources.traces import STATES, finite, trace_files, traces

NAME = "balabit"
MEASURES = "Cursor traces on two clocks, the client's and the network monitor's: moves, drags, presses and releases."
CANNOT = (
    "What is under the cursor (no targets); how far the wheel scrolled; screen size, content, window state; "
    "the wall clock of either machine; the time after the last movement."
)

COLUMNS = ("record timestamp", "client timestamp", "button", "state", "x", "y")
#: States of the wheel, whose rows have no position.
WHEEL_STATES = frozenset({"Up", "Down"})
#: What the remote desktop protocol writes for a coordinate that it does not know.
UNKNOWN_PX = 65535


class Sample(NamedTuple):
    """One row of a session file, both clocks in whole ms."""

    recorded_ms: int
    client_ms: int
    button: str
    state: str
    x_px: float
    y_px: float


def page_views(path: Path, tally: Tally) -> Iterator[PageView]:
    """One page view per session file below `path`: the data set's folder, or one person's."""
    for file, samples in traces(session_files(path), COLUMNS, _sample, tally):
        yield _page_view(file, samples, tally)


def session_files(path: Path) -> list[Path]:
    """The session files of one person's folder, or of all below the data set's; UsageError if there is none."""
    return trace_files(path, "session_*", NAME)


def _sample(cells: tuple[str, ...]) -> Sample | str:
    """The sample of a row, or the rule that leaves the row out."""
    recorded, client, button, state, x, y = cells
    if button == "Scroll" and state in WHEEL_STATES:
        return "wheel_without_position"
    if state not in STATES:
        return "unknown_state"
    try:
        return Sample(_milliseconds(recorded), _milliseconds(client), button, state, finite(x), finite(y))
    except ValueError:
        return "not_a_number"


def _milliseconds(seconds: str) -> int:
    return round(finite(seconds) * 1000)


def _page_view(file: Path, samples: list[Sample], tally: Tally) -> PageView:
    tally.noted["identical_row"] += sum(before == after for before, after in pairwise(samples))
    tally.noted["backward_timestamp"] += sum(after.client_ms < before.client_ms for before, after in pairwise(samples))
    tally.noted["unknown_position"] += sum(UNKNOWN_PX in (sample.x_px, sample.y_px) for sample in samples)
    ordered = sorted(samples, key=attrgetter("client_ms"))
    first = ordered[0]
    person = file.resolve().parent.name
    return PageView(
        visitor=person,
        code=f"{person}:{file.name}",
        streams={
            "pointer": _stream(ordered, first),
            "clicks": _stream([sample for sample in ordered if sample.state == "Pressed"], first),
        },
        observed_until_ms=ordered[-1].client_ms - first.client_ms,
        page={"surface": "remote desktop", "layout_id": NAME},
        device={"type": "desktop", "pointer": "mouse"},
        received_ms=_received_ms(ordered, first),
    )


def _received_ms(ordered: list[Sample], first: Sample) -> dict[int, int]:
    """Monitor's clock by client's clock, both from the first row; of several rows of an instant the last recorded."""
    received_ms: dict[int, int] = {}
    for sample in ordered:
        t_ms = sample.client_ms - first.client_ms
        received_ms[t_ms] = max(sample.recorded_ms - first.recorded_ms, received_ms.get(t_ms, 0))
    return received_ms


def _stream(samples: list[Sample], first: Sample) -> Stream:
    return {
        "t_ms": [sample.client_ms - first.client_ms for sample in samples],
        "x_px": [sample.x_px for sample in samples],
        "y_px": [sample.y_px for sample in samples],
    }
