"""Hypothesis strategies for raw beacons: few records, every value at a threshold or out of range.

A page view is drawn as records per stream (`Watch`), then told by beacons: the same records can be told by other
beacons, which must change nothing but their number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

from hypothesis import strategies as st

from tests.steps.beacon_table import STREAM_ARRAYS
from tests.steps.gesture_strategies import gestures, unprepared_clicks

RawBeacon = dict[str, Any]
Records = list[tuple[Any, ...]]

NAN, INF = float("nan"), float("inf")
#: 2026-11-21 00:00:00 UTC: page views start on both sides of it.
MIDNIGHT_MS = 1_795_219_200_000
HALF_HOUR_MS = 1_800_000

#: Steps between the instants of a page view: what METRICS compares durations with, give or take a millisecond.
STEPS_MS = (
    *(0, 1, 100, 149, 150, 151, 350, 499, 500, 501, 850, 999, 1000, 1001, 1999, 2000, 2001, 4999, 5000, 5001) * 3,
    *(HALF_HOUR_MS - 1, HALF_HOUR_MS, HALF_HOUR_MS + 1, 2 * HALF_HOUR_MS),
)
#: Known positions several times: a stay needs two of them in one cell.
X_PX = (*(10, 20.5, 31.99, 32, 33) * 4, -0.5, -33, 700, 100_000, 100_001, -100_000, 65535, None, NAN, INF, 1e300)
Y_PX = (*(5, 31, 32.25, 40) * 4, -1, 650, 99_999.5, 100_001, 65535, None, NAN, -INF)
OFFSETS_PX = (*(0, 1, 31.5, 32, 64, 100.25, 640) * 2, -1, -40.5, 5000, None, NAN, INF, 1e9, 2e9)
SHARES = (*(0, 0.299, 0.3, 0.499, 0.5, 0.999, 1) * 2, 0.298, 0.498, 0.9985, 0.001, 1.2, -0.1, None, NAN, INF, -INF)
STATES = ("visible", "hidden", "focused", "blurred", "foreground", "background", "screen_off", "frozen", None)
ITEM_IDS = ("i1", "i2", "i3", "z1")
TARGETS = (*ITEM_IDS, "zone-of-its-own", None, None)
USER_AGENTS = (None, "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Googlebot/2.1")

_T = st.integers(0, 7)  # which of the page view's instants
_RECORDS: dict[str, st.SearchStrategy[tuple[Any, ...]]] = {
    "pointer": st.tuples(_T, st.sampled_from(X_PX), st.sampled_from(Y_PX), st.sampled_from(TARGETS)),
    "clicks": st.tuples(_T, st.sampled_from(X_PX), st.sampled_from(Y_PX), st.sampled_from(TARGETS)),
    "scroll": st.tuples(_T, st.sampled_from(OFFSETS_PX)),
    "items": st.tuples(
        _T, st.sampled_from((*ITEM_IDS, *ITEM_IDS, None)), st.sampled_from(SHARES), st.sampled_from(SHARES)
    ),
    "state": st.tuples(_T, st.sampled_from(STATES)),
}
_LONGEST = {"pointer": 7, "clicks": 4, "scroll": 4, "items": 7, "state": 5}
_OPTIONAL = ("target", "viewport_share")

# 485 x 500 = 242,500 px2 is just large; 1,280 px is twice the viewport's 640 px and not yet tall.
_META = st.fixed_dictionaries(
    {"item_id": st.sampled_from((*ITEM_IDS, *ITEM_IDS, "never-seen", None))},
    optional={
        "item_type": st.sampled_from(("story", "ad", "video", "zone", None)),
        "feed_rank": st.sampled_from((None, -1, 0, 1, 3, 4, 5, 6, 10, 11, 20, 21, 50, 51)),
        "width_px": st.sampled_from((None, 485, 484.9, 1000, NAN, INF)),
        "height_px": st.sampled_from((None, 500, 1280, 1280.5, 20, NAN, INF)),
        "topic": st.sampled_from((None, "news")),
        "ad_id": st.sampled_from((None, "ad-1", "ad-2")),
    },
)
_PAGE = st.fixed_dictionaries(
    {"surface": st.sampled_from(("feed", "profile", None))},
    optional={
        "url": st.just("/"),
        "layout_id": st.sampled_from(("l1", "l2", None)),
        "document_w_px": st.sampled_from((1280, None)),
        "document_h_px": st.sampled_from((5000, 640, 639, 0, -5, None)),
    },
)
_DEVICE = st.fixed_dictionaries(
    {"pointer": st.sampled_from(("mouse", "mouse", "mouse", "touch", "pen", None))},
    optional={
        "type": st.sampled_from(("desktop", "phone", None)),
        "platform": st.just("web"),
        "viewport_w_px": st.sampled_from((479.5, 480, 1920, 0, None)),
        "viewport_h_px": st.sampled_from((640, 640, 31.9, 100.5, 0, -1, None)),
        "user_agent": st.sampled_from(USER_AGENTS),
    },
)
_PURPOSES = st.sampled_from(
    (["product_development"], ["ads", "product_development"], ["product_development", "ads", None])
)
_CONSENT = st.fixed_dictionaries({"purposes": _PURPOSES}, optional={"gpc": st.sampled_from((True, False, None))})


@dataclass(frozen=True)
class Watch:
    """What happened on one page view, before any beacon tells it; a stream that is None was not measured."""

    visitor_id: str
    page_view_id: str
    started_at_ms: int
    streams: dict[str, Records | None]
    item_meta: list[dict[str, Any]] | None
    observed_until_ms: int | None
    is_closed: bool
    context: dict[str, Any]


@st.composite
def watches(draw: st.DrawFn, visitor_id: str, page_view_id: str) -> Watch:
    """One page view: records at eight instants at most, in any order, and up to two gestures."""
    steps = draw(st.lists(st.sampled_from(STEPS_MS), min_size=0, max_size=7))
    instants = [0, *accumulate(steps)]
    streams: dict[str, Records | None] = {}
    for name, record in _RECORDS.items():
        drawn = draw(st.none() | st.lists(record, max_size=_LONGEST[name]))
        streams[name] = drawn and [(instants[r[0] % len(instants)], *r[1:]) for r in drawn]
    for _ in range(draw(st.sampled_from((0, 1, 1, 2)))):
        for name, records in draw(gestures(instants)).items():
            streams[name] = [*(streams[name] or []), *records]
    if draw(st.integers(0, 9)) == 0:
        streams |= draw(unprepared_clicks())
    beyond = draw(st.sampled_from((None, None, 0, 1, 150, 1000, 5000, 5001, HALF_HOUR_MS, HALF_HOUR_MS + 1, 10**9)))
    observed = None if beyond is None else draw(st.sampled_from(instants)) + beyond
    return Watch(
        visitor_id,
        page_view_id,
        MIDNIGHT_MS + draw(st.sampled_from((0, -1, 1, -60_000, 86_400_000))),
        streams,
        draw(st.none() | st.lists(_META | st.just({"item_id": "z1", "item_type": "zone"}), max_size=3)),
        observed,
        draw(st.booleans()),
        {
            "page": draw(_PAGE),
            "device": draw(_DEVICE),
            "consent": draw(_CONSENT),
            "session_id": draw(st.sampled_from((None, "s-1"))),
            "experiments": draw(st.sampled_from((None, {}, {"feed-order": "b"}))),
        },
    )


@st.composite
def told_by_beacons(draw: st.DrawFn, watch: Watch, most: int = 3) -> list[RawBeacon]:
    """The page view cut into beacons of rising seq (with gaps): each stream's records keep their order."""
    count = draw(st.integers(1, most))
    seqs = list(accumulate(draw(st.lists(st.sampled_from((1, 1, 2, 3)), min_size=count, max_size=count)), initial=-1))
    beacons = []
    for number, seq in enumerate(seqs[1:]):
        beacons.append(_empty_beacon(watch, seq, is_last=number == count - 1))
    for name, records in watch.streams.items():
        if records is not None:
            _tell(draw, beacons, name, records)
    if watch.item_meta is not None:
        for beacon, part in zip(beacons, _split(draw, watch.item_meta, count), strict=True):
            beacon["item_meta"] = part or draw(st.sampled_from((None, [])))
        beacons[0]["item_meta"] = beacons[0]["item_meta"] or []
    return beacons


