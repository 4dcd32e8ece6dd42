"""clean.page_views as passes read them: through Spark, or in their data files, which the driver opens by itself.

A batch of nested rows then need not become rows of Spark and a batch again, which takes several times as long as reading it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from jobs.steps.driver_rows import DriverRows
from jobs.steps.ledger_kernels import Batches, Kernel
from jobs.steps.marts import on_dates
from jobs.steps.passes import Rows, Source, SpreadRows
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.derive import arrow_schema_of
from warehouse_schema.table import Type

if TYPE_CHECKING:
    from jobs.io.warehouse import DataFile


@dataclass(frozen=True)
class FileSource(Source):
    """Page views in data files below a warehouse, with the columns of a schema. Every pass reads them: kept, they would be
    what takes most memory."""

    warehouse: str
    files: Sequence[DataFile]
    schema: pa.Schema
    is_coded: bool = False

    def mapped(self, kernel: Kernel, columns: Mapping[str, Type]) -> Rows:
        """By the driver."""
        return DriverRows(arrow_schema_of(columns), lambda: kernel(self.batches()))

    def coded(self) -> Source:
        """With short texts: visitors are numbered, and page views by their rows."""
        return replace(self, is_coded=True)

    def batches(self) -> Batches:
        """All rows, one file after the other."""
        first = 0
        for batch in self._read(self.schema):
            yield self._with_codes(batch, first) if self.is_coded else batch
            first += batch.num_rows

    def values(self, name: str) -> pa.ChunkedArray:
        """A column of all rows."""
        schema = arrow_schema_of({name: PAGE_VIEWS.column(name).type})
        return pa.chunked_array([batch.column(0) for batch in self._read(schema)], schema.field(0).type)

    @cached_property
    def _visitors(self) -> pa.Array:
        """Of each row the number of its visitor."""
        return self.values("visitor_key").combine_chunks().dictionary_encode().indices

    def _with_codes(self, batch: pa.RecordBatch, first: int) -> pa.RecordBatch:
        numbers = {
            "visitor_key": self._visitors.slice(first, batch.num_rows),
            "page_view_id": pa.array(np.arange(first, first + batch.num_rows)),
        }
        columns = [numbers[n].cast(pa.string()) if n in numbers else batch[n] for n in self.schema.names]
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)

    def _read(self, schema: pa.Schema) -> Batches:
        from jobs.io.data_files import read_all

        return read_all(self.warehouse, self.files, schema)


@dataclass(frozen=True)
class PageViews:
    """clean.page_views as a plan, with the `kind` of rows that passes make of it; where the driver can open them, also as the
    `files` below a warehouse."""

    frame: DataFrame
    kind: type[Rows] = SpreadRows
    warehouse: str = ""
    files: Sequence[DataFile] | None = None

    def nested(self, names: Iterable[str], dates: Collection[dt.date] | None = None) -> Source:
        """Columns of the page views, of all dates or of some."""
        source = self._source(names, dates)
        return source if isinstance(source, FileSource) else self.kind.of(source)

    def distinct(self, name: str) -> DataFrame:
        """The values of a column, each once."""
        source = self._source([name], None)
        if isinstance(source, DataFrame):
            return source.distinct()
        return self.frame.sparkSession.createDataFrame(pa.table({name: source.values(name).unique()}))

    def _source(self, names: Iterable[str], dates: Collection[dt.date] | None) -> DataFrame | FileSource:
        if self.files is None:
            rows = self.frame if dates is None else self.frame.where(on_dates("event_date", dates))
            return rows.select(*names)
        own = [file for file in self.files if dates is None or file.date in dates]
        return FileSource(self.warehouse, own, arrow_schema_of({name: PAGE_VIEWS.column(name).type for name in names}))

    def made(self, rows: DataFrame) -> Rows:
        """Rows that come of page views."""
        return self.kind.of(rows).kept()
