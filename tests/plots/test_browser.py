"""Pages of pictures in a real Chromium: silent, asking for nothing, fitting, read by pointer, by keys, light and dark.

Needs Debian's packages chromium and chromium-driver, and selenium (the extra `test`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jobs.heatmap import draw_heatmap
from jobs.plots.asked import Question
from jobs.plots.plot import KINDS, draw_plot
from tests.plots.test_over import screenshot
from tests.plots.warehouse import DAY, EVIL
from tests.report.browser import BROWSER, DRIVER, opened, started
from tests.report.test_browser import SCHEMES, TOO_FAINT, WIDTHS

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

if not BROWSER or not DRIVER:
    pytest.skip("chromium and chromium-driver are not installed: no page was looked at", allow_module_level=True)
pytest.importorskip("selenium", reason="selenium is not installed: no page was looked at")

#: Elements that stick out of the window; what scrolls within itself may be wider.
STICKING_OUT = """
const width = document.documentElement.clientWidth;
const found = document.documentElement.scrollWidth > width ? ["page: " + document.documentElement.scrollWidth] : [];
for (const element of document.body.querySelectorAll("*:not(.scroll *):not(svg *)")) {
  const box = element.getBoundingClientRect();
  if (box.width && (box.right > width + 0.5 || box.left < -0.5)) found.push("outside: " + element.outerHTML.slice(0, 160));
}
return found;
"""
#: Words of the shown drawings that touch each other or are cut off.
TOUCHING = """
const found = [];
for (const drawing of document.querySelectorAll("svg.chart")) {
  if (!drawing.getClientRects().length) continue;
  const frame = drawing.getBoundingClientRect();
  const boxes = [...drawing.querySelectorAll("text")].map(text => [text.textContent, text.getBoundingClientRect()]);
  for (const [words, box] of boxes)
    if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.bottom > frame.bottom + 1) found.push("cut: " + words);
  boxes.forEach(([words, a], n) => boxes.slice(n + 1).forEach(([other, b]) => {
    if (a.left < b.right && b.left < a.right && a.top + 2 < b.bottom && b.top + 2 < a.bottom) found.push(words + " | " + other);
  }));
}
return found;
"""
PAGES = ("heatmap", "over", "compared", "devices", "named", *KINDS)


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    with started() as browser:
        yield browser


@pytest.fixture(scope="module")
def pages(warehouse: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Addresses of a page of each kind; `named` is of a surface whose name is markup."""
    root = tmp_path_factory.mktemp("pages")
    files = {name: root / f"{name}.html" for name in PAGES}
    draw_heatmap(warehouse, DAY, "feed", layout="feed-v7", output=files["heatmap"])
    draw_heatmap(warehouse, DAY, "feed", over=screenshot(root / "page.png", 1280, 900), output=files["over"])
    draw_heatmap(warehouse, DAY, "feed", compare=("feed-v7", "feed-v8"), panels=True, output=files["compared"])
    draw_heatmap(warehouse, DAY, "feed", by="device", output=files["devices"])
    draw_heatmap(warehouse, DAY, EVIL, output=files["named"])
    for kind in KINDS:
        draw_plot(warehouse, kind, Question(DAY, DAY), files[kind])
    return {name: Path(file).as_uri() for name, file in files.items()}


def readout(browser: Chrome) -> str:
    return str(browser.execute_script("return document.getElementById('readout').innerText"))


def press(browser: Chrome, *keys: str) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    chain = ActionChains(browser)
    for key in keys:
        chain.send_keys(key)
    chain.perform()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_asks_for_nothing_and_can_be_read(
    browser: Chrome, pages: dict[str, str], name: str, width: int
) -> None:
    for scheme in SCHEMES:
        opened(browser, pages[name], width, scheme)
        browser.execute_script("document.querySelector('details').open = true")

        assert browser.get_log("browser") == []
        assert browser.execute_script(STICKING_OUT) == []
        assert browser.execute_script(TOUCHING) == []
        assert browser.execute_script(TOO_FAINT) == []
        messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
        asked = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
        assert pages[name] in asked
        assert [url for url in asked if url != pages[name] and not url.startswith("data:")] == []


