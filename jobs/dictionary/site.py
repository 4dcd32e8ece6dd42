"""The dictionary as static pages: an index, a page per table and metric, one style, one script and its index.

Nothing is asked for but files beside the pages: they work from a folder, without a server, and without the network.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment

from expectations.catalog import OWN_RULES
from expectations.suites import expectations_of
from jobs.config import Settings
from jobs.dictionary import words
from jobs.dictionary.contract import contract_of
from jobs.dictionary.contract_files import GENERATED, SUFFIX, render
from jobs.dictionary.lineage import RAW, around, whole
from jobs.dictionary.lineage_picture import picture
from jobs.dictionary.metrics import Metric, metric_of, metrics, used_by
from jobs.dictionary.prose import html, metric_href
from jobs.dictionary.search_index import script
from jobs.output import writing
from jobs.pages import environment
from warehouse_schema import CLEAN, MARTS, OPS, RESTRICTED, TABLES
from warehouse_schema.column_words import paths, type_words
from warehouse_schema.examples import EXAMPLES
from warehouse_schema.layers import LAYERS
from warehouse_schema.purposes import PURPOSES
from warehouse_schema.raw import cursor_beacon as raw
from warehouse_schema.shared import GROUP_SIZE_CAVEATS
from warehouse_schema.table import Column, Table

#: In every page, so that pages of tables that are gone are known for what they are.
GENERATOR = '<meta name="generator" content="hoverlake dictionary">'
STYLE, SEARCH, INDEX = "dictionary.css", "search.js", "search-index.js"


@dataclass(frozen=True)
class Group:
    """Tables of one layer on the index."""

    id: str
    title: str
    note: str
    tables: tuple[Table, ...]


GROUPS = (
    Group("mart", "Marts", "Published every night, for every analyst: no row is of fewer than min_visitors people.", MARTS),
    Group("ops", "Operations", "What happened, and whether it can be believed.", OPS),
    Group("clean", "Clean", "Validated and pseudonymous, a row per page view or beacon: with permission only.", CLEAN),
    Group("restricted", "Restricted", "Amounts of groups too small to publish: for operators.", RESTRICTED),
)  # fmt: skip


@dataclass(frozen=True)
class ColumnRow:
    """A column as a page shows it."""

    path: str
    anchor: str
    marks: tuple[str, ...]
    type: str
    unit: str
    null: str
    example: str
    meaning: str
    values: str
    metric: Metric | None


def write_site(folder: Path) -> list[str]:
    """Write the site into `folder`, and remove pages of what is gone; the names of its files, sorted.

    UsageError if the folder cannot be written.
    """
    pages = site()
    with writing(folder):
        for name, text in pages.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        for path in left_over(folder, pages):
            path.unlink()
    return sorted(pages)


def left_over(folder: Path, pages: Collection[str]) -> list[Path]:
    """Files of a former site that are not among `pages`; what others put into the folder is none of them."""
    return [
        path
        for pattern, mark in (("*.html", GENERATOR), (f"contracts/*{SUFFIX}", GENERATED))
        for path in folder.glob(pattern)
        if path.relative_to(folder).as_posix() not in pages
        and mark in path.read_text(encoding="utf-8", errors="replace")
    ]


def site() -> dict[str, str]:
    """Every file of the site, by its name below the folder."""
    assets = {name: files("jobs.dictionary").joinpath(name).read_text(encoding="utf-8") for name in (STYLE, SEARCH)}
    return {
        "index.html": _page("index", here=None, lineage=picture(whole(), words.table_href), purposes=PURPOSES),
        words.table_href(RAW): _raw_page(),
        **{words.table_href(table.name): table_page(table) for table in TABLES.values()},
        **{metric_href(metric.slug): _metric_page(metric) for metric in metrics().values()},
        **{f"contracts/{mart.name}{SUFFIX}": render(contract_of(mart)) for mart in MARTS},
        **assets,
        INDEX: script(),
    }


def table_page(table: Table) -> str:
    """The page of a table: in short, caveats, columns, questions, expectations, lineage."""
    checks = expectations_of(table, Settings().model_dump())
    steps = around(table.name)
    examples = EXAMPLES.get(table.name, ())
    caveats = (*table.caveats, *(GROUP_SIZE_CAVEATS if table.layer == "mart" else ()))
    sections = {"caveats": bool(caveats), "columns": True, "questions": bool(examples), "expectations": True}
    return _page(
        "table",
        here=table.name,
        table=table,
        layer=LAYERS[table.layer],
        caveats=caveats,
        rows=[*_column_rows(table)],
        examples=examples,
        own_checks=[check for check in checks if check.rule],
        base_checks=[check for check in checks if not check.rule],
        is_audited=table.name in OWN_RULES,
        lineage=picture(steps, words.table_href, table.name),
        job=next((step.job for step in steps if step.name == table.name), None),
        jumps=[(id, id) for id, is_there in (sections | {"lineage": True}).items() if is_there],
    )


def _column_rows(table: Table) -> Iterator[ColumnRow]:
    for path, column in paths(table.columns):
        marks = (("key", path in table.grain), ("sum", path in table.additive), ("personal", column.personal))
        shown = tuple(mark for mark, is_so in marks if is_so)
        yield _row(path, column, words.example_text(table.name, path, column), shown, metric_of(table, path))


def _row(path: str, column: Column, example: str, marks: tuple[str, ...], metric: Metric | None) -> ColumnRow:
    return ColumnRow(
        path=path,
        anchor=words.anchor(path),
        marks=marks,
        type=type_words(column.type),
        unit=column.unit or "",
        null="yes" if column.nullable else "no",
        example=example,
        meaning=column.meaning,
        values=words.values_text(column),
        metric=metric,
    )


def _raw_page() -> str:
    rows = [
        _row(path, column, words.raw_example_text(path, column), ("personal",) if column.personal else (), None)
        for path, column in paths(raw.COLUMNS)
    ]
    return _page("raw", here=RAW, name=RAW, rows=rows, lineage=picture(whole(), words.table_href, RAW))


def _metric_page(metric: Metric) -> str:
    prose = html(metric.text, f"docs/metrics/{metric.slug}.md")
    return _page("metric", here=metric.slug, metric=metric, prose=prose, used=used_by()[metric.slug])


def _page(template: str, **facts: Any) -> str:
    return _environment().get_template(f"{template}.html.j2").render(**facts)


@cache
def _environment() -> Environment:
    shared = {"groups": GROUPS, "metrics": list(metrics().values())}
    return environment("jobs.dictionary", words=words, metric_href=metric_href, **shared)
