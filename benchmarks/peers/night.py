"""What all peers share: their arguments, the raw files of a night, what they say while they work, the tables they write."""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from jobs.config import Settings
from jobs.progress import Progress
from jobs.steps.traffic import is_declared_bot

#: Delta tables that every peer writes below its output folder.
CLEAN_TABLES = ("page_views", "page_view_heat_cells", "page_view_items")
MART_TABLES = ("hover_heatmap_daily", "story_attention_daily", "feed_attention_daily")
#: Compressed raw bytes that are worked on at once, some six million samples: bounds the memory of engines in one process.
BUCKET_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class PeerNight:
    """One run of a peer: raw files landed up to a date, and the folder for its tables."""

    raw: Path
    date: dt.date
    out: Path
    settings: Settings
    progress: Progress

    def files(self) -> list[str]:
        """Raw files landed up to the date, in order."""
        folders = [f for f in self.raw.glob("landing_date=*") if f.name.partition("=")[2] <= str(self.date)]
        return sorted(str(file) for folder in folders for file in folder.rglob("*.ndjson*"))

    def buckets(self) -> int:
        """Into how many parts visitors are split, so that one part fits into memory."""
        return 1 + sum(Path(file).stat().st_size for file in self.files()) // BUCKET_BYTES


def declared_bots(user_agents: Iterable[str | None]) -> list[str]:
    """User agents that say that they are programs: asked once per agent, of the list that hoverlake asks too."""
    return [agent for agent in user_agents if agent is not None and is_declared_bot(agent)]


def main(description: str | None, run: Callable[[PeerNight], None]) -> None:
    """Entry point of a peer's process."""
    parser = argparse.ArgumentParser(description=(description or "").split("\n", 1)[0])
    parser.add_argument("--raw", type=Path, required=True, help="Root of the raw logs.")
    parser.add_argument("--date", type=dt.date.fromisoformat, required=True, help="Last landing date to read.")
    parser.add_argument("--out", type=Path, required=True, help="Folder for the Delta tables.")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    run(PeerNight(asked.raw, asked.date, asked.out, Settings(), Progress()))
