"""Raw files of a night that are as uneven as they come: what one task could choke on, beside simulated page views."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from benchmarks.inputs import DAY, LANDED, Input

#: Beacons of one page view of the busy visitor.
BEACONS_OF_PAGE_VIEW = 100
DAY_MS = 86_400_000
#: Of the page view that is open all day: a beacon every ten minutes, a sample every second.
FLUSH_MS, SAMPLE_MS = 600_000, 1000
_START_MS = round(dt.datetime.combine(DAY, dt.time(), dt.UTC).timestamp() * 1000)


def write_uneven(given: Input, raw: Path, small: int, small_bytes: int, large_bytes: int, busy_beacons: int) -> None:
    """Below `raw`, all landed on LANDED: `small` plain files of `small_bytes` with simulated lines, then one plain file of
    at least `large_bytes` that holds a page view of 24 hours, a visitor with `busy_beacons` beacons, and more simulated
    lines.

    SystemExit if the simulated night has too few lines.
    """
    folder = raw / f"landing_date={LANDED}"
    folder.mkdir(parents=True)
    lines = simulated(given)
    for number in range(small):
        with (folder / f"small-{number:05}.ndjson").open("wb") as file:
            _write(file, small_bytes, lines)
    with (folder / "large.ndjson").open("wb") as file:
        file.writelines(open_all_day())
        file.writelines(busy_visitor(busy_beacons))
        _write(file, large_bytes, lines)


def simulated(given: Input) -> Iterator[bytes]:
    """Lines of the night's files that have landed."""
    for file in sorted(given.raw.rglob("*.ndjson.gz")):
        if file.parent.name <= f"landing_date={LANDED}":
            with gzip.open(file) as lines:
                yield from lines


def _write(file: BinaryIO, size: int, lines: Iterator[bytes]) -> None:
    """Until the file has `size` bytes."""
    while file.tell() < size:
        line = next(lines, None)
        if line is None:
            raise SystemExit("the simulated night has too few lines: raise --size.")
        file.write(line)


def open_all_day() -> Iterator[bytes]:
    """Beacons of one page view that is looked at for 24 hours."""
    for seq, flushed in enumerate(range(FLUSH_MS, DAY_MS + 1, FLUSH_MS)):
        times = list(range(flushed - FLUSH_MS, flushed, SAMPLE_MS))
        places = {"x_px": [t // SAMPLE_MS % 1200 for t in times], "y_px": [400] * len(times)}
        pointer = {"t_ms": times, **places, "target": ["story-all-day"] * len(times)}
        yield _line(
            "all-day", "all-day", seq, flushed, is_last=flushed == DAY_MS, observed_until_ms=flushed, pointer=pointer
        )


def busy_visitor(beacons: int) -> Iterator[bytes]:
    """Beacons of short page views, all of one visitor."""
    for number in range(beacons):
        view, seq = divmod(number, BEACONS_OF_PAGE_VIEW)
        yield _line("busy", f"busy-{view}", seq, sent_ms=1000 * (seq + 1), start_ms=view)


def _line(
    visitor: str, page_view: str, seq: int, sent_ms: int, *, start_ms: int = 0, is_last: bool = False, **more: Any
) -> bytes:
    """A beacon sent `sent_ms` after its page view began, which was `start_ms` after midnight."""
    beacon = {
        "schema": "cursor-beacon/1",
        "beacon_id": f"uneven-{page_view}-{seq}",
        "page_view_id": page_view,
        "seq": seq,
        "is_last": is_last,
        "visitor_id": visitor,
        "started_at_ms": _START_MS + start_ms,
        "sent_at_ms": _START_MS + start_ms + sent_ms,
        "received_at_ms": _START_MS + start_ms + sent_ms,
        "page": {"surface": "feed", "layout_id": "feed-v7", "document_w_px": 1280, "document_h_px": 3200},
        "device": {
            "type": "desktop",
            "pointer": "mouse",
            "platform": "web",
            "viewport_w_px": 1280,
            "viewport_h_px": 800,
        },
        "consent": {"purposes": ["product_development"], "gpc": False},
        "items": {"t_ms": [sent_ms - 1], "item_id": ["story-0001"], "visible_share": [1.0], "viewport_share": [0.5]},
        "item_meta": [{"item_id": "story-0001", "item_type": "story", "feed_rank": 1}],
        **more,
    }
    return json.dumps(beacon, separators=(",", ":")).encode() + b"\n"
