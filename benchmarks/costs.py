"""What a night costs, measured and stored as the constants that `hoverlake plan` multiplies.

    python -m benchmarks.costs [--seeds 3] [--page-views 1000 4000]

Three nights for each seed, each in a process of its own: few page views, many, and many of which only every fourth
pointer sample was sent. Three nights tell three things apart: what a night costs whatever comes, what each page view
adds, and what each sample adds. A fourth night with min_visitors = 1 publishes every cell and every item that was seen.
Written to jobs/plan/measured_costs.json, with every night's own figures.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gzip
import itertools
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from jobs import __version__
from jobs.plan.constants import FILE
from jobs.simulator import simulate

DAY = dt.date(2026, 11, 20)
#: The simulator's latest beacons land five days after: one night takes all of them, and builds one event date.
LANDED = DAY + dt.timedelta(days=5)
THINNED = 4
MIN_VISITORS = 50

Night = dict[str, Any]
LANDING = ("check raw files", "land")
BUILDING = ("build clean.page_views", "stage marts", "audit", "reconcile", "publish")
#: Marts whose rows multiply with layouts, stories or ads; the others have the same grid of rows every day.
ROWS_FOLLOW = {
    "mart.hover_heatmap_daily": ("layout", "layouts"),
    "mart.viewport_exposure_daily": ("layout", "layouts"),
    "mart.zone_attention_daily": ("layout", "layouts"),
    "mart.story_attention_daily": ("story", "stories"),
    "mart.ad_attention_daily": ("ad", "ads"),
}
#: How many rows there are at most, where pages decide it.
CELLS = {"mart.hover_heatmap_daily": "cells_of_pages", "mart.viewport_exposure_daily": "rows_of_pages"}


def nights_of(seed: int, page_views: Sequence[int]) -> Iterator[Night]:
    """The nights of one seed: few page views, many, many with fewer samples, many with every group published."""
    few, many = page_views
    yield _night(seed, few)
    yield _night(seed, many)
    yield _night(seed, many, keep_every=THINNED)
    yield _night(seed, many, min_visitors=1)


def _night(seed: int, page_views: int, keep_every: int = 1, min_visitors: int = MIN_VISITORS) -> Night:
    with tempfile.TemporaryDirectory() as folder:
        raw, warehouse = Path(folder) / "raw", Path(folder) / "warehouse"
        simulate(DAY, page_views, seed, raw, processes=os.cpu_count() or 1)
        samples = sum(_thin(file, keep_every) for file in raw.rglob("*.ndjson.gz"))
        files = [file for file in raw.rglob("*") if file.is_file()]
        words = [str(raw), str(warehouse), str(LANDED), str(min_visitors)]
        run = [sys.executable, "-m", "benchmarks.metered_night", *words]
        taken = json.loads(subprocess.run(run, check=True, stdout=subprocess.PIPE).stdout)
        night = {
            "seed": seed,
            "page_views": page_views,
            "samples": samples,
            "min_visitors": min_visitors,
            "raw_files": len(files),
            "raw_bytes": sum(file.stat().st_size for file in files),
            **taken,
            **_catalogue(warehouse),
        }
    print(f"{page_views} page views, {samples} samples: {night['core_seconds']['all']:.0f} core-seconds", flush=True)
    return night


def _thin(file: Path, keep_every: int) -> int:
    """Leave every so-manieth pointer sample of each line; how many samples the file has then."""
    lines, samples = [], 0
    for line in gzip.decompress(file.read_bytes()).splitlines():
        try:
            beacon = json.loads(line)
            pointer = beacon["pointer"]
            beacon["pointer"] = {name: values[::keep_every] for name, values in pointer.items()}
            samples += len(beacon["pointer"]["t_ms"])
            line = json.dumps(beacon, separators=(",", ":")).encode() if keep_every > 1 else line
        except (ValueError, KeyError, TypeError, AttributeError):
            pass  # broken on purpose, or without a pointer: stays as it is
        lines.append(line + b"\n")
    file.write_bytes(gzip.compress(b"".join(lines), 1, mtime=0))
    return samples


def _catalogue(warehouse: Path) -> dict[str, Any]:
    """What the page views were about: layouts, stories, ads; and the cells that their pages have."""
    from jobs.sql import connect

    ask = connect(str(warehouse)).execute

    def number(query: str) -> int:
        [(value,)] = ask(query).fetchall()
        return int(value or 0)

    # A page is as wide as its viewport, and a cell is 32 px.
    pages = """
        select ceil(max(viewport_w_px) / 32) as columns, ceil(max(viewport_h_px) / 32) as seen_rows,
               ceil(max(document_h_px) / 32) as rows
        from clean.page_views where traffic_class = 'human'
        group by surface, layout_id, device_type,
                 list_count(list_filter([480, 768, 1024, 1440, 1920], edge -> viewport_w_px >= edge))
    """
    return {
        "layouts": number("select count(distinct layout_id) from clean.page_views"),
        "stories": number("select count(distinct item_id) from clean.item_views where item_type in ('story', 'video')"),
        "ads": number("select count(distinct ad_id) from clean.item_views"),
        "cells_of_pages": number(f"select sum(columns * (seen_rows + rows)) from ({pages})"),
        "rows_of_pages": number(f"select sum(rows) from ({pages})"),
    }


def split(nights: Sequence[Night], value: Callable[[Night], float]) -> dict[str, float]:
    """What a quantity has `fixed`, `per_page_view` and `per_million_samples`: least squares, none below zero."""
    causes = np.array([[1.0, night["page_views"], night["samples"] / 1e6] for night in nights])
    values = np.array([value(night) for night in nights])
    names = ("fixed", "per_page_view", "per_million_samples")
    best = (float("inf"), np.zeros(len(names)))
    for kept in itertools.product((False, True), repeat=len(names)):
        solution = np.zeros(len(names))
        solution[list(kept)] = np.linalg.lstsq(causes[:, list(kept)], values, rcond=None)[0]
        if (solution >= 0).all():
            best = min(best, (float(((causes @ solution - values) ** 2).sum()), solution), key=lambda found: found[0])
    return dict(zip(names, best[1].tolist(), strict=True))


def _stages(*names: str) -> Callable[[Night], float]:
    return lambda night: sum(night["core_seconds"][name] for name in names)


def _table_bytes(name: str) -> Callable[[Night], float]:
    return lambda night: night["tables"][name]["bytes"]


#: Quantities that are split: their unit and meaning, and where a night says them.
SPLIT: dict[str, tuple[str, str, Callable[[Night], float]]] = {
    "landing_core_seconds": ("core-seconds", "Checking and landing what came in.", _stages(*LANDING)),
    "building_core_seconds": ("core-seconds", "From beacons to published marts of an event date.", _stages(*BUILDING)),
    "shuffle_bytes": ("bytes", "Handed from task to task, as written, of an event date.", lambda n: n["shuffle_bytes"]),
    "raw_bytes": ("bytes", "Raw files, compressed as trackers send them.", lambda n: n["raw_bytes"]),
    "beacons_bytes": ("bytes", "clean.beacons.", _table_bytes("clean.beacons")),
    "page_views_bytes": ("bytes", "clean.page_views.", _table_bytes("clean.page_views")),
    "rejected_bytes": ("bytes", "clean.rejected_beacons.", _table_bytes("clean.rejected_beacons")),
}


def _layer_bytes(layer: str) -> Callable[[Night], float]:
    return lambda night: sum(t["bytes"] for name, t in night["tables"].items() if name.startswith(layer))


def _started(night: Night) -> float:
    seconds = night["core_seconds"]
    return float(seconds["all"] - sum(seconds[name] for name in LANDING + BUILDING))


def _scans(table: str) -> Callable[[Night], float]:
    return lambda night: night["opened_files"].get(table, 0) / night["tables"][table]["files"]


#: Quantities of a night as a whole, whatever its size.
WHOLE: dict[str, tuple[str, str, Callable[[Night], float]]] = {
    "start_core_seconds": ("core-seconds/night", "Starting Python, Java and Spark.", _started),
    "ops_bytes": ("bytes/night", "Rows of the ops tables.", _layer_bytes("ops")),
    "restricted_bytes": ("bytes/night", "Rows of restricted.reconciliation.", _layer_bytes("restricted")),
    "commits": ("commits/night", "Commits to Delta tables, counted in the journal.", lambda n: n["commits"]),
    "other_objects": (
        "objects/night",
        "Objects beside data files: logs of tables, journal, lease, release.",
        lambda n: n["other_objects"],
    ),
    "beacons_scans": ("scans/night", "How often tasks opened each file of clean.beacons.", _scans("clean.beacons")),
    "page_views_scans": (
        "scans/night",
        "How often tasks opened each file of clean.page_views.",
        _scans("clean.page_views"),
    ),
    "log_files_opened": (
        "files/night",
        "Files of the tables' logs that tasks opened.",
        lambda n: n["opened_files"].get("logs", 0),
    ),
    "jvm_bytes": ("bytes/process", "Largest resident size of the JVM.", lambda n: n["peak_bytes"]["jvm"]),
    "python_worker_bytes": (
        "bytes/process",
        "Largest resident size of a Python worker, of which each core has one.",
        lambda n: n["peak_bytes"]["python_worker"],
    ),
    "driver_python_bytes": (
        "bytes/process",
        "Largest resident size of the driver's Python.",
        lambda n: n["peak_bytes"]["driver_python"],
    ),
    "check_core_seconds": (
        "core-seconds/GB of raw files",
        "Reading raw files to their end on the driver.",
        lambda n: n["core_seconds"]["check raw files"] / (n["raw_bytes"] / 1e9),
    ),
}


def constants(nights: Sequence[Night]) -> dict[str, dict[str, Any]]:
    """Every constant with its unit, and what the seeds say of it: n, min, median, max."""
    by_seed = [list(group) for _, group in itertools.groupby(nights, key=lambda night: night["seed"])]
    measured = [[night for night in group if night["min_visitors"] > 1] for group in by_seed]
    found: dict[str, dict[str, Any]] = {}
    for name, (unit, meaning, value) in SPLIT.items():
        parts = [split(group, value) for group in measured]
        for part, per in (
            ("fixed", "night"),
            ("per_page_view", "page view"),
            ("per_million_samples", "million samples"),
        ):
            found[f"{name}_{part}"] = _constant(f"{unit}/{per}", meaning, [p[part] for p in parts])
    for name, (unit, meaning, value) in WHOLE.items():
        found[name] = _constant(unit, meaning, [value(night) for group in measured for night in group])
    return found | _catalogues(by_seed) | _mart_rows(by_seed)


def _constant(unit: str, meaning: str, values: Sequence[float]) -> dict[str, Any]:
    rounded = [float(f"{value:.4g}") for value in (min(values), median(values), max(values))]
    return {"unit": unit, "meaning": meaning, "n": len(values)} | dict(
        zip(("min", "median", "max"), rounded, strict=True)
    )


def _catalogues(by_seed: Sequence[Sequence[Night]]) -> dict[str, dict[str, Any]]:
    largest = [group[-1] for group in by_seed]
    return {
        name: _constant(f"{name}/day", f"Distinct {name} in the largest night.", [night[name] for night in largest])
        for name in ("layouts", "stories", "ads")
    }


def _mart_rows(by_seed: Sequence[Sequence[Night]]) -> dict[str, dict[str, Any]]:
    """Rows of marts: as the largest night published them; every group that was seen; every cell that pages have."""
    found = {}
    for mart in [name for name in by_seed[0][0]["tables"] if name.startswith("mart.")]:
        per, divisor = ROWS_FOLLOW.get(mart, ("event date", None))
        pages = CELLS.get(mart)
        rows = []
        for *_, published, _, seen in by_seed:
            counts = [night["tables"][mart]["rows"] for night in (published, seen)]
            counts.append(max(counts[1], seen[pages] if pages else 0))
            rows.append([count / (seen[divisor] if divisor else 1) for count in counts])
        published_rows, seen_rows, all_rows = zip(*rows, strict=True)
        meaning = "min: as published; median: every group that was seen; max: every cell that pages have."
        values = [min(published_rows), median(seen_rows), max(all_rows)]
        found[f"{mart}_rows"] = _constant(f"rows/{per}", meaning, values) | {"n": len(rows)}
        sizes = [seen["tables"][mart]["bytes"] / seen["tables"][mart]["rows"] for *_, seen in by_seed]
        found[f"{mart}_row_bytes"] = _constant("bytes/row", "Stored, with the table's log.", sizes)
    return found


def machine() -> dict[str, Any]:
    """Where and with what it was measured."""
    pages, page_bytes = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return {"cores": os.cpu_count(), "memory_gb": round(pages * page_bytes / 1e9), "architecture": platform.machine()}


def versions() -> dict[str, str]:
    """What took part."""
    packages = {name: version(name) for name in ("pyspark", "delta-spark", "pyarrow", "numpy", "deltalake")}
    return {"hoverlake": __version__, "python": platform.python_version(), "java": _java(), **packages}


def _java() -> str:
    from jobs.io.java import find_java

    return str(find_java().version)


def document(nights: Sequence[Night]) -> dict[str, Any]:
    """The file of constants."""
    return {
        "measured_on": str(dt.datetime.now(dt.UTC).date()),
        "command": "python -m benchmarks.costs",
        "machine": machine(),
        "versions": versions(),
        "constants": constants(nights),
        "nights": list(nights),
    }


def main() -> None:
    """Measure, and write the constants."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--seeds", type=int, default=3, help="repetitions, each of other people")
    words.add_argument("--page-views", type=int, nargs=2, default=(1000, 4000), metavar=("FEW", "MANY"))
    asked = words.parse_args()
    nights = [night for seed in range(1, asked.seeds + 1) for night in nights_of(seed, asked.page_views)]
    FILE.write_text(json.dumps(document(nights), indent=1) + "\n", encoding="utf-8")
    print(f"written: {FILE}")


if __name__ == "__main__":
    main()
