"""A page view cut into beacons, as the tracker flushes: one after a second, then every few seconds, then the closing one."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import Any

import numpy as np

from jobs.simulator.options import SimulationOptions
from jobs.simulator.page_view import PageView, Stream
from jobs.simulator.people import HOUR_MS, Visitor

FIRST_FLUSH_MS = 1000
NO_CONTEXT_SHARE = 0.01
CONSENT_CHANGE_SHARE = 0.015
CLOCK_SET_BACK_MS = 2 * HOUR_MS
MEDIAN_LATENCY_MS = 90
DESKTOP_CLOSES_BETTER = 6  # a desktop lacks the closing beacon so many times less often than a phone


@dataclass
class Beacon:
    """One beacon: its fields as the contract has them; the clocks may still change on the way."""

    fields: dict[str, Any]


def cut_into_beacons(
    rng: np.random.Generator, visitor: Visitor, view: PageView, options: SimulationOptions
) -> list[Beacon]:
    """The beacons of a page view in seq order, each with the records since the one before.

    What happens after the last flush is lost when no closing beacon is sent. Flushes without a record are not sent.
    """
    missing = options.missing_close_share / (DESKTOP_CLOSES_BETTER if visitor.device_type == "desktop" else 1)
    is_closed = bool(rng.random() >= missing)
    edges = _flush_edges(view, visitor.flush_ms, is_closed)
    cuts = {name: _cuts(stream, edges) for name, stream in view.streams.items()}
    described = [bisect_left(view.meta_t_ms, edge) for edge in edges]
    context = _context(rng, visitor, view)
    latencies = (1 + MEDIAN_LATENCY_MS * np.exp(0.7 * rng.standard_normal(len(edges)))).astype(np.int64).tolist()
    beacons: list[Beacon] = []
    for index in range(len(edges) - 1):
        spans = {name: (c[index], c[index + 1]) for name, c in cuts.items()}
        is_last = is_closed and index == len(edges) - 2
        if (
            not is_last
            and index > 0
            and all(a == b for a, b in spans.values())
            and described[index] == described[index + 1]
        ):
            continue
        seq = len(beacons)
        fields = _envelope(visitor, view, seq, edges[index + 1], latencies[index], context)
        fields["is_last"] = is_last
        fields["page"]["document_h_px"] = view.document_h_px[
            max(0, bisect_left(view.document_t_ms, edges[index + 1]) - 1)
        ]
        for name, (a, b) in spans.items():
            if a < b or seq == 0 or visitor.sends_empty:
                fields[name] = _slice(view.streams[name], a, b)
        if described[index] < described[index + 1]:
            fields["item_meta"] = view.meta[described[index] : described[index + 1]]
        beacons.append(Beacon(fields))
    _turn_back_clock(rng, visitor, beacons)
    _change_consent(rng, visitor, beacons)
    return beacons


def _flush_edges(view: PageView, flush_ms: int, is_closed: bool) -> list[int]:
    """0, then the end of each flush that has records or is the first; the page view's end if it is closed."""
    numbers = {0}
    for stream in view.streams.values():
        numbers.update(((stream.t_ms - FIRST_FLUSH_MS) // flush_ms + 1).tolist())
    numbers.update((t - FIRST_FLUSH_MS) // flush_ms + 1 for t in view.meta_t_ms)
    ends = (FIRST_FLUSH_MS + number * flush_ms for number in sorted(numbers) if number >= 0)
    edges = [0, *(end for end in ends if end <= view.end_ms)]
    if is_closed and edges[-1] <= view.end_ms:
        edges.append(view.end_ms + 1)
    return edges


def _cuts(stream: Stream, edges: list[int]) -> list[int]:
    """Where each edge falls among the records, which may be slightly out of order."""
    rising = np.maximum.accumulate(stream.t_ms) if len(stream.t_ms) else stream.t_ms
    cuts: list[int] = rising.searchsorted(edges, side="left").tolist()
    return cuts


def _slice(stream: Stream, a: int, b: int) -> dict[str, list[Any]]:
    return {"t_ms": stream.t_ms[a:b].tolist(), **{name: column[a:b] for name, column in stream.columns.items()}}


def _context(rng: np.random.Generator, visitor: Visitor, view: PageView) -> dict[str, Any]:
    """What all beacons of a page view say alike; now and then a tracker does not know its page."""
    page = {
        "surface": view.surface,
        "url": f"https://example.org/{view.surface}",
        "layout_id": view.feed.layout.layout_id,
        "document_w_px": visitor.viewport_w_px,
    }
    device = {
        "type": visitor.device_type,
        "pointer": visitor.pointer,
        "platform": visitor.platform,
        "viewport_w_px": visitor.viewport_w_px,
        "viewport_h_px": visitor.viewport_h_px,
        "user_agent": visitor.user_agent,
        "app_version": visitor.app_version,
    }
    if rng.random() < NO_CONTEXT_SHARE:
        dropped = ("surface", "layout_id", "viewport_w_px", "viewport_h_px", "type")[int(rng.integers(5))]
        page.pop(dropped, None)
        device.pop(dropped, None)
    return {"page": page, "device": device}


def _envelope(
    visitor: Visitor, view: PageView, seq: int, flushed_ms: int, latency: int, context: dict[str, Any]
) -> dict[str, Any]:
    started = view.started_ms + visitor.clock_offset_ms
    return {
        "schema": "cursor-beacon/1",
        "beacon_id": f"{view.page_view_id}-{seq}",
        "page_view_id": view.page_view_id,
        "seq": seq,
        "is_last": False,
        "visitor_id": visitor.visitor_id,
        "session_id": view.session_id,
        "started_at_ms": started,
        "sent_at_ms": started + flushed_ms + 3,
        "received_at_ms": view.started_ms + flushed_ms + 3 + latency,
        "observed_until_ms": flushed_ms,
        "page": dict(context["page"]),
        "device": context["device"],
        "consent": {"purposes": list(visitor.purposes), "gpc": visitor.gpc},
        "experiments": {"column-width": visitor.layout},
    }


def _turn_back_clock(rng: np.random.Generator, visitor: Visitor, beacons: list[Beacon]) -> None:
    """The device's clock is corrected while the page is open: later beacons seem sent before the page began."""
    if visitor.sets_clock_back and rng.random() < 0.4:
        for beacon in beacons[int(rng.integers(len(beacons))) :]:
            beacon.fields["sent_at_ms"] -= CLOCK_SET_BACK_MS


def _change_consent(rng: np.random.Generator, visitor: Visitor, beacons: list[Beacon]) -> None:
    """Somebody changes their mind in the middle: every beacon is judged by its own consent."""
    if len(beacons) > 1 and rng.random() < CONSENT_CHANGE_SHARE:
        kept = [p for p in visitor.purposes if p != "ads"] if rng.random() < 0.5 else []
        for beacon in beacons[int(rng.integers(1, len(beacons))) :]:
            beacon.fields["consent"] = {"purposes": kept, "gpc": False}
