"""Rules that every declared table and column obeys."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator

import pyarrow as pa
import pytest

from warehouse_schema import TABLES, Array, Column, Struct, Table
from warehouse_schema.derive import arrow_schema, rows
from warehouse_schema.raw import cursor_beacon as raw
from warehouse_schema.table import SCALARS

#: What a suffix of a name promises about the unit.
UNIT_OF_SUFFIX = {
    "_ms": ("ms", "epoch ms"),
    "_px": ("css px",),
    "_share": ("0..1",),
    "_bytes": ("bytes",),
}
TYPE_OF_SUFFIX = {"_at": "timestamp", "_date": "date", "_sha256": "string"}


def _nested(column: Column, path: str) -> Iterator[tuple[str, Column]]:
    yield f"{path}.{column.name}", column
    inner = column.type.of if isinstance(column.type, Array) else column.type
    if isinstance(inner, Struct):
        for field in inner.fields:
            yield from _nested(field, f"{path}.{column.name}")


#: Every column and nested field of every table and of the raw contract, by its path. One test per rule goes through
#: all of them and names those that break it: a test per column and rule would be thousands.
COLUMNS = {
    path: column
    for owner, columns in [*((t.name, t.columns) for t in TABLES.values()), ("raw", raw.COLUMNS)]
    for top in columns
    for path, column in _nested(top, owner)
}
every_table = pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)


def broken_by(rule: Callable[[Column], bool]) -> list[str]:
    """Paths of the columns that do not keep the rule."""
    return [path for path, column in COLUMNS.items() if not rule(column)]


def test_every_table_and_the_raw_contract_have_columns_here() -> None:
    assert {path.rsplit(".", 1)[0] for path in COLUMNS} >= {*TABLES, "raw", "clean.page_views.item_views"}


def test_meaning_ends_in_a_full_stop() -> None:
    assert (
        broken_by(lambda column: column.meaning.endswith(".") and column.meaning == column.meaning.strip() != ".") == []
    )


def test_unit_follows_from_the_name() -> None:
    for suffix, units in UNIT_OF_SUFFIX.items():
        assert broken_by(lambda c, s=suffix, u=units: not c.name.endswith(s) or (c.unit or "").startswith(u)) == [], (
            suffix
        )


def test_a_count_says_what_it_counts() -> None:
    assert broken_by(lambda column: not column.name.endswith("_count") or bool(column.unit)) == []


def test_type_follows_from_the_name() -> None:
    for suffix, type_ in TYPE_OF_SUFFIX.items():
        assert broken_by(lambda c, s=suffix, t=type_: not c.name.endswith(s) or c.type == t) == [], suffix
    assert broken_by(lambda c: not c.name.startswith(("is_", "has_")) or c.type == "boolean") == []


def test_scalar_types_are_known() -> None:
    assert broken_by(lambda column: not isinstance(column.type, str) or column.type in SCALARS) == []


@every_table
def test_table_says_what_a_row_is(table: Table) -> None:
    assert table.name.count(".") == 1
    assert table.one_row_per and not table.one_row_per.endswith(".")
    assert table.meaning.endswith(".")
    assert all(caveat.endswith(".") for caveat in table.caveats)
    assert table.retention_days is not None


@every_table
def test_table_has_an_owner_a_freshness_and_a_version_of_three_numbers(table: Table) -> None:
    assert table.owner and table.freshness.endswith(".")
    assert re.fullmatch(r"[1-9]\d*\.\d+\.\d+", table.version)
    assert table.is_restricted is (table.layer in ("clean", "restricted"))


@every_table
def test_column_names_are_unique(table: Table) -> None:
    assert len(set(table.column_names)) == len(table.columns)


@every_table
def test_grain_partitions_and_additive_measures_are_columns(table: Table) -> None:
    assert set(table.grain) <= set(table.column_names)
    assert set(table.partition_by) <= set(table.column_names)
    assert set(table.additive) <= set(table.column_names)
    assert all(table.column(name).type == "long" for name in table.additive), "sums of floats depend on row order"


@every_table
def test_grain_is_not_null_except_where_a_mart_folds_keys_away(table: Table) -> None:
    may_fold = {"event_date"}.symmetric_difference(table.grain) if "is_remainder" in table.column_names else set()

    nulls = {name for name in table.grain if table.column(name).nullable}

    assert nulls <= may_fold


@every_table
def test_table_without_a_grain_says_that_rows_repeat(table: Table) -> None:
    assert table.grain or any("no unique key" in caveat for caveat in table.caveats)


@every_table
def test_marts_show_their_group_size_and_no_person(table: Table) -> None:
    if table.layer == "mart":
        assert {"event_date", "is_remainder", "visitor_count", "page_view_count"} <= set(table.column_names)
        assert not [column.name for column in table.columns if column.personal]


@every_table
def test_example_row_becomes_arrow_and_keeps_its_own_rules(table: Table) -> None:
    [row] = rows(table, {})

    converted = pa.Table.from_pylist([row], schema=arrow_schema(table.columns))

    assert converted.num_rows == 1
    for column in table.columns:
        value = row[column.name]
        assert value is not None or column.nullable, column.name
        if column.allowed and value is not None:
            assert value in column.allowed, column.name
        if column.low is not None and value is not None:
            assert value >= column.low, column.name


@every_table
def test_rows_overrides_only_what_is_a_column(table: Table) -> None:
    [row] = rows(table, {table.columns[0].name: None})

    assert row[table.columns[0].name] is None
    with pytest.raises(KeyError, match="has no column nonsense"):
        rows(table, {"nonsense": 1})


def test_example_dates_are_dates() -> None:
    [row] = rows(TABLES["clean.page_views"], {})

    assert row["event_date"] == dt.date(2026, 11, 20)
    assert row["started_at"].tzinfo is dt.UTC
