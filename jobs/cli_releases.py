"""The commands `hoverlake releases ...` and `hoverlake status`: what is published, and back to an older release."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from jobs.cli_options import WAREHOUSE, Warehouse, date_of

app = typer.Typer(
    help="What was published: list, show, compare, roll back.", no_args_is_help=True, rich_markup_mode=None
)

Number = Annotated[int, typer.Argument(min=1, metavar="N", help="A release's number.")]
Json = Annotated[bool, typer.Option("--json", help="As JSON.")]


@app.command("list")
def list_(warehouse: Warehouse = WAREHOUSE, json: Json = False) -> None:
    """List all releases, the newest first: when, of which run, how many event dates, what each is."""
    from jobs.releases_report import list_releases

    print(list_releases(warehouse, as_json=json), end="")


@app.command()
def show(number: Number, warehouse: Warehouse = WAREHOUSE, json: Json = False) -> None:
    """Show the record of one release: versions, event dates, code, thresholds, raw files."""
    from jobs.releases_report import show_release

    print(show_release(warehouse, number, as_json=json), end="")


@app.command()
def diff(
    a: Annotated[int, typer.Argument(min=1, metavar="A", help="The release before.")],
    b: Annotated[int, typer.Argument(min=1, metavar="B", help="The release after.")],
    date: Annotated[str | None, typer.Option(metavar="DATE", help="An event date, YYYY-MM-DD; else all.")] = None,
    table: Annotated[str | None, typer.Option(metavar="NAME", help="A mart, as layer.name; else all.")] = None,
    limit: Annotated[int, typer.Option(min=0, metavar="N", help="Changed rows shown per table.")] = 20,
    warehouse: Warehouse = WAREHOUSE,
    json: Json = False,
) -> None:
    """Compare the marts of two releases: rows, sums, and each row that differs.

    Only for who may read the layer clean: the difference of two releases can point at one person.
    """
    from jobs.releases_diff import diff_releases

    day = date_of(date) if date is not None else None
    print(diff_releases(warehouse, (a, b), day, table, limit=limit, as_json=json), end="")


@app.command()
def rollback(number: Number, warehouse: Warehouse = WAREHOUSE) -> None:
    """Serve the tables of an older release again, as the next release; copies nothing.

    Up to 7 days back all tables, up to 30 days the marts only. The next night starts from it, and lands again what
    it does not hold.

    Exit codes: 0 published; 2 usage; 13 the warehouse is held by a run; 14 a pinned version is gone.
    """
    from jobs.rollback import rollback

    print(rollback(warehouse, number), file=sys.stderr)


def status(
    max_age: Annotated[
        str, typer.Option("--max-age", metavar="SPAN", help="Older than this is stale: 90m, 26h, 2d.")
    ] = "26h",
    warehouse: Warehouse = WAREHOUSE,
    json: Json = False,
) -> None:
    """Say whether the newest release is fresh, and what ran last.

    Exit codes: 0 fresh; 1 stale, or nothing published; 2 usage; 14 infrastructure failed.
    """
    from jobs.durations import duration_of
    from jobs.status import as_json, as_text, status_of

    found = status_of(warehouse, duration_of("--max-age", max_age))
    print(as_json(found) if json else as_text(found, warehouse), end="")
    raise typer.Exit(found.exit_code)
