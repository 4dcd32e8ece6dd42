"""Data files of a table of page views, opened by whoever needs their rows: no Spark, no JVM."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.errors import InfrastructureFailed
from jobs.io.store import Store

if TYPE_CHECKING:
    from jobs.io.warehouse import DataFile

#: Page views of one batch: of some 20 kB each.
BATCH_ROWS = 1000


def read_all(warehouse: str, files: Iterable[DataFile], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Rows of the files, with the columns of `schema`: NULL where a file was written before one was declared."""
    store = Store(warehouse)
    for file in files:
        with pq.ParquetFile(_opened(store, file.path)) as parquet:
            stored = [name for name in schema.names if name in parquet.schema_arrow.names]
            for batch in parquet.iter_batches(BATCH_ROWS, columns=stored):
                yield _conformed(batch, file, schema)


def _opened(store: Store, path: str) -> Path | pa.BufferReader:
    """The file; of an object store all of it, in one request: most of its columns are wanted."""
    if store.local_root:
        return store.local_root / path
    content = store.read(path)
    if content is None:
        raise InfrastructureFailed(
            f"{path} below {store.uri} is gone, and the table still names it. Run the night again."
        )
    return pa.BufferReader(content)


def _conformed(batch: pa.RecordBatch, file: DataFile, schema: pa.Schema) -> pa.RecordBatch:
    """The batch with its date, which stands in the file's name alone, and NULL for what it lacks."""
    columns = []
    for field in schema:
        if field.name == file.partition:
            columns.append(pa.repeat(pa.scalar(file.date, field.type), batch.num_rows))
        elif field.name in batch.schema.names:
            columns.append(batch.column(field.name).cast(field.type))
        else:
            columns.append(pa.nulls(batch.num_rows, field.type))
    return pa.RecordBatch.from_arrays(columns, schema=schema)
