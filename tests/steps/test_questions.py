"""One read answers several questions: parts of sums, whatever the batches."""

from __future__ import annotations

import datetime as dt

import duckdb
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from jobs.steps.questions import Question, answers, ask

DATE = dt.date(2026, 11, 20)
BATCH = pa.table(
    {
        "event_date": [DATE, DATE, None],
        "visitor_key": ["a", "b", "b"],
        "amounts": pa.array([[1, 2], None, [3]], pa.list_(pa.int64())),
    }
)
SUM = "sum(coalesce(list_sum(amounts), 0))"


def test_a_line_has_the_numbers_of_its_group() -> None:
    lines = Question("sums", ["count(*)", SUM], by=("event_date", "visitor_key")).lines(BATCH).to_pylist()

    found = {(line["event_date"], line["visitor_key"]): line["numbers"] for line in lines}
    assert found == {(DATE, "a"): [1, 1 + 2], (DATE, "b"): [1, 0], (None, "b"): [1, 3]}
    assert {(line["question"], line["surface"]) for line in lines} == {("sums", None)}


def test_a_number_that_raises_is_null_in_a_lenient_question_and_stops_any_other() -> None:
    numbers = ["count(*)", "sum(no_such_column)", "max(error('no'))", SUM]

    lenient = Question("some", numbers, is_lenient=True).lines(BATCH).to_pylist()

    assert sorted(line["numbers"] for line in lenient) == [[1, None, None, 3], [2, None, None, 3]]
    with pytest.raises(duckdb.Error, match="no_such_column"):
        Question("all", numbers).lines(BATCH)


@pytest.mark.spark
def test_questions_asked_together_get_parts_that_add_up(spark: SparkSession) -> None:
    rows = spark.createDataFrame(pa.concat_tables([BATCH] * 40).combine_chunks()).repartition(3)
    visitors = "(SELECT visitor_key, sum(numbers[1]) AS amount FROM lines GROUP BY ALL)"
    of_all = Question("sums", ["sum(amount)", "count(*)"], visitors, by=()).query

    lines = ask(rows, Question("rows", ["count(*)"]), Question("sums", [SUM], by=("visitor_key",), whole=of_all))

    counts = [(line["event_date"], line["numbers"][0]) for line in answers(lines, "rows").to_pylist()]
    assert sum(count for date, count in counts if date == DATE) == 80
    assert sum(count for date, count in counts if date is None) == 40
    sums = [line["numbers"] for line in answers(lines, "sums").to_pylist() if line["numbers"][1]]
    # Each of the two visitors once, though their rows lay in three partitions.
    assert [sum(numbers) for numbers in zip(*sums, strict=True)] == [40 * 1 * (1 + 2) + 40 * 3, 2]
