"""dice-feed: how long each story of a social feed was in view (Roggenkamp et al., DICE), one page view per participant.

A study's folder holds `raw_viewport.csv`, one row per participant with JSON inside, and `stories.csv`, which says
what is sponsored. The tracker takes a story as in view while at least `dwell_threshold` percent (50 in both studies)
of it is, and writes {doc_id, duration} when that ends. How it becomes beacons:

- each dwell is an item half in view for its duration, rounded to whole ms, then out of view;
- no start is recorded, only the order: dwells are laid end to end. Stories that were on the screen together come one
  after the other, so the page view is longer than the visit was;
- two dwells of one story that would touch are set 1 ms apart: the tracker wrote two because it left the view between;
- a first dwell of 0 s becomes 1 ms, so that the story is an impression at its place in the order of seeing; a later
  dwell of the story gives that 1 ms back, if it is longer. Any other dwell of 0 s stays in the stream as no time;
- stories with a dwell are in item_meta with their rank in the feed, and with their height if it was ever rendered.
  A story that was displayed below what anyone scrolled to has no record at all: never seen is not 0 ms.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jobs.errors import InputUnreadable, UsageError
from jobs.sources.page_view import PageView, Stream, Tally
from jobs.sources.reading import csv_rows

NAME = "dice-feed"
MEASURES = "Time in view of each story of a feed, the order of seeing, rank and height of stories, device type."
CANNOT = (
    "When a story was in view and what was beside it (dwells are laid end to end, so page times are too long); "
    "any share but half (fully_visible_ms is always 0); stories that were displayed and never seen; "
    "cursor, clicks, scrolling; tab and window state; viewport size."
)

#: Share of a story while the tracker had it in view: its threshold, of which is known only that it was reached.
IN_VIEW_SHARE = 0.5
#: Length of a story's first dwell that the source recorded as 0 s: seen, and apart from never seen.
SHORTEST_DWELL_MS = 1
#: A longer dwell is a broken clock.
LONGEST_DWELL_S = 24 * 3600

RAW_FILE = "raw_viewport.csv"
STORIES_FILE = "stories.csv"
PARTICIPANT = "participant.code"
CONDITION, SEQUENCE, VIEWPORT, HEIGHTS, TOUCH, DEVICE = (
    f"DICE.1.player.{name}"
    for name in (
        "feed_condition",
        "sequence",
        "viewport_data",
        "rowheight_data",
        "touch_capability",
        "device_type",
    )
)
COLUMNS = (PARTICIPANT, CONDITION, SEQUENCE, VIEWPORT, HEIGHTS, TOUCH, DEVICE)
DEVICE_TYPES = {"Desktop": "desktop", "Mobile": "phone", "Tablet": "tablet"}


def page_views(path: Path, tally: Tally) -> Iterator[PageView]:
    """One page view per participant with viewport data, in every study at or right below `path`."""
    for study in study_folders(path):
        item_types = _item_types(study / STORIES_FILE)
        participants: set[str] = set()
        for line, cells in csv_rows(study / RAW_FILE, COLUMNS):
            where = f"{study / RAW_FILE} line {line}"
            row = dict(zip(COLUMNS, _whole(cells, where), strict=True))
            if rule := _why_not(row, participants):
                tally.dropped[rule] += 1
                continue
            participants.add(row[PARTICIPANT])
            yield _page_view(study.resolve().name, row, item_types, tally, where)


def study_folders(path: Path) -> list[Path]:
    """The folder itself if it is a study, else the studies right below it; UsageError if there is none."""
    folders = [path] if (path / RAW_FILE).is_file() else sorted(f.parent for f in path.glob(f"*/{RAW_FILE}"))
    if not folders:
        raise UsageError(
            f"no dice-feed study in {path}: expected {RAW_FILE} there or one folder below. "
            "Give a study's folder or the folder with the studies."
        )
    return folders


def _why_not(row: dict[str, str], participants: set[str]) -> str | None:
    """The rule that leaves a participant's row out, if one does; an empty list of dwells is data."""
    if not row[PARTICIPANT]:
        return "participant_without_code"
    if row[PARTICIPANT] in participants:
        return "repeated_participant"
    if not row[VIEWPORT].strip():
        return "participant_without_viewport_data"
    return None


def _item_types(stories: Path) -> dict[str, str]:
    """`ad` or `story` by story; empty if the study has no file of stories."""
    if not stories.exists():
        return {}
    rows = (_whole(cells, f"{stories} line {line}") for line, cells in csv_rows(stories, ("doc_id", "sponsored")))
    return {story: "ad" if sponsored == "1" else "story" for story, sponsored in rows}


def _whole(cells: tuple[str, ...] | None, where: str) -> tuple[str, ...]:
    if cells is None:
        raise InputUnreadable(f"{where}: not as many cells as columns. Mend the line, or leave it out.")
    return cells


