"""`hoverlake plot`: which numbers make which picture, and the file that it is written to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from jobs.errors import UsageError
from jobs.io.releases import Release
from jobs.output import check_suffix, writing
from jobs.plots import depth, distribution, minutes, position, trend
from jobs.plots.asked import Question
from jobs.plots.chart import Chart
from jobs.plots.reading import answering
from jobs.sql import opened_release
from warehouse_schema import MARTS

SUFFIXES = (".png", ".svg", ".html")


class Kind(NamedTuple):
    """A kind of plot: its numbers, the chart of them, and measures by name."""

    numbers: Callable[[duckdb.DuckDBPyConnection, Release, Question], Any]
    chart: Callable[..., Chart]
    measures: tuple[str, ...]
    #: Whether the chart, and not the numbers, depends on the measure.
    is_chosen_last: bool
    #: Whether no date at all means every date.
    is_of_all_dates: bool = False


KINDS = {
    "position-curve": Kind(position.position_curve, position.chart_of, position.MEASURES, True),
    "dwell-distribution": Kind(distribution.dwell_distribution, distribution.chart_of, distribution.MEASURES, False),
    "feed-visibility": Kind(minutes.feed_visibility, minutes.chart_of, minutes.MEASURES, True),
    "exposure": Kind(depth.exposure, depth.chart_of, depth.MEASURES, True),
    "trend": Kind(trend.trend, trend.chart_of, tuple(trend.MEASURES), False, is_of_all_dates=True),
}


def chart_of(connection: duckdb.DuckDBPyConnection, release: Release, kind: str, question: Question) -> Chart:
    """The chart of a kind that answers the question; UsageError for what is not there."""
    if kind not in KINDS:
        raise UsageError(f"there is no plot {kind}. Choose one of {', '.join(KINDS)}.")
    made = KINDS[kind]
    if question.measure is not None:
        question.measured(*made.measures)
    if question.first is None and not made.is_of_all_dates:
        raise UsageError(f"{kind} of which date? Give --date 2026-11-20, or --from and --to.")
    numbers = made.numbers(connection, release, question)
    if made.is_chosen_last and question.measure is not None:
        return made.chart(numbers, question.measure)
    return made.chart(numbers)


def draw_plot(warehouse: str, kind: str, question: Question, output: Path, release: int | None = None) -> str:
    """Draw to `output` (.png, .svg or .html); returns what was drawn, in words.

    UsageError for dates, keys or measures that the release does not have: the message lists those it has.
    """
    check_suffix(output, SUFFIXES)
    record = opened_release(warehouse, release)
    assert record is not None, "needed, so there or an error"
    with answering(warehouse, [table.name for table in MARTS], record.number) as connection:
        chart = chart_of(connection, record, kind, question)
    return write_chart(chart, output)


def write_chart(chart: Chart, output: Path) -> str:
    """Write the chart as the ending of `output` says; returns what was drawn, in words."""
    with writing(output):
        if output.suffix.lower() == ".html":
            from jobs.plots.chart_page import page_of

            output.write_text(page_of(chart), encoding="utf-8")
        else:
            from jobs.plots.draw import save_chart

            save_chart(chart, output)
    return f"{output}: {chart.words}"
