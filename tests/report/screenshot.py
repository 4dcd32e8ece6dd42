"""The picture of docs/report.md, of made-up numbers: `python -m tests.report.screenshot`, with the browser of the tests."""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path

from jobs.report.page import write_report
from tests.report.browser import opened, started
from tests.report.warehouse import DATE, report_warehouse

PICTURE = Path(__file__).parents[2] / "docs/images/report.png"
WIDTH, HEIGHT = 1160, 1900


def main() -> None:
    """Write the top of a report to docs/images."""
    with tempfile.TemporaryDirectory() as folder, started() as browser:
        root = report_warehouse(f"{folder}/warehouse", surface="search", layout="feed-v7")
        page = Path(folder, "report.html")
        write_report(root, DATE, page)
        opened(browser, page.as_uri(), WIDTH, "light")
        clip = {"x": 0, "y": 0, "width": WIDTH, "height": HEIGHT, "scale": 1}
        shot = browser.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})
        PICTURE.write_bytes(base64.b64decode(shot["data"]))


if __name__ == "__main__":
    main()
