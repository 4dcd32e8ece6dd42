"""The pages of the dictionary: complete, linked, escaped, and found by the search, without a browser."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from expectations.catalog import rules_of
from jobs.dictionary import __main__ as command
from jobs.dictionary.contract_files import GENERATED
from jobs.dictionary.metrics import DEFINED_IN, metric_of, metrics, used_by
from jobs.dictionary.prose import html, metric_href
from jobs.dictionary.search_index import entries
from jobs.dictionary.site import GENERATOR, site, table_page, write_site
from jobs.dictionary.words import anchor, example_text, sentence, table_href
from jobs.errors import UsageError
from warehouse_schema import MARTS, TABLES, Table
from warehouse_schema.column_words import paths
from warehouse_schema.examples import EXAMPLES
from warehouse_schema.mart.reach_daily import REACH_DAILY
from warehouse_schema.raw.cursor_beacon import SCHEMA_ID

PAGES = site()
every_table = pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)


class Looked(HTMLParser):
    """What a page has: addresses, ids, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.links.append(value)
            if name == "id" and value:
                self.ids.append(value)

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.words))


@cache
def looked(name: str) -> Looked:
    page = Looked()
    page.feed(PAGES[name])
    return page


def html_pages() -> list[str]:
    return [name for name in PAGES if name.endswith(".html")]


def broken(page: str, links: list[str]) -> Iterator[str]:
    """Links that lead to no file, or to no place of one."""
    for link in links:
        if link.startswith("data:"):
            continue
        name, _, place = link.partition("#")
        target = name or page
        if target not in PAGES or (place and unquote(place) not in looked(target).ids):
            yield link


def test_every_link_leads_somewhere() -> None:
    assert {page: found for page in html_pages() if (found := [*broken(page, looked(page).links)])} == {}


def test_ids_are_unique_on_every_page() -> None:
    assert [page for page in html_pages() if len(set(looked(page).ids)) != len(looked(page).ids)] == []


@every_table
def test_a_page_says_everything_that_is_declared(table: Table) -> None:
    page = looked(table_href(table.name))

    assert f"One row per {table.one_row_per}." in page.text
    for told in (table.owner, table.freshness, f"{table.retention_days} days", *table.caveats):
        assert re.sub(r"\s+", " ", str(sentence(told).striptags())) in page.text
    for path, column in paths(table.columns):
        assert anchor(path) in page.ids
        assert re.sub(r"\s+", " ", str(sentence(column.meaning).striptags())) in page.text
    for example in EXAMPLES.get(table.name, ()):
        assert example.question in page.text and re.sub(r"\s+", " ", example.sql) in page.text
    assert [rule.name for rule in rules_of(table) if rule.meaning not in page.text] == []


def test_pages_about_people_say_so_and_show_no_personal_value() -> None:
    for table in TABLES.values():
        assert ("Restricted." in looked(table_href(table.name)).text) is table.is_restricted
        personal = [(path, column) for path, column in paths(table.columns) if column.personal]
        assert [path for path, column in personal if example_text(table.name, path, column)] == []


def test_columns_of_marts_show_an_example_unless_theirs_is_null() -> None:
    none = [f"{m.name}.{p}" for m in MARTS for p, c in paths(m.columns) if not example_text(m.name, p, c)]

    assert none == []


def test_a_long_list_is_cut_and_says_how_long_it_is() -> None:
    stories = TABLES["mart.story_attention_daily"]

    told = example_text(stories.name, "visible_ms_hist", stories.column("visible_ms_hist"))

    assert told == "[15, 2, 2, 1, ... 30 in all]"


def test_markup_in_a_declaration_is_shown_and_not_obeyed() -> None:
    evil = "<script>alert(1)</script>"
    first, *others = REACH_DAILY.columns
    column = replace(first, meaning=f"`{evil}` & {evil}.")
    table = replace(REACH_DAILY, meaning=f"{evil}.", caveats=(f"{evil}.",), columns=(column, *others))

    page = table_page(table)

    assert evil not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 4
    assert evil not in html(f"# {evil}\n\n| a |\n| --- |\n| {evil} |\n\n```json {evil}\n{evil}\n```\n", "page.md")


def test_no_page_has_script_or_style_of_its_own_or_asks_for_anything_else() -> None:
    for name in html_pages():
        assert re.findall(r"<script(?! src=\"search)", PAGES[name]) == []
        assert re.findall(r"<style|style=|\son\w+=", PAGES[name]) == []
        assert [link for link in looked(name).links if ":" in link and link != "data:,"] == []


def test_links_of_the_page_about_the_dictionary_lead_somewhere() -> None:
    docs = Path(__file__).resolve().parents[2] / "docs"
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", (docs / "dictionary.md").read_text(encoding="utf-8"))

    assert len(targets) >= 5
    assert [target for target in targets if not target.startswith("https://") and not (docs / target).exists()] == []


# Metrics.


def test_a_metric_page_tells_its_examples_apart() -> None:
    page = looked(metric_href("reach"))

    assert "raw logs" in page.text and "mart.reach_daily" in page.text
    assert "visitors_7d" in page.text


def test_a_link_that_leads_out_of_the_dictionary_is_an_error() -> None:
    with pytest.raises(
        UsageError, match=r"docs/metrics/x.md links ../operations.md, which the dictionary has no page for"
    ):
        html("See [operations](../operations.md).", "docs/metrics/x.md")


