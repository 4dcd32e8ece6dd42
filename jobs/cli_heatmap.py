"""`hoverlake heatmap`: where cursors rested, seen from above."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from jobs.cli_options import WAREHOUSE, ReleaseNumber, Warehouse, date_of


def heatmap(
    surface: Annotated[str, typer.Option(metavar="NAME", help="Surface, for example feed.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Picture to write: .png, .svg, or a page, .html.")
    ],
    date: Annotated[
        str | None,
        typer.Option("--date", metavar="DATE", help="A UTC date, YYYY-MM-DD; needed unless --compare names two dates."),
    ] = None,
    layout: Annotated[str | None, typer.Option(metavar="NAME", help="Layout; else the most used one.")] = None,
    device: Annotated[str | None, typer.Option(metavar="TYPE", help="Device type; else the most used one.")] = None,
    space: Annotated[Literal["document", "viewport"], typer.Option(help="What cells are counted from.")] = "document",
    measure: Annotated[
        Literal["dwell_ms", "active_ms", "click_count"],
        typer.Option(help="Rest of the cursor, the part of it soon after a movement, or clicks."),
    ] = "dwell_ms",
    per_exposure: Annotated[
        bool, typer.Option("--per-exposure", help="Divide by the time a row was on screen.")
    ] = False,
    compare: Annotated[
        tuple[str, str] | None,
        typer.Option(
            metavar="A B", help="Two layouts, devices or dates: what B has more than A, per second on screen."
        ),
    ] = None,
    panels: Annotated[
        bool, typer.Option("--panels", help="With --compare: both sides beside it, on one common scale.")
    ] = False,
    by: Annotated[Literal["device"] | None, typer.Option(help="A sheet for each device, on one common scale.")] = None,
    over: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Screenshot of the page, PNG or JPEG, to lay the heatmap over."),
    ] = None,
    warehouse: Warehouse = WAREHOUSE,
    release: ReleaseNumber = None,
) -> None:
    """Draw where cursors rested on a surface on one day.

    PNG and SVG are pictures. HTML is a page of its own that asks the network for nothing: the pointer or the arrow
    keys lead from cell to cell and show its numbers.
    """
    from jobs.heatmap import draw_heatmap

    print(
        draw_heatmap(
            warehouse,
            None if date is None else date_of(date),
            surface,
            layout=layout,
            device=device,
            space=space,
            measure=measure,
            per_exposure=per_exposure,
            output=output,
            compare=compare,
            panels=panels,
            by=by,
            over=over,
            release=release,
        )
    )
