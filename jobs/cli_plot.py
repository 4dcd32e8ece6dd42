"""`hoverlake plot`: five pictures that are asked for again and again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from jobs.cli_options import WAREHOUSE, ReleaseNumber, Warehouse, date_of
from jobs.errors import UsageError


def plot(
    kind: Annotated[
        Literal["position-curve", "dwell-distribution", "feed-visibility", "exposure", "trend"],
        typer.Argument(metavar="KIND", help="position-curve, dwell-distribution, feed-visibility, exposure or trend."),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Picture to write: .png, .svg, or a page, .html.")
    ],
    date: Annotated[str | None, typer.Option("--date", metavar="DATE", help="A UTC date, YYYY-MM-DD.")] = None,
    from_: Annotated[str | None, typer.Option("--from", metavar="DATE", help="First of several dates.")] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="DATE", help="Last of several dates.")] = None,
    surface: Annotated[str | None, typer.Option(metavar="NAME", help="Surface; else the most used one.")] = None,
    device: Annotated[
        str | None, typer.Option(metavar="TYPE", help="Device type; else each, or as docs/pictures.md says.")
    ] = None,
    layout: Annotated[str | None, typer.Option(metavar="NAME", help="Layout; else the most used one.")] = None,
    item_type: Annotated[str | None, typer.Option(metavar="TYPE", help="Type of item, such as story or ad.")] = None,
    measure: Annotated[
        str | None, typer.Option(metavar="NAME", help="What is drawn; an unknown name lists those there are.")
    ] = None,
    warehouse: Warehouse = WAREHOUSE,
    release: ReleaseNumber = None,
) -> None:
    """Draw what is seen by place, time, depth or date.

    position-curve: what is seen at each place of the feed. dwell-distribution: how long hovers or views are.
    feed-visibility: on how many screens the feed was in each minute of a date. exposure: how far down pages were on
    screen. trend: a number by date, of all dates unless asked otherwise. Published marts only, without Java.
    """
    from jobs.plots.asked import Question
    from jobs.plots.plot import draw_plot

    if date is not None and (from_ is not None or to is not None):
        raise UsageError("give either --date, or --from and --to.")
    if (from_ is None) != (to is None):
        raise UsageError("--from and --to go together: give both, or --date.")
    first = date_of(date) if date is not None else date_of(from_, "--from") if from_ is not None else None
    last = date_of(to, "--to") if to is not None else first
    if first and last and last < first:
        raise UsageError(f"--from {first} is after --to {last}. Give the earlier date first.")
    question = Question(first, last, surface, device, layout, item_type, measure)
    print(draw_plot(warehouse, kind, question, output, release))
