"""From a foreign page view to beacons of `cursor-beacon/1` (DESIGN section 2).

Foreign logs come without consent, clocks and flushes; these are the rules that fill them in, the same for every
format. Consent is `product_development` alone, the purpose for which such logs are published. A page view starts on
the date asked for, at an instant that its identity decides, early enough to end before midnight UTC. A beacon is sent
at the instant of its last record and received at once, so that clock repair finds the same start for all of them;
only a source with a collector's clock of its own says when it was received.
"""

from __future__ import annotations

import datetime
import hashlib
from bisect import bisect_right
from collections.abc import Iterator
from itertools import chain, pairwise
from typing import Any

from jobs.sources.page_view import PageView, Stream
from warehouse_schema.raw.cursor_beacon import SCHEMA_ID, STREAMS

#: A beacon of this many records is about 200 kB long, far below `max_beacon_bytes`.
RECORDS_PER_BEACON = 5000

PURPOSES = ("product_development",)

_DAY_MS = 24 * 3_600_000


def visitor_id(source: str, visitor: str) -> str:
    """The visitor of a beacon: the source's code for the person, after the format's name."""
    return f"{source}:{visitor}"


def page_view_id(source: str, code: str, date: datetime.date) -> str:
    """The page view of a beacon: with the date, as one log imported for two dates makes two page views."""
    return f"{source}:{code}:{date.isoformat()}"


def beacons_of(source: str, page_view: PageView, date: datetime.date) -> Iterator[dict[str, Any]]:
    """The beacons of one page view in order of `seq`, the last one closing."""
    name = page_view_id(source, page_view.code, date)
    started_at_ms = start_of(name, date, max([page_view.observed_until_ms, *page_view.received_ms.values()]))
    cuts = cut_times(page_view)
    for seq, (after_ms, until_ms) in enumerate(pairwise([None, *cuts, None])):
        observed_until_ms = page_view.observed_until_ms if until_ms is None else until_ms
        beacon: dict[str, Any] = {
            "schema": SCHEMA_ID,
            "beacon_id": f"{name}:{seq}",
            "page_view_id": name,
            "seq": seq,
            "is_last": until_ms is None,
            "visitor_id": visitor_id(source, page_view.visitor),
            "started_at_ms": started_at_ms,
            "sent_at_ms": started_at_ms + observed_until_ms,
            "received_at_ms": started_at_ms + page_view.received_ms.get(observed_until_ms, observed_until_ms),
            "observed_until_ms": observed_until_ms,
            "page": dict(page_view.page),
            "device": dict(page_view.device),
            "consent": {"purposes": list(PURPOSES)},
        }
        if page_view.experiments:
            beacon["experiments"] = dict(page_view.experiments)
        beacon |= {s: between(page_view.streams[s], after_ms, until_ms) for s in STREAMS if s in page_view.streams}
        if page_view.item_meta and seq == 0:
            beacon["item_meta"] = page_view.item_meta
        yield beacon


def start_of(name: str, date: datetime.date, length_ms: int) -> int:
    """Start in epoch ms, on `date` UTC: spread over the day by a hash of the name, ending before midnight if it can.

    A page view longer than a day starts at midnight.
    """
    midnight = datetime.datetime.combine(date, datetime.time(), datetime.UTC)
    room_ms = max(_DAY_MS - length_ms, 1)
    offset_ms = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) % room_ms
    return int(midnight.timestamp()) * 1000 + offset_ms


def cut_times(page_view: PageView) -> list[int]:
    """Instants after which a new beacon begins; records of one instant stay in one beacon."""
    instants = sorted(chain.from_iterable(stream["t_ms"] for stream in page_view.streams.values()))
    if not instants:
        return []
    every = instants[RECORDS_PER_BEACON - 1 :: RECORDS_PER_BEACON]
    return sorted({t_ms for t_ms in every if t_ms < instants[-1]})


def between(stream: Stream, after_ms: int | None, until_ms: int | None) -> dict[str, list[Any]]:
    """The records with after_ms < t_ms <= until_ms; None is no bound."""
    t_ms = stream["t_ms"]
    first = 0 if after_ms is None else bisect_right(t_ms, after_ms)
    end = len(t_ms) if until_ms is None else bisect_right(t_ms, until_ms)
    return {name: values[first:end] for name, values in stream.items()}
