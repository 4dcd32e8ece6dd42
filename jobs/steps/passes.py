"""Rows that passes go over: by Spark where they lie, or on the driver where they are few. Either gives the same rows.

A pass of Spark costs its planning and the start of its tasks, which is most of what a small night's marts take. What is
asked is in words that Spark and DuckDB share.

Executors import this module with their kernels: what only the driver has is imported where it is needed.
"""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.steps.ledger_kernels import BATCH_BYTES, Batches, Kernel, run
from jobs.steps.marts import PAGE_VIEW_KEY
from warehouse_schema.derive import arrow_schema_of, ddl_of
from warehouse_schema.table import Type


class Source(ABC):
    """Something of whose rows a kernel can be asked."""

    @abstractmethod
    def mapped(self, kernel: Kernel, columns: Mapping[str, Type]) -> Rows:
        """What the kernel makes of the batches: rows with these columns."""

    def coded(self) -> Source:
        """The same for queries that only tell visitors and page views apart: these may have other texts."""
        return self


class Rows(Source):
    """Rows, and what passes do with them."""

    rows: Any

    @classmethod
    @abstractmethod
    def of(cls, rows: DataFrame) -> Rows:
        """The rows of a plan."""

    @abstractmethod
    def picked(self, *names: str) -> Rows:
        """Some columns of the rows."""

    @abstractmethod
    def gathered(self, *keys: str) -> Rows:
        """The rows, those with equal keys in one partition."""

    @abstractmethod
    def grouped(self, name: str, *values: str) -> Rows:
        """The rows sorted within their partition by a new column, which is equal where the `values` are: SQL, with `{hash}` for
        a function of many values."""

    @abstractmethod
    def asked(self, query: str, **tables: pa.Table) -> Rows:
        """Rows of the same columns that a query gives, over `{rows}` and small tables."""

    @abstractmethod
    def beside(self, *others: Rows) -> Rows:
        """The rows, and others of the same columns and the same kind."""

    @abstractmethod
    def kept(self) -> Rows:
        """The rows, made only once."""

    @abstractmethod
    def arrow(self) -> pa.Table:
        """The rows on the driver."""

    @abstractmethod
    def frame(self, spark: SparkSession) -> DataFrame:
        """The rows as a plan."""

    @abstractmethod
    def write(self, warehouse: str, folder: str) -> None:
        """Write the rows as all that is in a folder of the warehouse, one Parquet file."""


@dataclass(frozen=True)
class SpreadRows(Rows):
    """Rows as a plan of Spark."""

    rows: DataFrame

    @classmethod
    def of(cls, rows: DataFrame) -> Rows:
        """As it is."""
        return cls(rows)

    def mapped(self, kernel: Kernel, columns: Mapping[str, Type]) -> Rows:
        """By the workers."""
        return SpreadRows(self.rows.mapInArrow(kernel, ddl_of(columns)))

    def picked(self, *names: str) -> Rows:
        """By the plan."""
        return SpreadRows(self.rows.select(*names))

    def gathered(self, *keys: str) -> Rows:
        """By an exchange."""
        return SpreadRows(self.rows.repartition(F.xxhash64(*keys)))

    def grouped(self, name: str, *values: str) -> Rows:
        """By an exchange; the column is a hash."""
        hashed = self.rows.withColumn(name, F.expr(_hash(values, "xxhash64")))
        return SpreadRows(hashed.repartition(name).sortWithinPartitions(name))

    def asked(self, query: str, **tables: pa.Table) -> Rows:
        """By Spark's SQL."""
        spark = self.rows.sparkSession
        given: dict[str, Any] = {name: spark.createDataFrame(table) for name, table in tables.items()}
        return SpreadRows(spark.sql(query, rows=self.rows, **given))

    def beside(self, *others: Rows) -> Rows:
        """As one plan."""
        rows = self.rows
        for other in others:
            rows = rows.unionByName(other.rows)
        return SpreadRows(rows)

    def kept(self) -> Rows:
        """By the workers."""
        return SpreadRows(self.rows.persist())

    def arrow(self) -> pa.Table:
        """Fetched from the workers."""
        return self.rows.toArrow()

    def frame(self, _spark: SparkSession) -> DataFrame:
        """As it is."""
        return self.rows

    def write(self, warehouse: str, folder: str) -> None:
        """By one worker."""
        from jobs.io.store import table_uri

        self.rows.coalesce(1).write.mode("overwrite").parquet(table_uri(warehouse, folder))


@dataclass(frozen=True)
class FewRows(Rows):
    """Rows as an Arrow table."""

    rows: pa.Table

    @classmethod
    def of(cls, rows: DataFrame) -> Rows:
        """Fetched from the workers."""
        return cls(rows.toArrow())

    def coded(self) -> Source:
        """With short texts: a line is three quarters as long, and they compare faster."""
        rows = self.rows
        for name in set(PAGE_VIEW_KEY) & set(rows.column_names):
            codes = rows[name].combine_chunks().dictionary_encode().indices.cast(pa.string())
            rows = rows.set_column(rows.column_names.index(name), name, codes)
        return FewRows(rows)

    def mapped(self, kernel: Kernel, columns: Mapping[str, Type]) -> Rows:
        """In this process."""
        return FewRows(pa.Table.from_batches(kernel(self._batches()), arrow_schema_of(columns)))

    def _batches(self) -> Batches:
        yield from self.rows.to_batches()

    def picked(self, *names: str) -> Rows:
        """As they are."""
        return FewRows(self.rows.select(names))

    def gathered(self, *_keys: str) -> Rows:
        """As they are."""
        return self

    def grouped(self, name: str, *values: str) -> Rows:
        """In some groups, made when their turn comes: another copy of everything would be what takes most memory."""
        return _GroupedRows(self.rows, name, _hash(values, "hash"))

    def asked(self, query: str, **tables: pa.Table) -> Rows:
        """By DuckDB."""
        named = {"rows": self.rows, **tables}
        return FewRows(run(query.format_map({name: name for name in named}), self.rows.schema, **named))

    def beside(self, *others: Rows) -> Rows:
        """One after the other."""
        return FewRows(pa.concat_tables([self.rows, *(other.rows for other in others)]))

    def kept(self) -> Rows:
        """As they are."""
        return self

    def arrow(self) -> pa.Table:
        """As they are."""
        return self.rows

    def frame(self, spark: SparkSession) -> DataFrame:
        """Handed to Spark."""
        return spark.createDataFrame(self.rows)

    def write(self, warehouse: str, folder: str) -> None:
        """From this process."""
        from jobs.io.store import Store

        sink = io.BytesIO()
        pq.write_table(self.rows, sink, compression="zstd")
        store = Store(warehouse)
        # Another try may have left a file of another name.
        store.delete_folder(folder)
        store.put(f"{folder}/rows.parquet", sink.getvalue())


@dataclass(frozen=True)
class _GroupedRows(FewRows):
    """Rows in groups of equal hash, to be mapped."""

    name: str
    hash: str

    def _batches(self) -> Batches:
        count = 1 + self.rows.nbytes // BATCH_BYTES
        schema = self.rows.schema.append(pa.field(self.name, pa.int64()))
        for number in range(count):
            group = f"SELECT *, {number} AS {self.name} FROM rows WHERE {self.hash} % {count} = {number}"
            yield from run(group, schema, rows=self.rows).to_batches()


def _hash(values: Sequence[str], function: str) -> str:
    return f"{function}({', '.join(value.format(hash=function) for value in values)})"
