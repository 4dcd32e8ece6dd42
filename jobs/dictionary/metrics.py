"""Metrics: the pages of docs/metrics/, and which of them defines a column."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jobs.errors import UsageError
from warehouse_schema import TABLES
from warehouse_schema.column_words import paths
from warehouse_schema.table import Table

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "metrics"
#: A row of the definitions that every page begins with: names, unit, NULL, definition.
DEFINITION = re.compile(r"^\| ([^|\n]*`[^|\n]*) \|", re.M)

#: Counts of page views, where the page of this name is about item views.
_OF_PAGE_VIEWS: dict[str, str | None] = {"hover_measured_count": None, "clicks_measured_count": None}
_REST: dict[str, str | None] = {"dwell_ms": "rest-and-dwell", "active_ms": "rest-and-dwell"}
_TARGET: dict[str, str | None] = {
    "dwell_ms": "hover",
    "active_ms": "hover",
}
#: Names that several pages define, or that a page defines otherwise (None), by where they stand: a table, or a list of one.
DEFINED_IN: dict[str, dict[str, str | None]] = {
    "mart.hover_heatmap_daily": _REST | _OF_PAGE_VIEWS,
    "mart.viewport_exposure_daily": {"visible_ms": "exposure"},
    "mart.zone_attention_daily": _TARGET | _OF_PAGE_VIEWS | {"hover_count": "zones"},
    "mart.story_attention_daily": {"visible_ms": "item-visible-time", "viewable_count": "item-counts"},
    "mart.feed_attention_daily": {"visible_ms": "item-visible-time", "viewable_count": "item-counts"},
    "mart.ad_attention_daily": {"visible_ms": "item-visible-time", "viewable_count": "ads"},
    "mart.feed_visibility_minutes": {"visible_ms": "feed-visibility", "event_date": None},
    "mart.session_attention_daily": {"visible_ms": "page-time", "event_date": None},
    "clean.page_views": {"visible_ms": "page-time", "started_at": "clock-repair"},
    "clean.page_views.heat_cells[]": _REST,
    "clean.page_views.hovers[]": _TARGET,
    "clean.page_views.item_views[]": {"visible_ms": "item-visible-time", "hover_count": "item-hover"},
    "clean.page_views.visibility[]": {"started_at": "feed-visibility"},
    "clean.page_views.exposure[]": {"visible_ms": "exposure"},
    "clean.page_views.zone_views[]": _TARGET | {"hover_count": "zones"},
}


@dataclass(frozen=True)
class Metric:
    """A page of docs/metrics: its file's stem, title, first sentence and text, and the names that it defines."""

    slug: str
    title: str
    sentence: str
    text: str
    names: frozenset[str]


@cache
def metrics() -> dict[str, Metric]:
    """Every metric by its file's stem, in the order of the titles. UsageError outside of a clone, where there are none."""
    found = [_read(path) for path in FOLDER.glob("*.md")]
    if not found:
        raise UsageError(f"there are no metrics in {FOLDER}. Write the dictionary from a clone of the project.")
    return {metric.slug: metric for metric in sorted(found, key=lambda metric: metric.title.lower())}


def metric_of(table: Table, path: str) -> Metric | None:
    """The metric that the column at `path` is; None if no page defines it, or not of this table."""
    *parents, name = path.split(".")
    told = DEFINED_IN.get(".".join([table.name, *parents]), {})
    if name in told:
        slug = told[name]
        return metrics()[slug] if slug else None
    defining = [metric for metric in metrics().values() if name in metric.names]
    return defining[0] if len(defining) == 1 else None


@cache
def used_by() -> dict[str, list[tuple[str, str]]]:
    """Table and path of every column that is a metric, by the metric's slug; marts first."""
    found: dict[str, list[tuple[str, str]]] = {slug: [] for slug in metrics()}
    for table, path in sorted(_columns(), key=lambda place: not place[0].name.startswith("mart.")):
        metric = metric_of(table, path)
        if metric:
            found[metric.slug].append((table.name, path))
    return found


def _columns() -> Iterator[tuple[Table, str]]:
    """Columns of what metrics are about: page views, and marts made of them."""
    for table in TABLES.values():
        if table.layer in ("clean", "mart"):
            yield from ((table, path) for path, _ in paths(table.columns))


def _read(path: Path) -> Metric:
    text = path.read_text(encoding="utf-8")
    title, sentence, *_ = text.split("\n\n")
    names = {name for cell in DEFINITION.findall(text) for name in re.findall(r"`(\w+)`", cell)}
    return Metric(path.stem, title.removeprefix("# "), sentence, text, frozenset(names))
