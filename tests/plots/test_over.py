"""A heatmap over the page's picture: what fits, how it is scaled, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from jobs.errors import UsageError
from jobs.heatmap import draw_heatmap
from jobs.heatmap_over import read_screenshot, widths_of
from tests.plots.warehouse import DAY


def screenshot(path: Path, width: int, height: int, colour: tuple[int, int, int] = (10, 20, 30)) -> Path:
    Image.new("RGB", (width, height), colour).save(path)
    return path


@pytest.mark.parametrize(("width", "css_width"), [(1280, 1280), (2560, 1280), (3840, 1280), (1439, 1439), (1024, 1024)])
def test_a_page_is_drawn_in_css_px(tmp_path: Path, width: int, css_width: int) -> None:
    scale = width // css_width
    page = read_screenshot(screenshot(tmp_path / "page.png", width, 900 * scale), "<1440", 10_000)

    assert (page.width_px, page.height_px) == (css_width, 900)
    assert f"as a page {css_width:,} css px wide" in page.note
    assert (f"scaled from {scale} pixels to one css px" in page.note) == (scale > 1)


def test_only_the_part_under_the_heatmap_is_kept_and_it_is_pale(tmp_path: Path) -> None:
    page = read_screenshot(screenshot(tmp_path / "page.png", 1280, 5000, (0, 0, 0)), "<1440", 700)

    assert page.height_px == 700
    assert page.pixels.min() >= 0.5 * 255 - 1


def test_a_clear_picture_lies_on_white(tmp_path: Path) -> None:
    Image.new("RGBA", (1280, 900), (0, 0, 0, 0)).save(tmp_path / "page.png")

    assert np.unique(read_screenshot(tmp_path / "page.png", "<1440", 700).pixels).tolist() == [255]


@pytest.mark.parametrize(
    ("width", "height", "words"),
    [
        (1000, 900, r"is 1000 pixels wide: no page of viewport class <1440 \(1024 to 1439 css px\)"),
        (1440, 900, "is 1440 pixels wide"),
        (9000, 900, "is 9000 pixels wide"),
        (1280, 40, "is 1280 × 40 pixels: no page has that shape"),
        (1, 1, "is 1 pixels wide"),
    ],
)
def test_a_picture_that_is_no_page_of_the_class_is_refused(tmp_path: Path, width: int, height: int, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        read_screenshot(screenshot(tmp_path / "page.png", width, height), "<1440", 700)


@pytest.mark.parametrize("content", [b"", b"<svg/>", b"\x89PNG\r\n\x1a\n broken", b"GIF89a"])
def test_a_file_that_is_no_picture_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "page.png").write_bytes(content)

    with pytest.raises(UsageError, match=r"cannot be read as a picture: .* Give a screenshot as PNG or JPEG"):
        read_screenshot(tmp_path / "page.png", "<1440", 700)


def test_half_a_picture_is_refused(tmp_path: Path) -> None:
    whole = screenshot(tmp_path / "page.png", 1280, 900).read_bytes()
    (tmp_path / "half.png").write_bytes(whole[: len(whole) // 2])

    with pytest.raises(UsageError, match="cannot be read as a picture"):
        read_screenshot(tmp_path / "half.png", "<1440", 700)


def test_a_picture_of_too_many_pixels_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)

    with pytest.raises(UsageError, match="cannot be read as a picture"):
        read_screenshot(screenshot(tmp_path / "page.png", 1280, 900), "<1440", 700)


def test_no_file_is_refused(warehouse: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.png cannot be read as a picture: No such file"):
        draw_heatmap(warehouse, DAY, "feed", over=tmp_path / "nowhere.png", output=tmp_path / "x.png")


def test_every_class_has_widths_of_its_own() -> None:
    ranges = [widths_of(name) for name in ("<480", "<768", "<1024", "<1440", "<1920", ">=1920")]

    assert [low for low, _ in ranges[1:]] == [high for _, high in ranges[:-1]]
    assert widths_of("(none)") == (ranges[0][0], ranges[-1][1])


@pytest.mark.parametrize("suffix", ["png", "svg", "html"])
def test_a_heatmap_over_a_page_says_so(warehouse: str, tmp_path: Path, suffix: str) -> None:
    over = screenshot(tmp_path / "page.png", 1280, 900)

    words = draw_heatmap(warehouse, DAY, "feed", over=over, output=tmp_path / f"over.{suffix}")

    assert "Below: page.png (1,280 × 900 pixels), as a page 1,280 css px wide." in words
    assert "Shades mix with the page" in words
    assert words.splitlines()[-1] == "The cursor, not the gaze."
    assert (tmp_path / f"over.{suffix}").stat().st_size > 2000


def test_nothing_of_the_picture_but_its_pixels_goes_into_the_page(warehouse: str, tmp_path: Path) -> None:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("Comment", "who made it")
    Image.new("RGB", (1280, 900), (200, 200, 200)).save(tmp_path / "page.png", pnginfo=info)

    for suffix in ("png", "html"):
        draw_heatmap(warehouse, DAY, "feed", over=tmp_path / "page.png", output=tmp_path / f"over.{suffix}")

        assert b"who made it" not in (tmp_path / f"over.{suffix}").read_bytes()
