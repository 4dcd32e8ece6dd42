"""`hoverlake ask`: the questions of docs/questions.md, answered in words and pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs.cli_options import WAREHOUSE, ReleaseNumber, Warehouse, date_of


def ask(
    question: Annotated[
        str | None, typer.Argument(help="Number or name of a question; without one, all are listed.")
    ] = None,
    date: Annotated[
        str | None, typer.Option("--date", metavar="DATE", help="A UTC date, YYYY-MM-DD; else the newest one shown.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Draw the answer: .png or .svg.")
    ] = None,
    sql: Annotated[bool, typer.Option("--sql", help="Print the query, and ask nothing.")] = False,
    warehouse: Warehouse = WAREHOUSE,
    release: ReleaseNumber = None,
) -> None:
    """Answer a question that product and advertising people ask, and say how not to misread the answer."""
    from jobs.questions import DATE
    from jobs.questions.ask import ask, draw, listing, question_of, report

    if question is None:
        print(listing())
        return
    wanted = question_of(question)
    day = date_of(date) if date else None
    if sql:
        print(wanted.sql_of(day or DATE))
        return
    asked = ask(warehouse, wanted, day, release)
    print(report(asked) if output is None else draw(warehouse, asked, output))
