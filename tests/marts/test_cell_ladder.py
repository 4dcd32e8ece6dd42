"""The vectorised cell ladder against the plain one, on any entries and however they are cut into batches."""

from __future__ import annotations

import datetime as dt
import os
from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.steps import ledger_kernels
from jobs.steps.batches import whole_groups
from jobs.steps.cell_ladder import CellStep, place
from jobs.steps.ledger_kernels import CellLadder, placing_cells
from jobs.steps.marts import GROUP
from tests.marts.plain_ladder import Entry, PlainMart, climb
from tests.marts.plain_marts import HEATMAP

#: `HYPOTHESIS_PROFILE=deep` looks at many more nights.
EXAMPLES = 1500 if os.environ.get("HYPOTHESIS_PROFILE") == "deep" else 50
FULL = settings(max_examples=EXAMPLES, deadline=None, derandomize=True)
HALF = settings(max_examples=EXAMPLES // 2, deadline=None, derandomize=True)

DAY = dt.date(2026, 11, 20)
STEPS = [CellStep(f"cells of {32 * factor} px", factor) for factor in (2, 4, 8)]
GROUP_KEYS = HEATMAP.grain[:6]
CELL = ("cell_x", "cell_y")
#: The ladder without its finest rung, whose rows never come here.
CELLS_ONLY = PlainMart("cells", HEATMAP.nested, HEATMAP.grain, HEATMAP.entry, HEATMAP.rungs[1:4])

folded_entries = st.lists(
    st.builds(
        lambda surface, x, y, visitor, view: Entry(
            (DAY, surface, "feed-v7", "desktop", "<1440", "document", 32, x, y), visitor, view, None, {}, {}
        ),
        st.sampled_from(["feed", "profile"]),
        st.integers(-9, 9),
        st.integers(-9, 9),
        st.sampled_from("abcd"),
        st.sampled_from(["view-1", "view-2"]),
    ),
    unique_by=lambda entry: entry.id,
    max_size=40,
)


@given(folded_entries, st.integers(1, 5))
@FULL
def test_entries_are_placed_where_the_plain_ladder_places_them(entries: list[Entry], min_visitors: int) -> None:
    expected = climb(CELLS_ONLY, entries, min_visitors).step_of

    placed = place(_table(entries), GROUP_KEYS, CELL, STEPS, min_visitors).to_pylist()

    assert [step or "unpublished" for step in placed] == [expected[entry.id] for entry in entries]


@given(folded_entries, st.lists(st.integers(0, 40), max_size=6), st.integers(1, 4))
@HALF
def test_a_largest_cell_cut_by_batches_is_placed_as_one(entries: list[Entry], cuts: list[int], minimum: int) -> None:
    entries = sorted(entries, key=_block)
    table = _table(entries)
    whole = place(table, GROUP_KEYS, CELL, STEPS, minimum).to_pylist()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger_kernels, "BATCH_BYTES", 1)
        ladder = CellLadder("cells", GROUP_KEYS, CELL, STEPS)
        kernel = placing_cells([ladder], minimum, queries=[], schema=table.schema)
        batches = list(kernel(iter(_cut(_waiting(table), cuts))))

    own = [name for name in table.column_names if name != "block"]
    assert [step for batch in batches for step in batch["step"].to_pylist()] == [step or GROUP for step in whole]
    assert [row for batch in batches for row in batch.select(own).to_pylist()] == table.select(own).to_pylist()


@given(st.lists(st.integers(0, 5), max_size=30).map(sorted), st.lists(st.integers(0, 30), max_size=6))
@HALF
def test_whole_groups_split_no_group_and_lose_no_row(keys: list[int], cuts: list[int]) -> None:
    table = pa.table({"key": pa.array(keys, pa.int64())})

    parts = [part["key"].to_pylist() for part in whole_groups(iter(_cut(table, cuts)), "key", min_bytes=1)]

    assert [key for part in parts for key in part] == keys
    assert sum(len(set(part)) for part in parts) == len(set(keys))


def test_a_table_is_closed_as_soon_as_a_group_ends() -> None:
    batches = [pa.record_batch({"key": keys}) for keys in ([1, 1], [1, 2], [2], [3])]

    parts = [part["key"].to_pylist() for part in whole_groups(iter(batches), "key", min_bytes=1)]

    assert parts == [[1, 1, 1], [2, 2], [3]]


def _block(entry: Entry) -> str:
    return f"{entry.keys[1]} {entry.keys[7] // 8} {entry.keys[8] // 8}"


def _table(entries: list[Entry]) -> pa.Table:
    names = {name: [entry.keys[n] for entry in entries] for n, name in enumerate(HEATMAP.grain)}
    types = {name: pa.int32() if name.startswith("cell_") else pa.string() for name in HEATMAP.grain}
    columns = {
        name: pa.array(values, types[name] if name != "event_date" else pa.date32()) for name, values in names.items()
    }
    return pa.table(
        columns
        | {"person": pa.array([entry.visitor for entry in entries], pa.string())}
        | {"block": pa.array([_block(entry) for entry in entries], pa.string())}
    )


def _waiting(table: pa.Table) -> pa.Table:
    """The entries as lines of a ledger that have no step yet."""
    mart = pa.array(["cells"] * len(table), pa.string())
    return table.append_column("mart", mart).append_column("step", pa.nulls(len(table), pa.string()))


def _cut(table: pa.Table, cuts: list[int]) -> list[pa.RecordBatch]:
    """The table in batches that end at `cuts`; some are empty."""
    borders = [0, *sorted(min(cut, len(table)) for cut in cuts), len(table)]
    slices = [table.slice(low, high - low).combine_chunks() for low, high in pairwise(borders)]
    return [batch for part in slices for batch in (part.to_batches() or [pa.RecordBatch.from_pylist([], part.schema)])]
