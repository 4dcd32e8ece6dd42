"""What a run says of itself in ops and restricted tables, one commit per table, whether it publishes or is blocked."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from jobs.io.delta import DeltaTables
from jobs.key_cuts import count_cuts, rotations_near
from jobs.profiles import profile_rows
from jobs.run_rows import amount_rows, count_rows, failed_run_row, input_rows, result_rows, run_row
from warehouse_schema.clean.beacons import BEACONS
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.derive import spark_schema
from warehouse_schema.ops import tables as ops
from warehouse_schema.ops.profile import DQ_PROFILE
from warehouse_schema.table import Table

if TYPE_CHECKING:
    from jobs.stages import Stages

Rows = list[dict[str, object]]


def write_ops(run: Stages, exit_code: int, message: str) -> None:
    """Append the rows of the run, which ends with this exit code and message, and of failed runs before it."""
    night, run_id = run.night, run.night.run_id
    failed = [failed_run_row(run.store, story) for story in run.failed]
    equations, now = run.equations(), run.publication()
    every = ", ".join(map(str, sorted({*run.dates, *now.closing})))
    measured = [m for m in run.measured if m.table_name != PAGE_VIEWS.name or now.is_told(m.event_date)]
    published = {*run.dates, *now.closing, *(e.date for e in run.landed)} if exit_code == 0 else set()
    rows: list[tuple[Table, Rows]] = [
        (ops.RUNS, [*failed, run_row(night, run.given.inspections, every, exit_code, message)]),
        (ops.INPUT_FILES, input_rows(run_id, run.given.inspections)),
        (ops.RECONCILIATION, count_rows(run_id, equations)),
        (ops.RECONCILIATION_AMOUNTS, amount_rows(run_id, equations)),
        (ops.DQ_RESULTS, result_rows(run_id, run.results)),
        (DQ_PROFILE, [*profile_rows(run_id, measured, night.date, published), *_cuts(run, exit_code == 0)]),
    ]
    with ThreadPoolExecutor(len(rows)) as pool:
        list(pool.map(lambda pair: _append(run.tables, *pair), rows))


def _cuts(run: Stages, is_published: bool) -> Rows:
    """Rows of ops.dq_profile about page views and sessions that a change of keys has cut."""
    keys = run.given.ring.first_dates.values()
    rotations = rotations_near(keys, run.dates, {*run.dates, *run.publication().known})
    cuts = count_cuts(run.tables.read(BEACONS), rotations)
    return profile_rows(run.night.run_id, cuts, run.night.date, rotations if is_published else ())


def _append(tables: DeltaTables, table: Table, rows: Rows) -> None:
    if rows:
        frame = tables.spark.createDataFrame(rows, spark_schema(table.columns))
        tables.append(table, frame.coalesce(1))
