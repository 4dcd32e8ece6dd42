"""Marts and pages as tests read them."""

from __future__ import annotations

from typing import Any

from jobs.sql import connect
from tests.report.warehouse import EVIL
from tests.serve.conftest import Site
from tests.serve.parsing import Page
from tests.serve.warehouse import FEED, HEATMAP, MINUTES, NEW

LARGEST = f"surface = 'feed' and layout_id = '{EVIL.replace(chr(39), chr(39) * 2)}' and viewport_class = '<1440'"


def rows_of(warehouse: str, query: str, release: int = NEW) -> list[tuple[Any, ...]]:
    """What the marts say, asked in SQL."""
    with connect(warehouse, [HEATMAP, FEED, MINUTES], release) as connection:
        return connection.execute(query).fetchall()


def page_of(site: Site, **question: object) -> Page:
    """The page that answers the question."""
    answer = site(**question)
    assert answer.status == 200
    return Page(answer.text)
