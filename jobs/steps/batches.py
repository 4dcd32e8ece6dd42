"""Arrow batches of a sorted partition, regrouped so that no group is split over two of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def chunks(batches: Iterator[pa.RecordBatch], min_bytes: int) -> Iterator[pa.Table]:
    """Tables of at least `min_bytes`, the last one less."""
    waiting: list[pa.RecordBatch] = []
    size = 0
    for batch in batches:
        waiting.append(batch)
        size += batch.nbytes
        if size >= min_bytes:
            yield pa.Table.from_batches(waiting)
            waiting, size = [], 0
    if waiting:
        yield pa.Table.from_batches(waiting)


def whole_groups(batches: Iterator[pa.RecordBatch], column: str, min_bytes: int) -> Iterator[pa.Table]:
    """Tables of at least `min_bytes` (the last one less) that hold every row of each value of `column`.

    Rows must come sorted by `column`. A group may straddle any number of batches: the last one of a table waits for
    the next. Rows are wide, so that tables are closed by bytes, not by rows.
    """
    waiting: list[pa.RecordBatch] = []
    size = 0
    for batch in batches:
        if not batch.num_rows:
            continue
        waiting.append(batch)
        size += batch.nbytes
        if size >= min_bytes:
            table = pa.Table.from_batches(waiting).combine_chunks()
            border = _last_group_start(table[column].combine_chunks())
            if border:
                yield table.slice(0, border)
            rest = table.slice(border)
            # A group larger than a table is gathered on, without a new look at every batch.
            waiting, size = rest.to_batches(), rest.nbytes if border else 0
    if waiting:
        yield pa.Table.from_batches(waiting).combine_chunks()


def _last_group_start(keys: pa.Array) -> int:
    return int(np.argmax(np.asarray(pc.equal(keys, keys[-1]), bool)))