def _page_view(study: str, row: dict[str, str], item_types: dict[str, str], tally: Tally, where: str) -> PageView:
    displayed = _displayed(row[SEQUENCE], where)
    dwells = list(_dwells(row[VIEWPORT], set(displayed), tally, where))
    items, length_ms = _items(_with_first_sight(dwells))
    return PageView(
        visitor=row[PARTICIPANT],
        code=f"{study}:{row[PARTICIPANT]}",
        streams={"items": items},
        observed_until_ms=length_ms,
        page={"surface": "feed", "layout_id": study},
        device=_device(row),
        item_meta=_item_meta(displayed, {story for story, _ in dwells}, _heights(row[HEIGHTS], where), item_types),
        experiments={"feed_condition": row[CONDITION]} if row[CONDITION] else {},
    )


def _displayed(sequence: str, where: str) -> list[str]:
    """Stories in the order in which the feed showed them."""
    displayed = [story.strip() for story in sequence.split(",") if story.strip()]
    if len(set(displayed)) < len(displayed):
        raise InputUnreadable(f"{where}: {SEQUENCE} names a story twice. Mend the line, or leave it out.")
    return displayed


def _dwells(text: str, displayed: set[str], tally: Tally, where: str) -> Iterator[tuple[str, int]]:
    """Story and whole ms of each dwell, in the order of the source, which is the order of leaving the view."""
    for record in _json_records(text, VIEWPORT, where):
        tally.records_read += 1
        story, seconds = record.get("doc_id"), record.get("duration")
        if story is None:
            tally.dropped["dwell_without_story"] += 1
        elif isinstance(seconds, bool) or not isinstance(seconds, int | float) or not math.isfinite(seconds):
            tally.dropped["duration_not_a_number"] += 1
        elif seconds < 0:
            tally.dropped["negative_duration"] += 1
        elif seconds > LONGEST_DWELL_S:
            tally.dropped["duration_over_a_day"] += 1
        else:
            tally.noted["zero_length_dwell"] += seconds == 0
            tally.noted["dwell_on_story_not_displayed"] += str(story) not in displayed
            yield str(story), round(seconds * 1000)


def _with_first_sight(dwells: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """The dwells, each story's first at least SHORTEST_DWELL_MS long; its total grows only if no later one is longer."""
    mended: list[tuple[str, int]] = []
    borrowed_ms: dict[str, int] = {}
    for story, length_ms in dwells:
        if story not in borrowed_ms:
            borrowed_ms[story] = max(0, SHORTEST_DWELL_MS - length_ms)
            length_ms += borrowed_ms[story]
        elif length_ms > borrowed_ms[story]:
            length_ms -= borrowed_ms[story]
            borrowed_ms[story] = 0
        mended.append((story, length_ms))
    return mended


def _items(dwells: list[tuple[str, int]]) -> tuple[Stream, int]:
    """The step function of shares, dwells end to end, and its length in ms."""
    stream: dict[str, list[Any]] = {"t_ms": [], "item_id": [], "visible_share": []}
    left_at: dict[str, int] = {}
    now_ms = 0
    for story, length_ms in dwells:
        # Out of view and in again at one instant would be one spell: of equal t the last record holds.
        now_ms += left_at.get(story) == now_ms
        stream["t_ms"] += [now_ms, now_ms + length_ms]
        stream["item_id"] += [story, story]
        stream["visible_share"] += [IN_VIEW_SHARE, 0.0]
        now_ms = left_at[story] = now_ms + length_ms
    return stream, now_ms


def _heights(text: str, where: str) -> dict[str, float]:
    """Height in px of each story that was ever rendered; the row without a story is the page's own foot."""
    heights: dict[str, float] = {}
    for record in _json_records(text or "[]", HEIGHTS, where):
        story, height = record.get("doc_id"), record.get("height")
        if story is not None and isinstance(height, int | float) and math.isfinite(height) and height > 0:
            heights[str(story)] = height
    return heights


def _json_records(text: str, column: str, where: str) -> list[dict[str, Any]]:
    try:
        records = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputUnreadable(f"{where}: {column} is no JSON: {error}. Mend the line, or leave it out.") from error
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise InputUnreadable(f"{where}: {column} is no list of records. Mend the line, or leave it out.")
    return records


def _item_meta(
    displayed: list[str], seen: set[str], heights: dict[str, float], item_types: dict[str, str]
) -> list[dict[str, Any]]:
    """What the stories seen are, with their rank from 1 among all displayed; the source names no creative: no ad_id."""
    meta: list[dict[str, Any]] = []
    for feed_rank, story in enumerate(displayed, start=1):
        entry: dict[str, Any] = {"item_id": story, "item_type": item_types.get(story), "feed_rank": feed_rank}
        entry["height_px"] = heights.get(story)
        if story in seen:
            meta.append({name: value for name, value in entry.items() if value is not None})
    return meta


def _device(row: dict[str, str]) -> dict[str, str]:
    """Phones and tablets are touched, a desktop without touch has a mouse; one with both may use either: unknown."""
    device = {"platform": "web"}
    if (device_type := DEVICE_TYPES.get(row[DEVICE])) is None:
        return device
    device["type"] = device_type
    if device_type != "desktop":
        device["pointer"] = "touch"
    elif row[TOUCH] == "0":
        device["pointer"] = "mouse"
    return device
