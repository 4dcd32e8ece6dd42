"""The commands `hoverlake keys ...`: the ring of keys under which visitor ids become pseudonyms."""

from __future__ import annotations

import datetime as dt
import sys
from typing import Annotated

import typer

from jobs.cli_options import WAREHOUSE, Warehouse, date_of

app = typer.Typer(help="Keys of pseudonyms: list, rotate, destroy.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_(warehouse: Warehouse = WAREHOUSE) -> None:
    """List all keys: from when to when, and whether past, in use, next or destroyed. Never a secret."""
    from jobs.key_keeping import list_keys

    print(list_keys(warehouse, _today()), end="")


@app.command()
def rotate(
    warehouse: Warehouse = WAREHOUSE,
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="DATE", help="First UTC date of the new key; else the day after tomorrow."),
    ] = None,
) -> None:
    """Add a key before its time; nights add one by themselves every key_rotation_days.

    Page views and sessions over that midnight are cut, and reach counts a person on both sides twice.
    """
    from jobs.key_keeping import rotate

    first = date_of(from_, "--from") if from_ else _today() + dt.timedelta(days=2)
    print(rotate(warehouse, first, _today()), file=sys.stderr)


@app.command()
def destroy(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Keys; else all that nothing needs.")
    ] = None,
    warehouse: Warehouse = WAREHOUSE,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would be done; do nothing.")] = False,
) -> None:
    """Destroy keys whose rows clean keeps no more: their pseudonyms can then never be made from ids again."""
    from jobs.key_keeping import destroy

    print(destroy(warehouse, ids or [], _today(), is_dry_run=dry_run), file=sys.stderr)


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()
