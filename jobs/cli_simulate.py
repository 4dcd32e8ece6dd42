"""The command `hoverlake simulate`: one option for each thing that goes wrong in real logs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from jobs.cli_options import RAW, Day, Folder, date_of, folder_of, share


def simulate(
    date: Day,
    page_views: Annotated[int, typer.Option(metavar="N", help="Page views that start on --date.")] = 3000,
    seed: Annotated[int, typer.Option(metavar="N", help="Equal seeds give equal bytes.")] = 1,
    raw: Folder = RAW,
    truth: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder for the expected clean.page_views.")] = None,
    processes: Annotated[
        int, typer.Option(min=1, metavar="N", help="Processes; they change nothing but the time.")
    ] = os.cpu_count() or 1,
    duplicate_share: Annotated[float, share("Beacons that arrive twice")] = 0.03,
    conflicting_share: Annotated[float, share("Beacons answered by another one under the same number")] = 0.002,
    late_share: Annotated[float, share("Beacons that the device held back for days")] = 0.02,
    malformed_share: Annotated[float, share("Lines broken on the way")] = 0.01,
    bot_share: Annotated[float, share("Visitors that are programs and say so")] = 0.05,
    suspected_bot_share: Annotated[float, share("Visitors that are programs and hide it")] = 0.02,
    without_consent_share: Annotated[float, share("Visitors who did not consent")] = 0.08,
    clock_error_share: Annotated[float, share("Visitors whose device clock is wrong")] = 0.04,
    missing_close_share: Annotated[float, share("Page views on phones and tablets without a last beacon")] = 0.57,
    phone_share: Annotated[float, share("Visitors on phones")] = 0.42,
    tablet_share: Annotated[float, share("Visitors on tablets")] = 0.08,
) -> None:
    """Write a night of raw logs of simulated people.

    With all that goes wrong in real ones; every option that ends in -share is how much of it.
    """
    from jobs.simulator import SimulationOptions, simulate

    options = SimulationOptions(
        duplicate_share=duplicate_share,
        conflicting_share=conflicting_share,
        late_share=late_share,
        malformed_share=malformed_share,
        bot_share=bot_share,
        suspected_bot_share=suspected_bot_share,
        without_consent_share=without_consent_share,
        clock_error_share=clock_error_share,
        missing_close_share=missing_close_share,
        phone_share=phone_share,
        tablet_share=tablet_share,
    )
    summary = simulate(date_of(date), page_views, seed, folder_of(raw), truth, options, processes)
    print(str(summary))
