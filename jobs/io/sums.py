"""Counts and sums over a few columns of a table, by group: no Spark, no JVM.

A query of Spark costs its planning and the compiling of its classes, some seconds in a night that has just started; the
columns themselves are read in tenths.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from jobs.io.warehouse import open_table
from warehouse_schema.table import Table

ROW_COUNT = "row_count"


def group_sums(
    warehouse: str, table: Table, by: Sequence[str], where: pc.Expression, sums: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """Of the rows of the latest version that `where` holds for, one dict per group of the columns `by`, in their order: its
    values of them, its rows (ROW_COUNT) and the sums of columns of integers, 0 for one that the version does not have.

    Read batch by batch, these columns only, and only of files whose partitions `where` can hold for.
    """
    parts = list(_parts(warehouse, table, by, where, sums))
    if not parts:
        return []
    groups = _grouped(pa.concat_tables(parts), by, [ROW_COUNT, *sums])
    rows: list[dict[str, Any]] = groups.sort_by([(name, "ascending") for name in by]).to_pylist()
    return rows


def _parts(
    warehouse: str, table: Table, by: Sequence[str], where: pc.Expression, sums: Sequence[str]
) -> Iterator[pa.Table]:
    """The groups of each batch."""
    found = open_table(warehouse, table)
    # Of a table without files delta-rs makes no dataset.
    if found is None or not found.file_uris():
        return
    dataset = found.to_pyarrow_dataset()
    absent = [name for name in sums if name not in dataset.schema.names]
    columns = {name: pc.field(name) for name in by}
    columns |= {name: pc.scalar(0) if name in absent else pc.field(name) for name in sums}
    columns[ROW_COUNT] = pc.scalar(1)
    for batch in dataset.to_batches(columns=columns, filter=where):
        if batch.num_rows:
            yield _grouped(pa.table(batch), by, [ROW_COUNT, *sums])


def _grouped(rows: pa.Table, by: Sequence[str], sums: Sequence[str]) -> pa.Table:
    grouped = rows.group_by(list(by)).aggregate([(name, "sum") for name in sums])
    return grouped.select([*by, *(f"{name}_sum" for name in sums)]).rename_columns([*by, *sums])
