"""The pictures of docs/report.md, of made-up numbers: `python -m tests.report.screenshot`, with the browser of the tests."""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path

from jobs.report.page import write_report
from tests.report.browser import opened, started
from tests.report.warehouse import DATE, report_warehouse

IMAGES = Path(__file__).parents[2] / "docs/images"
WIDTH = 1160
#: Pictures: the first and the last heading that each shows, light or dark.
SHOWN = {
    "report.png": ("h1", "From raw lines to people", "light"),
    "report-trends.png": ("Eight weeks", "Thresholds in force", "dark"),
}
#: Distance of a heading from the page's top; the page's own top for the first.
PLACE = """
const heading = [...document.querySelectorAll("h1, h2")].find(one => [one.localName, one.innerText].includes(arguments[0]));
return Math.round(heading.getBoundingClientRect().top + scrollY) - 40;
"""


def main() -> None:
    """Write parts of a report to docs/images."""
    with tempfile.TemporaryDirectory() as folder, started() as browser:
        root = report_warehouse(f"{folder}/warehouse", surface="search", layout="feed-v7")
        page = Path(folder, "report.html")
        write_report(root, DATE, page)
        for name, (first, last, scheme) in SHOWN.items():
            opened(browser, page.as_uri(), WIDTH, scheme)
            top, bottom = (max(0, browser.execute_script(PLACE, heading)) for heading in (first, last))
            clip = {"x": 0, "y": top, "width": WIDTH, "height": bottom - top, "scale": 0.75}
            shot = browser.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})
            (IMAGES / name).write_bytes(base64.b64decode(shot["data"]))


if __name__ == "__main__":
    main()
