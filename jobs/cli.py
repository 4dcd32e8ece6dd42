"""The `hoverlake` command: thin words around the jobs."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from jobs.cli_ask import ask
from jobs.cli_backfill import backfill, maintain
from jobs.cli_catalog import app as catalog_app
from jobs.cli_doctor import doctor
from jobs.cli_erase import erase
from jobs.cli_explain import explain
from jobs.cli_heatmap import heatmap
from jobs.cli_keys import app as keys_app
from jobs.cli_options import (
    RAW,
    WAREHOUSE,
    Config,
    Day,
    Folder,
    OnFailure,
    Raw,
    ReleaseNumber,
    Set,
    Warehouse,
    date_of,
    folder_of,
    instant_of,
)
from jobs.cli_plan import plan
from jobs.cli_plot import plot
from jobs.cli_releases import app as releases_app
from jobs.cli_releases import status
from jobs.cli_report import report
from jobs.cli_serve import serve
from jobs.cli_simulate import simulate
from jobs.cli_sql import sql
from jobs.errors import HoverlakeError, InfrastructureFailed, UsageError

app = typer.Typer(
    help="Hover heatmaps and feed attention from raw cursor and viewport logs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command()
def nightly(
    date: Day,
    raw: Raw = RAW,
    warehouse: Warehouse = WAREHOUSE,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Land this landing date anew, from the same files.")
    ] = False,
    set_: Set = None,
    config: Config = None,
    accept_rewritten: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATH", help="A raw file whose new bytes take the place of those landed; may be repeated."
        ),
    ] = None,
    on_dq_failure: OnFailure = "block",
) -> None:
    """Land, build, audit and publish what is new.

    Takes every raw file landed up to --date that the newest release does not hold. Thresholds, from the weakest to
    the strongest: their defaults, --config, environment HOVERLAKE_<NAME>, --set.

    Exit codes: 0 published; 2 usage; 10 nothing new; 11 blocked by data quality; 12 input unreadable or rewritten;
    13 the warehouse is held by another run; 14 infrastructure failed, safe to retry.
    """
    from jobs.config import load_settings
    from jobs.nightly import Night, run_night

    settings = load_settings(set_ or [], config)
    accepted = accept_rewritten or []
    night = Night(
        date_of(date), raw, warehouse, settings, rebuild, accept_rewritten=accepted, on_dq_failure=on_dq_failure
    )
    print(run_night(night), file=sys.stderr)


app.command()(backfill)
app.command()(maintain)
app.command()(erase)


app.command()(simulate)
app.add_typer(releases_app, name="releases")
app.add_typer(keys_app, name="keys")
app.command()(status)


@app.command("import")
def import_(
    format_: Annotated[str | None, typer.Argument(metavar="FORMAT", help="A format of --list.")] = None,
    path: Annotated[Path | None, typer.Argument(metavar="PATH", help="Folder in that format.")] = None,
    date: Annotated[
        str | None,
        typer.Option("--date", metavar="DATE", help="UTC date on which the imported page views start. [required]"),
    ] = None,
    raw: Folder = RAW,
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
    for line in import_source(format_, path, folder_of(raw), date_of(date)).lines():
        print(line)


app.command()(sql)
app.add_typer(catalog_app, name="catalog")


@app.command()
def visible(
    visitor_key: Annotated[str, typer.Option(metavar="KEY", help="The person's pseudonym, 64 hex digits.")],
    at: Annotated[str, typer.Option(metavar="TIME", help="A moment and its zone, such as 2026-11-20T13:37:05Z.")],
    warehouse: Warehouse = WAREHOUSE,
    release: ReleaseNumber = None,
    sql_: Annotated[bool, typer.Option("--sql", help="Print the query instead, as hoverlake sql takes it.")] = False,
) -> None:
    """Say if the feed was visible to one person at a moment.

    Answers yes, no or not measured, with the interval and why it ended. Reads the restricted layer clean.
    """
    from jobs.visible import visible, visible_query

    if sql_:
        print(visible_query(warehouse, visitor_key, instant_of(at), release))
    else:
        print(visible(warehouse, visitor_key, instant_of(at), release), end="")


app.command()(heatmap)
app.command()(plot)
app.command()(ask)
app.command()(explain)
app.command()(report)
app.command()(serve)
app.command()(plan)
app.command()(doctor)


def main() -> None:
    """Entry point: runs a command; an error is one line on stderr and an exit code of DESIGN section 4."""
    try:
        try:
            app()
        finally:
            # Here, not at the interpreter's end, where a reader that has gone (head) makes a traceback.
            sys.stdout.flush()
    except HoverlakeError as error:
        _stop(str(error), error.exit_code)
    except BrokenPipeError:
        _silence()
        raise SystemExit(1) from None
    except OSError as error:
        _silence()
        _stop(f"{error}. Check permission and space, then run the command again.", InfrastructureFailed.exit_code)


def _stop(message: str, exit_code: int) -> NoReturn:
    print(f"hoverlake: {message}", file=sys.stderr)
    raise SystemExit(exit_code) from None


def _silence() -> None:
    """What is still in the buffer of stdout goes nowhere: it could not be written."""
    with suppress(io.UnsupportedOperation):  # stdout is no file, but a buffer in memory
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
