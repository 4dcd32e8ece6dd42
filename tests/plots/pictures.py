"""Every picture of docs/pictures.md, each by the command that stands there: `make pictures`, after `make demo`.

Most are of the demo's warehouse. Its one small night has two layouts, minutes and dates too few to compare: those
pictures are of made-up numbers (`tests.plots.made_up`), and the page says so.
"""

from __future__ import annotations

import base64
import shlex
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

from jobs.cli import app
from tests.plots.made_up import made_up_warehouse

PROJECT = Path(__file__).parents[2]
IMAGES = PROJECT / "docs/images"
DEMO, MADE_UP, SCREENSHOT = "data/warehouse", "data/made-up/warehouse", "data/page.png"
#: What a picture in the docs may weigh.
MAX_BYTES = 150_000
#: Of the interactive page: its window, and keys that lead to a cell.
WINDOW, ARROWS = (1200, 820), ("ARROW_DOWN", "ARROW_DOWN", "ARROW_RIGHT")


class Shown(NamedTuple):
    """A picture in docs/images and the words of its command, but for `-o`."""

    name: str
    words: str

    @property
    def command(self) -> str:
        """As it stands on the page."""
        return f"hoverlake {self.words} -o {self.name}"


FEED = "heatmap --date 2026-11-20 --surface feed"
SHOWN = (
    Shown("heatmap.png", FEED),
    Shown("heatmap-per-exposure.png", f"{FEED} --per-exposure"),
    Shown("heatmap-over.png", f"{FEED} --over {SCREENSHOT}"),
    Shown("heatmap-by-device.png", f"{FEED} --by device --space viewport --measure click_count"),
    Shown("heatmap-compare.png", f"{FEED} --compare feed-v7 feed-v8 --panels --warehouse {MADE_UP}"),
    Shown("plot-position-curve.png", "plot position-curve --date 2026-11-20"),
    Shown("plot-dwell-distribution.png", "plot dwell-distribution --date 2026-11-20"),
    Shown("plot-feed-visibility.png", f"plot feed-visibility --date 2026-11-20 --warehouse {MADE_UP}"),
    Shown("plot-exposure.png", "plot exposure --date 2026-11-20"),
    Shown("plot-trend.png", f"plot trend --warehouse {MADE_UP}"),
)
#: The page of the first heatmap, as a browser shows it.
PAGE = Shown("heatmap-page.png", FEED)


def main() -> None:
    """Write them all to docs/images."""
    if not Path(DEMO).is_dir():
        sys.exit(f"there is no {DEMO}: make demo first.")
    shutil.rmtree(Path(MADE_UP).parent, ignore_errors=True)
    made_up_warehouse(MADE_UP)
    draw_screenshot(Path(SCREENSHOT))
    for shown in SHOWN:
        run(f"{shown.words} -o {IMAGES / shown.name}")
        lighten(IMAGES / shown.name)
    page = Path("data/heatmap.html").absolute()
    run(f"{PAGE.words} -o {page}")
    photograph(page, IMAGES / PAGE.name)
    for shown in (*SHOWN, PAGE):
        size = (IMAGES / shown.name).stat().st_size
        print(f"{size / 1000:6.0f} kB  docs/images/{shown.name}")
        assert size < MAX_BYTES, f"{shown.name} weighs more than {MAX_BYTES:,} bytes"


def run(words: str) -> None:
    """The command, in this process."""
    app(shlex.split(words), standalone_mode=False)


def lighten(picture: Path) -> None:
    """A picture that is too heavy for the docs gets 256 colours, which differ by less than is seen."""
    if picture.stat().st_size >= MAX_BYTES:
        with Image.open(picture) as full:
            few = full.convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=3, dither=Image.Dither.NONE)
        few.save(picture, optimize=True)


def photograph(page: Path, output: Path) -> None:
    """The page in a browser, a cell chosen by keys."""
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    from tests.report.browser import opened, started

    with started() as browser:
        opened(browser, page.as_uri(), WINDOW[0], "light", height=WINDOW[1])
        ActionChains(browser).send_keys(Keys.TAB, *(getattr(Keys, arrow) for arrow in ARROWS)).perform()
        browser.execute_script("scrollTo(0, 0)")
        shot = browser.execute_cdp_cmd("Page.captureScreenshot", {})
        output.write_bytes(base64.b64decode(shot["data"]))


def draw_screenshot(path: Path) -> None:
    """A page such as the simulator's feed-v7 is at 1,280 px: navigation, a column of stories and ads, a sidebar."""
    path.parent.mkdir(parents=True, exist_ok=True)
    page = Image.new("RGB", (1280, 4600), "#f2f3f5")
    pen, words = ImageDraw.Draw(page), ImageFont.load_default(size=18)
    pen.rectangle((0, 0, 1280, 56), fill="#1f3a5f")
    pen.text((340, 18), "the feed          messages          profile", font=words, fill="white")
    pen.rectangle((340, 72, 940, 144), fill="white", outline="#c9cdd3")
    pen.text((360, 98), "What is new?", font=words, fill="#8a919b")
    pen.rectangle((964, 160, 1260, 700), fill="white", outline="#c9cdd3")
    pen.text((984, 180), "sidebar", font=words, fill="#555d68")
    top = 160
    for number, height in enumerate((430, 520, 300, 610, 380, 560, 450, 320, 640, 470), 1):
        is_ad = number % 5 == 3
        pen.rectangle((340, top, 940, top + height), fill="#fff8e6" if is_ad else "white", outline="#c9cdd3")
        pen.text((360, top + 16), f"{'ad' if is_ad else 'story'}, place {number}", font=words, fill="#222222")
        pen.rectangle((360, top + 50, 920, top + height - 90), fill="#e3d6b0" if is_ad else "#c8d3dd")
        for line in range(3):
            pen.rectangle(
                (360, top + height - 74 + 22 * line, 900 - 130 * line, top + height - 64 + 22 * line), fill="#9aa3af"
            )
        top += height + 16
    page.save(path)


if __name__ == "__main__":
    main()