def _empty_beacon(watch: Watch, seq: int, is_last: bool) -> RawBeacon:
    sent_at_ms = watch.started_at_ms + 10**8  # later than any record: no clock is suspect
    return {
        "schema": "cursor-beacon/1",
        "beacon_id": f"{watch.page_view_id}-{seq}",
        "page_view_id": watch.page_view_id,
        "seq": seq,
        "is_last": is_last and watch.is_closed,
        "visitor_id": watch.visitor_id,
        "started_at_ms": watch.started_at_ms + 777,  # the device's clock is wrong, always by the same
        "sent_at_ms": sent_at_ms + 777,
        "received_at_ms": sent_at_ms,
        "observed_until_ms": watch.observed_until_ms if is_last else None,
        **watch.context,
    }


def _split(draw: st.DrawFn, values: Sequence[Any], parts: int) -> list[list[Any]]:
    """`values` in so many consecutive parts, some of them empty."""
    cuts = sorted(draw(st.lists(st.integers(0, len(values)), min_size=parts - 1, max_size=parts - 1)))
    edges = [0, *cuts, len(values)]
    return [list(values[a:b]) for a, b in pairwise(edges)]


def _tell(draw: st.DrawFn, beacons: list[RawBeacon], name: str, records: Records) -> None:
    """One stream, part by part; a beacon without a part says so in any of the ways there are, one at least by []."""
    parts = _split(draw, records, len(beacons))
    for number, (beacon, part) in enumerate(zip(beacons, parts, strict=True)):
        if part or (number == 0 and not records) or draw(st.booleans()):
            beacon[name] = _columnar(draw, name, part)
        else:
            absent: str | dict[str, Any] | None = draw(st.sampled_from(("left out", None, {})))
            if absent != "left out":
                beacon[name] = absent


