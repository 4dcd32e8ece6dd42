"""`hoverlake catalog ...`: the tables in other engines' catalogs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from jobs.cli_options import WAREHOUSE, ReleaseNumber, Warehouse
from jobs.errors import UsageError

app = typer.Typer(help="The tables in other engines' catalogs: export.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _catalog() -> None:
    """Keeps `export` a command of its own while there is no other."""


@app.command()
def export(
    to: Annotated[
        Literal["spark", "unity", "trino", "duckdb"],
        typer.Option("--to", help="The engine that shall know the tables."),
    ],
    warehouse: Warehouse = WAREHOUSE,
    layer: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="A layer to register: mart, ops, clean or restricted; may be repeated. Else mart and ops.",
        ),
    ] = None,
    release: ReleaseNumber = None,
    catalog: Annotated[
        str | None, typer.Option(metavar="NAME", help="Catalog of unity or trino to register in. [default: hoverlake]")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="File to write instead of the screen.")
    ] = None,
    register: Annotated[
        bool, typer.Option("--register", help="Run the statements too, by Spark, in the metastore of --metastore.")
    ] = False,
    metastore: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Folder of an embedded Hive metastore, made if it is not there; with --register."
        ),
    ] = None,
) -> None:
    """Print statements that register the published tables, with comments, in another engine's catalog.

    mart.x is what the release pins, so that all tables of a query belong to one night: run it anew after each release.
    With --register, Spark runs them in a Hive metastore: needs Java.
    """
    from jobs.catalog import LAYERS, export_catalog, layers_of

    layers = layers_of(layer or LAYERS)
    if register or metastore is not None:
        if not register or metastore is None or to != "spark" or output is not None:
            raise UsageError("--register goes with --to spark and --metastore DIR, and prints nothing to a file.")
        from jobs.catalog_metastore import register_tables

        print(register_tables(warehouse, layers, release, metastore))
        return
    print(export_catalog(warehouse, to, layers, release, catalog, output) or "", end="")
