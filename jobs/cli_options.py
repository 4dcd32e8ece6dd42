"""Options that several commands of `hoverlake` share, and how their words are read."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from jobs.dates import iso_date
from jobs.errors import UsageError

Raw = Annotated[
    str, typer.Option(envvar="HOVERLAKE_RAW", metavar="URI", help="Root of the raw logs: a folder or s3a://...")
]
Warehouse = Annotated[
    str, typer.Option(envvar="HOVERLAKE_WAREHOUSE", metavar="URI", help="Root of the warehouse: a folder or s3a://...")
]
Folder = Annotated[str, typer.Option("--raw", envvar="HOVERLAKE_RAW", metavar="DIR", help="Folder of the raw logs.")]
Day = Annotated[str, typer.Option("--date", metavar="DATE", help="A UTC date, YYYY-MM-DD.")]
ReleaseNumber = Annotated[
    int | None, typer.Option("--release", min=1, metavar="N", help="A release; else the newest one.")
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="A threshold, such as min_visitors=20; may be repeated."),
]
Config = Annotated[Path | None, typer.Option(metavar="FILE", help="TOML file of thresholds.")]
OnFailure = Annotated[
    Literal["block", "quarantine-date"],
    typer.Option(
        "--on-dq-failure",
        help="What a critical failure of data quality stops: the whole run, or the event dates it is on, whose rows stay as "
        "published before.",
    ),
]
RAW, WAREHOUSE = "data/raw", "data/warehouse"


def share(help_: str) -> Any:
    """An option for a share."""
    return typer.Option(metavar="SHARE", help=f"{help_}, 0 to 1.")


def date_of(text: str, option: str = "--date") -> dt.date:
    """The date that an option gives; UsageError if it is none."""
    date = iso_date(text)
    if date is None:
        raise UsageError(f"{option} {text}: not a date. Give YYYY-MM-DD, for example 2026-11-20.")
    return date


def instant_of(text: str) -> dt.datetime:
    """The moment that --at gives, in UTC; UsageError if it is no time or has no time zone."""
    example = "Give a time and its zone, for example 2026-11-20T13:37:05Z or 2026-11-20T14:37:05+01:00."
    try:
        instant = dt.datetime.fromisoformat(text)
        if instant.tzinfo is not None:
            return instant.astimezone(dt.UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"--at {text}: not a time. {example}") from error
    raise UsageError(f"--at {text}: no time zone. {example}")


def folder_of(uri: str) -> Path:
    """The local folder that --raw gives; UsageError for an object store."""
    from jobs.io.store import local_path

    local = local_path(uri)
    if local is None:
        raise UsageError(f"--raw {uri}: raw logs are made in a local folder only. Write to one, then copy it there.")
    return local
