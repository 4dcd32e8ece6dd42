"""Logs of other trackers, turned into raw files of `cursor-beacon/1`: the registry and the import itself.

A format is one module with `NAME`, `MEASURES`, `CANNOT` and `page_views(path, tally)`; adding it to `_MODULES` is all
that the command needs.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from jobs.errors import InputUnreadable, UsageError
from jobs.sources import balabit, dice_feed, rrweb, sapimouse, scroll_readability
from jobs.sources.beacons import beacons_of
from jobs.sources.page_view import PageView, Tally
from jobs.sources.raw_files import write_raw_files

__all__ = ["SOURCES", "ImportSummary", "Source", "import_source"]

_MODULES = (sapimouse, balabit, rrweb, dice_feed, scroll_readability)


@dataclass(frozen=True)
class Source:
    """A foreign format: what it measures, what it cannot, and how its page views are read."""

    name: str
    measures: str
    cannot: str
    read: Callable[[Path, Tally], Iterator[PageView]]


#: Formats that can be imported, by name.
SOURCES: dict[str, Source] = {m.NAME: Source(m.NAME, m.MEASURES, m.CANNOT, m.page_views) for m in _MODULES}


@dataclass(frozen=True)
class ImportSummary:
    """What an import read, wrote, left out and found odd.

    `records_read` are the source's own records; `records_written` counts those of each stream of the beacons. A rule
    of `dropped` that begins with `participant`, `repeated` or `session` counts page views, any other counts records.
    """

    source: str
    date: datetime.date
    files: tuple[Path, ...]
    page_view_count: int
    beacon_count: int
    records_read: int
    records_written: Mapping[str, int]
    dropped: Mapping[str, int]
    noted: Mapping[str, int]

    def lines(self) -> list[str]:
        """The summary for people, one fact per line."""
        written = ", ".join(f"{count:,} {stream}" for stream, count in self.records_written.items())
        return [
            f"{self.source}: {self.page_view_count:,} page views in {self.beacon_count:,} beacons, "
            f"landing date {self.date.isoformat()}",
            f"records: {self.records_read:,} read; written: {written}",
            f"left out: {_counts(self.dropped)}",
            f"kept as found: {_counts(self.noted)}",
            *(f"file: {file}" for file in self.files),
        ]


def import_source(name: str, path: Path, raw: Path, date: datetime.date) -> ImportSummary:
    """Write the log at `path`, of format `name`, into `raw/landing_date=DATE/` as beacons that start on `date`, UTC.

    Equal input gives equal bytes; importing the same log again finds its files there and writes nothing. Raises
    UsageError for an unknown format or a path that holds none of it, InputUnreadable for a file that is not what it
    should be; either way nothing is written.
    """
    source = _source(name, path)
    tally = Tally()
    page_view_count = 0
    written: Counter[str] = Counter()

    def read() -> Iterator[dict[str, object]]:
        nonlocal page_view_count
        for page_view in source.read(path, tally):
            page_view_count += 1
            written.update({stream: len(arrays["t_ms"]) for stream, arrays in page_view.streams.items()})
            yield from beacons_of(name, page_view, date)
        if not page_view_count:
            raise InputUnreadable(
                f"{path} holds no page view that can be used (left out: {_counts(tally.dropped)}). Check the files."
            )

    files, beacon_count = write_raw_files(read(), raw, name, date)
    return ImportSummary(
        source=name,
        date=date,
        files=files,
        page_view_count=page_view_count,
        beacon_count=beacon_count,
        records_read=tally.records_read,
        records_written=dict(written),
        dropped=+tally.dropped,
        noted=+tally.noted,
    )


def _source(name: str, path: Path) -> Source:
    if name not in SOURCES:
        raise UsageError(f"format {name} is unknown. Known are: {', '.join(sorted(SOURCES))}.")
    if not path.is_dir():
        raise UsageError(f"{path} is no folder. Give the folder with the {name} files.")
    return SOURCES[name]


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {rule}" for rule, count in sorted(counts.items())) or "nothing"
