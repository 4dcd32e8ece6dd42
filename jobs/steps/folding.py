"""Small groups: rows of fewer than min_visitors fold up a ladder until they are large enough (METRICS 6).

Only the folded entries merge at each step. A remainder that stays too small takes in the smallest published row
beside it, so that no published number is the complement of a small group. What is too small even per date stays
unpublished.

The bulk of it, sums per row and cells that grow, is done where the data lies. Only the entries of groups that are
still short of visitors, and of the rows that may join them, come to the driver (`remainders`).
"""

from __future__ import annotations

import datetime as dt
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

from jobs.config import Settings
from jobs.steps.cell_ladder import CellStep, place_batches
from jobs.steps.marts import MartSpec, counted_entries, sums
from jobs.steps.remainders import FINEST, GROUP, UNPUBLISHED, Remainders, Row
from jobs.steps.streams import encode


@dataclass(frozen=True)
class Folding:
    """Rows of a mart, and the entries that are published nowhere."""

    published: DataFrame
    unpublished: pa.Table


def fold_entries(page_views: DataFrame, spec: MartSpec, dates: Sequence[dt.date], settings: Settings) -> Folding:
    """The mart's rows of `dates` from page views: sums over the entries that count, small groups folded."""
    return fold(counted_entries(page_views, spec, dates), spec, settings.min_visitors, settings.hist_edges_ms)


def fold(entries: DataFrame, spec: MartSpec, min_visitors: int, hist_edges_ms: Sequence[int]) -> Folding:
    """Publish what is large enough at the finest grain, fold the rest."""
    grain = list(spec.table.grain)
    by_row = entries.groupBy(*grain).agg(*sums(spec, hist_edges_ms, is_finest=True)).persist()
    small = by_row.where(f"visitor_count < {min_visitors}").select(*grain)
    left = _fold_cells(entries.join(small, on=grain, how="left_semi"), spec, min_visitors)
    stepped = _at_steps(left, spec).persist()
    coarse = _rows(stepped, spec, hist_edges_ms).persist()
    is_short = F.expr(f"step = '{GROUP}' AND visitor_count < {min_visitors}")
    finest = by_row.where(f"visitor_count >= {min_visitors}").withColumn("step", F.lit(FINEST))
    rows = finest.unionByName(coarse.where(~is_short))
    short = [_row(row, spec) for row in coarse.where(is_short).select(*grain, "step", "visitor_count").collect()]
    if not short:
        return Folding(_published(rows, spec), _amounts(entries.limit(0), spec))
    remainders = Remainders(short, _smallest_published(rows, short, spec))
    moved, taken = _moved(entries, stepped, remainders, spec, min_visitors)
    to_publish = _at_steps(moved.where(f"step <> '{UNPUBLISHED}'"), spec)
    rows = _without(rows, taken, spec).unionByName(_rows(to_publish, spec, hist_edges_ms))
    return Folding(_published(rows, spec), _amounts(moved.where(f"step = '{UNPUBLISHED}'"), spec))