def test_the_pointer_on_a_cell_shows_its_numbers(browser: Chrome, pages: dict[str, str]) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    opened(browser, pages["heatmap"], 1440, "light")
    assert readout(browser) == ""
    sheet = browser.find_element("css selector", ".sheet")
    # The cell of 600 ms: column 2 of 45, row 1.
    box = browser.execute_script("const b = arguments[0].getBoundingClientRect(); return [b.width, b.height]", sheet)
    rows = browser.execute_script("return JSON.parse(document.getElementById('sheet-1').textContent).rows")
    x, y = box[0] * 2.5 / 45 - box[0] / 2, box[1] * 1.5 / rows - box[1] / 2
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", sheet)

    ActionChains(browser).move_to_element_with_offset(sheet, round(x), round(y)).perform()

    said = readout(browser)
    for words in ("600 ms", "62", "82", "32 × 32 px", "64 to 96 px from the left, 32 to 64 px from the top"):
        assert words in said
    mark = browser.find_element("css selector", ".mark")
    assert mark.is_displayed()


def test_keys_lead_from_cell_to_cell(browser: Chrome, pages: dict[str, str]) -> None:
    from selenium.webdriver.common.keys import Keys

    opened(browser, pages["heatmap"], 390, "dark")

    press(browser, Keys.TAB)
    assert "320 to 352 px from the left, 0 to 32 px from the top" in readout(browser)
    press(browser, Keys.ARROW_LEFT)
    assert "320 to 352" in readout(browser)  # nothing further left in this row: it stays
    browser.execute_script("document.activeElement.blur()")
    assert readout(browser) == ""


def test_arrows_walk_over_empty_cells_and_escape_ends_it(browser: Chrome, pages: dict[str, str]) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    opened(browser, pages["compared"], 1440, "light")
    last = browser.find_elements("css selector", ".sheet")[2]
    ActionChains(browser).move_to_element(last).perform()
    browser.execute_script("arguments[0].focus()", last)

    assert "B less A" in readout(browser)
    first = readout(browser)
    press(browser, Keys.ARROW_RIGHT)
    assert readout(browser) != first
    press(browser, Keys.ESCAPE)
    assert readout(browser) == ""


def test_keys_lead_along_a_plot(browser: Chrome, pages: dict[str, str]) -> None:
    from selenium.webdriver.common.keys import Keys

    opened(browser, pages["position-curve"], 390, "light")

    press(browser, Keys.TAB)
    assert "place 1" in readout(browser)
    assert "75.0 %, 150 of 200 measurable item views" in readout(browser)
    press(browser, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert "place 3" in readout(browser) and "not published" in readout(browser)
    press(browser, Keys.END, Keys.ARROW_RIGHT)
    assert "place 51+" in readout(browser)
    lines = browser.execute_script(
        "return [...document.querySelectorAll('svg.chart')].filter(s => s.getClientRects().length)"
        ".map(s => getComputedStyle(s.querySelector('.cursor')).visibility)"
    )
    assert lines == ["visible", "hidden"]


def test_the_pointer_on_a_plot_shows_the_nearest_place(browser: Chrome, pages: dict[str, str]) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    opened(browser, pages["exposure"], 1440, "light")
    drawing = browser.find_element("css selector", "svg.chart.wide")

    ActionChains(browser).move_to_element(drawing).perform()

    assert "px" in readout(browser) and "page views" in readout(browser)


def test_a_name_that_is_a_script_does_nothing(browser: Chrome, pages: dict[str, str]) -> None:
    from selenium.webdriver.common.keys import Keys

    opened(browser, pages["named"], 1440, "light")
    press(browser, Keys.TAB)

    assert "700 ms" in readout(browser)
    assert "<script>alert(1)" in browser.execute_script("return document.body.innerText")
    assert browser.execute_script("return [...document.scripts].filter(s => !s.type).length") == 1


def test_dark_pages_have_dark_colours(browser: Chrome, pages: dict[str, str]) -> None:
    shown = {}
    for scheme in SCHEMES:
        opened(browser, pages["heatmap"], 1440, scheme)
        shown[scheme] = browser.execute_script("return document.querySelector('img.cells').currentSrc")
        assert browser.execute_script("return [...document.images].map(i => i.naturalWidth).includes(0)") is False

    assert shown["light"] != shown["dark"]
