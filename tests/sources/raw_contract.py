"""A beacon held against the declaration of `cursor-beacon/1`: what breaks it, in words."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from warehouse_schema.raw.cursor_beacon import COLUMNS, REQUIRED, SCHEMA_ID, STREAM_REQUIRED, STREAMS
from warehouse_schema.table import Array, Column, Map, Struct, Type

PYTHON_TYPES: dict[str, set[type]] = {
    "string": {str},
    "int": {int},
    "long": {int},
    "double": {int, float},
    "boolean": {bool},
}


def read_beacons(files: Iterable[Path]) -> list[dict[str, Any]]:
    """All beacons of raw files, in the order of the files."""
    beacons: list[dict[str, Any]] = []
    for file in files:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            beacons += [json.loads(line) for line in lines]
    return beacons


def breaches(beacon: dict[str, Any]) -> list[str]:
    """Every way in which the beacon breaks the contract; empty if it keeps it."""
    found = [f"{name} is missing" for name in REQUIRED if beacon.get(name) is None]
    found += [] if beacon.get("schema") == SCHEMA_ID else ["schema is another"]
    found += list(_wrong_fields(beacon, COLUMNS, ""))
    for stream in STREAMS:
        if beacon.get(stream):
            found += _wrong_stream(stream, beacon[stream])
    return found


def _wrong_fields(values: dict[str, Any], columns: Iterable[Column], path: str) -> Iterator[str]:
    declared = {column.name: column for column in columns}
    for name, value in values.items():
        if name not in declared:
            yield f"{path}{name} is not declared"
        elif not _fits(value, declared[name].type):
            yield f"{path}{name} has another type"


def _fits(value: Any, type_: Type) -> bool:
    if isinstance(type_, Array):
        if not isinstance(value, list):
            return False
        if isinstance(type_.of, str):
            return set(map(type, value)) <= PYTHON_TYPES[type_.of] | {type(None)}
        return all(_fits(element, type_.of) for element in value)
    if isinstance(type_, Struct):
        return isinstance(value, dict) and not list(_wrong_fields(value, type_.fields, ""))
    if isinstance(type_, Map):
        return isinstance(value, dict) and set(map(type, value.values())) <= {str}
    return type(value) in PYTHON_TYPES[type_]


def _wrong_stream(name: str, stream: dict[str, list[Any]]) -> Iterator[str]:
    missing = [array for array in STREAM_REQUIRED[name] if array not in stream]
    if missing:
        yield f"{name} lacks {missing}"
    if len({len(array) for array in stream.values()}) > 1:
        yield f"{name} is ragged"
    t_ms = stream.get("t_ms", [])
    if t_ms != sorted(t_ms) or (t_ms and t_ms[0] < 0):
        yield f"{name}.t_ms does not rise from 0"