def _fold_cells(folded: DataFrame, spec: MartSpec, min_visitors: int) -> DataFrame:
    """Steps before the remainders, by one vectorised pass: one exchange by the largest cells serves all of them.

    Adds `step`; NULL for entries that are left for the remainders.
    """
    steps = [CellStep(step.name, step.factor) for step in spec.ladder[:-2] if step.factor]
    if not steps:
        return folded.withColumn("step", F.lit(None).cast("string"))
    group, largest = spec.group, spec.ladder[-3].keys

    def kernel(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return place_batches(batches, group, steps, min_visitors)

    block = F.expr(f"xxhash64({', '.join(group)}, {largest['cell_x']}, {largest['cell_y']})")
    blocks = folded.withColumn("block", block).repartition("block").sortWithinPartitions("block")
    schema = T.StructType([*blocks.schema.fields, T.StructField("step", T.StringType())])
    return blocks.mapInArrow(kernel, schema).drop("block")


def _at_steps(folded: DataFrame, spec: MartSpec) -> DataFrame:
    """Keys of the row that each entry goes into at its own step; what is left goes into its group for now."""
    keys = {name: _key_at_step(spec, name) for name in spec.table.grain}
    others = [name for name in folded.columns if name not in keys and name != "step"]
    stepped = folded.withColumn("step", F.expr(f"coalesce(step, '{GROUP}')"))
    return stepped.selectExpr(*[f"{sql} AS {name}" for name, sql in keys.items()], "step", *others)


def _key_at_step(spec: MartSpec, name: str) -> str:
    cases = " ".join(f"WHEN '{s.name}' THEN {s.keys[name]}" for s in spec.ladder if name in s.keys)
    return f"CASE step {cases} ELSE {name} END" if cases else name


def _rows(stepped: DataFrame, spec: MartSpec, hist_edges_ms: Sequence[int]) -> DataFrame:
    """Rows above the finest grain, from entries with the keys of their own step."""
    return stepped.groupBy(*spec.table.grain, "step").agg(*sums(spec, hist_edges_ms, is_finest=False))


def _published(rows: DataFrame, spec: MartSpec) -> DataFrame:
    """Rows with `step`, as the mart's columns."""
    remainders = ", ".join(f"'{step.name}'" for step in spec.ladder if step.is_remainder)
    rounded = {name: f"{name} + {to} DIV 2 - ({name} + {to} DIV 2) % {to}" for name, to in spec.rounded_to.items()}
    shown = {"is_remainder": f"step IN ({remainders})", **rounded}
    return rows.selectExpr(*[f"{shown.get(name, name)} AS {name}" for name in spec.table.column_names])


def _amounts(entries: DataFrame, spec: MartSpec) -> pa.Table:
    return entries.select("event_date", *spec.measures).toArrow()


def _row(row: SparkRow, spec: MartSpec) -> Row:
    keys, group, universe = (
        tuple(row[name] for name in names) for names in (spec.table.grain, spec.group, spec.universe)
    )
    return Row(keys, row["step"], row["visitor_count"], group, universe)


def _smallest_published(rows: DataFrame, short: Sequence[Row], spec: MartSpec) -> list[Row]:
    """The two smallest published rows of every group in the universes of `short`."""
    universes = [tuple(u) for u in sorted({row.universe for row in short}, key=str)]
    beside = rows.join(F.broadcast(_frame(rows, universes, spec.universe)), on=spec.universe, how="left_semi")
    order = ["visitor_count", *spec.table.grain, "step"]
    rank = F.row_number().over(Window.partitionBy(*spec.group).orderBy(*order))
    smallest = beside.select(*spec.table.grain, "step", "visitor_count").withColumn("rank", rank).where("rank <= 2")
    return [_row(row, spec) for row in smallest.collect()]


def _moved(
    entries: DataFrame, stepped: DataFrame, remainders: Remainders, spec: MartSpec, min_visitors: int
) -> tuple[DataFrame, list[Row]]:
    """The entries that end at one of the last two steps or nowhere, with their `step`; the published rows they leave."""
    rows, row_key = remainders.rows, [*spec.table.grain, "step"]
    wanted = _frame(stepped, [(*row.keys, row.step, n) for n, row in enumerate(rows)], row_key, "row_number")
    every = stepped
    if any(row.step == FINEST for row in rows):
        every = every.unionByName(entries.withColumn("step", F.lit(FINEST)))
    found = every.join(*_same_row(every, wanted, row_key)).select(*every.columns, "row_number").toArrow()
    number = np.asarray(found["row_number"], np.int64)
    visitor = encode(found["visitor_key"].combine_chunks()).columns[0]
    is_person = np.asarray(found["visitor_key"].is_valid())
    step_of_row = remainders.place(number[is_person], visitor[is_person], min_visitors)
    steps = pa.array(step_of_row, pa.string()).take(pa.array(number))
    found = found.set_column(found.column_names.index("step"), "step", steps).drop_columns("row_number")
    moved = entries.sparkSession.createDataFrame(found.filter(steps.is_valid()))
    return moved, [row for row, step in zip(rows, step_of_row, strict=True) if step and row not in remainders.taken]


def _without(rows: DataFrame, taken: Sequence[Row], spec: MartSpec) -> DataFrame:
    """Published rows less those whose entries have moved."""
    row_key = [*spec.table.grain, "step"]
    gone = _frame(rows, [(*row.keys, row.step) for row in taken], row_key)
    return rows.join(*_same_row(rows, gone, row_key), how="left_anti") if taken else rows


def _same_row(rows: DataFrame, few: DataFrame, row_key: Sequence[str]) -> tuple[DataFrame, Column]:
    """A few rows to join with, and the condition: equal keys at the same step, NULL equal to NULL."""
    few = F.broadcast(few.withColumnsRenamed({name: f"row_{name}" for name in row_key}))
    return few, reduce(lambda a, b: a & b, [rows[name].eqNullSafe(F.col(f"row_{name}")) for name in row_key])


def _frame(like: DataFrame, rows: Sequence[tuple[object, ...]], names: Sequence[str], *numbers: str) -> DataFrame:
    """Key values as a DataFrame, with the types that `names` have in `like`; then columns of numbers."""
    fields = [T.StructField(name, like.schema[name].dataType) for name in names]
    fields += [T.StructField(name, T.LongType()) for name in numbers]
    return like.sparkSession.createDataFrame(list(rows), T.StructType(fields))
