"""Small groups: rows of fewer than min_visitors fold up a ladder until they are large enough (METRICS 6).

Only the folded entries merge at each step. A remainder that stays too small takes in the smallest published row
beside it, so that no published number is the complement of a small group. What is too small even per date stays
unpublished.

The bulk of it, sums per row and cells that grow, is done where the data lies. Only the entries of groups that are
still short of visitors, and of the rows that may join them, come to the driver (`remainders`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.types import Row as SparkRow
from pyspark.sql.window import Window

from jobs.steps.cell_ladder import CellStep, place_batches
from jobs.steps.ledger import Ledger
from jobs.steps.marts import FINEST, GROUP, UNPUBLISHED, MartSpec
from jobs.steps.remainders import Remainders, Row
from jobs.steps.streams import encode


@dataclass(frozen=True)
class Folding:
    """Rows of a ledger that are published, and the entries that are published nowhere."""

    published: DataFrame
    unpublished: pa.Table


def fold(entries: DataFrame, ledger: Ledger, min_visitors: int) -> Folding:
    """Publish what is large enough at the finest grain, fold the rest."""
    by_row = ledger.finest(entries).persist()
    small = by_row.where(f"visitor_count < {min_visitors}").select(*ledger.keys)
    folded = entries.join(*_same_row(entries, small, ledger.keys), how="left_semi")
    stepped = ledger.at_steps(_fold_cells(folded, ledger, min_visitors)).persist()
    coarse = ledger.coarse(stepped).persist()
    is_short = f"(step = '{GROUP}' AND visitor_count < {min_visitors})"
    finest = by_row.where(f"visitor_count >= {min_visitors}").withColumn("step", F.lit(FINEST))
    rows = finest.unionByName(coarse.where(f"NOT {is_short}"))
    short = _rows(coarse.where(is_short), ledger)
    if not short:
        return Folding(rows, entries.limit(0).select("mart", "event_date", "page_views", *ledger.amounts).toArrow())
    remainders = Remainders(short, _smallest_published(rows, short, ledger))
    moved, taken = _moved(entries, stepped, remainders, ledger, min_visitors)
    to_publish = ledger.at_steps(moved.where(f"step <> '{UNPUBLISHED}'"))
    nowhere = moved.where(f"step = '{UNPUBLISHED}'").select("mart", "event_date", "page_views", *ledger.amounts)
    return Folding(_without(rows, taken, ledger).unionByName(ledger.coarse(to_publish)), nowhere.toArrow())


def _fold_cells(folded: DataFrame, ledger: Ledger, min_visitors: int) -> DataFrame:
    """Steps before the remainders, by one vectorised pass: one exchange by the largest cells serves all of them.

    Adds `step`; what is left for the remainders goes into its group for now.
    """
    left = folded.withColumn("step", F.lit(GROUP))
    for spec in ledger.specs:
        steps = [CellStep(step.name, step.factor) for step in spec.ladder if step.factor]
        if steps:
            is_mart = f"mart = '{spec.name}'"
            cells = _placed(folded.where(is_mart), ledger, spec, steps, min_visitors)
            left = left.where(f"NOT {is_mart}").unionByName(cells)
    return left


def _placed(
    cells: DataFrame, ledger: Ledger, spec: MartSpec, steps: Sequence[CellStep], min_visitors: int
) -> DataFrame:
    slots = ledger.slots[spec.name]
    x, y = slots["cell_x"], slots["cell_y"]
    group = ["event_date", *[slot for slot in slots.values() if slot not in ledger.away(spec, spec.ladder[-2])]]

    def kernel(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return place_batches(batches, group, (x, y), steps, min_visitors)

    largest = steps[-1].factor
    block = F.expr(f"xxhash64({', '.join(group)}, floor({x} / {largest}), floor({y} / {largest}))")
    blocks = cells.withColumn("block", block).repartition("block").sortWithinPartitions("block")
    schema = T.StructType([*blocks.schema.fields, T.StructField("step", T.StringType())])
    placed = blocks.mapInArrow(kernel, schema).drop("block")
    return placed.withColumn("step", F.expr(f"coalesce(step, '{GROUP}')"))


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
    """The two smallest published rows of every group on the dates of `short`."""
    dates = sorted({row.keys[:2] for row in short}, key=str)
    beside = rows.join(F.broadcast(_frame(rows, dates, ["mart", "event_date"])), on=["mart", "event_date"])
    group = [f"{ledger.key_in_group(key)} AS group_{key}" for key in ledger.keys]
    named = beside.selectExpr(*ledger.keys, "step", "visitor_count", *group)
    by_group = Window.partitionBy(*[f"group_{key}" for key in ledger.keys])
    rank = F.row_number().over(by_group.orderBy("visitor_count", *ledger.keys, "step"))
    return _rows(named.withColumn("rank", rank).where("rank <= 2"), ledger)


def _moved(
    entries: DataFrame, stepped: DataFrame, remainders: Remainders, ledger: Ledger, min_visitors: int
) -> tuple[DataFrame, list[Row]]:
    """The entries that end at one of the last two steps or nowhere, with their `step`; the published rows they leave."""
    rows, row_key = remainders.rows, [*ledger.keys, "step"]
    wanted = _frame(stepped, [(*row.keys, row.step, n) for n, row in enumerate(rows)], row_key, "row_number")
    every = stepped
    if any(row.step == FINEST for row in rows):
        every = every.unionByName(entries.withColumn("step", F.lit(FINEST)))
    found = every.join(*_same_row(every, F.broadcast(wanted), row_key)).select(*every.columns, "row_number").toArrow()
    number = np.asarray(found["row_number"], np.int64)
    person = encode(found["person"].combine_chunks()).columns[0]
    is_present = np.asarray(found["is_present"], bool)
    step_of_row = remainders.place(number[is_present], person[is_present], min_visitors)
    steps = pa.array(step_of_row, pa.string()).take(pa.array(number))
    found = found.set_column(found.column_names.index("step"), "step", steps).drop_columns("row_number")
    moved = entries.sparkSession.createDataFrame(found.filter(steps.is_valid()))
    return moved, [row for row, step in zip(rows, step_of_row, strict=True) if step and row not in remainders.taken]


def _without(rows: DataFrame, taken: Sequence[Row], ledger: Ledger) -> DataFrame:
    """Published rows less those whose entries have moved."""
    row_key = [*ledger.keys, "step"]
    gone = F.broadcast(_frame(rows, [(*row.keys, row.step) for row in taken], row_key))
    return rows.join(*_same_row(rows, gone, row_key), how="left_anti") if taken else rows


def _same_row(rows: DataFrame, few: DataFrame, row_key: Sequence[str]) -> tuple[DataFrame, Column]:
    """Rows to join with, and the condition: equal keys, NULL equal to NULL."""
    few = few.withColumnsRenamed({name: f"row_{name}" for name in row_key})
    return few, reduce(lambda a, b: a & b, [rows[name].eqNullSafe(F.col(f"row_{name}")) for name in row_key])


def _frame(like: DataFrame, rows: Sequence[tuple[object, ...]], names: Sequence[str], *numbers: str) -> DataFrame:
    """Key values as a DataFrame, with the types that `names` have in `like`; then columns of numbers."""
    columns = [T.StructField(name, like.schema[name].dataType) for name in names]
    columns += [T.StructField(name, T.LongType()) for name in numbers]
    return like.sparkSession.createDataFrame(list(rows), T.StructType(columns))
