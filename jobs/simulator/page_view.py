"""One page view as its tracker records it: streams of records in the order in which they were written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from jobs.simulator.behaviour import Timeline, draw_timeline, draw_visit_ms, hold_in_document, scroll_bursts
from jobs.simulator.feed import LOAD_AHEAD_PX, PAGE_OF_ITEMS, Catalogue, Feed, lay_out_feed, shares_in_view, targets_at
from jobs.simulator.people import Visitor
from jobs.simulator.pointer import Trace, cursor_trace, touch_trace
from jobs.simulator.programs import MOVES_FOR_MS, program_trace

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

PROFILE_SHARE = 0.15
UNKNOWN_PX = 65535
#: Browsers tell when a share crosses a quarter, not at every pixel.
SHARE_STEPS = 4
OVERSCROLL_PX = -24
#: Trackers of some pages leave out a stream altogether; so often each.
ABSENT_SHARES = {"pointer": 0.02, "clicks": 0.04, "scroll": 0.03, "items": 0.03, "state": 0.05, "item_meta": 0.02}


@dataclass(frozen=True)
class Stream:
    """Records of one kind: `t_ms` as the tracker wrote them, and the other arrays, all of one length."""

    t_ms: Ints
    columns: dict[str, list[Any]]


@dataclass(frozen=True)
class PageView:
    """What one page view leaves behind before it is cut into beacons.

    `streams` holds only what is measured. `meta_t_ms` and `meta` say when each item was described, `document_h_px`
    how high the document was at each of `document_t_ms`. `started_ms` is true time, not the device's.
    """

    page_view_id: str
    session_id: str
    started_ms: int
    end_ms: int
    surface: str
    feed: Feed
    streams: dict[str, Stream]
    meta_t_ms: list[int]
    meta: list[dict[str, Any]]
    document_t_ms: list[int]
    document_h_px: list[int]


def draw_page_view(
    rng: np.random.Generator,
    catalogue: Catalogue,
    visitor: Visitor,
    page_view_id: str,
    session_id: str,
    started_ms: int,
) -> PageView:
    """Somebody opens a page, reads, moves about, and leaves."""
    visit_ms = draw_visit_ms(rng)
    surface = "profile" if rng.random() < PROFILE_SHARE else "feed"
    scroll_t, offsets = scroll_bursts(rng, visit_ms, not visitor.has_cursor)
    if visitor.habits:
        visit_ms, scroll_t = visit_ms + MOVES_FOR_MS, scroll_t + MOVES_FOR_MS
    reach = float(offsets.max(initial=0.0))
    feed = lay_out_feed(rng, catalogue, visitor, surface, reach)
    lowest = OVERSCROLL_PX if visitor.platform == "ios" else 0
    scroll_t, offsets = hold_in_document(scroll_t, offsets, lowest, feed.document_h_px - visitor.viewport_h_px)
    timeline = draw_timeline(rng, visitor, visit_ms)
    streams = _streams(rng, visitor, feed, timeline, visit_ms, scroll_t, offsets)
    absent = _absent(rng, visitor)
    loaded_t, loaded = _loading(feed, timeline.stretch(scroll_t), offsets, visitor.viewport_h_px)
    described = [] if "item_meta" in absent else _descriptions(rng, feed, loaded_t, loaded)
    records_end = max((int(stream.t_ms[-1]) for stream in streams.values() if len(stream.t_ms)), default=0)
    visit_end = int(timeline.stretch(np.array([visit_ms]))[0])
    return PageView(
        page_view_id,
        session_id,
        started_ms,
        max(visit_end, records_end) + int(rng.integers(0, 400)),
        surface,
        feed,
        {name: stream for name, stream in streams.items() if name not in absent},
        [t for t, _ in described],
        [meta for _, meta in described],
        loaded_t,
        [feed.document_h_at(count) for count in loaded],
    )


def _streams(
    rng: np.random.Generator,
    visitor: Visitor,
    feed: Feed,
    timeline: Timeline,
    visit_ms: int,
    scroll_t: Ints,
    offsets: Floats,
) -> dict[str, Stream]:
    """Everything that can be recorded of this visit."""
    if visitor.habits:
        trace = program_trace(rng, visitor, scroll_t)
    elif visitor.has_cursor:
        trace = cursor_trace(rng, visitor, feed, visit_ms, scroll_t)
    else:
        trace = touch_trace(rng, visitor, visit_ms)
    stretched = timeline.stretch(scroll_t)
    state_t = np.array([t for t, _ in timeline.states], dtype=np.int64)
    return {
        "scroll": Stream(stretched, {"y_px": offsets.astype(np.int64).tolist()}),
        "items": _items(rng, visitor, feed, stretched, offsets),
        "state": Stream(state_t, {"state": [state for _, state in timeline.states]}),
        **_pointer_and_clicks(rng, visitor, feed, timeline, trace, scroll_t, offsets),
    }


def _absent(rng: np.random.Generator, visitor: Visitor) -> set[str]:
    """The streams that this page view's tracker does not measure; an app has no cursor."""
    dice = rng.random(len(ABSENT_SHARES)).tolist()
    absent = {name for (name, share), die in zip(ABSENT_SHARES.items(), dice, strict=True) if die < share}
    if visitor.habits:  # without its cursor a hidden program is not to be told from people
        return absent - {"pointer", "clicks"}
    return absent | {"pointer"} if visitor.is_app else absent


