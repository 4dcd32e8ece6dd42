"""What the audit finds in one query is what the expectations of Great Expectations find one by one."""

from __future__ import annotations

import datetime as dt

import pytest
from pyspark.sql import DataFrame, SparkSession

from expectations import auditing
from expectations.auditing import Audited, audit
from expectations.results import NOT_EVALUATED, Result
from expectations.suites import base_expectations
from warehouse_schema.derive import rows, spark_schema
from warehouse_schema.table import Column, Table

pytestmark = pytest.mark.spark

DATE, NEXT = dt.date(2026, 11, 20), dt.date(2026, 11, 21)
KINDS = ("story", "it's", "back\\slash", "bra{ce}s")
ROOMS = Table(
    name="mart.rooms",
    one_row_per="room",
    meaning="A table with every kind of rule.",
    grain=("event_date", "house", "room"),
    columns=(
        Column("event_date", "date", "Date."),
        Column("house", "string", "House.", example="h"),
        Column("room", "int", "Room; NULL is the house as a whole.", nullable=True),
        Column("kind", "string", "Kind.", nullable=True, allowed=KINDS, example="story"),
        Column("share", "double", "Share.", nullable=True, low=0, high=1, example=0.5),
        Column("visitor_count", "long", "Visitors.", low=5, example=5),
        Column("height_px", "double", "Height.", nullable=True, high=1e9, example=1.0),
    ),
)
SOUND = [
    *({"room": room, "kind": kind} for room, kind in enumerate(KINDS)),
    {"room": None, "kind": None, "share": None, "height_px": None},
    {"room": 7, "share": 0.0, "visitor_count": 5, "height_px": 1e9},
    {"room": 8, "share": 1.0, "height_px": float("-inf")},
]
BROKEN = {
    "house is NULL": ([{"house": None, "room": 9}], "ExpectColumnValuesToNotBeNull", "house", 1),
    "unknown kind": (
        [{"room": 9, "kind": "Story"}, {"room": 10, "kind": ""}],
        "ExpectColumnValuesToBeInSet",
        "kind",
        2,
    ),
    "share just above": ([{"room": 9, "share": 1.0000001}], "ExpectColumnValuesToBeBetween", "share", 1),
    "share below": ([{"room": 9, "share": -0.5}], "ExpectColumnValuesToBeBetween", "share", 1),
    "share is no number": ([{"room": 9, "share": float("nan")}], "ExpectColumnValuesToBeBetween", "share", 1),
    "too few visitors": ([{"room": 9, "visitor_count": 4}], "ExpectColumnValuesToBeBetween", "visitor_count", 1),
    "one room twice": ([{"room": 2, "kind": None}], "ExpectCompoundColumnsToBeUnique", "event_date, house, room", 2),
    "the whole house twice": ([{"room": None}], "ExpectCompoundColumnsToBeUnique", "event_date, house, room", 2),
}


def _frame(spark: SparkSession, given: list[dict[str, object]]) -> DataFrame:
    return spark.createDataFrame(rows(ROOMS, *given), spark_schema(ROOMS.columns))


def _audited(frame: DataFrame, table: Table = ROOMS) -> Audited:
    return Audited(frame, table, [DATE])


def _failures(results: list[Result]) -> list[tuple[str, str, int | None]]:
    return [(r.expectation, r.column_name, r.unexpected_count) for r in results if not r.success]


@pytest.mark.parametrize("given", [SOUND, []], ids=["rows", "no rows"])
def test_sound_rows_break_nothing(spark: SparkSession, given: list[dict[str, object]]) -> None:
    results = audit([_audited(_frame(spark, given))], {})

    assert len(results) == len(base_expectations(ROOMS))
    assert _failures(results) == []


@pytest.mark.parametrize("case", BROKEN)
def test_broken_rows_fail_their_rule_alone_and_are_counted_as_one_by_one(spark: SparkSession, case: str) -> None:
    bad, kind, column, count = BROKEN[case]
    audited = _audited(_frame(spark, [*SOUND, *bad]))
    (look,) = auditing._looks(audited, {})

    shipped = auditing._validate(look, auditing._one_by_one(look.wanted, audited.date))

    assert _failures(audit([audited], {})) == [(kind, column, count)]
    assert _failures([result for results in shipped.values() for result in results]) == [(kind, column, count)]


def test_a_missing_column_fails_what_asks_for_it(spark: SparkSession) -> None:
    frame = _frame(spark, [*SOUND, {"room": 9, "visitor_count": 4}]).drop("kind")

    results = audit([_audited(frame)], {})

    failed = {(r.expectation, r.column_name): r.observed for r in results if not r.success}
    assert set(failed) >= {("ExpectTableColumnsToMatchSet", "*"), ("ExpectColumnValuesToBeBetween", "visitor_count")}
    assert failed["ExpectColumnValuesToBeInSet", "kind"] == NOT_EVALUATED


def test_results_are_told_by_date(spark: SparkSession) -> None:
    bad = [{"room": 9, "share": 2.0}, {"room": 9, "share": 3.0}, {"room": 1}, {"room": 2}]
    frame = _frame(spark, [*SOUND, *({**row, "event_date": NEXT} for row in bad)])

    results = audit([Audited(frame, ROOMS, [DATE, NEXT, NEXT + dt.timedelta(days=1)])], {})

    assert len(results) == 3 * len(base_expectations(ROOMS))
    failed = [(r.event_date, r.expectation, r.observed) for r in results if not r.success]
    assert failed == [
        (NEXT, "ExpectColumnValuesToBeBetween", "2 of 4 rows"),
        (NEXT, "ExpectCompoundColumnsToBeUnique", "2 of 4 rows"),
    ]


def test_a_row_without_a_date_fails_every_date(spark: SparkSession) -> None:
    frame = _frame(spark, [*SOUND, {"room": 9, "event_date": None}])

    results = audit([Audited(frame, ROOMS, [DATE, NEXT])], {})

    assert [(r.event_date, r.column_name) for r in results if not r.success] == [
        (DATE, "event_date"),
        (NEXT, "event_date"),
    ]


def test_tables_audited_together_do_not_answer_for_each_other(spark: SparkSession) -> None:
    names = [f"mart.rooms_{number}" for number in range(6)]
    tables = [Table(name, "room", "Rooms.", ROOMS.grain, ROOMS.columns) for name in names]
    frames = [_frame(spark, [*SOUND, *[{"room": 20 + n, "share": 2.0} for n in range(number)]]) for number in range(6)]

    results = audit([_audited(frame, table) for frame, table in zip(frames, tables, strict=True)], {})

    assert [r.table_name for r in results] == [name for name in names for _ in base_expectations(ROOMS)]
    assert {r.table_name: r.unexpected_count for r in results if not r.success} == {
        f"mart.rooms_{number}": number for number in range(1, 6)
    }
