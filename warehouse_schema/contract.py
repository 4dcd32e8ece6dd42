"""The raw contract `cursor-beacon/1` as JSON Schema, for trackers to check what they send.

Derived from `warehouse_schema.raw.cursor_beacon`, which also gives the schema that landing parses with.
"""

from __future__ import annotations

from typing import Any

from warehouse_schema.raw import cursor_beacon as raw
from warehouse_schema.table import Array, Column, Map, Struct, Type

DIALECT = "https://json-schema.org/draft/2020-12/schema"

#: Rules of landing that JSON Schema has no words for; the docs page repeats them.
NOT_EXPRESSED = (
    "All arrays of one stream that are sent have the same length (else ragged_arrays).",
    "Clocks lie within 1970 to 2099, and instants within max_page_view_ms (else bad_timestamp).",
    "The repaired start agrees with the landing date (else too_late or from_future).",
    "A line is at most max_beacon_bytes long (else oversized).",
    "Without the purpose product_development a line is withheld: counted, and nothing else. Collectors drop such lines "
    "themselves: raw files keep what they are sent.",
)

_SCALARS: dict[str, dict[str, Any]] = {
    "string": {"type": "string"},
    "int": {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1},
    "long": {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1},
    "double": {"type": "number"},
    "boolean": {"type": "boolean"},
}


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of one line; unknown extra fields are allowed, as landing ignores them."""
    return {
        "$schema": DIALECT,
        "title": raw.SCHEMA_ID,
        "description": "One beacon: what one page view collected since its last flush. Not expressed here: "
        + " ".join(NOT_EXPRESSED),
        "type": "object",
        "required": list(raw.REQUIRED),
        "properties": {column.name: _field(column, is_required=column.name in raw.REQUIRED) for column in raw.COLUMNS},
    }


def _field(column: Column, *, is_required: bool) -> dict[str, Any]:
    """A top-level field: required ones are neither null nor empty, the others may be null."""
    schema = _stream(column) if column.name in raw.STREAMS else _described(column)
    if not is_required:
        return _or_null(schema)
    return {**schema, "minLength": 1} if column.type == "string" and not column.allowed else schema


def _stream(column: Column) -> dict[str, Any]:
    """A stream: an empty object is absent, any other has the arrays without which its records mean nothing."""
    assert isinstance(column.type, Struct)
    needed = raw.STREAM_REQUIRED[column.name]
    arrays = {
        field.name: _array(field) if field.name in needed else _or_null(_array(field)) for field in column.type.fields
    }
    return {
        "description": column.meaning,
        "type": "object",
        "properties": arrays,
        "anyOf": [{"maxProperties": 0}, {"required": list(needed)}],
    }


def _array(field: Column) -> dict[str, Any]:
    """One array of a stream; only instants may not be null."""
    assert isinstance(field.type, Array)
    is_instant = field.name == "t_ms"
    items = {**_type(field.type.of), "minimum": 0} if is_instant else _or_null(_type(field.type.of))
    return {"description": _words(field), "type": "array", "items": items}


def _described(column: Column) -> dict[str, Any]:
    schema = {"description": _words(column), **_type(column.type)}
    if column.allowed:
        schema["enum"] = list(column.allowed)
    if column.low is not None:
        schema["minimum"] = column.low
    if column.high is not None:
        schema["maximum"] = column.high
    return schema


def _type(type_: Type) -> dict[str, Any]:
    if isinstance(type_, Struct):
        properties = {
            field.name: _or_null(_described(field)) if field.nullable else _described(field) for field in type_.fields
        }
        return {"type": "object", "properties": properties}
    if isinstance(type_, Array):
        return {"type": "array", "items": _or_null(_type(type_.of))}
    if isinstance(type_, Map):
        return {"type": "object", "additionalProperties": {"type": ["string", "null"]}}
    return dict(_SCALARS[type_])


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    nullable = {**schema, "type": [schema["type"], "null"]}
    # A null satisfies the keywords of numbers, arrays and objects, but not an enumeration.
    return {**nullable, "enum": [*schema["enum"], None]} if "enum" in schema else nullable


def _words(column: Column) -> str:
    return f"{column.meaning} Unit: {column.unit}." if column.unit else column.meaning
