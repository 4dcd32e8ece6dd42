"""rrweb, event by event: what each kind says about cursor, scrolling and focus (the rules stand in `rrweb`)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, TypeGuard

from jobs.sources.page_view import Tally

Json = dict[str, Any]


class EventType(IntEnum):
    """Types of events that are read."""

    FULL_SNAPSHOT = 2
    INCREMENTAL = 3
    META = 4


class Source(IntEnum):
    """Sources of incremental events that are read."""

    MOUSE_MOVE = 1
    INTERACTION = 2
    SCROLL = 3
    TOUCH_MOVE = 6
    DRAG = 12


class Interaction(IntEnum):
    """Interactions that are told from the others: those of a finger begin with TOUCH_START."""

    CLICK = 2
    BLUR = 6
    TOUCH_START = 7


#: The document's node, unless a snapshot says otherwise: rrweb numbers from it.
DOCUMENT_ID = 1


@dataclass
class PageLog:
    """What the events of one page load say, instants as recorded; the scroll of an element has no offset."""

    samples: list[tuple[int, float, float, str | None]] = field(default_factory=list)
    clicks: list[tuple[int, float | None, float | None, str | None]] = field(default_factory=list)
    scrolls: list[tuple[int, float | None]] = field(default_factory=list)
    states: list[tuple[int, str]] = field(default_factory=list)
    metas: list[Json] = field(default_factory=list)
    document_id: int = DOCUMENT_ID
    has_mouse: bool = False
    has_touch: bool = False


def is_number(value: Any) -> TypeGuard[float]:
    """Whether a value of JSON is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def data_of(event: Json) -> Json:
    """The event's object of data; empty if it has none."""
    data = event.get("data")
    return data if isinstance(data, dict) else {}


def viewport_of(meta: Json) -> dict[str, float]:
    """The viewport that a Meta event tells; empty for none."""
    sizes = {"viewport_w_px": meta.get("width"), "viewport_h_px": meta.get("height")}
    return {name: size for name, size in sizes.items() if is_number(size)}


def read_event(event: Json, log: PageLog, tally: Tally) -> None:
    """Take up one event: what it says goes into the log, what is left out into the tally."""
    at_ms, data = round(event["timestamp"]), data_of(event)
    source = data.get("source") if event["type"] == EventType.INCREMENTAL else None
    if source in (Source.MOUSE_MOVE, Source.DRAG, Source.TOUCH_MOVE):
        _read_positions(at_ms, data, log, tally)
        return
    tally.records_read += 1
    if source == Source.INTERACTION:
        _read_interaction(at_ms, data, log)
    elif source == Source.SCROLL and is_number(data.get("y")):
        is_document = data.get("id") == log.document_id
        log.scrolls.append((at_ms, data["y"] if is_document else None))
        tally.noted["scroll_of_an_element"] += not is_document
    elif event["type"] == EventType.FULL_SNAPSHOT:
        _read_snapshot(at_ms, data, log)
    elif event["type"] == EventType.META:
        tally.noted["later_viewport_size"] += bool(log.metas) and viewport_of(data) != viewport_of(log.metas[0])
        log.metas.append(data)
    else:
        tally.dropped["event_of_other_kind"] += 1


def _read_positions(at_ms: int, data: Json, log: PageLog, tally: Tally) -> None:
    """The positions of a batch, each at its own instant; a finger's are no cursor's."""
    positions = data.get("positions")
    for position in positions if isinstance(positions, list) else []:
        tally.records_read += 1
        point = _point(position)
        offset_ms = position.get("timeOffset") if isinstance(position, dict) else None
        if data["source"] == Source.TOUCH_MOVE:
            log.has_touch = True
            tally.dropped["position_of_a_finger"] += 1
        elif point is None or not is_number(offset_ms):
            tally.dropped["position_not_a_number"] += 1
        else:
            log.has_mouse = True
            log.samples.append((at_ms + round(offset_ms), *point, _target(position)))


def _read_interaction(at_ms: int, data: Json, log: PageLog) -> None:
    """A press, release, click, focus or blur; where it says where, the pointer was there."""
    kind, point = data.get("type"), _point(data)
    is_touch = is_number(kind) and kind >= Interaction.TOUCH_START
    log.has_touch |= is_touch
    log.states.append((at_ms, "blurred" if kind == Interaction.BLUR else "focused"))
    if point is not None and not is_touch:
        log.samples.append((at_ms, *point, _target(data)))
    if kind == Interaction.CLICK:
        log.clicks.append((at_ms, *(point or (None, None)), _target(data)))


def _read_snapshot(at_ms: int, data: Json, log: PageLog) -> None:
    """A snapshot says which node is the document, and where it is scrolled to."""
    node, offset = data.get("node"), data.get("initialOffset")
    if isinstance(node, dict) and isinstance(node.get("id"), int):
        log.document_id = node["id"]
    if isinstance(offset, dict) and is_number(offset.get("top")):
        log.scrolls.append((at_ms, offset["top"]))


def _point(data: Any) -> tuple[float, float] | None:
    if not isinstance(data, dict):
        return None
    x_px, y_px = data.get("x"), data.get("y")
    return (x_px, y_px) if is_number(x_px) and is_number(y_px) else None


def _target(data: Json) -> str | None:
    """The node that the pointer is on; None for the negative id of a node that the recorder doesn't know."""
    node = data.get("id")
    return f"node-{node}" if isinstance(node, int) and node >= 0 else None
