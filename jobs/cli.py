"""The `hoverlake` command: thin words around the jobs."""

from __future__ import annotations

import datetime as dt
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from jobs.errors import HoverlakeError, UsageError

app = typer.Typer(
    help="Hover heatmaps and feed attention from raw cursor and viewport logs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Raw = Annotated[str, typer.Option(envvar="HOVERLAKE_RAW", help="Root of the raw logs: a folder or s3a://...")]
Warehouse = Annotated[str, typer.Option(envvar="HOVERLAKE_WAREHOUSE", help="Root of the warehouse.")]
Day = Annotated[str, typer.Option("--date", help="A UTC date, YYYY-MM-DD.")]
Share = Annotated[float, typer.Option(help="Share from 0 to 1; see jobs/simulator/options.py.")]
RAW, WAREHOUSE = "data/raw", "data/warehouse"


def _date(text: str) -> dt.date:
    try:
        if len(text) != 10:
            raise ValueError(text)
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--date {text}: not a date. Give YYYY-MM-DD, for example 2026-11-20.") from error


@app.command()
def nightly(
    date: Day,
    raw: Raw = RAW,
    warehouse: Warehouse = WAREHOUSE,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Land this landing date anew, from the same files.")] = False,
    set_: Annotated[list[str] | None, typer.Option("--set", help="A threshold, name=value; may be repeated.")] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file of thresholds.")] = None,
) -> None:
    """Land, build, audit and publish everything new up to landing date --date."""
    from jobs.config import load_settings
    from jobs.nightly import Night, run_night

    settings = load_settings(set_ or [], config)
    print(run_night(Night(_date(date), raw, warehouse, settings, rebuild)), file=sys.stderr)


@app.command()
def simulate(
    date: Day,
    page_views: Annotated[int, typer.Option(help="Page views that start on --date.")] = 3000,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal bytes.")] = 1,
    raw: Raw = RAW,
    truth: Annotated[Path | None, typer.Option(help="Folder for the expected clean.page_views.")] = None,
    processes: Annotated[int, typer.Option(min=1, help="Processes; they change nothing but the time.")] = os.cpu_count() or 1,
    duplicate_share: Share = 0.03,
    conflicting_share: Share = 0.002,
    late_share: Share = 0.02,
    malformed_share: Share = 0.01,
    bot_share: Share = 0.05,
    without_consent_share: Share = 0.08,
    clock_error_share: Share = 0.04,
    missing_close_share: Share = 0.57,
    phone_share: Share = 0.42,
    tablet_share: Share = 0.08,
) -> None:
    """Write a night of raw logs of simulated people, with all that goes wrong in real ones."""
    from jobs.simulator import SimulationOptions, simulate

    options = SimulationOptions(
        duplicate_share=duplicate_share,
        conflicting_share=conflicting_share,
        late_share=late_share,
        malformed_share=malformed_share,
        bot_share=bot_share,
        without_consent_share=without_consent_share,
        clock_error_share=clock_error_share,
        missing_close_share=missing_close_share,
        phone_share=phone_share,
        tablet_share=tablet_share,
    )
    print(simulate(_date(date), page_views, seed, Path(raw), truth, options, processes))


@app.command("import")
def import_(
    format_: Annotated[str | None, typer.Argument(metavar="FORMAT", help="A format of --list.")] = None,
    path: Annotated[Path | None, typer.Argument(help="File or folder in that format.")] = None,
    date: Annotated[str | None, typer.Option("--date", help="UTC date on which the imported page views start.")] = None,
    raw: Raw = RAW,
    list_: Annotated[bool, typer.Option("--list", help="Formats, what each measures and what it cannot.")] = False,
) -> None:
    """Turn another tracker's log into raw beacons."""
    from jobs.sources import SOURCES, import_source

    if list_:
        for source in SOURCES.values():
            print(f"{source.name}\n  measures: {source.measures}\n  cannot:   {source.cannot}")
        return
    if format_ is None or path is None or date is None:
        raise UsageError("import needs FORMAT, PATH and --date. Formats: hoverlake import --list")
    for line in import_source(format_, path, Path(raw), _date(date)).lines():
        print(line)


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="A query on layer.table names, such as mart.story_attention_daily.")],
    warehouse: Warehouse = WAREHOUSE,
    format_: Annotated[str, typer.Option("--format", help="table, csv, json or parquet.")] = "table",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write instead of the screen.")] = None,
) -> None:
    """Ask the newest release, without Java."""
    from jobs.sql import run_sql

    text = run_sql(warehouse, query, format_, output)
    if text is not None:
        print(text)


@app.command()
def heatmap(
    date: Day,
    surface: Annotated[str, typer.Option(help="Surface, for example feed.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Picture to write (.png or .svg).")],
    layout: Annotated[str | None, typer.Option(help="Layout; the most used one if not given.")] = None,
    device: Annotated[str | None, typer.Option(help="Device type; the most used one if not given.")] = None,
    space: Annotated[str, typer.Option(help="document or viewport.")] = "document",
    measure: Annotated[str, typer.Option(help="dwell_ms, active_ms or click_count.")] = "dwell_ms",
    per_exposure: Annotated[bool, typer.Option("--per-exposure", help="Divide by the time a row was on screen.")] = False,
    warehouse: Warehouse = WAREHOUSE,
) -> None:
    """Draw where cursors rested."""
    from jobs.heatmap import draw_heatmap

    print(
        draw_heatmap(
            warehouse,
            _date(date),
            surface,
            layout=layout,
            device=device,
            space=space,
            measure=measure,
            per_exposure=per_exposure,
            output=output,
        )
    )


@app.command()
def explain(
    rejected: Annotated[str, typer.Option("--rejected", help="Raw file whose rejected lines to show.")],
    raw: Raw = RAW,
    warehouse: Warehouse = WAREHOUSE,
) -> None:
    """Show rejected lines of a raw file, with line numbers and reasons."""
    from jobs.explain import explain_rejected

    print(explain_rejected(raw, warehouse, rejected))


@app.command()
def doctor(raw: Raw = RAW, warehouse: Warehouse = WAREHOUSE) -> None:
    """Versions, Java, jars, stores; and for whatever is wrong the way to mend it."""
    from jobs import doctor as look

    checks = look.doctor(raw, warehouse)
    print(look.report(checks))
    raise typer.Exit(look.exit_code(checks))


def main() -> None:
    """Entry point: runs a command; an error is one line on stderr and an exit code of DESIGN section 4."""
    try:
        app()
    except HoverlakeError as error:
        print(f"hoverlake: {error}", file=sys.stderr)
        raise SystemExit(error.exit_code) from None


if __name__ == "__main__":
    main()
