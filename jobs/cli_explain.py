"""`hoverlake explain`: what became of a date, or of a raw file's lines."""

from __future__ import annotations

from typing import Annotated

import typer

from jobs.cli_options import RAW, WAREHOUSE, Raw, Warehouse, date_of
from jobs.errors import UsageError


def explain(
    date: Annotated[str | None, typer.Option(metavar="DATE", help="A published event date, YYYY-MM-DD.")] = None,
    table: Annotated[str | None, typer.Option(metavar="MART", help="One mart of --date; else all of them.")] = None,
    rejected: Annotated[
        str | None, typer.Option("--rejected", metavar="FILE", help="Raw file, below --raw or in full.")
    ] = None,
    raw: Raw = RAW,
    warehouse: Warehouse = WAREHOUSE,
) -> None:
    """Show what became of a date, or of a raw file's lines.

    With --date: how much came through each step from raw files to published rows, and why the rest did not. With
    --rejected: the refused lines of a file, and why.
    """
    if (date is None) == (rejected is None):
        raise UsageError(
            "explain what? Give --date DATE for the chain of an event date, or --rejected FILE for refused lines."
        )
    if rejected is not None:
        if table is not None:
            raise UsageError("--table goes with --date, not with --rejected: refused lines belong to no mart.")
        from jobs.explain import explain_rejected

        print(explain_rejected(raw, warehouse, rejected), end="")
    elif date is not None:
        from jobs.explain_date import explain_date

        print(explain_date(warehouse, date_of(date), table), end="")
