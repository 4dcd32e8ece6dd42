"""Simulated nights as input of the bench, each made once and kept."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from jobs.simulator import simulate

DAY = dt.date(2026, 11, 20)
#: Latecomers of three days have landed, later ones are too late: one night has it all.
LANDED = DAY + dt.timedelta(days=3)
SEED = 1
#: What a simulated page view has on average, phones without any included.
SAMPLES_PER_PAGE_VIEW = 660


@dataclass(frozen=True)
class Input:
    """Raw files of one night below a folder, and how much is in them."""

    folder: str
    page_views: int
    samples: int
    lines: int
    files: int
    raw_bytes: int

    @property
    def raw(self) -> Path:
        """Root of the raw files."""
        return Path(self.folder) / "raw"


def page_views_of(million_samples: float) -> int:
    """How many page views have about so many samples."""
    return max(1, round(million_samples * 1_000_000 / SAMPLES_PER_PAGE_VIEW))


def prepared(cache: Path, page_views: int, days_before: int = 0) -> Input:
    """The night of so many page views of DAY, or of other people so many days before; simulated unless the cache has it
    whole."""
    folder = cache / (f"{page_views}-page-views" + (f"-{days_before}-before" if days_before else ""))
    facts = folder / "input.json"
    if not facts.exists():
        shutil.rmtree(folder, ignore_errors=True)
        day = DAY - dt.timedelta(days=days_before)
        summary = simulate(day, page_views, SEED + days_before, folder / "raw", processes=os.cpu_count() or 1)
        raw_bytes = sum(file.stat().st_size for file in (folder / "raw").rglob("*.ndjson*"))
        made = Input(str(folder), page_views, summary.samples, summary.lines, summary.files, raw_bytes)
        # Written last: without it the folder is half made.
        facts.write_text(json.dumps(asdict(made)))
    return Input(**(json.loads(facts.read_text()) | {"folder": str(folder)}))
