"""Records of a batch: its flat streams, and what of them is known, on the axis of all page views (METRICS 1)."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from jobs.config import Settings
from jobs.steps import cursor
from jobs.steps.deduplicate import Deduplicated
from jobs.steps.intervals import Bools, Ints
from jobs.steps.streams import Stream, encode, flatten_stream
from jobs.steps.timeline import Timeline
from warehouse_schema.raw.cursor_beacon import STREAMS

_FIELDS = {
    "pointer": ["x_px", "y_px", "target"],
    "clicks": ["x_px", "y_px", "target"],
    "scroll": ["y_px"],
    "items": ["item_id", "visible_share", "viewport_share"],
    "state": ["state"],
}


@dataclass(frozen=True)
class Streams:
    """All streams of a batch; `targets` are codes of one dictionary over targets and items."""

    by_name: dict[str, Stream]
    strings: pa.Array
    pointer_target: Ints
    click_target: Ints
    item: Ints
    meta_item: Ints

    def present(self, name: str) -> Bools:
        """Per page view, whether the stream was measured."""
        return self.by_name[name].present


def read_streams(deduplicated: Deduplicated, meta: pa.Array) -> Streams:
    """Flat streams of the surviving beacons; `meta` are the entries of all item_meta, in the beacons' order."""
    view_count = len(deduplicated.first_row)
    by_name = {
        name: flatten_stream(deduplicated.beacons[name].combine_chunks(), deduplicated.view, view_count, _FIELDS[name])
        for name in STREAMS
    }
    codes = encode(
        by_name["pointer"].columns["target"],
        by_name["clicks"].columns["target"],
        by_name["items"].columns["item_id"],
        pc.struct_field(meta, "item_id"),
    )
    return Streams(by_name, codes.values, *codes.columns)


@dataclass(frozen=True)
class Records:
    """`samples` are those of cursors; `inputs` are all that engage, fingers too, as (page view, axis position)."""

    scroll: cursor.Scroll
    clicks: cursor.Clicks
    samples: cursor.Samples
    unknown_count: Ints
    inputs: list[tuple[Ints, Ints]]


def read_records(streams: Streams, time: Timeline, is_touch: Bools, settings: Settings) -> Records:
    """Scrolls, clicks and samples; inputs are those of known offset or position."""
    scroll = cursor.read_scroll(streams.by_name["scroll"], time)
    clicks = cursor.read_clicks(streams.by_name["clicks"], time, streams.click_target, settings)
    samples, unknown = cursor.read_samples(streams.by_name["pointer"], time, streams.pointer_target, settings)
    inputs = [(of.view, of.x) for of in (samples, scroll)]
    inputs.append((clicks.view[clicks.is_known], clicks.x[clicks.is_known]))
    return Records(scroll, clicks, cursor.only_cursors(samples, is_touch), unknown, inputs)
