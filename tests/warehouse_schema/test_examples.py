"""Example queries run as they stand on the pages, and example rows are rows that a night could publish."""

from __future__ import annotations

import json
import re

import duckdb
import pyarrow as pa
import pytest

from expectations.catalog import rules_of
from jobs.config import Settings
from jobs.sql import named_tables, run_sql
from tests.warehouse_schema.example_warehouse import example_warehouse, typed
from warehouse_schema import MARTS, OPS, TABLES, Table
from warehouse_schema.derive import arrow_schema
from warehouse_schema.examples import EXAMPLES, Example, example_row

ASKED = [(name, example) for name, examples in EXAMPLES.items() for example in examples]
PUBLISHED = [table.name for table in MARTS + OPS]
every_example = pytest.mark.parametrize(
    ("table_name", "example"), ASKED, ids=[f"{name}-{example.columns[-1]}" for name, example in ASKED]
)
#: Words of rules that only Spark knows.
SPARK_ALONE = ("RLIKE", "aggregate(", "to_date(")
TEXT = re.compile(r"'[^']*'")


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> str:
    return example_warehouse(str(tmp_path_factory.mktemp("warehouse")))


@every_example
def test_an_example_answers_in_the_columns_it_declares(warehouse: str, table_name: str, example: Example) -> None:
    rows = json.loads(run_sql(warehouse, example.sql, "json") or "[]")

    assert rows
    assert {tuple(row) for row in rows} == {example.columns}


@every_example
def test_an_example_asks_its_own_table_and_nothing_restricted(table_name: str, example: Example) -> None:
    asked = named_tables(TEXT.sub("''", example.sql)) or []

    assert table_name in asked
    assert [name for name in asked if TABLES[name].is_restricted] == []
    assert example.question[-1] in "?."
    assert max(map(len, example.sql.splitlines())) <= 132, "too wide for a page"


def test_every_mart_has_two_questions_and_every_table_of_ops_one() -> None:
    assert [table.name for table in MARTS if len(EXAMPLES.get(table.name, ())) < 2] == []
    assert [table.name for table in OPS if not EXAMPLES.get(table.name)] == []


def test_no_measure_on_touch_is_nothing_not_zero(warehouse: str) -> None:
    """Rates have the count that measured them below the line."""
    [rates] = [example for example in EXAMPLES["mart.ad_attention_daily"] if "hovered_rate" in example.columns]

    rows = json.loads(run_sql(warehouse, rates.sql, "json") or "[]")

    assert {row["device_type"]: row["hovered_rate"] for row in rows} == {"desktop": round(104 / 220, 3), "phone": None}


@pytest.mark.parametrize("name", PUBLISHED)
def test_an_example_row_has_every_column_with_a_value_that_is_allowed(name: str) -> None:
    table = TABLES[name]

    row = typed(name, example_row(name))

    assert list(row) == table.column_names
    assert pa.Table.from_pylist([row], schema=arrow_schema(table.columns)).to_pylist() == [row]
    for column in table.columns:
        value = row[column.name]
        assert value is not None or column.nullable, column.name
        assert column.allowed is None or value in column.allowed, column.name
        assert column.low is None or value is None or value >= column.low, column.name


def test_rows_about_one_person_are_no_examples() -> None:
    assert [table.name for table in TABLES.values() if table.is_restricted and example_row(table.name)] == []


@pytest.mark.parametrize("table", MARTS, ids=lambda table: table.name)
def test_an_example_row_keeps_the_rules_of_its_mart(table: Table) -> None:
    rules = [rule.at(Settings().model_dump()) for rule in rules_of(table) if rule.beside is None]
    row = pa.Table.from_pylist([typed(table.name, example_row(table.name))], schema=arrow_schema(table.columns))
    with duckdb.connect() as connection:
        connection.register("example", row)
        broken = [
            rule.name
            for rule in rules
            if not any(word in rule.holds for word in SPARK_ALONE)
            and connection.execute(f"SELECT ({rule.holds}) IS FALSE FROM example").fetchone() == (True,)
        ]

    assert broken == []
