"""One page view out of its beacons, the plain way: judge each beacon, remove repeats, put the records in order.

Part of the oracle (see `jobs.simulator.oracle`): written from METRICS sections 1 and 4 alone, sharing no code with
the jobs whose result it checks.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from jobs.simulator.oracle_texts import stored_target

#: A raw beacon as `json.loads` gives it; `line_sha256` may be added to it, as the hash of the line it came from.
Beacon = Mapping[str, Any]

DAY_MS = 86_400_000
LATE_WINDOW_DAYS = 3
FUTURE_TOLERANCE_MS = 3_600_000
CLOCK_SUSPECT_MS = 1000
#: Sizes above these are no sizes of pages.
MAX_DOCUMENT_PX, MAX_VIEWPORT_PX = 1e9, 100_000
STREAM_NAMES = ("pointer", "clicks", "scroll", "items", "state")
_VIEWPORT = ("viewport_w_px", "viewport_h_px")
_EPOCH = dt.date(1970, 1, 1)


class Point(NamedTuple):
    """A pointer record or a click: viewport position in CSS px, null where the tracker knew none."""

    t_ms: int
    x_px: float | None
    y_px: float | None
    target: str | None


class Scroll(NamedTuple):
    """From `t_ms` on the viewport's top lies at the document offset `y_px`."""

    t_ms: int
    y_px: float | None


class ItemShare(NamedTuple):
    """From `t_ms` on so much of the item is in view, and so much of the viewport is covered by it."""

    t_ms: int
    item_id: str | None
    visible_share: float | None
    viewport_share: float | None


class StateChange(NamedTuple):
    """At `t_ms` the tab, window or app changed its state."""

    t_ms: int
    state: str | None


@dataclass(frozen=True)
class MergedView:
    """One page view after de-duplication: context, counts of beacons, and streams in (t_ms, seq, position) order.

    A stream is None where it was not measured; an empty list means that nothing happened. `page` and `device` are
    the lowest beacon's, with the largest `document_h_px` of all. `item_meta` maps each item to its last description,
    None if no beacon had any.
    """

    visitor_id: str
    page_view_id: str
    started_ms: int
    is_closed: bool
    observed_until_ms: int | None
    page: dict[str, Any]
    device: dict[str, Any]
    purposes: list[str]
    beacons_received: int
    beacons_missing: int
    beacons_duplicate: int
    beacons_conflicting: int
    item_meta: dict[str, dict[str, Any]] | None
    pointer: list[Point] | None
    clicks: list[Point] | None
    scroll: list[Scroll] | None
    items: list[ItemShare] | None
    state: list[StateChange] | None


def has_stream(beacon: Beacon, name: str) -> bool:
    """True if the beacon measured this stream: missing, null and {} mean that it did not."""
    stream = beacon.get(name)
    return isinstance(stream, dict) and stream.get("t_ms") is not None


def last_t_ms(beacon: Beacon) -> int:
    """The beacon's latest instant over all streams, 0 without records."""
    latest = 0
    for name in STREAM_NAMES:
        if has_stream(beacon, name):
            latest = max(latest, *beacon[name]["t_ms"], 0)
    return latest


def repaired_start_ms(beacon: Beacon) -> int:
    """The page view's start by the collector's clock: the device clock's error cancels (METRICS 1).

    Where the device clock ran backwards by more than a second between start and sending it is of no use: then the
    beacon's last instant stands for the time elapsed.
    """
    elapsed = beacon["sent_at_ms"] - beacon["started_at_ms"]
    if elapsed - last_t_ms(beacon) < -CLOCK_SUSPECT_MS:
        elapsed = last_t_ms(beacon)
    return int(beacon["received_at_ms"] - elapsed)


