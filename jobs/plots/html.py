"""Pages of their own: one file with style, script and pictures inside, that asks the network for nothing.

Every text goes through the template's escaping; data for the script is JSON in which no `<` is left. The page's policy
lets run that one script, by its hash, and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt
from jinja2 import Environment
from markupsafe import Markup

from jobs.pages import environment

STYLE, SCRIPT = "page.css", "page.js"


def rendered(template: str, **values: Any) -> str:
    """The page that the template makes of the values."""
    return _environment().get_template(template).render(**values)


def embedded(value: Any) -> Markup:
    """The value as JSON within a script element: no text of it can end the element."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def data_uri(pixels: npt.NDArray[Any]) -> str:
    """An array of shades or of colours with opacity, 0 to 1 or 0 to 255, as a PNG that lies in the page itself."""
    from PIL import Image

    shown = pixels if pixels.dtype == np.uint8 else np.rint(255 * pixels).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(shown).save(file, format="png", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


@cache
def _environment() -> Environment:
    style, script = (files("jobs.plots").joinpath(name).read_text(encoding="utf-8") for name in (STYLE, SCRIPT))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return environment("jobs.plots", style=Markup(style), script=Markup(script), script_hash=f"sha256-{digest}")
