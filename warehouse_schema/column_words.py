"""Columns in words, for every page that shows them: their paths, types and values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from warehouse_schema.table import Array, Column, Map, Struct, Type


def paths(columns: Sequence[Column], prefix: str = "") -> Iterator[tuple[str, Column]]:
    """Each column by its path, followed by the fields nested in it; `[]` marks the entries of a list."""
    for column in columns:
        path = prefix + column.name
        yield path, column
        inner = column.type.of if isinstance(column.type, Array) else column.type
        if isinstance(inner, Struct):
            yield from paths(inner.fields, path + ("[]." if isinstance(column.type, Array) else "."))


def type_words(type_: Type) -> str:
    """The type as readers know it: long, list of string, object."""
    if isinstance(type_, Array):
        return f"list of {type_words(type_.of)}"
    if isinstance(type_, Struct):
        return "object"
    return "map of string" if isinstance(type_, Map) else type_


def range_words(column: Column) -> str:
    """The least and the greatest value that the column may have, "" where neither is declared."""
    if column.low is None and column.high is None:
        return ""
    low = "" if column.low is None else f"{column.low:g}"
    high = "" if column.high is None else f"{column.high:g}"
    return f"{low} to {high}" if low and high else f"from {low}" if low else f"up to {high}"
