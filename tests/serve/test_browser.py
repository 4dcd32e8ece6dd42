"""The page in a real Chromium: phone and screen, by keyboard alone, light, dark and on paper, and what it asks for.

Needs Debian's packages chromium and chromium-driver, and selenium (the extra `test`).
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.report.browser import BROWSER, DRIVER, STICKING_OUT, TOO_FAINT, TOO_HIGH, opened, started
from tests.report.warehouse import DATE, EVIL
from tests.serve.conftest import Site
from tests.serve.warehouse import AWAITED, BLOCKED, FORMULA, NEW, OLD

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

if not BROWSER or not DRIVER:
    pytest.skip("chromium and chromium-driver are not installed: no page was looked at", allow_module_level=True)
pytest.importorskip("selenium", reason="selenium is not installed: no page was looked at")

from selenium.webdriver import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

WIDTHS, SCHEMES = (390, 1440), ("light", "dark")
#: A4 less the page's margins, at 96 px an inch: 186 x 269 mm.
PAPER = (702, 1017)
QUERIES = {
    "a date with a warning": "",
    "clicks on a phone": "?surface=search&measure=click_count",
    "an older release": f"?release={OLD}&space=viewport",
    "a blocked date": f"?date={BLOCKED}",
    "a date that waits": f"?date={AWAITED}",
    "nothing to draw": "?surface=profile&device=tablet",
}
REFUSED = "?layout=nope"
OPEN_ALL = "for (const one of document.querySelectorAll('details')) one.open = true;"
FOCUSED = "const at = document.activeElement; return at === document.body ? 'BODY' : at.id || at.textContent.trim();"
#: What moves by itself or on being touched.
MOVING = """
return [...document.querySelectorAll("*")].filter(element => {
  const style = getComputedStyle(element);
  return style.animationName !== "none" || style.transitionDuration.split(", ").some(time => parseFloat(time) > 0)
    || style.scrollBehavior !== "auto";
}).length + document.getAnimations().length;
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    with started() as browser:
        yield browser


def _asked(browser: Chrome) -> list[str]:
    """Addresses that the page has asked for."""
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    return [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]


def _press(browser: Chrome, *keys: str) -> None:
    ActionChains(browser).send_keys(*keys).perform()


def _submit(browser: Chrome, key: str) -> dict[str, list[str]]:
    """Press a key on the button; the parameters of the page that comes."""
    before = browser.current_url
    _press(browser, key)
    WebDriverWait(browser, 30).until(lambda browser: browser.current_url != before)
    return parse_qs(urlsplit(browser.current_url).query)


def _focused(browser: Chrome) -> str:
    return str(browser.execute_script(FOCUSED))


def _tab_to(browser: Chrome, name: str) -> list[str]:
    """Press Tab until the element of this id or text has the focus; what had it on the way."""
    passed: list[str] = []
    while (at := _focused(browser)) != name:
        passed.append(at)
        assert len(passed) < 60, f"no {name} among {passed}"
        _press(browser, Keys.TAB)
    return passed


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_the_page_fits_and_says_nothing_to_the_console(browser: Chrome, site: Site, query: str, width: int) -> None:
    opened(browser, site.address + query, width, "light")

    assert browser.get_log("browser") == []
    assert browser.execute_script(STICKING_OUT) == []
    # Wide tables scroll within themselves.
    browser.execute_script(OPEN_ALL)
    assert (
        browser.execute_script("const page = document.documentElement; return page.scrollWidth - page.clientWidth") == 0
    )


@pytest.mark.parametrize("width", WIDTHS)
def test_a_refusal_fits_and_can_be_read(browser: Chrome, site: Site, width: int) -> None:
    opened(browser, site.address + REFUSED, width, "dark")

    # The browser's own note of the status is all that is said.
    assert [entry["message"] for entry in browser.get_log("browser") if "404 (Not Found)" not in entry["message"]] == []
    assert browser.execute_script(STICKING_OUT) == browser.execute_script(TOO_FAINT) == []


def test_no_request_goes_to_another_place(browser: Chrome, site: Site) -> None:
    opened(browser, site.address, 1440, "light")

    asked = _asked(browser)

    assert site.address in asked and any(url.endswith(".css") for url in asked)
    assert [url for url in asked if not url.startswith((site.address, "data:"))] == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_every_text_can_be_read(browser: Chrome, site: Site, query: str, scheme: str) -> None:
    opened(browser, site.address + query, 1440, scheme)
    browser.execute_script(OPEN_ALL)

    assert browser.execute_script(TOO_FAINT) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_a_date_is_chosen_and_asked_for_by_keyboard_alone(browser: Chrome, site: Site, width: int) -> None:
    opened(browser, site.address, width, "light")

    _tab_to(browser, "date")
    _press(browser, Keys.ARROW_UP)
    passed = _tab_to(browser, "Show")
    asked = _submit(browser, Keys.ENTER)

    assert passed == ["date", "surface", "layout", "device", "width", "measure", "space", "items", "release"]
    assert asked["date"] == [str(AWAITED)]
    assert browser.execute_script("return document.querySelector('h1').innerText") == "Saturday, 21 November 2026"
    assert browser.execute_script("return document.querySelector('.verdict h2').innerText").startswith(
        "Not published yet"
    )


