"""A simulated night: visitors in fixed chunks, each with its own generator, so that processes change nothing."""

from __future__ import annotations

import datetime as dt
import gzip
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from jobs.errors import InfrastructureFailed, UsageError
from jobs.simulator.beacons import cut_into_beacons
from jobs.simulator.dirt import Line, soil
from jobs.simulator.feed import Catalogue, draw_catalogue
from jobs.simulator.options import SimulationOptions, SimulationSummary
from jobs.simulator.page_view import draw_page_view
from jobs.simulator.people import DAY_MS, Visitor, draw_arrival, draw_visitor, page_views_per_visitor
from jobs.simulator.truth import expected_rows, truth_table, write_truth

VISITORS_PER_CHUNK = 100
#: Most page views follow the one before within minutes; the others are another visit, hours apart.
FOLLOWS_SHARE = 0.6
MEDIAN_PAUSE_MS = 40_000
GZIP_LEVEL = 1  # 5 % larger than level 3, in two thirds of the time
SUFFIXES = (".ndjson.gz", ".ndjson.zst", ".ndjson")
_EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True)
class Chunk:
    """The visitors `first_visitor`, `first_visitor` + 1, ... with their numbers of page views, and where to write."""

    number: int
    first_visitor: int
    page_views: tuple[int, ...]
    date: dt.date
    seed: int
    options: SimulationOptions
    raw: Path
    has_truth: bool


def simulate(
    date: dt.date,
    page_views: int,
    seed: int,
    raw: Path,
    truth: Path | None = None,
    options: SimulationOptions | None = None,
    processes: int = 1,
) -> SimulationSummary:
    """Write the raw log of `page_views` page views that begin on the UTC day `date`, and its truth if asked.

    Files are `raw/landing_date=YYYY-MM-DD/part-<date>-<chunk>.ndjson.gz` (the third day after in zstd, later ones
    plain). Equal arguments give equal bytes, whatever `processes` is; what an earlier simulation of the same
    date wrote there is replaced. UsageError if there is nothing to simulate; InfrastructureFailed if a folder
    cannot be written.
    """
    _check(date, page_views, seed, processes)
    chunks = _chunks(date, page_views, seed, raw, options or SimulationOptions(), truth is not None)
    summary = SimulationSummary()
    tables: list[pa.Table] = []
    try:
        _remove_earlier(raw, date)
        for part, table in _run(chunks, processes):
            summary.add(part)
            tables += [table] if table is not None else []
        if truth is not None:
            write_truth(truth, tables, summary)
    except OSError as error:
        raise InfrastructureFailed(
            f"simulate: {error.filename or raw} cannot be written ({error.strerror}): choose a folder that can, or free space."
        ) from error
    return summary


def _check(date: dt.date, page_views: int, seed: int, processes: int) -> None:
    if page_views < 1:
        raise UsageError(f"simulate: --page-views is {page_views}: give 1 or more.")
    if seed < 0:
        raise UsageError(f"simulate: --seed is {seed}: give 0 or more.")
    if processes < 1:
        raise UsageError(f"simulate: processes is {processes}: give 1 or more.")
    if not dt.date(1970, 2, 1) <= date <= dt.date(2099, 11, 30):
        raise UsageError(
            f"simulate: --date is {date}: give a day from 1970-02-01 to 2099-11-30, what the raw contract can say."
        )


def _remove_earlier(raw: Path, date: dt.date) -> None:
    """Remove what an earlier simulation of this date left, so that no two nights mix; other files are not touched."""
    for file in raw.glob(f"landing_date=*/part-{date:%Y%m%d}-*"):
        if file.name.endswith(SUFFIXES):
            file.unlink()


def _generator(date: dt.date, seed: int, *place: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence([seed, date.toordinal(), *place]))


def _chunks(
    date: dt.date, page_views: int, seed: int, raw: Path, options: SimulationOptions, has_truth: bool
) -> list[Chunk]:
    counts = page_views_per_visitor(_generator(date, seed, 0), page_views).tolist()
    starts = range(0, len(counts), VISITORS_PER_CHUNK)
    return [
        Chunk(number, first, tuple(counts[first : first + VISITORS_PER_CHUNK]), date, seed, options, raw, has_truth)
        for number, first in enumerate(starts)
    ]


