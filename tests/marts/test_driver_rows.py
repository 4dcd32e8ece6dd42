"""Rows that must be gathered go by way of the disk where they are more than a batch: none is lost, none is parted."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.steps import driver_rows
from jobs.steps.driver_rows import held

ROW = st.tuples(st.integers(-3, 40) | st.none(), st.text(max_size=3) | st.none(), st.integers(0, 10**6))


def _table(rows: list[tuple[int | None, str | None, int]]) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else ([], [], [])
    types = (pa.int64(), pa.string(), pa.int64())
    arrays = [pa.array(list(values), type_) for values, type_ in zip(columns, types, strict=True)]
    return pa.table(dict(zip(("cell", "person", "amount"), arrays, strict=True)))


@given(st.lists(st.lists(ROW, max_size=30), max_size=6), st.sampled_from([1, 200, 10**6]))
def test_rows_come_sorted_by_a_column_that_is_equal_where_the_values_are(
    parts: list[list[tuple[int | None, str | None, int]]], batch_bytes: int
) -> None:
    rows = held(_table([])).beside(*(held(_table(part)) for part in parts))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(driver_rows, "BATCH_BYTES", batch_bytes)
        grouped = rows.grouped("block", "cell", "{hash}(person)").arrow()

    block = grouped["block"].to_pylist()
    assert block == sorted(block)
    assert sorted(map(repr, grouped.drop_columns("block").to_pylist())) == sorted(map(repr, rows.arrow().to_pylist()))
    places: dict[tuple[object, ...], set[int]] = {}
    for row in grouped.to_pylist():
        places.setdefault((row["cell"], row["person"]), set()).add(row["block"])
    assert all(len(blocks) == 1 for blocks in places.values())


def test_a_pass_makes_rows_anew_unless_they_are_kept() -> None:
    made = []

    def kernel(batches: driver_rows.Batches) -> driver_rows.Batches:
        for batch in batches:
            made.append(batch.num_rows)
            yield batch.select(["amount"])

    rows = held(_table([(1, "a", 2), (1, None, 3)])).mapped(kernel, {"amount": "long"})
    assert made == []
    assert rows.arrow().to_pylist() == rows.arrow().to_pylist() == [{"amount": 2}, {"amount": 3}]
    assert made == [2, 2]
    kept = rows.kept()
    assert kept.arrow() == kept.beside().picked("amount").arrow() == rows.arrow()
    assert made == [2, 2, 2, 2]
