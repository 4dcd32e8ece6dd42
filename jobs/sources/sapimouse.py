"""sapimouse: cursor traces of people at a browser task (Antal, Fejer, Buza 2021), one page view per session file.

A folder per person (`user1/`) holds `session_1min.csv` and `session_3min.csv`: client timestamp in ms, button, state
(Move, Drag, Pressed, Released), x, y. How it becomes beacons:

- every row is a pointer sample; a Pressed row, of whatever button, is a click as well;
- t_ms counts from the session's smallest timestamp; rows are ordered by it, rows of one instant stay in file order,
  so a clock that steps back makes no negative time; identical rows are real and kept (METRICS section 1);
- the targets are a fixed tiling of the page: `tile-<column>-<row>`, 256 px wide and high, from the top left corner;
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

NAME = "sapimouse"
MEASURES = "Cursor traces with a millisecond clock: moves, drags, presses and releases; targets are tiles of 256 px."
CANNOT = "Viewport size, scrolling, page content, tab and window state, user agent, the time after the last movement."

COLUMNS = ("client timestamp", "button", "state", "x", "y")
TILE_PX = 256


class Sample(NamedTuple):
    """One row of a session file."""

    timestamp_ms: int
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
    return trace_files(path, "session_*.csv", NAME)


def tile(x_px: float, y_px: float) -> str:
    """The target under a position: `tile-<column>-<row>` of the fixed tiling of 256 px."""
    return f"tile-{int(x_px // TILE_PX)}-{int(y_px // TILE_PX)}"


def _sample(cells: tuple[str, ...]) -> Sample | str:
    """The sample of a row, or the rule that leaves the row out."""
    timestamp, button, state, x, y = cells
    if state not in STATES:
        return "unknown_state"
    try:
        return Sample(int(timestamp), button, state, finite(x), finite(y))
    except ValueError:
        return "not_a_number"


def _page_view(file: Path, samples: list[Sample], tally: Tally) -> PageView:
    tally.noted["identical_row"] += sum(before == after for before, after in pairwise(samples))
    tally.noted["backward_timestamp"] += sum(
        after.timestamp_ms < before.timestamp_ms for before, after in pairwise(samples)
    )
    ordered = sorted(samples, key=attrgetter("timestamp_ms"))
    first_ms = ordered[0].timestamp_ms
    person = file.resolve().parent.name
    return PageView(
        visitor=person,
        code=f"{person}:{file.stem}",
        streams={
            "pointer": _stream(ordered, first_ms),
            "clicks": _stream([sample for sample in ordered if sample.state == "Pressed"], first_ms),
        },
        observed_until_ms=ordered[-1].timestamp_ms - first_ms,
        page={"surface": "task", "layout_id": NAME},
        device={"type": "desktop", "pointer": "mouse", "platform": "web"},
    )


def _stream(samples: list[Sample], first_ms: int) -> Stream:
    return {
        "t_ms": [sample.timestamp_ms - first_ms for sample in samples],
        "x_px": [sample.x_px for sample in samples],
        "y_px": [sample.y_px for sample in samples],
        "target": [tile(sample.x_px, sample.y_px) for sample in samples],
    }
