"""Rows that the driver goes over by itself, in batches: no plan, no task, no other process.

A pass of Spark costs its planning, the start of its tasks and a copy of every line from process to process. Here each pass
reads a batch, asks DuckDB of it and lets go of it; lines that must be gathered before they are asked wait on disk.
"""

from __future__ import annotations

import io
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession

from jobs.steps.batches import chunks
from jobs.steps.ledger_kernels import BATCH_BYTES, Batches, Kernel, run
from jobs.steps.marts import PAGE_VIEW_KEY
from jobs.steps.passes import Rows, Source, hashed
from warehouse_schema.derive import arrow_schema_of
from warehouse_schema.table import Type

#: Into how many parts lines go that have to be gathered before they are asked: each is then held whole.
BUCKETS = 256


@dataclass(frozen=True)
class DriverRows(Rows):
    """Rows as Arrow batches of one schema, which every pass makes anew unless they are kept."""

    schema: pa.Schema
    batches: Callable[[], Batches]

    @classmethod
    def of(cls, rows: DataFrame) -> Rows:
        """Fetched from the workers."""
        return held(rows.toArrow())

    def coded(self) -> Source:
        """With short texts: a line is three quarters as long, and they compare faster."""
        rows = self.arrow()
        for name in set(PAGE_VIEW_KEY) & set(rows.column_names):
            codes = rows[name].combine_chunks().dictionary_encode().indices.cast(pa.string())
            rows = rows.set_column(rows.column_names.index(name), name, codes)
        return held(rows)

    def mapped(self, kernel: Kernel, columns: Mapping[str, Type]) -> Rows:
        """As they are read."""
        return DriverRows(arrow_schema_of(columns), lambda: kernel(self.batches()))

    def picked(self, *names: str) -> Rows:
        """As they are."""
        schema = pa.schema([self.schema.field(name) for name in names])
        return DriverRows(schema, lambda: (batch.select(names) for batch in self.batches()))

    def gathered(self, *_keys: str) -> Rows:
        """As they are: all are in one place."""
        return self

    def grouped(self, name: str, *values: str) -> Rows:
        """By way of the disk."""
        schema = self.schema.append(pa.field(name, pa.int64()))
        query = f"SELECT *, {hashed(values, 'hash')} % {BUCKETS} AS {name} FROM lines ORDER BY {name}"
        return DriverRows(schema, lambda: _in_buckets(self.batches(), schema, query))

    def asked(self, query: str, **tables: pa.Table) -> Rows:
        """By DuckDB."""
        named = {"rows": self.arrow(), **tables}
        return held(run(query.format_map({name: name for name in named}), self.schema, **named))

    def beside(self, *others: Self) -> Rows:
        """One after the other."""
        return DriverRows(self.schema, lambda: chain.from_iterable(rows.batches() for rows in (self, *others)))

    def kept(self) -> Rows:
        """In this process."""
        return held(self.arrow())

    def arrow(self) -> pa.Table:
        """All of them."""
        return pa.Table.from_batches(self.batches(), self.schema)

    def frame(self, spark: SparkSession) -> DataFrame:
        """Handed to Spark."""
        return spark.createDataFrame(self.arrow())

    def write(self, warehouse: str, folder: str) -> None:
        """From this process."""
        from jobs.io.store import Store

        sink = io.BytesIO()
        pq.write_table(self.arrow(), sink, compression="zstd")
        store = Store(warehouse)
        # Another try may have left a file of another name.
        store.delete_folder(folder)
        store.put(f"{folder}/rows.parquet", sink.getvalue())


def held(table: pa.Table) -> DriverRows:
    """The rows of a table."""
    return DriverRows(table.schema, lambda: iter(table.to_batches()))


def _in_buckets(batches: Batches, schema: pa.Schema, query: str) -> Batches:
    """The lines sorted by their bucket, the last column, which `query` over `lines` gives and sorts by.

    What is no more than a batch is one bucket. More goes to a file that has no name, so that nothing is left of it when
    this process ends, however it ends.
    """
    tables = chunks(batches, BATCH_BYTES)
    first, second = next(tables, None), next(tables, None)
    if first is None:
        return
    if second is None:
        yield from first.append_column(schema[-1], pa.array(np.zeros(first.num_rows, np.int64))).to_batches()
        return
    with tempfile.TemporaryFile() as file:
        places: dict[int, list[int]] = defaultdict(list)
        count = 0
        with pa.ipc.new_file(file, schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as sink:
            for lines in chain([first, second], tables):
                for bucket, part in _parts(run(query, schema, lines=lines)):
                    sink.write_batch(part)
                    places[bucket].append(count)
                    count += 1
        parts = pa.ipc.open_file(file)
        for bucket in sorted(places):
            yield from map(parts.get_batch, places[bucket])


def _parts(lines: pa.Table) -> Iterator[tuple[int, pa.RecordBatch]]:
    """The lines of each value of the last column, by which they are sorted."""
    for batch in lines.combine_chunks().to_batches():
        buckets = np.asarray(batch.column(-1))
        starts = np.flatnonzero(np.diff(buckets, prepend=-1))
        for start, end in zip(starts, [*starts[1:], len(buckets)], strict=True):
            yield int(buckets[start]), batch.slice(start, end - start)
