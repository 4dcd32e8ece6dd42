"""`hoverlake erase`: people leave the warehouse."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from jobs.cli_options import RAW, WAREHOUSE, Raw, Warehouse


def erase(
    visitors: Annotated[
        Path, typer.Option("--visitors", metavar="FILE", help="Visitor ids as the tracker sends them, one per line.")
    ],
    raw: Raw = RAW,
    warehouse: Warehouse = WAREHOUSE,
    verify: Annotated[bool, typer.Option("--verify", help="Only search and certify; change nothing.")] = False,
    rewrite_raw: Annotated[bool, typer.Option("--rewrite-raw", help="Take their lines out of raw files, too.")] = False,
    also: Annotated[
        list[Path] | None,
        typer.Option(metavar="FOLDER", help="A folder to search as well, such as one of reports; may be repeated."),
    ] = None,
) -> None:
    """Erase visitors, prove it, and refuse what comes of them later.

    Removes their rows from clean and restricted tables under every key, builds the marts of their dates without them,
    removes every file that held the rows, and searches all that is stored for ids and pseudonyms. Thresholds
    are those of the newest release. The certificate lies in _erasures below the warehouse.

    Exit codes: 0 no trace is left; 2 usage; 11 the marts without them were refused, or a trace was found; 13 the warehouse
    is held by another run; 14 infrastructure failed, safe to repeat.
    """
    from jobs.erasure.erase import Erasure, run_erasure
    from jobs.erasure.erase import verify as verified

    asked = Erasure(visitors, raw, warehouse, rewrite_raw, also or [])
    print(verified(asked) if verify else run_erasure(asked), file=sys.stderr)