def _columnar(draw: st.DrawFn, name: str, records: Records) -> dict[str, list[Any]]:
    stream = {array: [record[i] for record in records] for i, array in enumerate(STREAM_ARRAYS[name])}
    for array in _OPTIONAL:
        if all(value is None for value in stream.get(array, [0])) and draw(st.booleans()):
            del stream[array]
    return stream


@st.composite
def page_views(draw: st.DrawFn, visitor_id: str, page_view_id: str) -> list[RawBeacon]:
    """Beacons of one page view as they arrive: contexts that differ, clocks that jump, repeats and rivals."""
    beacons = draw(told_by_beacons(draw(watches(visitor_id, page_view_id))))
    for beacon in beacons[1:]:
        if draw(st.booleans()):
            beacon |= {"page": draw(_PAGE), "device": draw(_DEVICE), "consent": draw(_CONSENT)}
            beacon["observed_until_ms"] = draw(st.sampled_from((None, 0, 1500, 4 * HALF_HOUR_MS)))
    for beacon in beacons:
        if draw(st.integers(0, 5)) == 0:  # the device's clock was set back or forward since the start
            beacon["sent_at_ms"] = beacon["started_at_ms"] + draw(st.sampled_from((-5000, 0, 999, 4000, 10**7)))
            beacon["received_at_ms"] += draw(st.sampled_from((-3000, 0, 3_600_000)))
    return beacons + [draw(_again(beacon, beacons)) for beacon in beacons if draw(st.integers(0, 3)) == 0]


@st.composite
def _again(draw: st.DrawFn, beacon: RawBeacon, siblings: list[RawBeacon]) -> RawBeacon:
    """The same line once more, a later or earlier attempt, or another beacon under the same seq."""
    kind = draw(st.sampled_from(("line", "attempt", "rival")))
    if kind == "line":
        return dict(beacon)
    delay_ms = draw(st.sampled_from((-1, 0, 1, 500)))
    again = beacon | {"received_at_ms": beacon["received_at_ms"] + delay_ms}
    if kind == "attempt":
        return again | {"sent_at_ms": beacon["sent_at_ms"] + delay_ms}
    return draw(st.sampled_from(siblings)) | {"seq": beacon["seq"], "beacon_id": "rival", **_clocks(again)}


def _clocks(beacon: RawBeacon) -> dict[str, int]:
    return {name: beacon[name] for name in ("started_at_ms", "sent_at_ms", "received_at_ms")}


@st.composite
def nights(draw: st.DrawFn, most_visitors: int = 3, most_views: int = 2) -> list[RawBeacon]:
    """Beacons of several visitors; two visitors may use the same page_view_id."""
    beacons: list[RawBeacon] = []
    for visitor in range(draw(st.integers(1, most_visitors))):
        for view in range(draw(st.integers(1, most_views))):
            beacons += draw(page_views(f"v{visitor}", f"pv{view}"))
    return beacons
