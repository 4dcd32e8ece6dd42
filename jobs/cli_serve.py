"""`hoverlake serve`: a local page on the warehouse."""

from __future__ import annotations

from typing import Annotated

import typer

from jobs.cli_options import WAREHOUSE, Warehouse


def serve(
    warehouse: Warehouse = WAREHOUSE,
    host: Annotated[str, typer.Option(metavar="HOST", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, metavar="PORT", help="Port; 0 takes a free one.")] = 8420,
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="Let --host be one that other machines reach: there is no password.")
    ] = False,
    server_name: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A further name under which browsers ask; may be repeated."),
    ] = None,
) -> None:
    """Show the warehouse on a local web page, until Ctrl-C.

    Pick date, surface, layout and device; see the verdict of data quality, heatmap, position curve and when the feed was
    visible, take rows as CSV and links that keep their release. Reads marts and ops only, and writes nothing.
    """
    from jobs.serve.server import serve

    serve(warehouse, host, port, allow_remote=allow_remote, names=server_name or [])
