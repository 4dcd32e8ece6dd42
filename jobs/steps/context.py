"""Context of a page view: what its lowest beacon says of page and device, its purposes (METRICS 1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.steps.deduplicate import Deduplicated
from jobs.steps.intervals import Bools, Floats, Groups, Ints, pack
from jobs.steps.nested import lists
from jobs.steps.streams import encode
from jobs.steps.traffic import declared_bots
from warehouse_schema.purposes import ADS

DAY_MS = 86_400_000

#: Upper bounds of the viewport classes, and their labels (warehouse_schema.shared.VIEWPORT_CLASSES).
CLASS_EDGES_PX = (480, 768, 1024, 1440, 1920)
CLASS_LABELS = np.array(["<480", "<768", "<1024", "<1440", "<1920", ">=1920", "(none)"])


@dataclass(frozen=True)
class Context:
    """One row per page view; `lowest` are the columns of the lowest beacons."""

    lowest: pa.Table
    start_ms: Ints
    event_day: Ints
    document_h_px: Floats
    viewport_h_px: Floats
    viewport_class: pa.Array
    purposes: pa.Array
    has_ads: Bools
    is_touch: Bools
    is_declared_bot: Bools
    is_closed: Bools


def read_context(deduplicated: Deduplicated) -> Context:
    """Context of every page view of a batch."""
    beacons, view = deduplicated.beacons, deduplicated.view
    lowest = beacons.take(pa.array(deduplicated.first_row))
    start_ms = np.asarray(lowest["start_ms"], np.int64)
    purposes, has_ads = _purposes(beacons["purposes"].combine_chunks(), view)
    return Context(
        lowest=lowest,
        start_ms=start_ms,
        event_day=start_ms // DAY_MS,
        document_h_px=_largest(_floats(beacons["document_h_px"]), view),
        viewport_h_px=_floats(lowest["viewport_h_px"]),
        viewport_class=viewport_classes(_floats(lowest["viewport_w_px"])),
        purposes=purposes,
        has_ads=has_ads,
        is_touch=np.asarray(pc.equal(lowest["pointer_type"], "touch"), bool),
        is_closed=np.bincount(view, weights=np.asarray(beacons["is_last"], bool)) > 0,
        is_declared_bot=declared_bots(lowest["user_agent"].combine_chunks()),
    )


def viewport_classes(width_px: Floats) -> pa.Array:
    """Class of each viewport width; (none) where unknown."""
    index = np.searchsorted(np.array(CLASS_EDGES_PX), width_px, side="right")
    index = np.where(np.isnan(width_px), len(CLASS_LABELS) - 1, index)
    return pa.array(CLASS_LABELS[index])


def _floats(column: pa.ChunkedArray) -> Floats:
    return np.asarray(pc.fill_null(column, float("nan")), np.float64)


def _largest(values: Floats, view: Ints) -> Floats:
    largest = np.full(int(view[-1]) + 1, np.nan)
    np.fmax.at(largest, view, values)
    return largest


def _purposes(purposes: pa.Array, view: Ints) -> tuple[pa.Array, Bools]:
    """The intersection over the beacons of each page view, sorted; and whether ads is in it."""
    view_count = int(view[-1]) + 1
    row = np.asarray(pc.list_parent_indices(purposes), np.int64)
    codes = encode(purposes.flatten())
    once = Groups.of(pack(row, codes.columns[0]))
    row, code = once.first(row), once.first(codes.columns[0])
    pairs = Groups.of(pack(view[row], code))
    beacons_of = np.bincount(view, minlength=view_count)
    in_all = pairs.sum(np.ones(len(row))) == beacons_of[pairs.first(view[row])]
    kept_view, kept_code = pairs.first(view[row])[in_all], pairs.first(code)[in_all]
    names = codes.values.take(pa.array(kept_code))
    has_ads = np.zeros(view_count, bool)
    has_ads[kept_view[np.asarray(pc.equal(names, ADS), bool)]] = True
    return lists(names, kept_view, np.ones(view_count, bool)), has_ads
