"""Templates of pages: every text is escaped wherever it stands, and a name that is not given is an error."""

from __future__ import annotations

from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from jobs import __version__


def environment(*packages: str, **shared: Any) -> Environment:
    """Templates of the packages, the first that has one; all know the `version` and what is `shared`."""
    found = Environment(
        loader=ChoiceLoader([PackageLoader(package, ".") for package in packages]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals.update(version=__version__, **shared)
    return found
