"""Text as typed into `hoverlake sql`, cut into entries: statements that end in `;`, and commands that begin with a dot."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: Words that leave the shell, as people know them from other ones.
LEAVING = frozenset((".quit", ".exit", "quit", "exit", "\\q"))
#: What a semicolon within does not end, then what is one sign.
_TOKEN = re.compile(
    r"""(?P<blank>\s+|--[^\n]*|/\*.*?\*/)
    |(?<!\w)[eE]'(?:[^'\\]|\\.|'')*'
    |'(?:[^']|'')*'
    |"(?:[^"]|"")*"
    |\$(?P<tag>\w*)\$.*?\$(?P=tag)\$
    |(?P<open>['"]|/\*)
    |(?P<end>;)
    |.""",
    re.S | re.X,
)
_DOT = re.compile(r"\s*(\.[^\n]*)(?:\n|\Z)")


@dataclass(frozen=True)
class Entry:
    """One statement without its `;`, or one command; `line` is where it begins, from 1."""

    text: str
    line: int


def entries(text: str) -> tuple[list[Entry], Entry | None]:
    """The complete entries of the text, and what is left at its end: a statement without `;`, None if only blanks."""
    found: list[Entry] = []
    place = 0
    while True:
        command = _DOT.match(text, place)
        if command:
            found.append(_entry(text, command.start(1), command.end(1)))
            place = command.end()
            continue
        begin, end = _statement(text, place)
        if end is None:
            return found, None if begin == len(text) else _entry(text, begin, len(text))
        # A semicolon alone is no question.
        if end > begin:
            found.append(_entry(text, begin, end))
        place = end + 1


def is_complete(text: str) -> bool:
    """Whether Enter sends what is typed: a command, a word that leaves, nothing, or statements that have all ended."""
    stripped = text.strip()
    return not stripped or stripped.startswith(".") or stripped.lower() in LEAVING or entries(text)[1] is None


def _statement(text: str, place: int) -> tuple[int, int | None]:
    """Where the next statement begins, and the place of its `;`; None if it does not end."""
    begin = None
    while place < len(text):
        token = _TOKEN.match(text, place)
        assert token is not None
        if begin is None and not token["blank"]:
            begin = place
        if token["open"]:
            return begin if begin is not None else place, None
        if token["end"]:
            return begin if begin is not None else place, place
        place = token.end()
    return begin if begin is not None else len(text), None


def _entry(text: str, begin: int, end: int) -> Entry:
    return Entry(text[begin:end].strip(), text.count("\n", 0, begin) + 1)
