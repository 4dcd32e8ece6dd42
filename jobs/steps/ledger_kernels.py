"""Queries of a ledger, run on batches by the workers of Spark and on what comes to the driver.

Nothing here knows Spark: every function takes Arrow and gives Arrow, in batches that are bounded by their bytes.
"""

from __future__ import annotations

import os
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, islice

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from jobs.steps.batches import chunks, whole_groups
from jobs.steps.cell_ladder import CellStep, place
from jobs.steps.marts import GROUP

#: Of nested rows, as Arrow holds them: some five hundred page views.
BATCH_BYTES = 64 * 1024 * 1024
#: What a query may take beside its input; beyond it, it goes to disk.
QUERY_MEMORY = "1GB"

Batches = Iterator[pa.RecordBatch]
Kernel = Callable[[Batches], Batches]


def threads() -> int:
    """How many threads a query may take: Spark says it to its workers, by the variable that numerical libraries heed."""
    return int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1)


def run(query: str, schema: pa.Schema, **tables: pa.Table | pa.RecordBatchReader) -> pa.Table:
    """The query's lines over named tables."""
    with duckdb.connect() as connection:
        connection.execute(f"SET threads = {threads()}; SET memory_limit = '{QUERY_MEMORY}'")
        # Rows of a table have no order; to keep one takes memory.
        connection.execute("SET preserve_insertion_order = false")
        connection.execute("SET temp_directory = ?", [tempfile.gettempdir()])
        for name, table in tables.items():
            connection.register(name, table)
        return connection.sql(query).to_arrow_table().cast(schema)


def packed(table: pa.Table) -> bytes:
    """The table in few bytes, to go with a kernel to the workers."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as stream:
        stream.write_table(table)
    return bytes(sink.getvalue())


def _unpacked(lists: Mapping[str, bytes]) -> dict[str, pa.Table]:
    return {name: pa.ipc.open_stream(data).read_all() for name, data in lists.items()}


def _of_each(made: Callable[[pa.Table], pa.Table], tables: Iterator[pa.Table]) -> Batches:
    """What is made of each table, in their order. As many as there are threads are at work together: much of a query on one
    batch keeps one core busy."""
    with ThreadPoolExecutor(threads()) as pool:
        waiting: deque[Future[pa.Table]] = deque()
        for table in tables:
            waiting.append(pool.submit(made, table))
            if len(waiting) == threads():
                yield from waiting.popleft().result().to_batches()
        while waiting:
            yield from waiting.popleft().result().to_batches()


def over_batches(query: str, schema: pa.Schema, **lists: bytes) -> Kernel:
    """A kernel that asks `query` of every `batch`, beside packed lists of keys."""

    def kernel(batches: Batches) -> Batches:
        known = _unpacked(lists)
        return _of_each(lambda batch: run(query, schema, batch=batch, **known), chunks(batches, BATCH_BYTES))

    return kernel


def over_partition(query: str, schema: pa.Schema) -> Kernel:
    """A kernel that asks `query` of all `lines` of a partition in one go, which streams them: for sums, whose result is
    what has to be held."""

    def kernel(batches: Batches) -> Batches:
        for first in islice(batches, 1):
            lines = pa.RecordBatchReader.from_batches(first.schema, chain([first], batches))
            yield from run(query, schema, lines=lines).to_batches()

    return kernel


def over_groups(query: str, schema: pa.Schema, column: str) -> Kernel:
    """A kernel that asks `query` of `lines` sorted by `column`, never parting those with one value of it."""

    def kernel(batches: Batches) -> Batches:
        groups = whole_groups(batches, column, BATCH_BYTES)
        return _of_each(lambda lines: run(query, schema, lines=lines.drop_columns(column)), groups)

    return kernel


@dataclass(frozen=True)
class CellLadder:
    """How cells of a mart merge: the columns of its group and of its cells, and the steps, smallest first."""

    mart: str
    group: Sequence[str]
    cell: tuple[str, str]
    steps: Sequence[CellStep]


def placing_cells(
    ladders: Sequence[CellLadder],
    min_visitors: int,
    queries: Sequence[str],
    schema: pa.Schema,
    **lists: bytes,
) -> Kernel:
    """A kernel that finds the step of cells in lines sorted by `block`, which holds whole the largest cells, then asks
    `queries` one after the other of the lines, beside packed lists of keys."""

    def kernel(batches: Batches) -> Batches:
        known = _unpacked(lists)

        def made(block: pa.Table) -> pa.Table:
            lines = placed(block.drop_columns("block"), ladders, min_visitors)
            for query in queries:
                lines = run(query, schema, lines=lines, **known)
            return lines

        return _of_each(made, whole_groups(batches, "block", BATCH_BYTES))

    return kernel


def placed(lines: pa.Table, ladders: Sequence[CellLadder], min_visitors: int) -> pa.Table:
    """The lines with a step each: cells that stay too small go to their group."""
    parts = [lines.filter(pc.is_valid(lines["step"]))]
    waiting = lines.filter(pc.is_null(lines["step"]))
    for ladder in ladders:
        cells = waiting.filter(pc.equal(waiting["mart"], ladder.mart))
        if cells.num_rows:
            step = pc.fill_null(place(cells, ladder.group, ladder.cell, ladder.steps, min_visitors), GROUP)
            parts.append(cells.set_column(cells.column_names.index("step"), "step", step))
    return pa.concat_tables(parts)
