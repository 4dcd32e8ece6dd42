"""The dictionary in a real Chromium, from a folder: no server, no network, a phone or a wide screen, keyboard alone.

Needs Debian's packages chromium and chromium-driver, and selenium (the extra `test`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jobs.dictionary.site import write_site
from tests.report.browser import BROWSER, DRIVER, STICKING_OUT, TOO_FAINT, opened, started

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

if not BROWSER or not DRIVER:
    pytest.skip("chromium and chromium-driver are not installed: no page was looked at", allow_module_level=True)
pytest.importorskip("selenium", reason="selenium is not installed: no page was looked at")

WIDTHS, SCHEMES = (390, 1440), ("light", "dark")
#: One page of every kind.
KINDS = (
    "index",
    "mart.story_attention_daily",
    "clean.page_views",
    "ops.dq_profile",
    "metric.viewable",
    "raw.cursor-beacon-1",
)
#: Everything that can be opened on a page, opened.
OPEN_ALL = "for (const details of document.querySelectorAll('details')) details.open = true;"
HITS = """
return [...document.querySelectorAll("#result-list li")].map(hit => [
  hit.querySelector(".kind").textContent, hit.querySelector("a").textContent, hit.querySelector(".places").textContent]);
"""
FOCUS = "return document.activeElement.id || document.activeElement.textContent.trim().replace(/\\s+/g, ' ')"


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    with started() as browser:
        yield browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    write_site(folder)
    return folder


@pytest.fixture(scope="module")
def pages(folder: Path) -> list[str]:
    return [path.as_uri() for path in sorted(folder.glob("*.html"))]


def press(browser: Chrome, *keys: str) -> None:
    """Keys go to whatever has the focus."""
    from selenium.webdriver import ActionChains, Keys

    for key in keys:
        ActionChains(browser).send_keys(getattr(Keys, key) if key.isupper() else key).perform()


def place(browser: Chrome) -> str:
    """Where the browser is: the last part of its address."""
    return str(browser.current_url).rsplit("/", 1)[1]


@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_fits_and_says_nothing_to_the_console(browser: Chrome, pages: list[str], width: int) -> None:
    opened(browser, pages[0], width, "light")
    found = {}
    for page in pages:
        browser.get(page)
        if wrong := browser.execute_script(OPEN_ALL + STICKING_OUT):
            found[page] = wrong

    assert found == {}
    assert browser.get_log("browser") == []


@pytest.mark.parametrize("width", WIDTHS)
def test_hits_fit_too(browser: Chrome, folder: Path, width: int) -> None:
    opened(browser, (folder / "index.html").as_uri(), width, "light")

    press(browser, "/", *"first of")

    assert any("is_first_of_page_view_in_feed_attention" in name for _, name, _ in browser.execute_script(HITS))
    assert browser.execute_script(STICKING_OUT) == []
    assert browser.get_log("browser") == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_text_can_be_read(browser: Chrome, folder: Path, kind: str, scheme: str) -> None:
    opened(browser, (folder / f"{kind}.html").as_uri(), 1440, scheme)
    browser.execute_script(OPEN_ALL)
    press(browser, "/", *"view")

    assert browser.execute_script(TOO_FAINT) == []


def test_nothing_is_asked_for_but_files_of_the_folder(browser: Chrome, folder: Path) -> None:
    index = (folder / "index.html").as_uri()
    opened(browser, index, 1440, "light")
    press(browser, "/", *"dwell", "ENTER")

    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = {m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"}
    assert index in asked and any(url.endswith("/search-index.js") for url in asked)
    assert [url for url in asked if not url.startswith((folder.as_uri(), "data:"))] == []


def test_a_column_is_found_by_a_word_of_its_meaning(browser: Chrome, folder: Path) -> None:
    opened(browser, (folder / "index.html").as_uri(), 1440, "light")

    press(browser, "/", *"unbroken stays")

    [hit, *_] = browser.execute_script(HITS)
    assert hit == ["column", "stay_count", "mart.hover_heatmap_daily"]


def test_words_may_come_in_any_order_and_all_must_be_found(browser: Chrome, folder: Path) -> None:
    opened(browser, (folder / "index.html").as_uri(), 1440, "light")

    press(browser, "/", *"stays unbroken")
    one_way = browser.execute_script(HITS)
    press(browser, *" nonsense")

    assert ["column", "stay_count", "mart.hover_heatmap_daily"] in one_way
    assert browser.execute_script(HITS) == []
    assert "Nothing found" in browser.execute_script("return document.getElementById('result-count').textContent")


def test_a_name_that_is_typed_comes_first(browser: Chrome, folder: Path) -> None:
    opened(browser, (folder / "index.html").as_uri(), 1440, "light")

    press(browser, "/", *"visitor_count")

    [kind, name, places] = browser.execute_script(HITS)[0]
    assert (kind, name) == ("column", "visitor_count")
    assert places.startswith("mart.hover_heatmap_daily") and "also in mart.viewport_exposure_daily" in places


def test_what_is_typed_is_text_and_no_pattern_or_markup(browser: Chrome, folder: Path) -> None:
    for words in ("heat_cells[]", "(none)", "<img src=x onerror=alert(1)>", "a.*b \\ ("):
        opened(browser, (folder / "index.html").as_uri(), 1440, "light")
        press(browser, "/", *words)
        assert browser.get_log("browser") == []
        assert browser.execute_script("return document.querySelectorAll('#results img').length") == 0
        assert bool(browser.execute_script(HITS)) is (words in ("heat_cells[]", "(none)"))


def test_keyboard_alone_leads_from_a_word_to_the_column(browser: Chrome, folder: Path) -> None:
    opened(browser, (folder / "index.html").as_uri(), 390, "light")

    press(browser, "/", *"unbroken staysx", "BACKSPACE")
    first, second, *_ = browser.execute_script(HITS)
    press(browser, "ARROW_DOWN", "ARROW_DOWN")
    assert browser.execute_script(FOCUS) == second[1]
    press(browser, "ARROW_UP")
    assert browser.execute_script(FOCUS) == first[1]
    press(browser, "ENTER")

    assert place(browser) == "mart.hover_heatmap_daily.html#stay_count"
    shown = "const box = document.querySelector(':target').getBoundingClientRect(); return [box.top, box.bottom, innerHeight]"
    top, bottom, height = browser.execute_script(shown)
    assert 0 <= top < bottom <= height


def test_enter_opens_the_first_hit_and_escape_leaves_the_search(browser: Chrome, folder: Path) -> None:
    opened(browser, (folder / "ops.runs.html").as_uri(), 1440, "light")

    press(browser, "/", *"reach_daily", "ARROW_DOWN", "ESCAPE")
    assert browser.execute_script(FOCUS) == "search"
    assert browser.execute_script("return document.getElementById('results').hidden")
    press(browser, *"mart.reach_daily", "ENTER")

    assert place(browser) == "mart.reach_daily.html"


def test_tab_reaches_the_content_first_and_then_everything(browser: Chrome, folder: Path) -> None:
    opened(browser, (folder / "mart.reach_daily.html").as_uri(), 1440, "light")

    press(browser, "TAB")
    assert browser.execute_script(FOCUS) == "Skip to the content"
    press(browser, "ENTER", "TAB")
    assert browser.execute_script(FOCUS) == "Tables"

    seen = set()
    for _ in range(60):
        seen.add(
            browser.execute_script(
                "return document.activeElement.getAttribute('href') || document.activeElement.tagName"
            )
        )
        press(browser, "TAB")
    assert {
        "#columns",
        "metric.reach.html",
        "contracts/mart.reach_daily.odcs.yaml",
        "SUMMARY",
        "clean.page_views.html",
    } <= seen


def test_a_slash_within_a_search_is_a_letter(browser: Chrome, folder: Path) -> None:
    opened(browser, (folder / "index.html").as_uri(), 1440, "light")

    press(browser, "/", *"a/b")

    assert browser.execute_script("return document.getElementById('search').value") == "a/b"


def test_dark_is_dark(browser: Chrome, folder: Path) -> None:
    grounds = []
    for scheme in SCHEMES:
        opened(browser, (folder / "index.html").as_uri(), 1440, scheme)
        grounds.append(browser.execute_script("return getComputedStyle(document.body).backgroundColor"))

    assert grounds == ["rgb(251, 251, 249)", "rgb(20, 22, 26)"]
