"""What follows from a declaration: Spark and Arrow schemas, DDL, test rows.

pyspark and pyarrow are imported where they are needed, because `hoverlake sql` reads declarations and must not
wait for an engine that it does not use.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from warehouse_schema.table import Array, Column, Map, Struct, Table, Type

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import types as T

_DDL = {
    "string": "string",
    "int": "int",
    "long": "bigint",
    "double": "double",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
}
_DUCKDB = {**_DDL, "string": "varchar", "timestamp": "timestamptz"}
_TRINO = {**_DDL, "string": "varchar", "timestamp": "timestamp(6) with time zone"}


def spark_type(type_: Type) -> T.DataType:
    """The Spark type; nested fields are nullable, because what may be NULL is a matter of expectations."""
    from pyspark.sql import types as T

    if isinstance(type_, Array):
        return T.ArrayType(spark_type(type_.of), True)
    if isinstance(type_, Struct):
        return T.StructType([T.StructField(c.name, spark_type(c.type), True) for c in type_.fields])
    if isinstance(type_, Map):
        return T.MapType(T.StringType(), T.StringType(), True)
    scalars: dict[str, T.DataType] = {
        "string": T.StringType(),
        "int": T.IntegerType(),
        "long": T.LongType(),
        "double": T.DoubleType(),
        "boolean": T.BooleanType(),
        "date": T.DateType(),
        "timestamp": T.TimestampType(),
    }
    return scalars[type_]


def spark_schema(columns: Sequence[Column]) -> T.StructType:
    """The Spark schema of `columns`, each with its meaning as comment."""
    from pyspark.sql import types as T

    return T.StructType([T.StructField(c.name, spark_type(c.type), True, {"comment": c.meaning}) for c in columns])


def arrow_type(type_: Type) -> pa.DataType:
    """The Arrow type that Spark exchanges for the same declaration."""
    import pyarrow as pa

    if isinstance(type_, Array):
        return pa.list_(pa.field("element", arrow_type(type_.of)))
    if isinstance(type_, Struct):
        return pa.struct([pa.field(c.name, arrow_type(c.type)) for c in type_.fields])
    if isinstance(type_, Map):
        return pa.map_(pa.string(), pa.string())
    scalars = {
        "string": pa.string(),
        "int": pa.int32(),
        "long": pa.int64(),
        "double": pa.float64(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "timestamp": pa.timestamp("us", tz="UTC"),
    }
    return scalars[type_]


def arrow_schema(columns: Sequence[Column]) -> pa.Schema:
    """The Arrow schema of `columns`."""
    return arrow_schema_of({c.name: c.type for c in columns})


def arrow_schema_of(types: Mapping[str, Type]) -> pa.Schema:
    """The Arrow schema of columns by name."""
    import pyarrow as pa

    return pa.schema([pa.field(name, arrow_type(type_)) for name, type_ in types.items()])


def ddl_of(types: Mapping[str, Type]) -> str:
    """Spark's DDL of columns by name."""
    return ", ".join(f"{name} {sql_type(type_)}" for name, type_ in types.items())


def sql_type(type_: Type, dialect: str = "spark") -> str:
    """The type in words of SQL: `dialect` is spark, duckdb or trino."""
    if isinstance(type_, Array):
        inner = sql_type(type_.of, dialect)
        return {"duckdb": f"{inner}[]", "trino": f"array({inner})"}.get(dialect, f"array<{inner}>")
    if isinstance(type_, Struct):
        separator = ":" if dialect == "spark" else " "
        inner = ", ".join(f"{c.name}{separator}{sql_type(c.type, dialect)}" for c in type_.fields)
        return {"duckdb": f"struct({inner})", "trino": f"row({inner})"}.get(dialect, f"struct<{inner}>")
    if isinstance(type_, Map):
        return "map<string, string>" if dialect == "spark" else "map(varchar, varchar)"
    return {"duckdb": _DUCKDB, "trino": _TRINO}.get(dialect, _DDL)[type_]


def example_value(column: Column) -> Any:
    """The column's example, or one built from its nested fields."""
    if column.example is not None:
        return column.example
    if isinstance(column.type, Struct):
        return {c.name: example_value(c) for c in column.type.fields}
    if isinstance(column.type, Array) and isinstance(column.type.of, Struct):
        return [{c.name: example_value(c) for c in column.type.of.fields}]
    if isinstance(column.type, Array):
        return []
    if isinstance(column.type, Map):
        return {}
    if column.nullable:
        return None
    if column.allowed:
        return column.allowed[0]
    zero: dict[str, Any] = {
        "string": "x",
        "int": 0,
        "long": 0,
        "double": 0.0,
        "boolean": False,
        "date": dt.date(2026, 11, 20),
        "timestamp": dt.datetime(2026, 11, 20, tzinfo=dt.UTC),
    }
    return zero[column.type] if isinstance(column.type, str) else None


def rows(table: Table, *overrides: dict[str, Any]) -> list[dict[str, Any]]:
    """Test rows: the example row, once per dictionary of `overrides`; KeyError on a name that is no column."""
    example = {c.name: example_value(c) for c in table.columns}
    for override in overrides:
        for name in override:
            table.column(name)
    return [{**example, **override} for override in overrides]
