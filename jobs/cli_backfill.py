"""`hoverlake backfill` and `hoverlake maintain`: what operators run beside the night."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

import typer

from jobs.cli_options import RAW, WAREHOUSE, Config, OnFailure, Raw, Set, Warehouse, date_of


def backfill(
    first: Annotated[str, typer.Option("--from", metavar="DATE", help="First event date, YYYY-MM-DD.")],
    last: Annotated[str, typer.Option("--to", metavar="DATE", help="Last event date, included.")],
    raw: Raw = RAW,
    warehouse: Warehouse = WAREHOUSE,
    reprocess: Annotated[
        Literal["none", "failed", "completed"],
        typer.Option(help="none: dates with new input; failed: and those whose run failed; completed: all."),
    ] = "none",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print dates, tables, files and why; do nothing.")] = False,
    max_dates_per_batch: Annotated[int, typer.Option(min=1, metavar="N", help="Event dates of one release.")] = 7,
    restart: Annotated[bool, typer.Option("--restart", help="Forget what an interrupted backfill has done.")] = False,
    on_dq_failure: OnFailure = "block",
    set_: Set = None,
    config: Config = None,
) -> None:
    """Build event dates again, or for the first time.

    Lands raw files of these dates that are not landed, takes lines that were too late, and builds the dates from clean.
    Each batch is a release; the same command goes on with what an interrupted one has left. Exit codes are the night's.
    """
    from jobs.backfill import Backfill, plan_backfill, run_backfill
    from jobs.config import load_settings

    asked = Backfill(
        first=date_of(first, "--from"),
        last=date_of(last, "--to"),
        raw=raw,
        warehouse=warehouse,
        settings=load_settings(set_ or [], config),
        reprocess=reprocess,
        max_dates_per_batch=max_dates_per_batch,
        restart=restart,
        on_dq_failure=on_dq_failure,
    )
    if dry_run:
        for line in plan_backfill(asked).lines():
            print(line)
    else:
        print(run_backfill(asked), file=sys.stderr)


def maintain(
    date: Annotated[
        str, typer.Option("--date", metavar="DATE", help="Today, UTC: what is older than its retention goes.")
    ],
    warehouse: Warehouse = WAREHOUSE,
    raw: Annotated[
        str | None,
        typer.Option(
            envvar="HOVERLAKE_RAW",
            metavar="URI",
            help="Root of raw logs whose landed files go after 10 days; else none do.",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would be done; do nothing.")] = False,
) -> None:
    """Join small files, and remove what nobody needs any more.

    Removed are rows past their retention, raw files that were landed and are past theirs, files that no release needs, and
    leftovers of runs.

    Every release younger than 30 days keeps its marts, younger than 7 days its clean tables; the newest keeps all.
    """
    from jobs.maintain import Maintenance, run_maintenance

    print(run_maintenance(Maintenance(date_of(date), warehouse, is_dry_run=dry_run, raw=raw)), file=sys.stderr)
