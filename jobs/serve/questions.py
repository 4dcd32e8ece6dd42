"""What an address asks: each parameter known, once, short, and of the form of what it names. Nothing is guessed."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import urlencode

from jobs.dates import iso_date
from jobs.errors import UsageError
from jobs.heatmap_groups import MEASURES

#: Names in marts are shorter; what is longer is no question.
MAX_CHARS = 256
#: A name that is told back is cut here.
TOLD_CHARS = 60
SPACES = ("document", "viewport")
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")


@dataclass(frozen=True)
class Offer:
    """A question that can be answered, and the words of the link that asks it."""

    words: str
    query: str


class Refused(UsageError):
    """A question without an answer: the status of HTTP, what is wrong, what to do, and questions that do have one."""

    def __init__(self, status: int, headline: str, *details: str, offers: Sequence[Offer] = ()) -> None:
        super().__init__(headline)
        self.status, self.headline, self.details, self.offers = status, headline, details, tuple(offers)


@dataclass(frozen=True)
class Question:
    """What is asked; None leaves the choice to the page."""

    release: int | None = None
    date: dt.date | None = None
    surface: str | None = None
    layout: str | None = None
    device: str | None = None
    #: Viewport class: a width.
    width: str | None = None
    measure: str = MEASURES[0]
    space: str = SPACES[0]
    #: Item type of the position curve.
    items: str | None = None

    def but(self, **other: Any) -> Question:
        """The same question with `other` answers chosen."""
        return replace(self, **other)

    @property
    def query(self) -> str:
        """The question as the query of an address; what is left to the page is left out."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return urlencode({name: str(value) for name, value in given.items() if value is not None})


#: Every parameter there is.
PARAMETERS = tuple(field.name for field in fields(Question))


def asked(parameters: Sequence[tuple[str, str]]) -> Question:
    """The question of an address's parameters; an empty one, as forms send it, is not asked.

    Refused (400) for a parameter that is unknown, repeated or too long, and for a value that is none of its kind.
    """
    counts = Counter(name for name, _ in parameters)
    for name, count in counts.items():
        if name not in PARAMETERS:
            raise Refused(400, f"There is no parameter {told(name)}", f"There are: {', '.join(PARAMETERS)}.")
        if count > 1:
            raise Refused(400, f"The parameter {name} is given {count} times", "Give it once.")
    given = {name: value for name, value in parameters if value}
    for name, value in given.items():
        if len(value) > MAX_CHARS:
            raise Refused(
                400, f"The value of {name} is too long", f"No name here has more than {MAX_CHARS} characters."
            )
        if "\0" in value:
            raise Refused(400, f"The value of {name} is no name", "It holds a NUL character.")
    return Question(**{name: _READ.get(name, str)(value) for name, value in given.items()})


def told(name: str) -> str:
    """A name from outside, short enough to be told back."""
    return name if len(name) <= TOLD_CHARS else f"{name[: TOLD_CHARS - 1]}…"


def _date(text: str) -> dt.date:
    date = iso_date(text)
    if date is None:
        raise Refused(400, f"{told(text)} is not a date", "Write it as 2026-11-20.")
    return date


def _release(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise Refused(400, f"{told(text)} is not the number of a release", "Releases are counted from 1.")
    return int(text)


def _one_of(name: str, allowed: Sequence[str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in allowed:
            raise Refused(400, f"There is no {name} {told(text)}", f"There are: {', '.join(allowed)}.")
        return text

    return read


_READ: dict[str, Callable[[str], Any]] = {
    "date": _date,
    "release": _release,
    "measure": _one_of("measure", MEASURES),
    "space": _one_of("space", SPACES),
}