def test_every_measure_of_a_mart_leads_to_one_metric_or_to_none_on_purpose() -> None:
    undecided = []
    for mart in MARTS:
        for path, _ in paths(mart.columns):
            defining = [metric for metric in metrics().values() if path in metric.names]
            is_decided = path in DEFINED_IN.get(mart.name, {})
            if len(defining) > 1 and not is_decided:
                undecided.append(f"{mart.name}.{path}")

    assert undecided == []


def test_what_is_decided_about_metrics_is_of_columns_and_pages_that_there_are() -> None:
    names = {f"{table.name}.{path}" for table in TABLES.values() for path, _ in paths(table.columns)}

    for place, told in DEFINED_IN.items():
        assert [f"{place}.{name}" for name in told if f"{place}.{name}" not in names] == []
        assert {slug for slug in told.values() if slug} <= metrics().keys()
        assert [name for name, slug in told.items() if slug and name not in metrics()[slug].names] == []


def test_the_same_name_leads_to_the_metric_of_its_table() -> None:
    def slug(table: str, path: str) -> str | None:
        metric = metric_of(TABLES[table], path)
        return metric.slug if metric else None

    assert slug("mart.hover_heatmap_daily", "dwell_ms") == "rest-and-dwell"
    assert slug("mart.zone_attention_daily", "dwell_ms") == "hover"
    assert slug("mart.viewport_exposure_daily", "visible_ms") == "exposure"
    assert slug("mart.zone_attention_daily", "hover_measured_count") is None
    assert slug("mart.feed_attention_daily", "hover_measured_count") == "item-counts"
    assert slug("clean.page_views", "hovers[].dwell_ms") == "hover"


def test_every_metric_leads_back_to_a_column() -> None:
    assert [slug for slug, columns in used_by().items() if not columns] == []


# The search's index.


def test_everything_can_be_found_and_leads_there() -> None:
    found = {(entry.kind, entry.name, place) for entry in entries() for place, _ in entry.places}

    for table in TABLES.values():
        assert ("table", table.name, table.layer) in found
        assert [p for p, _ in paths(table.columns) if ("column", p, table.name) not in found] == []
        assert [e for e in EXAMPLES.get(table.name, ()) if ("question", e.question, table.name) not in found] == []
    assert [m.title for m in metrics().values() if ("metric", m.title, "Metrics") not in found] == []
    assert any(place == SCHEMA_ID for _, _, place in found)
    addresses = [address for entry in entries() for _, address in entry.places]
    assert [*broken("index.html", addresses)] == []


def test_what_tables_say_in_the_same_words_is_one_entry() -> None:
    visitors = [
        entry for entry in entries() if entry.name == "visitor_count" and "behind exactly this row" in entry.words
    ]

    [entry] = visitors
    assert [place for place, _ in entry.places] == [mart.name for mart in MARTS]


def test_marts_come_before_what_fewer_people_may_read() -> None:
    layers = [entry.name.split(".")[0] for entry in entries() if entry.kind == "table"]

    assert layers == ["mart"] * 9 + ["ops"] * 5 + ["clean"] * 3 + ["restricted"]


def test_the_index_is_a_script_that_sets_one_name() -> None:
    text = PAGES["search-index.js"]

    assert text.startswith("window.dictionaryEntries = [") and text.endswith("];\n")
    assert len(json.loads(text.removeprefix("window.dictionaryEntries = ").rstrip(";\n"))) == len(entries())


# Writing.


def test_the_site_is_written_and_pages_of_what_is_gone_go(tmp_path: Path) -> None:
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "mart.gone_daily.odcs.yaml").write_text(f"{GENERATED}version: 1.0.0\n")
    (tmp_path / "mart.gone_daily.html").write_text(f"<head>{GENERATOR}</head>")
    (tmp_path / "notes.html").write_text("<p>By hand.</p>")

    written = write_site(tmp_path)

    assert written == sorted(PAGES)
    assert sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.*")) == sorted([*PAGES, "notes.html"])
    assert (tmp_path / "mart.reach_daily.html").read_text() == PAGES["mart.reach_daily.html"]


def test_contracts_lie_beside_the_pages() -> None:
    for mart in MARTS:
        kept = Path(__file__).resolve().parents[2] / "docs" / "contracts" / f"{mart.name}.odcs.yaml"
        assert PAGES[f"contracts/{mart.name}.odcs.yaml"] == kept.read_text(encoding="utf-8")


def test_the_command_says_what_to_open(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["-o", str(tmp_path / "site")]) == 0
    assert capsys.readouterr().out == (
        f"{len(PAGES)} files in {tmp_path}/site: open {tmp_path}/site/index.html in a browser\n"
    )


def test_without_a_clone_there_is_no_dictionary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("jobs.dictionary.metrics.FOLDER", tmp_path / "docs")
    metrics.cache_clear()
    try:
        assert command.main(["-o", str(tmp_path / "site")]) == 2
    finally:
        metrics.cache_clear()

    assert "Write the dictionary from a clone of the project." in capsys.readouterr().err
    assert not (tmp_path / "site").exists()


def test_a_folder_that_cannot_be_written_is_an_error_of_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "site").write_text("a file")

    assert command.main(["-o", str(tmp_path / "site")]) == 2
    assert capsys.readouterr().err.endswith("Choose another --output.\n")
