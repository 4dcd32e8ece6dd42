"""The pages: facts or a refusal through a template. Texts of the warehouse and of addresses are escaped wherever they stand."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

from jinja2 import Environment

from jobs.pages import environment
from jobs.report import charts, words
from jobs.serve.facts import Facts
from jobs.serve.heat import LEVELS, PARTS, Nothing
from jobs.serve.questions import Refused

#: The report's style, and what this page has besides.
STYLES = (("jobs.report", "page.css"), ("jobs.serve", "serve.css"))


def render(facts: Facts) -> str:
    """The page that answers a question, as HTML."""
    return _environment().get_template("desk.html.j2").render(facts=facts)


def render_refusal(refusal: Refused) -> str:
    """The page that says why there is no answer, and what there is, as HTML."""
    return _environment().get_template("refusal.html.j2").render(refusal=refusal)


@cache
def style() -> str:
    """The style sheet of all pages."""
    return "".join(files(package).joinpath(name).read_text(encoding="utf-8") for package, name in STYLES)


@cache
def style_path() -> str:
    """The address of the style sheet: another one for another content, so that browsers may keep it."""
    return f"/style-{hashlib.sha256(style().encode()).hexdigest()[:16]}.css"


@cache
def _environment() -> Environment:
    shared = {"charts": charts, "words": words, "style_path": style_path()}
    found = environment("jobs.serve", "jobs.report", levels=range(LEVELS), parts_of_page=PARTS, **shared)
    found.tests["nothing"] = lambda value: isinstance(value, Nothing)
    return found
