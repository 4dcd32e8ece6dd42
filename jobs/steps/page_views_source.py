"""clean.page_views as passes read them: through Spark, or in their data files, which whoever needs the rows opens by himself.

A batch of nested rows then need not become rows of Spark and a batch again, which takes several times as long as reading it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from jobs.steps.ledger_kernels import Batches, Kernel
from jobs.steps.marts import on_dates
from jobs.steps.passes import FewRows, Rows, Source, SpreadRows
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.derive import arrow_schema_of, ddl_of
from warehouse_schema.table import Type

if TYPE_CHECKING:
    from jobs.io.warehouse import DataFile


@dataclass(frozen=True)
class FileSource(Source):
    """Page views in data files below a warehouse, with the columns of a schema."""

    spark: SparkSession
    warehouse: str
    files: Sequence[DataFile]
    schema: pa.Schema

    def mapped(self, kernel: Kernel, columns: Mapping[str, Type]) -> Rows:
        """By the workers, each with its share of the files."""
        from jobs.io.data_files import shares
        from jobs.io.session import own_partitions

        parts = shares(self.files, own_partitions(sum(file.size_bytes for file in self.files)))
        numbers = self.spark.range(0, len(parts), 1, len(parts))
        return SpreadRows(numbers.mapInArrow(_over_files(self.warehouse, parts, self.schema, kernel), ddl_of(columns)))

    def fetched(self) -> FewRows:
        """All rows, read by this process."""
        return FewRows(pa.Table.from_batches(self.batches(), self.schema))

    def batches(self) -> Batches:
        """The same, one after the other."""
        from jobs.io.data_files import read_all

        return read_all(self.warehouse, self.files, self.schema)


def _over_files(warehouse: str, parts: Sequence[Sequence[DataFile]], schema: pa.Schema, kernel: Kernel) -> Kernel:
    def over_numbers(numbers: Batches) -> Batches:
        from jobs.io.data_files import read_all

        mine = [parts[number] for batch in numbers for number in batch.column(0).to_pylist()]
        return kernel(read_all(warehouse, chain.from_iterable(mine), schema))

    return over_numbers


@dataclass(frozen=True)
class PageViews:
    """clean.page_views: as a plan, of which `kind` says where it is gone over, and, where every worker can open them, as the
    `files` below a warehouse."""

    frame: DataFrame
    kind: type[Rows] = SpreadRows
    warehouse: str = ""
    files: Sequence[DataFile] | None = None

    def nested(self, names: Iterable[str], dates: Collection[dt.date] | None = None) -> Source:
        """Columns of the page views, of all dates or of some."""
        source = self._source(names, dates)
        if isinstance(source, FileSource):
            return source.fetched() if self.kind is FewRows else source
        return self.kind.of(source)

    def distinct(self, name: str) -> DataFrame:
        """The values of a column, each once."""
        source = self._source([name], None)
        if isinstance(source, DataFrame):
            return source.distinct()
        values = pa.chunked_array([batch.column(0) for batch in source.batches()], source.schema.field(0).type)
        return source.spark.createDataFrame(pa.table({name: values.unique()}))

    def _source(self, names: Iterable[str], dates: Collection[dt.date] | None) -> DataFrame | FileSource:
        if self.files is None:
            rows = self.frame if dates is None else self.frame.where(on_dates("event_date", dates))
            return rows.select(*names)
        own = [file for file in self.files if dates is None or file.date in dates]
        return FileSource(
            self.frame.sparkSession,
            self.warehouse,
            own,
            arrow_schema_of({name: PAGE_VIEWS.column(name).type for name in names}),
        )

    def made(self, rows: DataFrame) -> Rows:
        """Rows that come of page views."""
        return self.kind.of(rows).kept()
