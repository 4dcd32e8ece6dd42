"""Small groups: rows of fewer than min_visitors fold up a ladder until they are large enough (METRICS 6).

Only the folded entries merge at each step. A remainder that stays too small takes in the smallest published row
beside it, so that no published number is the complement of a small group. What is too small even per date stays
unpublished.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce

import pyarrow as pa
from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F
from pyspark.sql import types as T

from jobs.config import Settings
from jobs.steps.cell_ladder import CellStep, place_batches
from jobs.steps.marts import MartSpec, Step, entries, sums

UNPUBLISHED = "unpublished"
FINEST = "finest"


class Folding:
    """The folded entries of a mart and where each of them is published; made by `fold`."""

    def __init__(self, spec: MartSpec, hist_edges_ms: Sequence[int], finest: DataFrame, folded: DataFrame) -> None:
        self.spec = spec
        self.hist_edges_ms = hist_edges_ms
        self.finest = finest
        self.folded = folded

    def published(self) -> DataFrame:
        """Rows of the mart."""
        spec = self.spec
        finest = self.finest.withColumn("is_remainder", F.lit(False))
        placed = self.folded.where(F.col("step") != UNPUBLISHED)
        keys = [step_key(spec, name).alias(name) for name in spec.table.grain]
        others = [c for c in placed.columns if c not in spec.table.grain]
        moved = placed.select(*keys, *others)
        coarse = moved.groupBy(*spec.table.grain, is_remainder(spec).alias("is_remainder")).agg(
            *sums(spec, self.hist_edges_ms, is_finest=False)
        )
        names = spec.table.column_names
        return finest.select(*names).unionByName(coarse.select(*names))

    def unpublished(self) -> DataFrame:
        """Entries that are published nowhere."""
        return self.folded.where(F.col("step") == UNPUBLISHED)


def fold_entries(page_views: DataFrame, spec: MartSpec, settings: Settings) -> Folding:
    """The mart's rows from page views: sums over the entries that count, small groups folded."""
    counted = entries(page_views, spec).where(F.col("exclusion").isNull())
    return fold(counted, spec, settings.min_visitors, settings.hist_edges_ms)


def step_key(spec: MartSpec, name: str) -> Column:
    """Value of a key column at the entry's own step."""
    value = F.col(name)
    for step in spec.ladder:
        if name in step.keys:
            value = F.when(F.col("step") == step.name, step.keys[name]).otherwise(value)
    return value


def is_remainder(spec: MartSpec) -> Column:
    """Whether the entry's own step is one whose rows are remainders."""
    return F.col("step").isin([step.name for step in spec.ladder if step.is_remainder])


def fold(entries: DataFrame, spec: MartSpec, min_visitors: int, hist_edges_ms: Sequence[int]) -> Folding:
    """Publish what is large enough at the finest grain, fold the rest."""
    grain = list(spec.table.grain)
    by_row = entries.groupBy(*grain).agg(*sums(spec, hist_edges_ms, is_finest=True)).persist()
    finest = by_row.where(F.col("visitor_count") >= min_visitors)
    small = by_row.where(F.col("visitor_count") < min_visitors).select(*grain)
    folded = entries.join(small, on=grain, how="left_semi")
    folded = _fold_cells(folded, spec, min_visitors).persist()
    for step in spec.ladder[-2:]:
        finest, folded = _fold_remainder(entries, finest, folded, spec, step, min_visitors)
    unplaced = F.coalesce(F.col("step"), F.lit(UNPUBLISHED))
    return Folding(spec, hist_edges_ms, finest, folded.withColumn("step", unplaced))


