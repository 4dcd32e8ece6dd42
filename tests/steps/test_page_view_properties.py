"""What must not matter to a page view's row: order, batches, beacons; and what the flags of first entries add up to."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from unittest.mock import patch

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.config import Settings
from jobs.steps import page_view_kernel
from tests.steps.beacon_table import beacon_table
from tests.steps.plain_rows import Row, kernel_rows, rows_of
from tests.steps.strategies import RawBeacon, Watch, nights, told_by_beacons, watches
from warehouse_schema import Array, Struct
from warehouse_schema.clean.page_views import PAGE_VIEWS

#: A share of the profile's examples: these properties run the kernel several times each.
FEWER = settings(max_examples=max(4, settings().max_examples // 3))

BEACON_COUNTS = ("beacons_received", "beacons_missing")


@FEWER
@given(nights(), st.randoms(use_true_random=False))
def test_order_of_beacons_does_not_matter(beacons: list[RawBeacon], random: Any) -> None:
    shuffled = list(beacons)
    random.shuffle(shuffled)

    assert kernel_rows(shuffled) == kernel_rows(beacons)


@FEWER
@given(nights(most_visitors=4), st.lists(st.integers(0, 40), max_size=8), st.sampled_from((1, 2_000, 20_000)))
def test_arrow_batches_cut_anywhere_give_equal_rows(
    beacons: list[RawBeacon], cuts: list[int], batch_bytes: int
) -> None:
    table = beacon_table(beacons)
    edges = [0, *sorted(min(cut, len(table)) for cut in cuts), len(table)]
    batches = [table.slice(a, b - a).combine_chunks() for a, b in pairwise(edges)]

    with patch.object(page_view_kernel, "BATCH_BYTES", batch_bytes):
        results = list(page_view_kernel.page_view_batches(_record_batches(batches), Settings()))

    assert rows_of(results) == kernel_rows(beacons)
    visitors = [key for result in results for key in set(result["visitor_key"].to_pylist())]
    assert len(visitors) == len(set(visitors)), "a visitor is split over two results"


def _record_batches(tables: list[pa.Table]) -> Iterator[pa.RecordBatch]:
    for table in tables:
        # An empty table has no batch of its own, but an empty batch may come in a stream.
        yield from table.to_batches() or [pa.RecordBatch.from_pylist([], schema=table.schema)]


def test_every_full_batch_is_handed_on_before_the_next_one_is_asked_for() -> None:
    visitors = [{**_bare("v1")}, {**_bare("v2")}, {**_bare("v3")}]
    asked: list[int] = []

    def one_by_one() -> Iterator[pa.RecordBatch]:
        for number, batch in enumerate(beacon_table(visitors).to_batches(max_chunksize=1)):
            asked.append(number)
            yield batch

    with patch.object(page_view_kernel, "BATCH_BYTES", 1):
        first = next(page_view_kernel.page_view_batches(one_by_one(), Settings()))

    assert first["visitor_key"].to_pylist() == ["v1"]
    assert asked == [0, 1]  # the second visitor shows that the first is complete, the third is not needed


def _bare(visitor_id: str) -> RawBeacon:
    now_ms = 1_795_176_000_000
    clocks = dict.fromkeys(("started_at_ms", "sent_at_ms", "received_at_ms"), now_ms)
    ids = {"beacon_id": "b", "page_view_id": "pv", "visitor_id": visitor_id}
    return {**ids, **clocks, "seq": 0, "page": {}, "device": {}}


@st.composite
def told_twice(draw: st.DrawFn) -> tuple[Watch, list[RawBeacon], list[RawBeacon]]:
    watch = draw(watches("v", "pv"))
    return watch, draw(told_by_beacons(watch, most=1)), draw(told_by_beacons(watch, most=4))


@FEWER
@given(told_twice())
def test_splitting_a_page_view_into_other_beacons_changes_only_their_count(
    told: tuple[Watch, list[RawBeacon], list[RawBeacon]],
) -> None:
    _, at_once, in_parts = told

    (whole,), (parts,) = kernel_rows(at_once), kernel_rows(in_parts)

    assert {name: of for name, of in parts.items() if name not in BEACON_COUNTS} == {
        name: of for name, of in whole.items() if name not in BEACON_COUNTS
    }
    assert parts["beacons_received"] == len(in_parts)
    assert parts["beacons_missing"] == max(beacon["seq"] for beacon in in_parts) + 1 - len(in_parts)


_LAYOUT = ("event_date", "surface", "layout_id", "device_type")
_CELLS = (*_LAYOUT, "viewport_class")
_ITEMS = ("event_date", "surface", "device_type")
_PLACES = (*_ITEMS, "item_type", "bucket")
_PAGE_VIEW = ("visitor_key", "page_view_id")
#: Nested column, flag, grain of the mart, whose distinct number its flags add up to, and which entries it is for.
FLAGS = [
    ("heat_cells", "is_first_in_hover_heatmap", (*_CELLS, "space", "cell_x", "cell_y"), ("visitor_key",), "all"),
    ("exposure", "is_first_in_viewport_exposure", (*_CELLS, "cell_y"), ("visitor_key",), "all"),
    ("zone_views", "is_first_in_zone_attention", (*_LAYOUT, "target"), ("visitor_key",), "all"),
    ("item_views", "is_first_in_story_attention", (*_ITEMS, "item_type", "item_id"), ("visitor_key",), "all"),
    ("item_views", "is_first_in_feed_attention", _PLACES, ("visitor_key",), "all"),
    ("item_views", "is_first_of_page_view_in_feed_attention", _PLACES, _PAGE_VIEW, "all"),
    ("item_views", "is_first_in_ad_attention", (*_ITEMS, "ad_id"), ("visitor_key",), "ads"),
    ("item_views", "is_first_of_page_view_in_ad_attention", (*_ITEMS, "ad_id"), _PAGE_VIEW, "ads"),
    ("item_views", "is_first_viewable_in_ad_attention", (*_ITEMS, "ad_id"), ("visitor_key",), "viewed ads"),
]


def test_every_flag_is_named_here() -> None:
    nested = [column for column in PAGE_VIEWS.columns if isinstance(column.type, Array)]
    declared = {
        (column.name, of.name)
        for column in nested
        if isinstance(column.type, Array) and isinstance(column.type.of, Struct)
        for of in column.type.of.fields
        if of.name.startswith("is_first_")
    }

    assert declared == {(entries, flag) for entries, flag, *_ in FLAGS}


@FEWER
@given(nights(most_visitors=3, most_views=4))
def test_first_flags_add_up_to_distinct_visitors_and_page_views(beacons: list[RawBeacon]) -> None:
    rows = kernel_rows(beacons)

    for entries, flag, grain, counted, universe in FLAGS:
        flagged: Counter[tuple[Any, ...]] = Counter()
        distinct: dict[tuple[Any, ...], set[tuple[Any, ...]]] = defaultdict(set)
        for row, entry in _exploded(rows, entries):
            key = tuple((row | entry)[name] for name in grain)
            if _counts(row, entry) and _belongs(entry, universe):
                distinct[key].add(tuple(row[name] for name in counted))
                flagged[key] += entry[flag]
            else:
                assert not entry[flag], (flag, key)
        assert flagged == {key: len(of) for key, of in distinct.items()}, flag


def _exploded(rows: list[Row], entries: str) -> list[tuple[Row, Row]]:
    return [(row, entry | {"bucket": _bucket(entry)}) for row in rows for entry in row[entries] or []]


def _bucket(entry: Row) -> str:
    """The place in the feed as METRICS 6 groups it."""
    rank = entry.get("feed_rank")
    if rank is None or rank < 1:
        return "(none)"
    bounds = ((1, "1"), (2, "2"), (3, "3"), (5, "4-5"), (10, "6-10"), (20, "11-20"), (50, "21-50"))
    return next((name for highest, name in bounds if rank <= highest), "51+")


def _counts(row: Row, entry: Row) -> bool:
    """Humans; an entry with an ad_id only under the purpose ads (METRICS 6)."""
    return row["traffic_class"] == "human" and (entry.get("ad_id") is None or "ads" in row["purposes"])


def _belongs(entry: Row, universe: str) -> bool:
    if universe == "viewed ads":
        return entry["ad_id"] is not None and entry["is_measurable"] and entry["is_viewable"]
    return universe == "all" or entry["ad_id"] is not None
