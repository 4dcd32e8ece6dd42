"""The pictures of docs/dictionary.md: `python -m tests.dictionary.screenshot`, with the browser of the tests."""

from __future__ import annotations

import base64
import io
import tempfile
from pathlib import Path

from PIL import Image

from jobs.dictionary.site import write_site
from tests.report.browser import opened, started

IMAGES = Path(__file__).parents[2] / "docs/images"
#: Pictures: page, width, height, light or dark, the words that are searched for, and the scale.
SHOWN = {
    "dictionary.png": ("mart.zone_attention_daily.html", 1280, 1560, "light", "", 0.75),
    "dictionary-phone.png": ("index.html", 390, 780, "dark", "viewable rate", 1.5),
}
SEARCH = """
const field = document.getElementById("search");
field.value = arguments[0];
field.dispatchEvent(new Event("input"));
"""


def main() -> None:
    """Write the pictures to docs/images."""
    with tempfile.TemporaryDirectory() as folder, started() as browser:
        write_site(Path(folder))
        for name, (page, width, height, scheme, words, scale) in SHOWN.items():
            opened(browser, Path(folder, page).as_uri(), width, scheme)
            browser.execute_script(SEARCH, words)
            clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": scale}
            shot = browser.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})
            picture = Image.open(io.BytesIO(base64.b64decode(shot["data"])))
            # Text on plain grounds: 64 colours look the same, and are a third of the bytes.
            picture.convert("RGB").quantize(64).save(IMAGES / name, optimize=True)


if __name__ == "__main__":
    main()
