"""What a question of product or advertising people is: words, a query, the answer in words, a picture, a warning."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import dedent
from typing import Any, Literal

#: A row of an answer, by column.
Row = Mapping[str, Any]
Answer = Callable[[Sequence[Row]], str]
#: The date in every query, that of `make demo`: replaced when another date is asked about.
DATE = dt.date(2026, 11, 20)
#: What a query calls the key that rows of too few visitors have lost.
SMALL_GROUPS = "(small groups)"


@dataclass(frozen=True)
class Bar:
    """Bars of one column; `of` is the column that counts what they are of, `nouns` what it counts."""

    column: str
    title: str
    kind: Literal["share", "time", "count", "per_100"]
    of: str = ""
    nouns: str = ""


@dataclass(frozen=True)
class Bars:
    """A picture of the query's rows, in their order: a row has a name and a bar in each panel."""

    names: tuple[str, ...]
    panels: tuple[Bar, ...]
    caution: str


@dataclass(frozen=True)
class Plot:
    """A picture by `hoverlake plot`: its kind, and options by their names in `jobs.plots.asked.Question`."""

    kind: str
    options: Mapping[str, str]
    is_of_all_dates: bool = False

    def words(self, date: dt.date) -> str:
        """The command, but for the file."""
        when = "" if self.is_of_all_dates else f" --date {date}"
        return f"plot {self.kind}{when}{_options(self.options)}"


@dataclass(frozen=True)
class Heatmap:
    """A picture by `hoverlake heatmap` of the feed on desktops, with options by their names in `jobs.heatmap`."""

    options: Mapping[str, str]

    def words(self, date: dt.date) -> str:
        """The command, but for the file."""
        return f"heatmap --date {date} --surface feed --device desktop{_options(self.options)}"


def _options(options: Mapping[str, str]) -> str:
    return "".join(f" --{name.replace('_', '-')}{' ' if value else ''}{value}" for name, value in options.items())


#: Where no other command draws the answer, its own rows are drawn.
Picture = Bars | Plot | Heatmap


@dataclass(frozen=True)
class Question:
    """`sql` is one statement of `hoverlake sql` and answers with `columns`.

    `answer` puts the rows into words, if at least one of them has a number in the column `needs`: else the question was
    not measured. With `is_of_many` the demo has too few visitors or dates for it, and a larger warehouse is asked too.
    """

    slug: str
    asked: str
    needs: str
    columns: tuple[str, ...]
    sql: str
    answer: Answer
    picture: Picture
    beware: tuple[str, ...]
    is_of_many: bool = False

    def sql_of(self, date: dt.date) -> str:
        """The query about another date."""
        return self.sql.replace(str(DATE), str(date))


def question(
    slug: str,
    asked: str,
    needs: str,
    columns: str,
    sql: str,
    answer: Answer,
    picture: Picture,
    *beware: str,
    is_of_many: bool = False,
) -> Question:
    """A question: `columns` in one line, indented SQL."""
    return Question(
        slug, asked, needs, tuple(columns.split()), dedent(sql).strip(), answer, picture, beware, is_of_many
    )