def _run(chunks: Sequence[Chunk], processes: int) -> Iterator[tuple[SimulationSummary, pa.Table | None]]:
    """The parts of the night in the order of their chunks."""
    if processes == 1 or len(chunks) == 1:
        yield from map(simulate_chunk, chunks)
        return
    spawn = multiprocessing.get_context("spawn")  # a forked process would inherit locks held by Arrow's threads
    with ProcessPoolExecutor(min(processes, len(chunks)), mp_context=spawn) as pool:
        yield from pool.map(simulate_chunk, chunks)


def simulate_chunk(chunk: Chunk) -> tuple[SimulationSummary, pa.Table | None]:
    """Simulate the visitors of one chunk, write their files, and compute their truth if asked."""
    summary = SimulationSummary()
    rng = _generator(chunk.date, chunk.seed, 1, chunk.number)
    catalogue = draw_catalogue(_generator(chunk.date, chunk.seed, 2))
    lines: list[Line] = []
    for index, count in enumerate(chunk.page_views):
        visitor = draw_visitor(rng, chunk.first_visitor + index, count, chunk.options)
        _count_visitor(visitor, summary)
        lines.extend(_day_of(rng, visitor, catalogue, chunk, summary))
    _write(chunk, lines, summary)
    return summary, truth_table(expected_rows(lines)) if chunk.has_truth else None


def _count_visitor(visitor: Visitor, summary: SimulationSummary) -> None:
    summary.visitors += 1
    traits = {
        "bot_visitors": visitor.is_bot,
        "suspected_bot_visitors": bool(visitor.habits),
        "visitors_without_consent": "product_development" not in visitor.purposes,
        "visitors_with_wrong_clock": visitor.has_wrong_clock,
    }
    summary.planted.update(name for name, is_so in traits.items() if is_so)


def _day_of(
    rng: np.random.Generator, visitor: Visitor, catalogue: Catalogue, chunk: Chunk, summary: SimulationSummary
) -> Iterator[Line]:
    """All lines of one visitor: visits over the day, several page views each."""
    midnight = (chunk.date - _EPOCH).days * DAY_MS
    at, session = draw_arrival(rng), 0
    for number in range(visitor.page_views):
        page_view_id = f"{chunk.date:%Y%m%d}-{visitor.visitor_id[8:]}-{number}"
        view = draw_page_view(rng, catalogue, visitor, page_view_id, f"{visitor.visitor_id}-{session}", midnight + at)
        summary.page_views += 1
        beacons = cut_into_beacons(rng, visitor, view, chunk.options)
        summary.samples += sum(len(b.fields["pointer"]["t_ms"]) for b in beacons if "pointer" in b.fields)
        yield from soil(rng, beacons, chunk.options, summary)
        at += view.end_ms + int(MEDIAN_PAUSE_MS * np.exp(rng.standard_normal()))
        if rng.random() > FOLLOWS_SHARE or at >= DAY_MS:
            at, session = draw_arrival(rng), session + 1


def _write(chunk: Chunk, lines: Sequence[Line], summary: SimulationSummary) -> None:
    """One file per landing date, lines in the order of arrival."""
    by_landing: dict[dt.date, list[Line]] = {}
    for line in sorted(lines, key=lambda line: line.received_ms):
        by_landing.setdefault(line.landing_date, []).append(line)
    for landing_date, landed in sorted(by_landing.items()):
        folder = chunk.raw / f"landing_date={landing_date}"
        folder.mkdir(parents=True, exist_ok=True)
        text = b"".join(line.text + b"\n" for line in landed)
        suffix, packed = _packed(text, (landing_date - chunk.date).days)
        (folder / f"part-{chunk.date:%Y%m%d}-{chunk.number:05d}.{suffix}").write_bytes(packed)
        summary.files += 1


def _packed(text: bytes, days_after: int) -> tuple[str, bytes]:
    """Compressed as trackers do: gzip; the few latecomers of the third day in zstd, later ones plain."""
    if days_after < 2:
        return "ndjson.gz", gzip.compress(text, GZIP_LEVEL, mtime=0)
    if days_after == 2:
        return "ndjson.zst", pa.Codec("zstd").compress(text, asbytes=True)
    return "ndjson", text
