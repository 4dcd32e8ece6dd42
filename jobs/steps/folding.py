"""Small groups: rows of fewer than min_visitors fold up a ladder until they are large enough (METRICS 6).

Only the folded entries merge at each step. A group's remainder that stays too small takes in the smallest published row
beside it, so that no published number is the complement of a small group. What is too small even per date stays
unpublished.

The bulk of it, sums per row and cells that grow, is done where the data lies. Only the entries of groups that are
still short of visitors, and of the rows that may join them, come to the driver (`remainders`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.types import Row as SparkRow
from pyspark.sql.window import Window

from jobs.steps.cell_ladder import CellStep
from jobs.steps.ledger import Input, Ledger
from jobs.steps.ledger_kernels import (
    CellLadder,
    Kernel,
    over_batches,
    over_groups,
    over_partition,
    packed,
    placing_cells,
    run,
)
from jobs.steps.ledger_queries import Queries
from jobs.steps.marts import GROUP, UNPUBLISHED, MartSpec
from jobs.steps.remainders import Remainders, Row
from jobs.steps.streams import encode


@dataclass(frozen=True)
class Folding:
    """Rows of a ledger that are published, and what page views give that is published nowhere."""

    published: DataFrame
    unpublished: pa.Table


def fold(inputs: Sequence[Input], ledger: Ledger, min_visitors: int) -> Folding:
    """Publish what is large enough at the finest grain, fold the rest."""
    folder = _Folder(inputs, ledger, min_visitors)
    finest = folder.finest().persist()
    small = finest.where(f"visitor_count < {min_visitors}").select(*ledger.keys).toArrow()
    nothing = ledger.arrow_schema.empty_table()
    if not small.num_rows:
        return Folding(finest, nothing)
    placed = folder.placed(small).persist()
    coarse = folder.coarse(placed).persist()
    is_short = f"(step = '{GROUP}' AND visitor_count < {min_visitors})"
    rows = finest.where(f"visitor_count >= {min_visitors}").unionByName(coarse.where(f"NOT {is_short}"))
    short = _rows(coarse.where(is_short), ledger)
    if not short:
        return Folding(rows, nothing)
    remainders = Remainders(short, _smallest_published(rows, short, ledger))
    lines = folder.lines_of(remainders.rows, small, placed)
    moved = _moved(lines, remainders, ledger, min_visitors)
    is_hidden = pc.equal(moved["step"], UNPUBLISHED)
    made = run(folder.queries.at_own_step(), ledger.arrow_schema, lines=moved.filter(pc.invert(is_hidden)))
    merged = run(folder.queries.people(), ledger.arrow_schema, lines=made)
    joined = rows.sparkSession.createDataFrame(merged.select(rows.columns))
    taken = [row for row in remainders.taken.values() if row is not None]
    return Folding(_without(rows, taken, ledger).unionByName(joined), moved.filter(is_hidden))


class _Folder:
    """The passes over the inputs of one ledger, as plans of Spark around kernels on Arrow batches."""

    def __init__(self, inputs: Sequence[Input], ledger: Ledger, min_visitors: int) -> None:
        self.inputs = inputs
        self.ledger = ledger
        self.queries = Queries(ledger)
        self.schema = ledger.arrow_schema
        self.min_visitors = min_visitors
        self.ladders = [_cell_ladder(ledger, spec) for spec in ledger.specs if any(step.factor for step in spec.ladder)]

    def finest(self) -> DataFrame:
        """Rows at the finest grain."""
        lines = [self._map(given.rows, over_batches(self.queries.finest(given), self.schema)) for given in self.inputs]
        return self._merged(reduce(DataFrame.unionByName, lines))

    def placed(self, small: pa.Table) -> DataFrame:
        """Lines above the finest grain that the rows of `small` fold into: parts of larger cells, and what page views
        give to groups."""
        queries = [self.queries.at_own_step(), self.queries.placed()]
        return self._placed([self.queries.folded(given) for given in self.inputs], queries, packed(small))

    def coarse(self, placed: DataFrame) -> DataFrame:
        """Rows above the finest grain."""
        by_person = self._sorted(placed, "row_person", F.xxhash64(*self.ledger.keys, "step", "person"))
        people = over_groups(self.queries.people(), self.schema, "row_person")
        return self._merged(self._map(by_person, people))

    def _merged(self, lines: DataFrame) -> DataFrame:
        """Rows from their parts. An aggregate of Spark would be compiled anew for the columns of every ledger: measured,
        half of what these passes took in a night of 4.5 million samples."""
        by_row = lines.repartition(F.xxhash64(*self.ledger.keys, "step"))
        return self._map(by_row, over_partition(self.queries.merged(), self.schema))

    def lines_of(self, rows: Sequence[Row], small: pa.Table, placed: DataFrame) -> pa.Table:
        """What page views give to rows published or short, with the row's `row_number`, on the driver."""
        wanted = _table([(*row.keys, row.step, n) for n, row in enumerate(rows)], self.ledger)
        lines = self._map(placed, over_batches(self.queries.wanted("batch"), self.schema, wanted=packed(wanted)))
        if any(row.step != GROUP for row in rows):
            lines = lines.unionByName(self._apart(small, wanted))
        numbered = self.schema.append(pa.field("row_number", pa.int64()))
        return run(self.queries.numbered(), numbered, lines=lines.toArrow(), wanted=wanted)

    def _apart(self, small: pa.Table, wanted: pa.Table) -> DataFrame:
        """What page views give to wanted rows of the finest grain and of larger cells: these were added up."""
        near = run(self.queries.near(), small.schema, small=small, wanted=wanted)
        queries = [self.queries.at_own_step(), self.queries.wanted("lines")]
        moving = [self.queries.moving(given) for given in self.inputs]
        return self._placed(moving, queries, packed(near), wanted=packed(wanted))

    def _placed(self, folded: Sequence[str], queries: Sequence[str], small: bytes, **wanted: bytes) -> DataFrame:
        """One exchange by the largest cells serves all steps of cells; other lines only pass."""
        lines = [
            self._map(given.rows, over_batches(query, self.schema, small=small, **wanted))
            for given, query in zip(self.inputs, folded, strict=True)
        ]
        every = reduce(DataFrame.unionByName, lines)
        blocks = self._sorted(every, "block", F.expr(self._block()))
        kernel = placing_cells(self.ladders, self.min_visitors, queries, self.schema, **wanted)
        return self._map(blocks, kernel)

    def _block(self) -> str:
        """SQL: a hash of the group and the largest cell; of the page view where there are no cells."""
        cases = []
        for ladder in self.ladders:
            cell = [f"floor({axis} / {ladder.steps[-1].factor})" for axis in ladder.cell]
            cases.append(f"WHEN mart = '{ladder.mart}' THEN xxhash64({', '.join([*ladder.group, *cell])})")
        other = "xxhash64(person, page_view_id)"
        return f"CASE {' '.join(cases)} ELSE {other} END" if cases else other

    def _sorted(self, lines: DataFrame, name: str, value: Column) -> DataFrame:
        return lines.withColumn(name, value).repartition(name).sortWithinPartitions(name)

    def _map(self, rows: DataFrame, kernel: Kernel) -> DataFrame:
        return rows.mapInArrow(kernel, self.ledger.schema)


