"""Who may ask, how, and what an answer lets a browser do."""

from __future__ import annotations

from typing import Any, NoReturn

import pytest

from jobs.errors import UsageError
from jobs.serve.app import HEADERS
from tests.serve.conftest import Site
from tests.serve.parsing import Page

PATHS = ("/", "/?surface=nope", "/nope", "/heatmap.csv", "/heatmap.csv?surface=profile")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_answer_keeps_the_browser_to_this_page(site: Site, path: str, method: str) -> None:
    headers = site(path, method=method).headers

    assert {name: headers[name.lower()] for name in HEADERS} == HEADERS
    assert (
        "default-src 'none'" in headers["content-security-policy"]
        and "unsafe" not in headers["content-security-policy"]
    )
    assert headers["cache-control"] == "no-store"
    assert not {"access-control-allow-origin", "server", "set-cookie"} & set(headers)


def test_a_page_needs_no_script_and_no_style_of_its_own(site: Site) -> None:
    page = Page(site().text)

    assert page.attributes("script") == page.attributes("style") == []
    assert [a for _, a in page.elements if any(name.startswith("on") or name == "style" for name in a)] == []
    assert [a["href"] for a in page.attributes("link")] == ["data:,", next(iter(_sheets(page)))]


def _sheets(page: Page) -> list[str]:
    return [str(a["href"]) for a in page.attributes("link") if a.get("rel") == "stylesheet"]


def test_the_style_sheet_may_be_kept_for_its_address_says_its_content(site: Site) -> None:
    [path] = _sheets(Page(site().text))

    answer = site(path)

    assert (answer.status, answer.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert "immutable" in answer.headers["cache-control"]
    assert site(path.replace(".css", "0.css")).status == 404


@pytest.mark.parametrize("path", PATHS)
def test_head_is_get_without_a_body(site: Site, path: str) -> None:
    head, get = site(path, method="HEAD"), site(path)

    assert (head.status, head.text) == (get.status, "")
    assert head.headers | {"date": ""} == get.headers | {"date": ""}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("path", ["/", "/heatmap.csv"])
def test_nothing_but_reading_is_understood(site: Site, path: str, method: str) -> None:
    answer = site(path, method=method)

    assert (answer.status, sorted(answer.headers["allow"].split(", "))) == (405, ["GET", "HEAD"])
    assert (1, "This is only read") in Page(answer.text).headings


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "localhost:9000", "LOCALHOST", "[::1]:8420"])
def test_names_of_this_machine_are_answered(site: Site, host: str) -> None:
    assert site(host=host).status == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "evil.example:8420", "localhost@evil.example", "192.168.1.7", "[::2]"],
)
def test_another_name_is_refused_for_a_foreign_page_may_have_it_point_here(site: Site, host: str) -> None:
    answer = site(host=host)

    assert (answer.status, answer.text) == (400, "Invalid host header")
    assert answer.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]


def test_a_fault_of_ours_is_told_without_its_words(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> NoReturn:
        raise RuntimeError(f"{site.warehouse}: secret")

    monkeypatch.setattr("jobs.serve.app.gather", broken)

    answer = site()

    assert (answer.status, Page(answer.text).headings) == (500, [(1, "Something went wrong here")])
    assert "secret" not in answer.text
    assert answer.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]


def test_a_layer_that_is_closed_to_the_server_is_told_without_its_place(
    own_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(*_: Any) -> NoReturn:
        raise UsageError(f"ops.runs in {own_site.warehouse} may not be read by you.")

    monkeypatch.setattr("jobs.serve.snapshots.connect", closed)

    answer = own_site()

    assert (answer.status, Page(answer.text).headings) == (403, [(1, "This part of the warehouse may not be read")])
