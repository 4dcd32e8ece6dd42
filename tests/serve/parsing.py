"""A page as its elements, tables and words: what a browser would make of it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

JOBS = Path(__file__).parents[2] / "jobs"
SOURCES = (*(JOBS / "serve").iterdir(), JOBS / "report/parts.html.j2", JOBS / "report/charts.py")
#: All elements that the templates and drawings use. A text that is taken for markup would bring others.
TAGS = {tag for path in SOURCES if path.is_file() for tag in re.findall(r"<([a-z][a-z0-9]*)", path.read_text())}


class Page(HTMLParser):
    """The page's elements with their attributes, its words, and its tables by caption or order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[tuple[int, str]] = []
        self.tables: list[list[list[str]]] = []
        self._words: list[str] = []
        self._within = ""
        self.feed(text)
        self.close()

    @property
    def words(self) -> str:
        """All texts, spaces as one."""
        return re.sub(r"\s+", " ", " ".join(self._words))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._within = tag
        if re.fullmatch("h[1-6]", tag):
            self.headings.append((int(tag[1]), ""))
        elif tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("th", "td"):
            self.tables[-1][-1].append("")

    def handle_data(self, data: str) -> None:
        self._words.append(data)
        if re.fullmatch("h[1-6]", self._within) and self.headings:
            level, words = self.headings[-1]
            self.headings[-1] = (level, words + data.strip())
        elif self._within in ("th", "td"):
            self.tables[-1][-1][-1] += data.strip()

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        """Attributes of all elements of a kind."""
        return [attributes for name, attributes in self.elements if name == tag]

    def table(self, *head: str) -> list[list[str]]:
        """Rows of the table whose head begins so."""
        return next(rows[1:] for rows in self.tables if rows[0][: len(head)] == list(head))
