"""`hoverlake report`: one page on one date."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs.cli_options import WAREHOUSE, Day, Warehouse, date_of


def report(
    date: Day,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Page to write (.html).")],
    warehouse: Warehouse = WAREHOUSE,
) -> None:
    """Write one page on a date: can it be believed, what it says.

    For people: verdict, what was published, from raw lines to what is counted, failed checks and what they mean,
    eight weeks of trends, heatmap and position curve, thresholds. One file that asks the network for nothing. Reads
    marts, ops and releases only, without Java.
    """
    from jobs.report.page import write_report

    print(write_report(warehouse, date_of(date), output))