def date_of(epoch_ms: int) -> dt.date:
    """The UTC date of an instant."""
    return _EPOCH + dt.timedelta(days=epoch_ms // DAY_MS)


def refusal(beacon: Beacon, landing_date: dt.date) -> str | None:
    """Why a well-formed beacon does not count: withheld, too_late or from_future; None if it is accepted."""
    if "product_development" not in _purposes(beacon):
        return "withheld"
    start = repaired_start_ms(beacon)
    if (landing_date - date_of(start)).days > LATE_WINDOW_DAYS:
        return "too_late"
    landing_end = ((landing_date - _EPOCH).days + 1) * DAY_MS
    if start > landing_end + FUTURE_TOLERANCE_MS:
        return "from_future"
    return None


def merge_beacons(beacons: Sequence[Beacon]) -> MergedView:
    """One page view from all its accepted beacons, in any order, repeats included.

    Of several beacons with one seq the least (received_at_ms, SHA-256 of the line) is used, the others are only
    counted. Without `line_sha256` in a beacon its compact JSON stands for the line. ValueError if beacons of
    several page views are mixed, or if there is none.
    """
    if len({(b["visitor_id"], b["page_view_id"]) for b in beacons}) != 1:
        raise ValueError(
            "merge_beacons takes the beacons of exactly one page view; group them by visitor and page view."
        )
    by_seq: dict[int, list[Beacon]] = {}
    for beacon in beacons:
        by_seq.setdefault(beacon["seq"], []).append(beacon)
    distinct_ids = {seq: len({b["beacon_id"] for b in rivals}) for seq, rivals in by_seq.items()}
    used = [min(by_seq[seq], key=_survivor_order) for seq in sorted(by_seq)]
    lowest = used[0]
    observed = [b["observed_until_ms"] for b in used if b.get("observed_until_ms") is not None]
    return MergedView(
        visitor_id=lowest["visitor_id"],
        page_view_id=lowest["page_view_id"],
        started_ms=repaired_start_ms(lowest),
        is_closed=any(b.get("is_last") is True for b in used),
        observed_until_ms=max(observed, default=None),
        page={**lowest["page"], "document_h_px": _largest_document(used)},
        device={**lowest["device"], **{name: _size(lowest["device"].get(name), MAX_VIEWPORT_PX) for name in _VIEWPORT}},
        purposes=sorted(set.intersection(*(_purposes(b) for b in used))),
        beacons_received=len(used),
        beacons_missing=max(by_seq) + 1 - len(by_seq),
        beacons_duplicate=sum(len(rivals) - distinct_ids[seq] for seq, rivals in by_seq.items()),
        beacons_conflicting=sum(distinct_ids[seq] - 1 for seq in by_seq),
        item_meta=_item_meta(used),
        pointer=_points(used, "pointer"),
        clicks=_points(used, "clicks"),
        scroll=_in_order(used, "scroll", lambda s: map(Scroll, s["t_ms"], s["y_px"])),
        items=_in_order(used, "items", _item_shares),
        state=_in_order(used, "state", lambda s: map(StateChange, s["t_ms"], s["state"])),
    )


def _survivor_order(beacon: Beacon) -> tuple[int, str]:
    line_hash = beacon.get("line_sha256")
    if line_hash is None:
        line_hash = hashlib.sha256(json.dumps(beacon, separators=(",", ":")).encode()).hexdigest()
    return beacon["received_at_ms"], line_hash


def _purposes(beacon: Beacon) -> set[str]:
    consent = beacon.get("consent") or {}
    purposes = {purpose for purpose in consent.get("purposes") or [] if purpose is not None}
    return purposes - {"ads"} if consent.get("gpc") is True else purposes


def _size(px: float | None, longest_px: float) -> float | None:
    """A length of a page or viewport; unknown (None) unless positive and possible."""
    return px if px is not None and 0 < px <= longest_px else None


def _largest_document(used: Sequence[Beacon]) -> float | None:
    heights = [_size(b["page"].get("document_h_px"), MAX_DOCUMENT_PX) for b in used]
    return max((h for h in heights if h is not None), default=None)


def _item_meta(used: Sequence[Beacon]) -> dict[str, dict[str, Any]] | None:
    if all(b.get("item_meta") is None for b in used):
        return None
    last: dict[str, dict[str, Any]] = {}
    for beacon in used:  # in seq order: a later description replaces an earlier one as a whole
        for meta in beacon.get("item_meta") or []:
            if meta is not None and meta.get("item_id") is not None:
                item_id = stored_target(meta["item_id"])
                last[item_id] = {**meta, "item_id": item_id}
    return last


def _in_order(used: Sequence[Beacon], name: str, records_of: Any) -> Any:
    """The stream's records by (t_ms, seq, position), None if no beacon measured it."""
    if not any(has_stream(b, name) for b in used):
        return None
    records = [record for b in used if has_stream(b, name) for record in records_of(b[name])]
    return sorted(records, key=lambda record: record.t_ms)  # stable: seq and position are kept at equal t_ms


def _points(used: Sequence[Beacon], name: str) -> list[Point] | None:
    def points(stream: Mapping[str, Any]) -> Iterable[Point]:
        return map(Point, stream["t_ms"], stream["x_px"], stream["y_px"], _stored(_optional(stream, "target")))

    merged: list[Point] | None = _in_order(used, name, points)
    return merged


def _item_shares(stream: Mapping[str, Any]) -> Iterable[ItemShare]:
    return map(
        ItemShare,
        stream["t_ms"],
        _stored(stream["item_id"]),
        stream["visible_share"],
        _optional(stream, "viewport_share"),
    )


def _stored(targets: Sequence[str | None]) -> list[str | None]:
    return [None if target is None else stored_target(target) for target in targets]


def _optional(stream: Mapping[str, Any], name: str) -> list[Any]:
    values = stream.get(name)
    return [None] * len(stream["t_ms"]) if values is None else values
