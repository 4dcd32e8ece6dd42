"""Several questions asked of page views in one read: each is SQL that DuckDB evaluates on whole batches of them.

To read nested rows and hand them to a worker takes longer than all that is asked of them there, and Spark's own functions
over lists take some microseconds for each entry. One job brings a few lines of numbers to the driver.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame

from jobs.steps.batches import chunks, whole_groups
from jobs.steps.ledger_kernels import BATCH_BYTES, Batches, Kernel, run
from jobs.steps.page_views_source import PageViews
from warehouse_schema.derive import arrow_schema_of
from warehouse_schema.table import Array, Type

#: What a question tells its lines apart by; NULL where it does not ask by it.
GROUP = ("event_date", "surface", "visitor_key")
COLUMNS: dict[str, Type] = {
    "question": "string",
    "event_date": "date",
    "surface": "string",
    "visitor_key": "string",
    "numbers": Array("long"),
}
LINE = arrow_schema_of(COLUMNS)


@dataclass(frozen=True)
class Question:
    """`numbers` are aggregates in SQL, over `rows` (SQL over `batch`) grouped by the columns `by` of these.

    `beside` are tables that its words may name. `whole` is SQL over `lines` that hold all of each of their visitors,
    to make fewer of them. Of a question that `is_lenient`, a number that raises an error is NULL on every line of the
    batch; otherwise it stops the run.
    """

    name: str
    numbers: Sequence[str]
    rows: str = "batch"
    by: Sequence[str] = ("event_date",)
    whole: str | None = None
    is_lenient: bool = False
    beside: Mapping[str, pa.Table] = field(default_factory=dict)

    @property
    def query(self) -> str:
        """SQL over `batch` that gives the lines."""
        group = [f"{name if name in self.by else 'NULL'} AS {name}" for name in GROUP]
        numbers = ", ".join(f"CAST({number} AS BIGINT)" for number in self.numbers)
        return f"SELECT '{self.name}' AS question, {', '.join(group)}, [{numbers}] AS numbers FROM {self.rows} GROUP BY ALL"

    def lines(self, batch: pa.Table) -> pa.Table:
        """The answer for one batch."""
        try:
            return run(self.query, LINE, batch=batch, **self.beside)
        except duckdb.Error:
            if not self.is_lenient:
                raise
        sound = [number if self._can_be_had(number, batch) else "NULL" for number in self.numbers]
        return run(replace(self, numbers=sound).query, LINE, batch=batch, **self.beside)

    def _can_be_had(self, number: str, batch: pa.Table) -> bool:
        try:
            run(replace(self, numbers=[number]).query, LINE, batch=batch, **self.beside)
        except duckdb.Error:
            return False
        return True


def ask(rows: DataFrame | PageViews, *questions: Question) -> pa.Table:
    """Lines (question, event_date, surface, visitor_key, numbers), some for each group: parts of a sum that remain to
    be added up. Only columns that a question names are read."""
    words = {word for question in questions for word in re.findall(r"\w+", question.query)}
    given = rows if isinstance(rows, PageViews) else PageViews(rows)
    needed = [name for name in given.frame.columns if name in words]
    lines = given.nested(needed).mapped(_in_batches(questions), COLUMNS)
    if any(question.whole for question in questions):
        lines = lines.grouped("block", "visitor_key").mapped(_of_whole_visitors(questions), COLUMNS)
    return lines.arrow()


def _in_batches(questions: Sequence[Question]) -> Kernel:
    def kernel(batches: Batches) -> Batches:
        for batch in chunks(batches, BATCH_BYTES):
            for question in questions:
                yield from question.lines(batch).to_batches()

    return kernel


def _of_whole_visitors(questions: Sequence[Question]) -> Kernel:
    def kernel(batches: Batches) -> Batches:
        for lines in whole_groups(batches, "block", BATCH_BYTES):
            for question in questions:
                own = answers(lines.drop_columns("block"), question.name)
                yield from (run(question.whole, LINE, lines=own) if question.whole else own.cast(LINE)).to_batches()

    return kernel


def answers(lines: pa.Table, question: str) -> pa.Table:
    """The lines of one question."""
    return lines.filter(pc.equal(lines["question"], question))
