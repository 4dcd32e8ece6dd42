"""Streams of a batch: nested Arrow lists become flat columns, sorted by page view and time.

Records of a stream are ordered by (t_ms, seq, position in the array) within a page view (METRICS 1); identical
rows are real and kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.steps.intervals import Bools, Floats, Ints, expand


@dataclass(frozen=True)
class Stream:
    """Flat records of one stream: `view` ascending, then time; `columns` are aligned with them.

    `present` says per page view whether any beacon carried the stream: absent means not measured.
    """

    present: Bools
    view: Ints
    t_ms: Ints
    columns: dict[str, pa.Array]

    def floats(self, name: str) -> Floats:
        """A numeric column; NaN where it is not known: null or not finite."""
        column = self.columns[name]
        values = np.asarray(pc.fill_null(column, float("nan")) if column.null_count else column, np.float64)
        return np.where(np.isinf(values), np.nan, values)

    def __len__(self) -> int:
        return len(self.t_ms)


def flatten_stream(structs: pa.Array, view_of_row: Ints, view_count: int, fields: list[str]) -> Stream:
    """The records of a struct-of-lists column whose rows are sorted by (page view, seq)."""
    is_present = np.asarray(structs.is_valid())
    present = np.zeros(view_count, bool)
    present[view_of_row[is_present]] = True
    times = pc.struct_field(structs, "t_ms")
    counts = _lengths(times)
    row, _ = expand(counts)
    view = view_of_row[row]
    t_ms = np.asarray(times.flatten(), np.int64)
    columns = {name: _flatten_like(pc.struct_field(structs, name), counts) for name in fields}
    same_view = view[1:] == view[:-1]
    if np.any(same_view & (t_ms[1:] < t_ms[:-1])):
        order = np.lexsort((t_ms, view))
        view, t_ms = view[order], t_ms[order]
        columns = {name: column.take(pa.array(order)) for name, column in columns.items()}
    return Stream(present, view, t_ms, columns)


def _lengths(lists: pa.Array) -> Ints:
    return np.asarray(pc.fill_null(pc.list_value_length(lists), 0), np.int64)


def _flatten_like(lists: pa.Array, counts: Ints) -> pa.Array:
    """Flat values of `lists`; a list that was left out beside a filled one becomes that many nulls."""
    values = lists.flatten()
    own = _lengths(lists)
    if np.array_equal(own, counts):
        return values
    row, rank = expand(counts)
    index = (np.cumsum(own) - own)[row] + rank
    return values.take(pa.array(index, mask=own[row] == 0))


@dataclass(frozen=True)
class Codes:
    """Strings of several columns as integers of one dictionary; -1 is null."""

    values: pa.Array
    columns: tuple[Ints, ...]


def encode(*columns: pa.Array) -> Codes:
    """One dictionary over all `columns`; equal strings have equal codes, in the strings' order."""
    merged = pa.concat_arrays([column.cast(pa.string()) for column in columns])
    encoded = merged.dictionary_encode()
    order = np.asarray(pc.sort_indices(encoded.dictionary))
    rank = np.empty(len(order) + 1, np.int64)
    rank[order] = np.arange(len(order))
    rank[-1] = -1
    codes = np.asarray(pc.fill_null(encoded.indices, -1), np.int64)
    ranked = rank[codes]
    bounds = np.cumsum([len(column) for column in columns])[:-1]
    return Codes(encoded.dictionary.take(pa.array(order)), tuple(np.split(ranked, bounds)))