def _fold_cells(folded: DataFrame, spec: MartSpec, min_visitors: int) -> DataFrame:
    """Steps before the remainders, by one vectorised pass: one exchange by the largest cells serves all of them."""
    steps = [CellStep(step.name, step.factor) for step in spec.ladder[:-2] if step.factor]
    if not steps:
        return folded.withColumn("step", F.lit(None).cast("string"))
    group, largest = spec.group, spec.ladder[-3].keys

    def kernel(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return place_batches(batches, group, steps, min_visitors)

    block = F.xxhash64(*group, largest["cell_x"], largest["cell_y"])
    blocks = folded.withColumn("block", block).repartition("block").sortWithinPartitions("block")
    schema = T.StructType([*blocks.schema.fields, T.StructField("step", T.StringType())])
    return blocks.mapInArrow(kernel, schema).drop("block")


def _fold_remainder(
    entries: DataFrame, finest: DataFrame, folded: DataFrame, spec: MartSpec, step: Step, min_visitors: int
) -> tuple[DataFrame, DataFrame]:
    """Place what is left of every group (of every date at the last step), with the smallest row beside it if needed."""
    group = spec.group if step is spec.ladder[-2] else spec.universe
    left = folded.where(F.col("step").isNull()).groupBy(*group).agg(F.count_distinct("visitor_key").alias("visitors"))
    counted = left.collect()
    enough = [row for row in counted if row["visitors"] >= min_visitors]
    short = [row for row in counted if row["visitors"] < min_visitors]
    absorbed = _smallest_rows(finest, folded, spec, group, short) if short else []
    finest, folded = _absorb(entries, finest, folded, spec, absorbed, step)
    return finest, _place_left(folded, group, enough + absorbed, step)


def _smallest_rows(
    finest: DataFrame, folded: DataFrame, spec: MartSpec, group: list[str], short: list[Row]
) -> list[Row]:
    """Per group that is short of visitors: the published row with the fewest (ties: key order), if there is any.

    Rows published so far keep the keys of `group`, so that they are known by their own keys.
    """
    grain = list(spec.table.grain)
    keys = [step_key(spec, name).alias(name) for name in grain]
    placed = folded.where(F.col("step").isNotNull()).select(*keys, "step", "visitor_key")
    coarse = placed.groupBy(*grain, "step").agg(F.count_distinct("visitor_key").alias("visitor_count"))
    fine = finest.select(*grain, F.lit(FINEST).alias("step"), "visitor_count")
    beside = fine.unionByName(coarse).join(_frame(finest, short, group), on=group, how="left_semi")
    order = ["visitor_count", *grain, "step"]
    smallest = beside.groupBy(*group).agg(F.min(F.struct(*order)).alias("row"))
    return smallest.select(*[F.col("row")[name].alias(name) for name in order]).collect()


def _absorb(
    entries: DataFrame, finest: DataFrame, folded: DataFrame, spec: MartSpec, absorbed: list[Row], step: Step
) -> tuple[DataFrame, DataFrame]:
    """Move the entries of published rows to `step`.

    By joins, not by conditions: conditions on `step` nest, and a plan grows some forty times with each of them.
    """
    grain = list(spec.table.grain)
    fine = [row for row in absorbed if row["step"] == FINEST]
    coarse = [row for row in absorbed if row["step"] != FINEST]
    if coarse:
        rows = _frame(folded, coarse, [*grain, "step"])
        rows = rows.select(*[F.col(name).alias(f"row_{name}") for name in rows.columns])
        same_keys = _all(step_key(spec, name).eqNullSafe(F.col(f"row_{name}")) for name in grain)
        is_row = same_keys & (F.col("step") == F.col("row_step"))
        joined = folded.join(F.broadcast(rows), on=is_row, how="left")
        moved = F.when(F.col("row_step").isNotNull(), F.lit(step.name)).otherwise(F.col("step"))
        folded = joined.withColumn("step", moved).select(*folded.columns)
    if fine:
        rows = F.broadcast(_frame(finest, fine, grain))
        moved_entries = entries.join(rows, on=grain, how="left_semi").withColumn("step", F.lit(step.name))
        finest, folded = finest.join(rows, on=grain, how="left_anti"), folded.unionByName(moved_entries)
    return finest, folded


def _place_left(folded: DataFrame, group: list[str], groups: list[Row], step: Step) -> DataFrame:
    """Publish at `step` what is unplaced in `groups`."""
    if not groups:
        return folded
    large_enough = _frame(folded, groups, group).withColumn("is_enough", F.lit(True))
    joined = folded.join(F.broadcast(large_enough), on=group, how="left")
    placed = F.when(F.col("step").isNull() & F.col("is_enough"), F.lit(step.name)).otherwise(F.col("step"))
    return joined.withColumn("step", placed).select(*folded.columns)


def _frame(like: DataFrame, rows: list[Row], names: list[str]) -> DataFrame:
    """Collected rows as a DataFrame again, with the types that `names` have in `like`; keys folded away are NULL."""
    schema = T.StructType([T.StructField(field.name, field.dataType) for field in like.select(*names).schema])
    return like.sparkSession.createDataFrame([tuple(row[name] for name in names) for row in rows], schema)


def _all(conditions: Iterable[Column]) -> Column:
    return reduce(lambda a, b: a & b, conditions)
