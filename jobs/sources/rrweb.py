"""rrweb: recordings of the session recorder of that name, one page view per page load in a recording.

A recording is a `*.json` file: the array of events, as rrweb's own tools save it. How it becomes beacons:

- a Meta event with another address than the one before begins a page view; the same address again is a checkpoint;
- mouse moves come in batches: each position lies `timeOffset` ms (0 or below) before the batch's own timestamp, so
  records are put in order of their own instants; t_ms counts from the first of them;
- presses, releases and clicks say where they happened: they are pointer samples as well; a Click is a click;
- the target is the node under the pointer, `node-<id>`; ids are those of one page load;
- a scroll of the document is its offset. A scroll of an element inside leaves the document where it was, but another
  node may now lie under the pointer: it is written with the document's unchanged offset;
- focus and blur are those of nodes. A focus, a press or a click says that the window has the focus, a blur that it has
  not, until the next of those: a click beside all fields blurs one, but its release follows. Focus bears on engaged
  time only;
- a visitor is a recording, named by its folder and file, as recordings do not say whose they are;
- the viewport is that of the page view's first Meta event; the recorder ran until its last event of any kind.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jobs.errors import InputUnreadable, UsageError
from jobs.sources.page_view import PageView, Stream, Tally
from jobs.sources.rrweb_log import EventType, Json, PageLog, data_of, is_number, read_event, viewport_of

NAME = "rrweb"
MEASURES = "Mouse positions with the node under them, clicks, scrolls, focus and blur, address, viewport size."
CANNOT = (
    "Hidden tabs (the recorder writes no visibility: all time counts as visible); shares of items in view; "
    "what a node is across page loads (ids are those of one load); the pointer leaving the page; device type, visitor."
)


def page_views(path: Path, tally: Tally) -> Iterator[PageView]:
    """One page view per page load of every recording at `path`."""
    for file in recordings(path):
        for number, events in enumerate(_page_loads(_events(file))):
            yield _page_view(f"{file.resolve().parent.name}:{file.stem}", number, events, tally)


def recordings(path: Path) -> list[Path]:
    """The recordings in a folder; UsageError if there is none."""
    files = sorted(path.glob("*.json"))
    if not files:
        raise UsageError(f"no rrweb recording in {path}: expected *.json. Give the folder with the recordings.")
    return files


def _events(file: Path) -> list[Json]:
    """The recording's events in order of time; every one has a type and a timestamp."""
    try:
        events = json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputUnreadable(f"{file} cannot be read: {error}. Fetch the file again, or leave it out.") from error
    if not isinstance(events, list) or not all(map(_is_event, events)):
        raise InputUnreadable(f"{file} is no array of rrweb events. Give the recorder's events, unpacked.")
    return sorted(events, key=itemgetter("timestamp"))


def _is_event(event: Any) -> bool:
    return isinstance(event, dict) and isinstance(event.get("type"), int) and is_number(event.get("timestamp"))


def _page_loads(events: list[Json]) -> Iterator[list[Json]]:
    """The events of each page load: a Meta event with another address begins the next."""
    load: list[Json] = []
    address: str | None = None
    for event in events:
        if event["type"] == EventType.META:
            following = str(data_of(event).get("href"))
            if address not in (None, following):
                yield load
                load = []
            address = following
        load.append(event)
    if load:
        yield load


def _page_view(recording: str, number: int, events: list[Json], tally: Tally) -> PageView:
    log = PageLog()
    for event in events:
        read_event(event, log, tally)
    instants = [round(event["timestamp"]) for event in events] + [sample[0] for sample in log.samples]
    first_ms = min(instants)
    meta = log.metas[0] if log.metas else {}
    point = ("t_ms", "x_px", "y_px", "target")
    return PageView(
        visitor=recording,
        code=f"{recording}:{number}",
        streams={
            "pointer": _stream(point, log.samples, first_ms),
            "clicks": _stream(point, log.clicks, first_ms),
            "scroll": _stream(("t_ms", "y_px"), _document_offsets(log.scrolls), first_ms),
            "state": _stream(("t_ms", "state"), log.states, first_ms),
        },
        observed_until_ms=max(instants) - first_ms,
        page=_page(meta),
        device=_device(meta, log),
    )


def _document_offsets(scrolls: list[tuple[int, float | None]]) -> Iterator[tuple[int, float]]:
    """The document's offset at every scroll, in order of time."""
    offset_px = 0.0
    for at_ms, y_px in scrolls:
        offset_px = offset_px if y_px is None else y_px
        yield at_ms, offset_px


def _stream(arrays: tuple[str, ...], records: Iterable[tuple[Any, ...]], first_ms: int) -> Stream:
    """Arrays by name, records in order of their instants, those of one instant as recorded."""
    ordered = sorted(((at_ms - first_ms, *values) for at_ms, *values in records), key=itemgetter(0))
    return {name: [record[i] for record in ordered] for i, name in enumerate(arrays)}


def _page(meta: Json) -> dict[str, str]:
    """The address, and as layout its host and path; what is no address has no layout."""
    if not isinstance(address := meta.get("href"), str):
        return {}
    try:
        parts = urlsplit(address)
    except ValueError:
        return {"url": address}
    return {"url": address, "layout_id": f"{parts.netloc}{parts.path}"}


def _device(meta: Json, log: PageLog) -> dict[str, Any]:
    """A page that saw both mouse and finger may be either: unknown."""
    device: dict[str, Any] = {"platform": "web", **viewport_of(meta)}
    if log.has_mouse != log.has_touch:
        device["pointer"] = "touch" if log.has_touch else "mouse"
    return device
