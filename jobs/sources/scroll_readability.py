"""scroll-readability: people reading a text in a scrolling box (Gooding et al., CoNLL 2021), four page views a person.

`scroll_readability.csv` has one row per person: an elementary and an advanced text, each first read, then kept at hand
while questions are answered. Of each of these four the row lists the instants of scroll events in ms, the offset at
each, and the paragraphs then in view with the percentage of the paragraph that is ("0_100,1_47"). How it becomes
beacons:

- an event's offset and percentages hold until the next event, the last ones until the end of the view; before the
  first event, some ms after the start, nothing is known. A paragraph that an event no longer lists is out of view;
- a paragraph is an item named `<text>:<paragraph>`, so that the readers of one text add up; its rank is its place;
- the declared duration is how long the text was watched. The file has one reading time for both texts of a person, and
  it may end before the last event: then the view ends with that event;
- pauses are reading: gaps of over 30 s are kept and counted. What exceeds 30 min METRICS section 1 takes out;
- a negative offset, as overscrolling makes it, is kept as it is;
- the visibility of answer spans inside paragraphs is not read.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from itertools import pairwise
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

from jobs.errors import InputUnreadable, UsageError
from jobs.sources.page_view import PageView, Stream, Tally
from jobs.sources.reading import csv_rows

NAME = "scroll-readability"
MEASURES = "Scroll offsets, and the share of each paragraph in view, at every scroll event of people reading a text."
CANNOT = (
    "How long one of the two texts was read (the file has one reading time for both, so the time after the last event "
    "can be too long); the share of the viewport that a paragraph fills; device, viewport and document size; "
    "cursor, clicks; tab and window state."
)

FILE = "scroll_readability.csv"
PERSON = "participant_row"
LEVELS = ("elementary", "advanced")
PHASES = ("reading", "question")
#: Of one text and phase: declared duration, and three lists of one length.
CELLS = ("time_ms", "event_ms", "scroll_event", "paragraph_visibility")
COLUMNS = (
    PERSON,
    *(f"{level}_{name}" for level in LEVELS for name in ("text", "read_value")),
    *(f"{level}_{phase}_{cell}" for level in LEVELS for phase in PHASES for cell in CELLS),
)
#: A longer pause between two events is counted; it stays reading time.
LONG_PAUSE_MS = 30_000


class Event(NamedTuple):
    """One scroll event: offset, and the share of each paragraph in view from this instant on."""

    t_ms: int
    y_px: float
    shares: dict[str, float]


def page_views(path: Path, tally: Tally) -> Iterator[PageView]:
    """The texts read and at hand of every person in the file at `path`: four page views each."""
    file = path / FILE
    if not file.is_file():
        raise UsageError(f"no scroll-readability log in {path}: expected {FILE}. Give the folder that holds it.")
    people: set[str] = set()
    for line, cells in csv_rows(file, COLUMNS):
        where = f"{file} line {line}"
        if cells is None:
            raise InputUnreadable(f"{where}: not as many cells as columns. Mend the line, or leave it out.")
        row = dict(zip(COLUMNS, cells, strict=True))
        if row[PERSON] in people:
            tally.dropped["repeated_participant"] += 1
            continue
        people.add(row[PERSON])
        for level in LEVELS:
            tally.noted["text_marked_not_read"] += row[f"{level}_read_value"] == "not_read"
            for phase in PHASES:
                yield from _page_view(row, level, phase, tally, where)


def _page_view(row: dict[str, str], level: str, phase: str, tally: Tally, where: str) -> Iterator[PageView]:
    """The page view of one text and phase; none, counted, without any event that can be used."""
    declared, *lists = (row[f"{level}_{phase}_{cell}"] for cell in CELLS)
    events = sorted(_events(lists, tally, f"{where}, {level} {phase}"), key=attrgetter("t_ms"))
    if not events:
        tally.dropped["session_without_events"] += 1
        return
    text = row[f"{level}_text"].removesuffix(".txt")
    last_ms = events[-1].t_ms
    declared_ms = _declared_ms(declared, where)
    tally.noted["end_before_last_event"] += declared_ms < last_ms
    tally.noted["pause_over_30_s"] += sum(b.t_ms - a.t_ms > LONG_PAUSE_MS for a, b in pairwise(events))
    tally.noted["negative_scroll"] += sum(event.y_px < 0 for event in events)
    yield PageView(
        visitor=row[PERSON],
        code=f"{row[PERSON]}:{level}:{phase}",
        streams={"scroll": _scroll(events), "items": _items(events, text)},
        observed_until_ms=max(declared_ms, last_ms),
        page={"surface": phase, "layout_id": text},
        device={"platform": "web"},
        item_meta=_item_meta(events, text),
    )


def _declared_ms(text: str, where: str) -> int:
    if not text.isdecimal():
        raise InputUnreadable(f"{where}: {text!r} is no duration in ms. Mend the line, or leave it out.")
    return int(text)


def _events(lists: list[str], tally: Tally, where: str) -> Iterator[Event]:
    """The events of three lists of one length, in the order of the file; those that are no event are left out."""
    instants, offsets, visible = (_texts(cell, where) for cell in lists)
    if not len(instants) == len(offsets) == len(visible):
        raise InputUnreadable(f"{where}: lists of {len(instants)}, {len(offsets)} and {len(visible)} entries. Mend it.")
    before_ms = 0
    for entry in zip(instants, offsets, visible, strict=True):
        tally.records_read += 1
        event = _event(*entry)
        if event is None:
            tally.dropped["event_not_understood"] += 1
            continue
        tally.noted["backward_timestamp"] += event.t_ms < before_ms
        before_ms = event.t_ms
        yield event


def _texts(cell: str, where: str) -> list[str]:
    """A list as Python prints it, of texts without quotation marks inside: ['15', '5408']."""
    try:
        texts = json.loads(cell.replace("'", '"'))
    except (ValueError, RecursionError) as error:
        raise InputUnreadable(f"{where}: {cell[:40]!r} is no list: {error}. Mend the line, or leave it out.") from error
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise InputUnreadable(f"{where}: {cell[:40]!r} is no list of texts. Mend the line, or leave it out.")
    return texts


def _event(instant: str, offset: str, visible: str) -> Event | None:
    try:
        shares = dict(_share(entry) for entry in visible.split(",") if entry)
        t_ms, y_px = int(instant), float(offset)
    except ValueError:
        return None
    return Event(t_ms, y_px, shares) if t_ms >= 0 and math.isfinite(y_px) else None


def _share(entry: str) -> tuple[str, float]:
    """Paragraph and its share in view: `3_69` is 0.69 of the fourth."""
    paragraph, percent = entry.split("_")
    if not paragraph.isdecimal() or not percent.isdecimal() or int(percent) > 100:
        raise ValueError(f"{entry} is no paragraph and percentage")
    return str(int(paragraph)), int(percent) / 100


def _scroll(events: list[Event]) -> Stream:
    return {"t_ms": [event.t_ms for event in events], "y_px": [event.y_px for event in events]}


def _items(events: list[Event], text: str) -> Stream:
    """The step function of shares: a record wherever a paragraph's share changes, 0 where it is listed no more."""
    stream: dict[str, list[Any]] = {"t_ms": [], "item_id": [], "visible_share": []}
    before: dict[str, float] = {}
    for event in events:
        for paragraph in sorted(before.keys() | event.shares.keys(), key=int):
            share = event.shares.get(paragraph, 0.0)
            if share != before.get(paragraph):
                stream["t_ms"].append(event.t_ms)
                stream["item_id"].append(_item_id(text, paragraph))
                stream["visible_share"].append(share)
        before = event.shares
    return stream


def _item_meta(events: list[Event], text: str) -> list[dict[str, Any]]:
    paragraphs = sorted({paragraph for event in events for paragraph in event.shares}, key=int)
    return [
        {"item_id": _item_id(text, paragraph), "item_type": "story", "feed_rank": int(paragraph) + 1}
        for paragraph in paragraphs
    ]


def _item_id(text: str, paragraph: str) -> str:
    return f"{text}:{paragraph}"
