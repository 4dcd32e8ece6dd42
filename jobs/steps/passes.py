"""Rows that passes go over: by Spark where they lie, or by the driver (`driver_rows`). Either gives the same rows.

What is asked is in words that Spark and DuckDB share.

Executors import this module with their kernels: what only the driver has is imported where it is needed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.steps.ledger_kernels import Kernel
from warehouse_schema.derive import ddl_of
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
    def beside(self, *others: Self) -> Rows:
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
        rows = self.rows.withColumn(name, F.expr(hashed(values, "xxhash64")))
        return SpreadRows(rows.repartition(name).sortWithinPartitions(name))

    def asked(self, query: str, **tables: pa.Table) -> Rows:
        """By Spark's SQL."""
        spark = self.rows.sparkSession
        given: dict[str, Any] = {name: spark.createDataFrame(table) for name, table in tables.items()}
        return SpreadRows(spark.sql(query, rows=self.rows, **given))

    def beside(self, *others: Self) -> Rows:
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


def hashed(values: Sequence[str], function: str) -> str:
    """SQL: a function of many values over `values`, in which `{hash}` stands for it."""
    return f"{function}({', '.join(value.format(hash=function) for value in values)})"
