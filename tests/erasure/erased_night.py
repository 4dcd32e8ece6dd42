"""A warehouse of two dates under two keys from which visitors are erased between its nights, and one that never knew them.

Of some of the erased beacons land late, after the erasure; some are told by clocks of another day.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.config import Settings
from jobs.erasure.erase import Erasure, run_erasure
from jobs.erasure.search import Trace, search
from jobs.erasure.visitors import read_visitors
from jobs.io.keys import key_file, new_secret, ring_of, write_ring
from jobs.io.store import Store
from jobs.nightly import Night, run_night
from jobs.simulator import simulate

FIRST, ROTATION = dt.date(2026, 11, 20), dt.date(2026, 11, 21)
#: The landing date after which the visitors are erased: beacons of both dates land later, too.
ERASED_AFTER = dt.date(2026, 11, 21)
LAST_LANDING = dt.date(2026, 11, 23)


@dataclass(frozen=True)
class Erased:
    """What came of it."""

    raw: Path
    warehouse: Path
    never_known: Path
    visitors: Path
    ids: Collection[str]
    min_visitors: int
    traces_before: Sequence[Trace]
    message: str


def erased_night(root: Path, page_views: int, erased_count: int, min_visitors: int) -> Erased:
    """Simulate, land, erase, land the rest; and the same nights of raw files without the visitors."""
    raw, warehouse = root / "raw", root / "warehouse"
    people = _simulated(root, raw, page_views)
    ids = people[:: max(1, len(people) // erased_count)][:erased_count]
    visitors = root / "visitors.txt"
    visitors.write_text("".join(f"{visitor_id}\n" for visitor_id in ids))
    ring = ring_of([(date, new_secret()) for date in (None, ROTATION, dt.date(2027, 1, 21))])
    for place in (warehouse, root / "never-known"):
        write_ring(key_file(str(place)), ring)
    settings = Settings(min_visitors=min_visitors)
    run_night(Night(ERASED_AFTER, str(raw), str(warehouse), settings))
    before = search(Store(str(warehouse)), read_visitors(visitors, ring)).traces
    message = run_erasure(Erasure(visitors, str(raw), str(warehouse)))
    run_night(Night(LAST_LANDING, str(raw), str(warehouse), settings))
    shutil.copytree(raw, root / "raw-without")
    drop_lines(root / "raw-without", set(ids))
    run_night(Night(LAST_LANDING, str(root / "raw-without"), str(root / "never-known"), settings))
    return Erased(raw, warehouse, root / "never-known", visitors, ids, min_visitors, before, message)


def _simulated(root: Path, raw: Path, page_views: int) -> list[str]:
    seen: set[str] = set()
    for number in (0, 1):
        truth = root / f"truth-{number}"
        simulate(FIRST + dt.timedelta(days=number), page_views, 3, raw, truth, processes=1)
        seen |= set(pq.read_table(truth / "page_views.parquet", columns=["visitor_id"])["visitor_id"].to_pylist())
    return sorted(seen)


def drop_lines(raw: Path, ids: Collection[str]) -> int:
    """Take the lines of beacons of the visitors out of all files, by the plainest reading; returns how many."""
    dropped = 0
    for path in (path for path in raw.rglob("*") if path.is_file()):
        with pa.input_stream(path, compression="detect") as stream:
            lines = stream.read().splitlines(keepends=True)
        kept = [line for line in lines if visitor_of(line) not in ids]
        dropped += len(lines) - len(kept)
        with pa.output_stream(path, compression="detect") as stream:
            stream.write(b"".join(kept))
    return dropped


def visitor_of(line: bytes) -> object:
    """The visitor of a raw line; None if it is no beacon."""
    try:
        beacon = json.loads(line)
    except ValueError:
        return None
    return beacon.get("visitor_id") if isinstance(beacon, dict) else None
