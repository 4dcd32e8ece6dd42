"""Every page of docs/metrics: its example gives what it says, its thresholds are in force, its words are found."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from jobs.config import Settings
from tests.marts.plain_ladder import Row, climb, plain_rows
from tests.marts.plain_marts import MARTS as PLAIN_MARTS
from tests.marts.plain_marts_next import NIGHT_MARTS
from tests.marts.plain_marts_rows import NightMart, night_rows
from tests.steps.one_view import beacon
from tests.steps.plain_rows import kernel_rows
from tests.steps.strategies import RawBeacon
from warehouse_schema import MARTS, Array, Struct
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.docs import render_index

PROJECT = Path(__file__).resolve().parents[1]
GLOSSARY = (PROJECT / "GLOSSARY.md").read_text(encoding="utf-8")
PAGES = sorted((PROJECT / "docs" / "metrics").glob("*.md"))
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)

#: What the first table of a page is headed, and the parts that every page has.
DEFINITIONS = "| Name | Unit | NULL | Definition |"


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, what it holds, and `name=value` options."""

    subject: str
    options: dict[str, str]
    content: Any


def blocks(page: Path) -> list[Block]:
    found = re.findall(r"^```json (\S+)([^\n]*)\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)
    return [
        Block(subject, dict(word.split("=") for word in options.split()), json.loads(content))
        for subject, options, content in found
    ]


def beacons(content: Any) -> list[RawBeacon]:
    """Whole beacons from those of an example, which show only what matters there."""
    records = content if isinstance(content, list) else [content]
    return [_whole(record, f"b-{number}") for number, record in enumerate(records)]


def _whole(record: Row, beacon_id: str) -> RawBeacon:
    raw = beacon(beacon_id=beacon_id)
    record = dict(record)
    if "started_at" in record:
        # Clocks that agree: the repaired start is the device's own.
        start_ms = int(dt.datetime.fromisoformat(record.pop("started_at")).timestamp() * 1000)
        raw |= {"started_at_ms": start_ms, "sent_at_ms": start_ms + 10**8, "received_at_ms": start_ms + 10**8}
    for name, value in record.items():
        raw[name] = raw[name] | value if name in ("page", "device", "consent") else value
    return raw


def results(block: Block, page_views: list[Row]) -> list[Row]:
    """The rows of the block's table that follow from the page views, values as JSON has them."""
    rows = page_views if block.subject == PAGE_VIEWS.name else _mart_rows(block, page_views)
    return [_as_json(row) for row in rows]


def _mart_rows(block: Block, page_views: list[Row]) -> list[Row]:
    min_visitors = int(block.options.get("min_visitors", 1))
    edges = [int(edge) for edge in block.options.get("hist_edges_ms", "1000").split(",")]
    mart = (NIGHT_MARTS | PLAIN_MARTS)[block.subject.removeprefix("mart.")]
    if isinstance(mart, NightMart):
        return list(night_rows(mart, page_views, min_visitors, edges).values())
    counted = [entry for entry in mart.entries(page_views) if entry.exclusion is None]
    return list(plain_rows(mart, counted, climb(mart, counted, min_visitors).step_of, edges).values())


def _as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _as_json(of) for name, of in value.items()}
    if isinstance(value, list):
        return [_as_json(of) for of in value]
    if isinstance(value, dt.datetime):
        return f"{value.astimezone(dt.UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"
    return value.isoformat() if isinstance(value, dt.date) else value


def excerpt(shown: Any, whole: Any) -> Any:
    """`whole`, cut down to what `shown` shows of it: equal to it if the page is right.

    Of an object the fields that are shown; of a list of objects all entries, in the order in which they are shown.
    """
    if isinstance(shown, dict) and isinstance(whole, dict):
        return {name: excerpt(value, whole.get(name, "no such field")) for name, value in shown.items()}
    if isinstance(shown, list) and isinstance(whole, list):
        left = list(whole)
        found = []
        for entry in shown:
            match = next((of for of in left if excerpt(entry, of) == entry), left[0] if left else "no such entry")
            found.append(excerpt(entry, match))
            if match in left:
                left.remove(match)
        return found + left
    return whole


