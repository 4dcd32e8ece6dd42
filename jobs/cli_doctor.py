"""`hoverlake doctor`: what this machine and these stores have, and the archive of classes."""

from __future__ import annotations

from typing import Annotated

import typer

from jobs.cli_options import RAW, WAREHOUSE, Raw, Warehouse


def doctor(
    raw: Raw = RAW,
    warehouse: Warehouse = WAREHOUSE,
    warm: Annotated[
        bool,
        typer.Option(
            "--warm", help="First make Java's archive of classes that nights then start with: a minute or two."
        ),
    ] = False,
) -> None:
    """Check versions, Java, jars and stores; say how to mend."""
    from jobs import doctor as look

    if warm:
        from jobs.warm import warm as make_archive

        make_archive()
    checks = look.doctor(raw, warehouse)
    print(look.report(checks))
    raise typer.Exit(look.exit_code(checks))
