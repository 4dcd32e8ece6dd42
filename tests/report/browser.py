"""Debian's Chromium, driven by selenium: a page opened at a width, light or dark, on screen or paper; what to look for."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

BROWSER, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
#: Elements that stick out of the window, or whose content sticks out of them.
STICKING_OUT = """
const width = document.documentElement.clientWidth;
const found = document.documentElement.scrollWidth > width ? ["page: " + document.documentElement.scrollWidth] : [];
for (const element of document.body.querySelectorAll("*")) {
  if (element.closest(".scroll")) continue;  // what is wider there scrolls by itself
  const box = element.getBoundingClientRect();
  if (box.width && (box.right > width + 0.5 || box.left < -0.5)) found.push("outside: " + element.outerHTML.slice(0, 120));
  if (element instanceof HTMLElement && getComputedStyle(element).display !== "inline"
      && element.scrollWidth > element.clientWidth + 1) found.push("wider: " + element.outerHTML.slice(0, 120));
}
return found;
"""
#: Texts with less contrast to what is behind them than 4.5 to 1 (WCAG 2.2, 1.4.3), with the ratio.
TOO_FAINT = """
const parse = text => (text.match(/[\\d.]+/g) || []).map(Number);
const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
  .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
  .reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
const behind = element => {
  for (let at = element; at; at = at.parentElement) {
    const colour = parse(getComputedStyle(at).backgroundColor);
    if (colour.length === 3 || colour[3] > 0) return colour;
  }
  return [255, 255, 255];
};
const found = [];
for (const element of document.body.querySelectorAll("*")) {
  if (element instanceof SVGTitleElement || element instanceof SVGDescElement) continue;  // said, not shown
  if (![...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim())) continue;
  const style = getComputedStyle(element);
  const text = parse(element instanceof SVGElement ? style.fill : style.color);
  const [low, high] = [light(text), light(behind(element))].sort((a, b) => a - b);
  const ratio = (high + 0.05) / (low + 0.05);
  if (ratio < 4.5) found.push(ratio.toFixed(2) + " " + element.textContent.trim().slice(0, 60));
}
return found;
"""
#: What must stay in one piece and is higher than a sheet.
TOO_HIGH = """
return [...document.body.querySelectorAll("*")]
  .filter(element => getComputedStyle(element).breakInside === "avoid" && element.offsetHeight > arguments[0])
  .map(element => element.outerHTML.slice(0, 120));
"""


@contextmanager
def started() -> Iterator[Chrome]:
    """A browser without a window, which remembers what pages ask for and say."""
    from selenium.webdriver import Chrome, ChromeOptions, ChromeService

    options = ChromeOptions()
    options.binary_location = str(BROWSER)
    options.add_argument("--headless=new")
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # root has none
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    chrome = Chrome(options=options, service=ChromeService(str(DRIVER)))
    try:
        yield chrome
    finally:
        chrome.quit()


def opened(browser: Chrome, page: str, width: int, scheme: str, media: str = "screen", height: int = 900) -> None:
    """Open the page; logs hold only what comes of it."""
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})
    for log in ("browser", "performance"):
        browser.get_log(log)
    browser.get(page)