def _cell_ladder(ledger: Ledger, spec: MartSpec) -> CellLadder:
    slots = ledger.slots[spec.name]
    group = ["event_date", *[slot for slot in slots.values() if slot not in ledger.away(spec, spec.ladder[-2])]]
    steps = [CellStep(step.name, step.factor) for step in spec.ladder if step.factor]
    return CellLadder(spec.name, group, (slots["cell_x"], slots["cell_y"]), steps)


def _rows(rows: DataFrame, ledger: Ledger) -> list[Row]:
    """Rows of a ledger on the driver, with the group and the universe that each belongs to."""
    specs = {spec.name: spec for spec in ledger.specs}
    return [
        _row(row, ledger, specs[row["mart"]]) for row in rows.select(*ledger.keys, "step", "visitor_count").collect()
    ]


def _row(row: SparkRow, ledger: Ledger, spec: MartSpec) -> Row:
    def without(away: set[str]) -> tuple[object, ...]:
        return tuple(None if key in away else row[key] for key in ledger.keys)

    group, universe = (without(ledger.away(spec, step)) for step in spec.ladder[-2:])
    return Row(without(set()), row["step"], row["visitor_count"], group, universe)


def _smallest_published(rows: DataFrame, short: Sequence[Row], ledger: Ledger) -> list[Row]:
    """The smallest published row of every group on the dates of `short`."""
    dates = sorted({row.keys[:2] for row in short}, key=str)
    beside = rows.join(F.broadcast(_frame(rows, dates, ["mart", "event_date"])), on=["mart", "event_date"])
    group = [f"{ledger.key_in_group(key)} AS group_{key}" for key in ledger.keys]
    named = beside.selectExpr(*ledger.keys, "step", "visitor_count", *group)
    by_group = Window.partitionBy(*[f"group_{key}" for key in ledger.keys])
    rank = F.row_number().over(by_group.orderBy("visitor_count", *ledger.keys, "step"))
    return _rows(named.withColumn("rank", rank).where("rank = 1"), ledger)


def _moved(lines: pa.Table, remainders: Remainders, ledger: Ledger, min_visitors: int) -> pa.Table:
    """The lines of `remainders`, which end at one of the last two steps or nowhere, with their `step`."""
    number = np.asarray(lines["row_number"], np.int64)
    person = encode(lines["person"].combine_chunks()).columns[0]
    is_present = np.asarray(lines["visitor_count"], np.int64) > 0
    step_of_row = remainders.place(number[is_present], person[is_present], min_visitors)
    steps = pa.array(step_of_row, pa.string()).take(pa.array(number))
    return lines.set_column(lines.column_names.index("step"), "step", steps).drop_columns("row_number")


def _without(rows: DataFrame, taken: Sequence[Row], ledger: Ledger) -> DataFrame:
    """Published rows less those whose entries have moved."""
    if not taken:
        return rows
    row_key = [*ledger.keys, "step"]
    gone = F.broadcast(_frame(rows, [(*row.keys, row.step) for row in taken], row_key))
    gone = gone.withColumnsRenamed({name: f"gone_{name}" for name in row_key})
    # NULL is equal to NULL.
    is_same = reduce(lambda a, b: a & b, [rows[name].eqNullSafe(F.col(f"gone_{name}")) for name in row_key])
    return rows.join(gone, is_same, how="left_anti")


def _table(rows: Sequence[tuple[object, ...]], ledger: Ledger) -> pa.Table:
    """Row keys with step and number, as Arrow."""
    names = [*ledger.keys, "step"]
    fields = [ledger.arrow_schema.field(name) for name in names] + [pa.field("row_number", pa.int64())]
    columns = [pa.array([row[n] for row in rows], field.type) for n, field in enumerate(fields)]
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))


def _frame(like: DataFrame, rows: Sequence[tuple[object, ...]], names: Sequence[str]) -> DataFrame:
    """Key values as a DataFrame, with the types that `names` have in `like`."""
    columns = [T.StructField(name, like.schema[name].dataType) for name in names]
    return like.sparkSession.createDataFrame(list(rows), T.StructType(columns))
