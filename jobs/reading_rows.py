"""Rows of a table, or of a query's answer, in the forms that analysts work with.

All forms but Spark's come from DuckDB's reading of the release, as `hoverlake sql` has it: one meaning of columns, types
and NULL for all. Spark reads the same version of the same Delta table by itself.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb

from jobs.errors import UsageError
from jobs.pinned import is_void, open_pinned, opened_release
from jobs.reading_dates import Asked
from jobs.sql import EXPLAIN, LISTING, SHOW_TABLES, connect, named_tables
from jobs.sql_dates import dates_kept
from jobs.sql_errors import explained
from warehouse_schema import Table

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

T = TypeVar("T")


class Rows(ABC):
    """Rows that are read anew by every call."""

    warehouse: str

    @abstractmethod
    def duckdb(self) -> duckdb.DuckDBPyRelation:
        """The rows as a relation of DuckDB, on a connection of its own that reads nothing else."""

    def arrow(self) -> pa.Table:
        """The rows as an Arrow table; sums of whole numbers are int64, as far as they fit."""
        return _narrow(self._asked(lambda: self.duckdb().to_arrow_table()))

    def pandas(self) -> pd.DataFrame:
        """The rows as a pandas DataFrame.

        Whole numbers, shares, flags and texts have the types of pandas that know NULL (Int64, Float64, boolean, string):
        not measured stays `<NA>`, where numpy's types would turn it into a number or counts into fractions. A date is
        midnight of a datetime64; instants are in UTC.
        """
        import pandas as pd
        import pyarrow as pa

        types = {pa.bool_(): pd.BooleanDtype(), pa.string(): pd.StringDtype(), pa.float64(): pd.Float64Dtype()}
        types |= {pa.int64(): pd.Int64Dtype(), pa.int32(): pd.Int32Dtype(), pa.float32(): pd.Float32Dtype()}
        rows = self.arrow()
        # Decimals would become objects, of which neither a mean nor a plot can be made.
        plain = [f.with_type(pa.float64()) if pa.types.is_decimal(f.type) else f for f in rows.schema]
        return rows.cast(pa.schema(plain)).to_pandas(types_mapper=types.get, date_as_object=False)

    def polars(self) -> pl.DataFrame:
        """The rows as a Polars DataFrame; UsageError where Polars is not installed."""
        try:
            import polars as pl
        except ImportError as error:
            raise UsageError(
                "Polars is not installed: it is an extra. Install it with pip install 'hoverlake[polars]', or use .pandas()."
            ) from error
        found = pl.from_arrow(self.arrow())
        assert isinstance(found, pl.DataFrame)
        return found

    def _asked(self, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except duckdb.Error as error:
            raise explained(error, self.warehouse) from error


@dataclass(frozen=True, repr=False)
class Reading(Rows):
    """Rows of one table: of the event dates asked for, as release number `release` pins it.

    Columns have the order and the types of the declaration, whatever the engine; one that is younger than a file is NULL
    there.
    """

    warehouse: str
    table: Table
    release: int | None
    dates: Asked | None
    columns: tuple[str, ...]

    def duckdb(self) -> duckdb.DuckDBPyRelation:
        """The rows as a relation of DuckDB, on a connection of its own that reads nothing else."""
        name = self.table.name
        keep = {name: self.dates.keep} if self.dates else None
        where = f" where {self.dates.condition}" if self.dates else ""
        connection = connect(self.warehouse, [name], self.release, keep)
        return self._asked(lambda: connection.sql(f"select {', '.join(self.columns)} from {name}{where}"))

    def arrow(self) -> pa.Table:
        """The rows as an Arrow table of the declared types."""
        from warehouse_schema.derive import arrow_schema

        schema = arrow_schema([self.table.column(name) for name in self.columns])
        return self._asked(lambda: self.duckdb().to_arrow_table()).cast(schema)

    def spark(self, session: SparkSession | None = None) -> DataFrame:
        """The rows as a Spark DataFrame, read by Spark when an action asks for them.

        Without a session, the one of this process, made at the first call: it needs Java and Delta's jars (`make setup`).
        UsageError for a session that does not know Delta tables.
        """
        from jobs.reading_spark import spark_rows

        opened = opened_release(self.warehouse, self.release, self.release is not None)
        void = opened is not None and is_void(self.warehouse, opened)
        delta = open_pinned(self.warehouse, self.table, opened, void)
        version = None if delta is None else int(delta.version())
        where = self.dates.condition if self.dates else None
        return spark_rows(self.warehouse, self.table, version, self.columns, where, session)

    def __repr__(self) -> str:
        release = "no release" if self.release is None else f"release {self.release}"
        dates = f", {self.dates}" if self.dates else ""
        return f"<{self.table.name} of {release} in {self.warehouse}{dates}: .pandas(), .polars(), .arrow(), .duckdb(), .spark()>"


@dataclass(frozen=True)
class Answer(Rows):
    """The answer to one question in SQL, asked of the tables as release number `release` pins them."""

    warehouse: str
    query: str
    release: int | None
    parameters: Mapping[str, Any]

    def duckdb(self) -> duckdb.DuckDBPyRelation:
        """The answer as a relation of DuckDB, on a connection of its own that reads the query's tables only."""
        keep = dates_kept(EXPLAIN.sub("", self.query), self.parameters)
        connection = connect(self.warehouse, named_tables(self.query), self.release, keep)
        query = LISTING if SHOW_TABLES.fullmatch(self.query) else self.query
        return self._asked(lambda: connection.sql(query, params=dict(self.parameters)))


def _narrow(rows: pa.Table) -> pa.Table:
    """DuckDB sums whole numbers into 128 bits, which pandas and plots know as objects: 64 bits, if they hold all."""
    import pyarrow as pa

    for index, field in enumerate(rows.schema):
        if field.type == pa.decimal128(38, 0):
            try:
                column = rows.column(index).cast(pa.int64())
            except pa.ArrowInvalid:
                continue
            rows = rows.set_column(index, field.name, column)
    return rows
