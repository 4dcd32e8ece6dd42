"""The commands `hoverlake keys ...`: keys of pseudonyms, their dates, and their end. None of them shows a secret."""

from __future__ import annotations

import datetime as dt
import sys
from typing import Annotated

import typer

from jobs.cli_options import WAREHOUSE, Warehouse, date_of

app = typer.Typer(help="Keys of pseudonyms: list, rotate, destroy.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_(warehouse: Warehouse = WAREHOUSE) -> None:
    """List the keys by id: from which date to which each holds, and whether it is past, in use, next or destroyed."""
    from jobs.key_commands import list_keys

    print(list_keys(warehouse, dt.datetime.now(dt.UTC).date()), end="")


@app.command()
def rotate(
    from_: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="First date of the new key; else tomorrow, UTC.")
    ] = None,
    warehouse: Warehouse = WAREHOUSE,
) -> None:
    """Let a new key start, before the next rotation date; keys that were to start later are made anew.

    Exit codes: 0 done; 2 usage, also for a date that may be landed already; 13 the warehouse is held by a run; 14 the
    file cannot be written.
    """
    from jobs.key_commands import rotate

    now = dt.datetime.now(dt.UTC)
    first_date = date_of(from_, "--from") if from_ is not None else now.date() + dt.timedelta(days=1)
    print(rotate(warehouse, first_date, now), file=sys.stderr)


@app.command()
def destroy(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Keys; else all that can go.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say which.")] = False,
    warehouse: Warehouse = WAREHOUSE,
) -> None:
    """Destroy keys whose page views clean no longer has: their pseudonyms can then be made by nobody.

    Exit codes: 0 done; 2 usage, also for a key that is still needed; 13 the warehouse is held by a run; 14 the file
    cannot be written.
    """
    from jobs.key_commands import destroy

    print(destroy(warehouse, ids or [], dt.datetime.now(dt.UTC), is_dry_run=dry_run), file=sys.stderr)
