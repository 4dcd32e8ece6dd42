"""The page itself: facts through a template, with style and pictures inside, so that nothing else is ever asked for."""

from __future__ import annotations

import datetime as dt
from functools import cache
from importlib.resources import files
from pathlib import Path

from jinja2 import Template
from markupsafe import Markup

from jobs.output import writing
from jobs.pages import environment
from jobs.report import charts, words
from jobs.report.facts import Facts, gather

TEMPLATE, STYLE = "page.html.j2", "page.css"


def write_report(warehouse: str, date: dt.date, output: Path) -> str:
    """Write the report on an event date to `output`; returns the verdict in one line.

    UsageError for a date that was neither published nor refused, and for a file that cannot be written.
    """
    facts = gather(warehouse, date)
    with writing(output):
        output.write_text(render(facts), encoding="utf-8")
    return f"{output}: event date {date}, release {facts.release.number}. {facts.verdict.headline}."


def render(facts: Facts) -> str:
    """The page as HTML. Texts of the warehouse are escaped wherever they stand."""
    return _template().render(facts=facts)


@cache
def _template() -> Template:
    style = files("jobs.report").joinpath(STYLE).read_text(encoding="utf-8")
    return environment("jobs.report", charts=charts, words=words, style=Markup(style)).get_template(TEMPLATE)