def _items(rng: np.random.Generator, visitor: Visitor, feed: Feed, scroll_t: Ints, offsets: Floats) -> Stream:
    """A record whenever an item's share crosses a quarter, and for what is in view at the start."""
    instants = np.concatenate((np.zeros(1, dtype=np.int64), scroll_t))
    visible, covers = shares_in_view(feed, visitor, np.concatenate((np.zeros(1), offsets)))
    step = np.ceil(visible * SHARE_STEPS)
    changed = np.diff(step, axis=0, prepend=0) != 0
    row, item = np.nonzero(changed)
    visible_share: list[float | None] = np.round(visible[row, item], 3).tolist()
    viewport_share: list[float | None] = np.round(covers[row, item], 4).tolist()
    item_ids: list[str] = np.array(feed.item_ids, dtype=object)[item].tolist()
    if len(row) and rng.random() < 0.05:  # a tracker that lost an element for a moment
        visible_share[int(rng.integers(len(row)))] = None
        viewport_share[int(rng.integers(len(row)))] = None
    t_ms = instants[row]
    if visitor.layout == "b" and visitor.has_cursor:  # this layout's tracker also reports its navigation bar
        t_ms = np.concatenate((np.zeros(1, dtype=np.int64), t_ms))
        item_ids.insert(0, "nav")
        visible_share.insert(0, 1.0)
        viewport_share.insert(0, round(56 / visitor.viewport_h_px, 4))
    return Stream(t_ms, {"item_id": item_ids, "visible_share": visible_share, "viewport_share": viewport_share})


def _pointer_and_clicks(
    rng: np.random.Generator,
    visitor: Visitor,
    feed: Feed,
    timeline: Timeline,
    trace: Trace,
    scroll_t: Ints,
    offsets: Floats,
) -> dict[str, Stream]:
    step = visitor.position_step_px
    samples = len(trace.t_ms)
    instants = np.concatenate((trace.t_ms, trace.click_t_ms))
    x = _snapped(np.concatenate((trace.x_px, trace.click_x_px)), step)
    y = _snapped(np.concatenate((trace.y_px, trace.click_y_px)), step)
    records = {
        "x_px": _numbers(x, step),
        "y_px": _numbers(y, step),
        "target": targets_at(feed, x, y, _offset_at(instants, scroll_t, offsets)),
    }
    pointer: dict[str, list[Any]] = {name: column[:samples] for name, column in records.items()}
    clicks: dict[str, list[Any]] = {name: column[samples:] for name, column in records.items()}
    t_ms = timeline.stretch(instants)
    for index in np.nonzero(trace.is_out)[0].tolist():
        pointer["x_px"][index] = pointer["y_px"][index] = pointer["target"][index] = None
    _flaws(rng, t_ms[:samples], pointer)
    if samples < len(instants) and rng.random() < 0.05:  # the keyboard clicks without a position
        clicks["x_px"][0] = clicks["y_px"][0] = None
    return {"pointer": Stream(t_ms[:samples], pointer), "clicks": Stream(t_ms[samples:], clicks)}


def _offset_at(instants: Ints, scroll_t: Ints, offsets: Floats) -> Floats:
    found: Floats = np.concatenate((np.zeros(1), offsets))[np.searchsorted(scroll_t, instants, side="right")]
    return found


def _snapped(position: Floats, step: float) -> Floats:
    snapped: Floats = np.round(position / step) * step
    return snapped


def _numbers(position: Floats, step: float) -> list[Any]:
    """Whole px as integers, which are shorter to write."""
    numbers: list[Any] = (position.astype(np.int64) if step == 1.0 else position).tolist()
    return numbers


def _flaws(rng: np.random.Generator, t_ms: Ints, pointer: dict[str, list[Any]]) -> None:
    """What real trackers send, too: a record out of order, a repeated one, a position that means unknown."""
    dice = rng.random()
    if len(t_ms) < 3 or dice > 0.06:
        return
    index = int(rng.integers(len(t_ms) - 1))
    if dice < 0.02:
        t_ms[index], t_ms[index + 1] = t_ms[index + 1], t_ms[index]
    elif dice < 0.04:
        t_ms[index + 1] = t_ms[index]
        for column in pointer.values():
            column[index + 1] = column[index]
    else:
        pointer["x_px"][index] = pointer["y_px"][index] = UNKNOWN_PX


def _loading(feed: Feed, scroll_t: Ints, offsets: Floats, viewport_h_px: int) -> tuple[list[int], list[int]]:
    """When the feed grew, and to how many items: ten more whenever their top comes near the viewport."""
    instants, counts = [0], [min(PAGE_OF_ITEMS + 1, len(feed.item_ids))]
    reached = np.maximum.accumulate(offsets) + viewport_h_px + LOAD_AHEAD_PX
    while counts[-1] < len(feed.item_ids):
        near = int(np.searchsorted(reached, feed.tops[counts[-1]]))
        if near == len(reached):
            break
        instants.append(int(scroll_t[near]))
        counts.append(min(counts[-1] + PAGE_OF_ITEMS, len(feed.item_ids)))
    return instants, counts


def _descriptions(
    rng: np.random.Generator, feed: Feed, loaded_t: list[int], loaded: list[int]
) -> list[tuple[int, dict[str, Any]]]:
    """Each item when it is loaded; a few are described before their picture has a height, and again when it has."""
    described: list[tuple[int, dict[str, Any]]] = []
    first = 0
    for t_ms, count in zip(loaded_t, loaded, strict=True):
        for meta in feed.meta[first:count]:
            described.append((t_ms, meta))
        first = count
    if rng.random() < 0.1:
        index = int(rng.integers(len(described)))
        t_ms, meta = described[index]
        described[index] = (t_ms, {**meta, "height_px": None})
        described.append((t_ms + 2500, meta))
    if rng.random() < 0.03:
        described.insert(0, (0, {"item_id": "nav", "item_type": "zone"}))
    elif feed.layout.has_billboard:
        described.append((0, {"item_id": "nav", "item_type": "zone", "width_px": None, "height_px": 56}))
    return sorted(described, key=lambda entry: entry[0])
