"""Equal tables are equal; one planted value, row or fold is found and named."""

from __future__ import annotations

import datetime as dt

import duckdb
import pyarrow as pa
import pytest

from benchmarks.equality import Compared, differences, mart, mart_differences
from warehouse_schema import TABLES
from warehouse_schema.derive import arrow_schema, rows

DAY = dt.date(2026, 11, 20)
CELLS = Compared("cells", ("cell_x",), ("dwell_ms",))
STORY = "story_attention_daily"


@pytest.fixture
def database() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def cells(*values: tuple[int, int | None]) -> str:
    shown = ", ".join(f"({x}, {'NULL' if ms is None else ms})" for x, ms in values)
    return f"(FROM (VALUES {shown}) AS cells (cell_x, dwell_ms))"


def test_equal_rows_are_equal_in_any_order_and_null_equals_null(database: duckdb.DuckDBPyConnection) -> None:
    assert differences(database, CELLS, cells((1, 100), (2, None)), cells((2, None), (1, 100))) == []


def test_a_value_that_differs_is_named_with_both_values(database: duckdb.DuckDBPyConnection) -> None:
    [problem] = differences(database, CELLS, cells((1, 100), (2, 50)), cells((1, 101), (2, 50)))

    assert problem == "cells: 1 rows differ in dwell_ms, the first: (1,): 101 instead of 100"


def test_null_is_not_zero(database: duckdb.DuckDBPyConnection) -> None:
    [problem] = differences(database, CELLS, cells((1, None)), cells((1, 0)))

    assert "0 instead of None" in problem


def test_rows_that_one_side_lacks_are_named(database: duckdb.DuckDBPyConnection) -> None:
    problems = differences(database, CELLS, cells((1, 100), (2, 50)), cells((1, 100), (3, 50)))

    assert problems == ["cells: 1 rows missing, the first: ('2',)", "cells: 1 rows not expected, the first: ('3',)"]


def stories(database: duckdb.DuckDBPyConnection, name: str, *changes: dict[str, object]) -> str:
    table = TABLES[f"mart.{STORY}"]
    database.register(name, pa.Table.from_pylist(rows(table, *changes), schema=arrow_schema(table.columns)))
    return name


def story(item_id: str | None, visitors: int, **changes: object) -> dict[str, object]:
    return {"event_date": DAY, "item_id": item_id, "visitor_count": visitors, "is_remainder": item_id is None} | changes


def test_a_row_too_small_to_be_published_is_no_difference(database: duckdb.DuckDBPyConnection) -> None:
    published = stories(database, "published", story("a", 60))
    found = stories(database, "found", story("a", 60), story("b", 49))

    assert mart_differences(database, STORY, published, found, 50) == []


def test_a_large_row_that_is_not_published_is_a_difference(database: duckdb.DuckDBPyConnection) -> None:
    published = stories(database, "published", story("a", 60))
    found = stories(database, "found", story("a", 60), story("b", 50))

    [problem] = mart_differences(database, STORY, published, found, 50)

    assert "1 rows not expected" in problem and "'b'" in problem


def test_a_large_row_beside_a_remainder_may_have_been_taken_in(database: duckdb.DuckDBPyConnection) -> None:
    published = stories(database, "published", story("a", 60), story(None, 70))
    found = stories(database, "found", story("a", 60), story("b", 50), story("c", 20))

    assert mart_differences(database, STORY, published, found, 50) == []


def test_a_remainder_of_another_group_took_nothing_in(database: duckdb.DuckDBPyConnection) -> None:
    published = stories(database, "published", story("a", 60), story(None, 70, surface="profile"))
    found = stories(database, "found", story("a", 60), story("b", 50))

    assert len(mart_differences(database, STORY, published, found, 50)) == 1


def test_a_planted_value_of_a_published_row_is_found(database: duckdb.DuckDBPyConnection) -> None:
    published = stories(database, "published", story("a", 60, visible_ms=1000))
    found = stories(database, "found", story("a", 60, visible_ms=1001))

    [problem] = mart_differences(database, STORY, published, found, 50)

    assert "differ in visible_ms" in problem and "1001 instead of 1000" in problem


def test_every_measure_of_a_mart_is_compared() -> None:
    assert {"visitor_count", "page_view_count", "attended_ms", "visible_ms_hist"} <= set(mart(STORY).values)
