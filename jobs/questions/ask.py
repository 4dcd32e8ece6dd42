"""`hoverlake ask`: a question's query on a warehouse, its answer in words, and its picture."""

from __future__ import annotations

import datetime as dt
import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.errors import UsageError
from jobs.output import check_suffix, writing
from jobs.questions import QUESTIONS
from jobs.questions.question import Bars, Heatmap, Plot, Question, Row
from jobs.sql import connect, named_tables, opened_release
from jobs.sql_dates import dates_kept

if TYPE_CHECKING:
    from jobs.io.releases import Release

SUFFIXES = (".png", ".svg")


@dataclass(frozen=True)
class Asked:
    """A question, the date it was asked about, the release that answered, and the rows of the answer."""

    question: Question
    date: dt.date
    release: Release
    rows: tuple[Row, ...]

    @property
    def words(self) -> str:
        """The answer; where nothing is published or measured, that, which is not an answer of zero."""
        if not self.rows:
            return f"Nothing about this is published of {self.date}: it was not measured, or every group was too small."
        if all(row[self.question.needs] is None for row in self.rows):
            return f"It was not measured on {self.date}."
        return self.question.answer(self.rows)


def question_of(name: str) -> Question:
    """The question of this number, from 1, or of this name; UsageError if there is none."""
    if name.isdecimal() and 0 < int(name) <= len(QUESTIONS):
        return QUESTIONS[int(name) - 1]
    by_slug = {question.slug: question for question in QUESTIONS}
    if name in by_slug:
        return by_slug[name]
    close = difflib.get_close_matches(name, by_slug, n=1)
    hint = f" Did you mean {close[0]}?" if close else ""
    raise UsageError(f"there is no question {name}.{hint} `hoverlake ask` lists all {len(QUESTIONS)}.")


def ask(warehouse: str, question: Question, date: dt.date | None = None, release: int | None = None) -> Asked:
    """Ask of one date, else of the newest that the release shows. UsageError for a date that it does not show."""
    record = opened_release(warehouse, release)
    assert record is not None, "needed, so there or an error"
    day = date or _newest(record)
    if not record.is_shown(str(day)):
        shown = ", ".join(date for date in sorted(record.event_dates) if record.is_shown(date))
        raise UsageError(f"release {record.number} shows nothing of {day}. It shows: {shown or 'no date'}.")
    sql = question.sql_of(day)
    with connect(warehouse, named_tables(sql), record.number, dates_kept(sql, {})) as connection:
        rows = connection.sql(sql).fetchall()
    return Asked(question, day, record, tuple(dict(zip(question.columns, row, strict=True)) for row in rows))


def _newest(release: Release) -> dt.date:
    shown = [date for date in release.event_dates if release.is_shown(date)]
    if not shown:
        raise UsageError(f"release {release.number} shows no date yet: see `hoverlake status`.")
    return dt.date.fromisoformat(max(shown))


def draw(warehouse: str, asked: Asked, output: Path) -> str:
    """Draw the question's picture to `output`, .png or .svg; returns what was drawn, in words. UsageError if nothing can be."""
    check_suffix(output, SUFFIXES)
    picture = asked.question.picture
    if isinstance(picture, Plot):
        return _plot(warehouse, asked, picture, output)
    if isinstance(picture, Heatmap):
        return _heatmap(warehouse, asked, picture, output)
    return _bars(asked, picture, output)


def _plot(warehouse: str, asked: Asked, picture: Plot, output: Path) -> str:
    from jobs.plots.asked import Question as Wanted
    from jobs.plots.plot import draw_plot

    date = None if picture.is_of_all_dates else asked.date
    return draw_plot(warehouse, picture.kind, Wanted(date, date, **picture.options), output, asked.release.number)


def _heatmap(warehouse: str, asked: Asked, picture: Heatmap, output: Path) -> str:
    from jobs.heatmap import draw_heatmap

    options: dict[str, Any] = {name: value or True for name, value in picture.options.items()}
    return draw_heatmap(
        warehouse, asked.date, "feed", device="desktop", output=output, release=asked.release.number, **options
    )


def _bars(asked: Asked, picture: Bars, output: Path) -> str:
    from jobs.questions.bars import save_bars

    if not asked.rows:
        raise UsageError(f"there is nothing to draw. {asked.words} Ask about another --date.")
    least = asked.release.configuration.get("min_visitors", "too few")
    notes = [f"Rows of fewer than {least} visitors are merged: they have lost a key, or stand in (small groups)."]
    subtitle = f"{asked.date}, UTC, release {asked.release.number}"
    with writing(output):
        save_bars(picture, asked.rows, asked.question.asked, subtitle, notes, output)
    return f"{output}: {asked.question.asked} {subtitle}."


def listing() -> str:
    """All questions: number, name, words."""
    width = max(len(question.slug) for question in QUESTIONS)
    lines = [f"{number:>3}  {question.slug:<{width}}  {question.asked}" for number, question in enumerate(QUESTIONS, 1)]
    return "\n".join(lines)


def report(asked: Asked) -> str:
    """Question, answer, and how not to misread it."""
    return "\n".join(
        [
            asked.question.asked,
            f"{asked.date}, release {asked.release.number}: {asked.words}",
            "How not to misread it:",
            *(f"- {line}" for line in asked.question.beware),
        ]
    )
