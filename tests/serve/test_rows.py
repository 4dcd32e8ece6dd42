"""Rows behind the pictures, as CSV: the mart's, all of them, and safe in a spreadsheet."""

from __future__ import annotations

import csv
import io
import re

import pytest

from jobs.sql import run_sql
from jobs.sql_output import csv_cell
from tests.report.warehouse import DATE, EVIL
from tests.serve.conftest import Site
from tests.serve.reading import LARGEST, page_of, rows_of
from tests.serve.warehouse import AWAITED, BLOCKED, FEED, FORMULA, HEATMAP, MINUTES, NEW


@pytest.mark.parametrize(
    ("picture", "question", "table", "where"),
    [
        ("heatmap", {}, HEATMAP, f"{LARGEST} and space = 'document'"),
        ("heatmap", {"space": "viewport"}, HEATMAP, f"{LARGEST} and space = 'viewport'"),
        ("heatmap", {"surface": "search", "measure": "click_count"}, HEATMAP, "surface = 'search'"),
        ("position-curve", {}, FEED, "item_type = 'story'"),
        ("position-curve", {"device": "phone"}, FEED, "item_type = 'story' and device_type = 'phone'"),
        ("feed-visibility", {}, MINUTES, "true"),
        ("feed-visibility", {"device": "phone"}, MINUTES, "device_type = 'phone'"),
    ],
)
def test_csv_has_the_marts_rows_and_so_does_the_query_beside_it(
    site: Site, picture: str, question: dict[str, str], table: str, where: str
) -> None:
    rows = rows_of(site.warehouse, f"select * from {table} where event_date = '{DATE}' and {where}")
    expected = sorted(["" if cell is None else str(csv_cell(cell)) for cell in row] for row in rows)
    page = page_of(site, **question)

    answer = site(f"/{picture}.csv", **question)

    head, *got = csv.reader(io.StringIO(answer.text, newline=""))
    plain = [[cell.removeprefix("'") if cell == f"'{FORMULA}" else cell for cell in row] for row in got]
    assert sorted(plain) == expected and expected
    assert head[0] == "event_date"
    asked = next(
        query
        for query in re.findall(r"select \* from mart\.\S+ where .*?nulls last(?= )", page.words)
        if table in query
    )
    again = list(csv.reader(io.StringIO(run_sql(site.warehouse, asked, "csv", release_number=NEW) or "")))
    assert again[1:] == plain


def test_csv_says_what_it_is_of_and_follows_rfc_4180(site: Site) -> None:
    answer = site("/heatmap.csv")

    assert answer.headers["content-disposition"] == f'attachment; filename="{HEATMAP}_{DATE}_release-{NEW}.csv"'
    assert answer.headers["content-type"] == "text/csv; header=present; charset=utf-8"
    lines = answer.text.split("\r\n")
    assert lines[-1] == "" and "\n" not in "".join(lines)
    assert f'"{EVIL.replace(chr(34), chr(34) * 2)}"' in lines[1]


def test_a_text_that_is_a_formula_is_defused_and_a_negative_number_is_not(site: Site) -> None:
    rows = list(csv.DictReader(io.StringIO(site("/heatmap.csv", surface="search", measure="click_count").text)))

    assert {row["layout_id"] for row in rows} == {f"'{FORMULA}"}
    assert sorted(int(row["cell_x"]) for row in rows) == [*range(-1, 12)]


def test_checks_as_csv_are_those_of_the_run_that_judged(site: Site) -> None:
    rows = list(csv.DictReader(io.StringIO(site("/checks.csv").text)))

    assert len(rows) == 25
    assert [row["expectation"] for row in rows if row["success"] == "false"] == ["past_bots_z"]


@pytest.mark.parametrize(
    ("path", "question", "said"),
    [
        ("/heatmap.csv", {"surface": "profile"}, "all of it lies in groups too small to draw"),
        ("/position-curve.csv", {"surface": "search"}, "no place in the feed was measured"),
        ("/feed-visibility.csv", {"date": BLOCKED}, "Nothing of this date is published."),
        ("/checks.csv", {"date": AWAITED}, "No check of this date is on record."),
    ],
)
def test_no_picture_has_no_rows(site: Site, path: str, question: dict[str, object], said: str) -> None:
    answer = site(path, **question)

    assert (answer.status, said in answer.text) == (404, True)
