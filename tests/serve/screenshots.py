"""The pictures of docs/serve.md, of the demo's night: `python -m tests.serve.screenshots`, with the browser of the tests."""

from __future__ import annotations

import base64
import io
import sys
from pathlib import Path

from PIL import Image

from tests.report.browser import opened, started
from tests.serve.conftest import running

IMAGES = Path(__file__).parents[2] / "docs/images"
DEMO = "data/warehouse"
#: Pictures: width in px, light or dark, the heading at which each ends, and its scale.
SHOWN = {
    "serve.png": (1160, "light", "When the feed was visible", 0.75),
    "serve-phone.png": (390, "dark", "Place in the feed", 0.75),
}
PLACE = """
const heading = [...document.querySelectorAll("h2")].find(one => one.innerText === arguments[0]);
return Math.round(heading.getBoundingClientRect().top + scrollY) - 24;
"""


def main(warehouse: str = DEMO) -> None:
    """Write the page's pictures to docs/images."""
    with running(warehouse) as site, started() as browser:
        for name, (width, scheme, end, scale) in SHOWN.items():
            opened(browser, site.address, width, scheme)
            height = browser.execute_script(PLACE, end)
            clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": scale}
            shot = browser.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})
            # 256 colours are enough for a page, and a third of the bytes.
            Image.open(io.BytesIO(base64.b64decode(shot["data"]))).convert("RGB").quantize(256).save(
                IMAGES / name, optimize=True
            )


if __name__ == "__main__":
    main(*sys.argv[1:])