def test_every_choice_of_the_form_comes_back_chosen(browser: Chrome, site: Site) -> None:
    opened(browser, f"{site.address}?date={DATE}", 1440, "light")
    chosen = {"surface": "search", "layout": FORMULA, "device": "phone", "measure": "click_count", "release": str(OLD)}

    for name, value in chosen.items():
        browser.execute_script("document.getElementById(arguments[0]).value = arguments[1]", name, value)
    _tab_to(browser, "Show")
    _submit(browser, Keys.SPACE)

    values = "return Object.fromEntries([...document.forms[0].elements].filter(one => one.name).map(one => [one.name, one.value]))"
    assert browser.execute_script(values).items() >= chosen.items()
    assert FORMULA in browser.execute_script("return document.querySelector('#heatmap .note').innerText")


def test_the_skip_link_comes_first_shows_itself_and_leads_past_the_form(browser: Chrome, site: Site) -> None:
    opened(browser, site.address, 1440, "light")
    top = "return document.querySelector('.skip').getBoundingClientRect().top"

    assert browser.execute_script(top) < 0
    _press(browser, Keys.TAB)
    assert (_focused(browser), browser.execute_script(top)) == ("Skip to the answer", 0)
    _press(browser, Keys.ENTER)
    _press(browser, Keys.TAB)

    assert _focused(browser) == "Checks in SQL"


def test_focus_can_be_seen_everywhere(browser: Chrome, site: Site) -> None:
    for scheme in SCHEMES:
        opened(browser, site.address, 1440, scheme)
        browser.execute_script(OPEN_ALL)
        style = (
            "const s = getComputedStyle(document.activeElement); return [s.outlineStyle, parseFloat(s.outlineWidth)]"
        )

        seen = list[str]()
        while len(seen) < 2 or seen[-1] not in ("BODY", seen[0]):
            _press(browser, Keys.TAB)
            seen.append(_focused(browser))
            assert seen[-1] == "BODY" or browser.execute_script(style) == ["solid", 3], seen
            assert len(seen) < 100

        assert {"Permalink", "date", "Show", "As a table", "Cells as CSV", "Minutes in SQL", "Minutes as CSV"} <= {
            *seen
        }


def test_what_a_picture_shows_can_be_heard(browser: Chrome, site: Site) -> None:
    opened(browser, site.address, 1440, "light")
    browser.execute_cdp_cmd("Accessibility.enable", {})

    nodes = browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]

    said = {n["name"]["value"]: n.get("description", {}).get("value") for n in nodes if n["role"]["value"] == "image"}
    heat = next(name for name in said if name.startswith("Heatmap of"))
    assert EVIL in heat and "cells of 32 × 32 px have an amount" in str(said[heat])
    assert "desktop 1: 97 %, 2: 88 %" in str(said["Viewable share by place in the feed"])
    assert said["Feeds visible by minute, android · phone"] == (
        "100 minutes of 1,440 published; at most 30 page views at once, at 20:00 UTC."
    )
    selects = [n["name"]["value"] for n in nodes if n["role"]["value"] == "combobox"]
    assert len(selects) == 9 and "" not in selects


def test_a_csv_is_taken_to_a_file_of_its_name(browser: Chrome, site: Site, tmp_path: object) -> None:
    browser.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path), "eventsEnabled": True}
    )
    opened(browser, site.address, 1440, "light")

    browser.execute_script("[...document.links].find(one => one.innerText === 'Cells as CSV').focus()")
    _press(browser, Keys.ENTER)

    begun = WebDriverWait(browser, 30).until(
        lambda browser: [m["message"] for m in browser.get_log("performance") if "downloadWillBegin" in m["message"]]
    )
    assert f"mart.hover_heatmap_daily_{DATE}_release-{NEW}.csv" in begun[0]


def test_nothing_moves(browser: Chrome, site: Site) -> None:
    opened(browser, site.address, 1440, "light")

    assert browser.execute_script(MOVING) == 0


def test_a_name_that_is_a_script_does_nothing(browser: Chrome, site: Site) -> None:
    for query in ("", REFUSED, "?surface=%3Cscript%3Ealert(1)%3C/script%3E"):
        opened(browser, site.address + query, 1440, "light")

        assert browser.execute_script("return document.scripts.length") == 0
        assert "<script>alert(1)</script>" in browser.execute_script("return document.body.innerText")


def test_dark_is_dark_and_paper_is_white_without_the_form(browser: Chrome, site: Site) -> None:
    ground = "return getComputedStyle(document.body).backgroundColor"
    form = "return document.forms[0].checkVisibility()"

    opened(browser, site.address, 1440, "dark")
    assert (browser.execute_script(ground), browser.execute_script(form)) == ("rgb(20, 22, 26)", True)
    opened(browser, site.address, PAPER[0], "dark", "print")
    assert (browser.execute_script(ground), browser.execute_script(form)) == ("rgb(255, 255, 255)", False)


def test_paper_cuts_nothing(browser: Chrome, site: Site) -> None:
    opened(browser, site.address, PAPER[0], "light", "print", PAPER[1])

    assert browser.execute_script(STICKING_OUT) == browser.execute_script(TOO_FAINT) == []
    assert browser.execute_script(TOO_HIGH, PAPER[1]) == []
    paper = {"paperWidth": 8.27, "paperHeight": 11.69, "printBackground": True, "preferCSSPageSize": True}
    printed = base64.b64decode(browser.execute_cdp_cmd("Page.printToPDF", paper)["data"])
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 6
