"""One beacon per (visitor, page view, seq), chosen by content: the order of files and runs cannot matter.

The survivor is the least (received_at_ms, SHA-256 of the line) (METRICS 4).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.steps.intervals import Groups, Ints, pack, run_starts, sum_at

#: The order in which beacons must come: survivors are then simply the first of their key.
ORDER = ("visitor_key", "page_view_id", "seq", "received_at_ms", "line_sha256")


@dataclass(frozen=True)
class Deduplicated:
    """Surviving beacons, one row each; `view` numbers their page views and `visitor` the views' visitors."""

    beacons: pa.Table
    view: Ints
    first_row: Ints
    visitor_of_view: Ints
    duplicate_count: Ints
    conflicting_count: Ints


def deduplicate(beacons: pa.Table) -> Deduplicated:
    """Survivors of beacons sorted by ORDER; counts are per page view.

    duplicate: a beacon_id again under its own seq; conflicting: another beacon_id under a seq already taken.
    """
    visitor = np.cumsum(_changes(beacons["visitor_key"])) - 1
    view = np.cumsum(_changes(beacons["page_view_id"]) | _starts(visitor)) - 1
    seq = np.asarray(beacons["seq"], np.int64)
    firsts = run_starts(view, seq)
    key = np.zeros(len(view), np.int64)
    key[firsts] = 1
    key = np.cumsum(key) - 1
    beacon_id = np.asarray(beacons["beacon_id"].combine_chunks().dictionary_encode().indices, np.int64)
    view_count = int(view[-1]) + 1 if len(view) else 0
    id_groups = Groups.of(pack(key, beacon_id))
    distinct_ids = sum_at(id_groups.first(view), np.ones(len(id_groups)), view_count)
    rows = np.bincount(view, minlength=view_count)
    survivors = beacons if len(firsts) == len(view) else beacons.take(pa.array(firsts))
    kept_view = view[firsts]
    keys = np.bincount(kept_view, minlength=view_count)
    first_row = run_starts(kept_view)
    return Deduplicated(
        survivors, kept_view, first_row, visitor[firsts][first_row], rows - distinct_ids, distinct_ids - keys
    )


def _changes(column: pa.ChunkedArray) -> np.ndarray:
    array = column.combine_chunks()
    if not len(array):
        return np.zeros(0, bool)
    differs = np.asarray(pc.not_equal(array[1:], array[:-1]), bool)
    return np.concatenate(([True], differs))


def _starts(codes: Ints) -> np.ndarray:
    return np.concatenate(([True], codes[1:] != codes[:-1])) if len(codes) else np.zeros(0, bool)