@every_page
def test_example_gives_what_the_page_says(page: Path) -> None:
    given, *expected = blocks(page)
    page_views = kernel_rows(beacons(given.content))

    assert given.subject == "beacons" and expected
    for block in expected:
        shown = block.content if isinstance(block.content, list) else [block.content]
        assert excerpt(shown, results(block, page_views)) == shown


@every_page
def test_example_is_short_enough_to_follow(page: Path) -> None:
    given, *_ = blocks(page)
    records = given.content if isinstance(given.content, list) else [given.content]

    streams = [stream["t_ms"] for record in records for stream in record.values() if _is_stream(stream)]

    assert len(records) <= 8
    assert sum(map(len, streams)) <= 14


def _is_stream(value: Any) -> bool:
    return isinstance(value, dict) and "t_ms" in value


def test_an_example_that_says_something_else_fails() -> None:
    whole = [{"a": 1, "cells": [{"x": 0, "ms": 5}, {"x": 1, "ms": 7}]}]

    assert excerpt(right := [{"cells": [{"x": 1, "ms": 7}, {"x": 0}]}], whole) == right
    for wrong in (
        [{"a": 2}],
        [{"b": 1}],
        [{"cells": [{"x": 1}]}],
        [{"cells": [{"x": 1}, {"x": 0, "ms": 6}]}],
        [{"cells": [{"x": 1}, {"x": 0}, {"x": 0}]}],
        [{"a": 1}, {"a": 1}],
        [],
    ):
        assert excerpt(wrong, whole) != wrong


@every_page
def test_thresholds_are_those_in_force(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    [line] = re.findall(r"^Thresholds: (.*)\.$", text, re.M)

    named = re.findall(r"`(\w+)` ([\d.,]+\d|\d)", line)

    assert line == "none" or named
    for name, value in named:
        assert getattr(Settings(), name) == float(value.replace(",", ""))


def definitions(page: Path) -> dict[str, list[str]]:
    """The names that the page defines, each with its unit, when it is NULL, and its definition."""
    text = page.read_text(encoding="utf-8")
    match = re.search(rf"^{re.escape(DEFINITIONS)}\n\| --- .*\n((?:\|.*\n)+)", text, re.M)
    assert match, f"{page.name} has no table headed {DEFINITIONS}"
    cells = [re.split(r"\s*\|\s*", line)[1:-1] for line in match[1].splitlines()]
    return {name: rest for first, *rest in cells for name in re.findall(r"`(\w+)`", first) or [first]}


@every_page
def test_page_says_in_one_sentence_what_it_is_and_where_it_comes_from(page: Path) -> None:
    title, sentence, *_ = page.read_text(encoding="utf-8").split("\n\n")
    text = page.read_text(encoding="utf-8")

    assert re.fullmatch(r"# [^\n]+", title)
    assert "\n" not in sentence and sentence.endswith(".")
    assert re.search(r"^Source: .+\.$", text, re.M)
    assert all(len(rest) == 3 and rest[2].endswith(".") for rest in definitions(page).values())


@every_page
def test_every_word_of_the_page_is_in_the_glossary_and_leads_back(page: Path) -> None:
    lines = [line for line in GLOSSARY.splitlines() if f"(docs/metrics/{page.name})" in line]

    words = [rf"(?<!\w){re.escape(name)}(?!\w)" for name in definitions(page)]
    missing = [word for word in words if not any(re.search(word, line) for line in lines)]

    assert missing == []


@every_page
def test_index_links_the_page_and_links_lead_somewhere(page: Path) -> None:
    assert f"](metrics/{page.name})" in render_index()
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def measures() -> Iterator[str]:
    """Everything that page views and marts say beyond who and what they speak of."""
    for table in (PAGE_VIEWS, *MARTS):
        for column in table.columns:
            inner = column.type.of if isinstance(column.type, Array) else None
            for measure in (column, *(inner.fields if isinstance(inner, Struct) else ())):
                is_measure = measure.name.endswith(("_ms", "_count", "_share", "_hist")) or re.match(
                    r"is_|visitors_|beacons_|impressions", measure.name
                )
                if is_measure:
                    yield measure.name


def test_every_measure_has_a_page() -> None:
    defined = {name for page in PAGES for name in definitions(page)}

    assert sorted(set(measures()) - defined) == []
