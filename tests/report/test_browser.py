"""The page in a real Chromium: what it asks for, whether it fits phone, screen and paper, and whether it can be read.

Needs Debian's packages chromium and chromium-driver, and selenium (the extra `test`).
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from jobs.report.page import write_report
from tests.report.browser import BROWSER, DRIVER, STICKING_OUT, TOO_FAINT, TOO_HIGH, opened, started
from tests.report.warehouse import CHECK, DATE, LATER, report_warehouse, run_row

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

if not BROWSER or not DRIVER:
    pytest.skip("chromium and chromium-driver are not installed: no page was looked at", allow_module_level=True)
pytest.importorskip("selenium", reason="selenium is not installed: no page was looked at")

WIDTHS, SCHEMES = (390, 1440), ("light", "dark")
#: A4 less the page's margins, at 96 px an inch: 186 x 269 mm.
PAPER = (702, 1017)


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    with started() as browser:
        yield browser


@pytest.fixture(scope="module", params=["published", "refused"])
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a report: of a date with everything, and of one whose last run was blocked."""
    root = tmp_path_factory.mktemp("report")
    refused = [CHECK | {"run_id": LATER, "success": False, "observed": "17 of 400 rows"}]
    more: dict[str, Any] = {"ops_runs": [run_row(LATER, 11)], "ops_dq_results": refused}
    report_warehouse(str(root / "warehouse"), **(more if request.param == "refused" else {}))
    write_report(str(root / "warehouse"), DATE, root / "report.html")
    return Path(root / "report.html").as_uri()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_fits_and_says_nothing_to_the_console(browser: Chrome, page: str, width: int, scheme: str) -> None:
    opened(browser, page, width, scheme)

    assert browser.get_log("browser") == []
    assert browser.execute_script(STICKING_OUT) == []


def test_no_request_leaves_the_page(browser: Chrome, page: str) -> None:
    opened(browser, page, 1440, "light")

    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    assert page in asked
    assert [url for url in asked if url != page and not url.startswith("data:")] == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_text_can_be_read(browser: Chrome, page: str, scheme: str) -> None:
    opened(browser, page, 1440, scheme)

    assert browser.execute_script(TOO_FAINT) == []


def test_every_picture_is_drawn(browser: Chrome, page: str) -> None:
    for scheme in SCHEMES:
        opened(browser, page, 1440, scheme)

        sizes = browser.execute_script("return [...document.images].map(image => image.naturalWidth)")
        assert sizes and 0 not in sizes
        shown = browser.execute_script("return [...document.images].map(image => image.currentSrc)")
        assert (shown == browser.execute_script("return [...document.images].map(image => image.src)")) == (
            scheme == "light"
        )


def test_dark_is_dark_and_paper_is_white(browser: Chrome, page: str) -> None:
    def ground() -> str:
        return str(browser.execute_script("return getComputedStyle(document.body).backgroundColor"))

    opened(browser, page, 1440, "dark")
    assert ground() == "rgb(20, 22, 26)"
    opened(browser, page, PAPER[0], "dark", "print")
    assert ground() == "rgb(255, 255, 255)"
    # What the browser itself draws around the page follows this.
    assert "only" in browser.execute_script("return getComputedStyle(document.documentElement).colorScheme")


def test_paper_cuts_nothing(browser: Chrome, page: str) -> None:
    opened(browser, page, PAPER[0], "light", "print", PAPER[1])

    assert browser.execute_script(STICKING_OUT) == []
    assert browser.execute_script(TOO_FAINT) == []
    assert browser.execute_script(TOO_HIGH, PAPER[1]) == []
    paper = {"paperWidth": 8.27, "paperHeight": 11.69, "printBackground": True, "preferCSSPageSize": True}
    printed = base64.b64decode(browser.execute_cdp_cmd("Page.printToPDF", paper)["data"])
    assert 3 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 12


def test_a_name_that_is_a_script_does_nothing(browser: Chrome, page: str) -> None:
    opened(browser, page, 1440, "light")

    assert browser.execute_script("return document.scripts.length") == 0
    assert "<script>alert(1)</script>" in browser.execute_script("return document.body.innerText")
