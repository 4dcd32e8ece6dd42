"""The JSON Schema of cursor-beacon/1 accepts what landing accepts, as far as JSON Schema can say."""

from __future__ import annotations

import copy
from typing import Any

import pyarrow as pa
import pytest
from jsonschema import Draft202012Validator

from warehouse_schema.contract import json_schema
from warehouse_schema.derive import arrow_schema
from warehouse_schema.raw import cursor_beacon as raw
from warehouse_schema.raw.example_beacon import EXAMPLE_BEACON
from warehouse_schema.table import Array, Column, Map, Struct, Type

VALIDATOR = Draft202012Validator(json_schema())

#: For every type, JSON values that are not of it.
WRONG: dict[str, list[Any]] = {
    "string": [7, True, ["a"], {"a": 1}],
    "int": ["7", 1.5, True, 2**31],
    "long": ["7", 1.5, True, [1], 2**63],
    "double": ["1.5", True, {}],
    "boolean": ["true", 1],
}


def _beacon(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(EXAMPLE_BEACON), **changes}


def _wrong_values(type_: Type) -> list[Any]:
    """Values that break `type_` at its top or anywhere inside."""
    if isinstance(type_, Array):
        return ["x", 7, {"a": 1}, *([value] for value in _wrong_values(type_.of))]
    if isinstance(type_, Struct):
        inner = [{field.name: value} for field in type_.fields for value in _wrong_values(field.type)]
        return ["x", 7, [1], *inner]
    if isinstance(type_, Map):
        return ["x", 7, {"a": 1}, {"a": ["b"]}]
    return WRONG[type_]


def test_schema_is_a_valid_schema() -> None:
    Draft202012Validator.check_schema(json_schema())


def test_example_uses_every_field_and_nothing_else() -> None:
    assert list(EXAMPLE_BEACON) == [column.name for column in raw.COLUMNS]
    for column in raw.COLUMNS:
        inner = column.type.of if isinstance(column.type, Array) else column.type
        if isinstance(inner, Struct):
            value = EXAMPLE_BEACON[column.name]
            entry = value[0] if isinstance(value, list) else value
            assert list(entry) == [field.name for field in inner.fields]


def test_example_is_accepted() -> None:
    VALIDATOR.validate(EXAMPLE_BEACON)


def test_example_streams_are_sorted_and_of_one_length() -> None:
    for stream in raw.STREAMS:
        arrays = EXAMPLE_BEACON[stream]
        assert len({len(array) for array in arrays.values()}) == 1
        assert arrays["t_ms"] == sorted(arrays["t_ms"])


def test_example_converts_to_arrow_without_loss() -> None:
    [row] = pa.Table.from_pylist([EXAMPLE_BEACON], schema=arrow_schema(raw.COLUMNS)).to_pylist(maps_as_pydicts="strict")

    assert row == EXAMPLE_BEACON


def test_unknown_fields_break_nothing() -> None:
    VALIDATOR.validate(_beacon(colour="blue", page={**EXAMPLE_BEACON["page"], "theme": "dark"}))


@pytest.mark.parametrize("name", raw.REQUIRED)
def test_required_field_may_be_neither_missing_nor_null(name: str) -> None:
    without = _beacon()
    del without[name]

    assert not VALIDATOR.is_valid(without)
    assert not VALIDATOR.is_valid(_beacon(**{name: None}))


@pytest.mark.parametrize("name", [c.name for c in raw.COLUMNS if c.name in raw.REQUIRED and c.type == "string"])
def test_required_text_may_not_be_empty(name: str) -> None:
    assert not VALIDATOR.is_valid(_beacon(**{name: ""}))


@pytest.mark.parametrize("name", [c.name for c in raw.COLUMNS if c.name not in raw.REQUIRED])
def test_other_fields_may_be_missing_or_null(name: str) -> None:
    without = _beacon()
    del without[name]

    VALIDATOR.validate(without)
    VALIDATOR.validate(_beacon(**{name: None}))


@pytest.mark.parametrize("column", raw.COLUMNS, ids=lambda column: column.name)
def test_wrong_type_is_refused(column: Column) -> None:
    wrong = _wrong_values(column.type)

    accepted = [value for value in wrong if VALIDATOR.is_valid(_beacon(**{column.name: value}))]

    assert wrong and accepted == []


def test_another_schema_is_refused() -> None:
    assert not VALIDATOR.is_valid(_beacon(schema="cursor-beacon/2"))


def test_negative_number_and_negative_instants_are_refused() -> None:
    assert not VALIDATOR.is_valid(_beacon(seq=-1))
    assert not VALIDATOR.is_valid(_beacon(observed_until_ms=-1))
    assert not VALIDATOR.is_valid(_beacon(scroll={"t_ms": [-1], "y_px": [0]}))


def test_instants_may_not_be_null_but_positions_may() -> None:
    assert not VALIDATOR.is_valid(_beacon(pointer={"t_ms": [None], "x_px": [1], "y_px": [1]}))
    VALIDATOR.validate(_beacon(pointer={"t_ms": [5], "x_px": [None], "y_px": [None]}))


@pytest.mark.parametrize("stream", raw.STREAMS)
def test_a_stream_is_empty_or_has_its_arrays(stream: str) -> None:
    needed = raw.STREAM_REQUIRED[stream]
    VALIDATOR.validate(_beacon(**{stream: {}}))
    VALIDATOR.validate(_beacon(**{stream: {name: [] for name in needed}}))

    for left_out in needed:
        arrays = {name: [] for name in needed if name != left_out}
        assert not VALIDATOR.is_valid(_beacon(**{stream: arrays}))


def test_lengths_of_arrays_are_out_of_its_reach_and_it_says_so() -> None:
    VALIDATOR.validate(_beacon(scroll={"t_ms": [1, 2, 3], "y_px": [0, 10]}))

    assert "ragged_arrays" in json_schema()["description"]
