"""`hoverlake sql`: a question, a shell, or a script of questions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from jobs.cli_options import WAREHOUSE, ReleaseNumber, Warehouse
from jobs.errors import UsageError

_NAME = re.compile(r"[A-Za-z_]\w*")


def sql(
    query: Annotated[
        str | None,
        typer.Argument(
            metavar="QUERY",
            help="One SELECT, DESCRIBE layer.table, or SHOW TABLES; without it a shell, or what stands on standard input.",
            show_default=False,
        ),
    ] = None,
    warehouse: Warehouse = WAREHOUSE,
    format_: Annotated[
        Literal["table", "csv", "json", "parquet", "jsonl", "markdown", "arrow"],
        typer.Option("--format", help="Form of the answer."),
    ] = "table",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="File to write instead of the screen.")
    ] = None,
    release: ReleaseNumber = None,
    param: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Value of $NAME in the query; may be repeated."),
    ] = None,
) -> None:
    """Ask the newest release questions in SQL, without Java.

    Tables are named layer.table, such as mart.story_attention_daily; flat views such as clean.hovers have a row per
    entry of a page view. hist_sum, hist_p50, hist_p90 and hist_quantile read columns that end in _hist. Without QUERY, a
    shell with history and completion; questions from a pipe or a file are answered one after another.
    """
    parameters = parameters_of(param or [])
    from jobs.shell import Shell, ask, run_shell
    from jobs.sql_output import check_output

    if query is not None:
        print(ask(warehouse, query, format_, output, release, parameters) or "", end="")
        return
    check_output(format_, output)
    run_shell(Shell(warehouse, release, format_, parameters, output))


def parameters_of(words: Sequence[str]) -> dict[str, str]:
    """Values of `--param NAME=VALUE` by name; UsageError for words of another form, and for a name given twice."""
    found: dict[str, str] = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign or not _NAME.fullmatch(name):
            raise UsageError(f"--param {word}: give NAME=VALUE, such as --param day=2026-11-20 for $day in the query.")
        if name in found:
            raise UsageError(f"--param {name} is given twice. Give each name once.")
        found[name] = value
    return found
