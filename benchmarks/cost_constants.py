"""Constants out of measured nights: what is fixed and what page views and samples add, each with unit and range."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

import numpy as np

Night = dict[str, Any]
#: What a quantity is split into, and what each part is counted by.
PARTS = {"fixed": "night", "per_page_view": "page view", "per_million_samples": "million samples"}
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


def split(nights: Sequence[Night], value: Callable[[Night], float]) -> dict[str, float]:
    """What a quantity has `fixed`, `per_page_view` and `per_million_samples`: least squares, none below zero."""
    causes = np.array([[1.0, night["page_views"], night["samples"] / 1e6] for night in nights])
    values = np.array([value(night) for night in nights])
    best = (float("inf"), np.zeros(len(PARTS)))
    for kept in itertools.product((False, True), repeat=len(PARTS)):
        solution = np.zeros(len(PARTS))
        solution[list(kept)] = np.linalg.lstsq(causes[:, list(kept)], values, rcond=None)[0]
        if (solution >= 0).all():
            best = min(best, (float(((causes @ solution - values) ** 2).sum()), solution), key=lambda found: found[0])
    return dict(zip(PARTS, best[1].tolist(), strict=True))


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


#: Quantities of a night as a whole, whatever its size; None where it was not read.
WHOLE: dict[str, tuple[str, str, Callable[[Night], float | None]]] = {
    "start_core_seconds": ("core-seconds/night", "Starting Python, Java and Spark.", _started),
    "ops_bytes": ("bytes/night", "Rows of the ops tables.", _layer_bytes("ops")),
    "restricted_bytes": ("bytes/night", "Rows of restricted.reconciliation.", _layer_bytes("restricted")),
    "commits": ("commits/night", "Commits to Delta tables, counted in the journal.", lambda n: n["commits"]),
    "other_objects": (
        "objects/night",
        "Objects beside data files: logs of tables, journal, lease, release.",
        lambda n: n["other_objects"],
    ),
    "visitors": ("visitors/page view", "Distinct people, without bots.", lambda n: n["visitors"] / n["page_views"]),
    "item_views": (
        "item views/page view",
        "Items that came into view, without bots.",
        lambda n: n["item_views"] / n["page_views"],
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
        lambda n: n["peak_bytes"].get("python_worker"),
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


def constants(nights: Sequence[Night], reach: Sequence[float]) -> dict[str, dict[str, Any]]:
    """Every constant with its unit, and what was measured of it: n, min, median, max."""
    found: dict[str, dict[str, Any]] = {}
    for name, (unit, meaning, value) in SPLIT.items():
        splits = [split(group, value) for group in _groups(nights)]
        for part, per in PARTS.items():
            found[f"{name}_{part}"] = _constant(f"{unit}/{per}", meaning, [parts[part] for parts in splits])
    for name, (unit, meaning, value) in WHOLE.items():
        said = [value(night) for night in nights]
        found[name] = _constant(unit, meaning, [number for number in said if number is not None])
    looking_back = "Counting the visitors of four weeks, for every date on which somebody came."
    found["reach_core_seconds"] = _constant("core-seconds/million visitors and dates", looking_back, reach)
    return found | _catalogues(nights) | _mart_rows(nights)


def _groups(nights: Sequence[Night]) -> list[list[Night]]:
    """Nights that differ in nothing but their size, where there are enough of them to tell all parts apart."""
    groups: dict[tuple[int, int], list[Night]] = defaultdict(list)
    for night in nights:
        groups[night["seed"], night["min_visitors"]].append(night)
    return [group for group in groups.values() if len(group) >= len(PARTS)]


def _largest(nights: Sequence[Night]) -> list[tuple[Night, Night]]:
    """For each seed the night of most page views and samples: with most groups folded, with every group published."""
    found: dict[int, dict[bool, Night]] = defaultdict(dict)
    for night in sorted(nights, key=lambda night: night["samples"]):
        found[night["seed"]][night["min_visitors"] == 1] = night
    return [(of_seed[False], of_seed[True]) for of_seed in found.values()]


def _constant(unit: str, meaning: str, values: Sequence[float]) -> dict[str, Any]:
    rounded = [float(f"{value:.4g}") for value in (min(values), median(values), max(values))]
    return {"unit": unit, "meaning": meaning, "n": len(values)} | dict(
        zip(("min", "median", "max"), rounded, strict=True)
    )


def _catalogues(nights: Sequence[Night]) -> dict[str, dict[str, Any]]:
    return {
        name: _constant(
            f"{name}/day", f"Distinct {name} in the largest nights.", [seen[name] for _, seen in _largest(nights)]
        )
        for name in ("layouts", "stories", "ads")
    }


def _mart_rows(nights: Sequence[Night]) -> dict[str, dict[str, Any]]:
    """Rows and bytes of every mart, by what its rows multiply with."""
    found = {}
    for mart in [name for name in nights[0]["tables"] if name.startswith("mart.")]:
        per, divisor = ROWS_FOLLOW.get(mart, ("event date", None))
        rows = [_rows(mart, *pair) for pair in _largest(nights)]
        shares = [[count / (seen[divisor] if divisor else 1) for count in counts] for counts, seen in rows]
        published, seen_rows, every_cell = zip(*shares, strict=True)
        meaning = "min: as published; median: every group that was seen; max: every cell that pages have."
        values = [min(published), median(seen_rows), max(every_cell)]
        found[f"{mart}_rows"] = _constant(f"rows/{per}", meaning, values) | {"n": len(rows)}
        sizes = [seen["tables"][mart]["bytes"] / seen["tables"][mart]["rows"] for _, seen in rows]
        found[f"{mart}_row_bytes"] = _constant("bytes/row", "Stored, with the table's log.", sizes)
    return found


def _rows(mart: str, folded: Night, seen: Night) -> tuple[list[int], Night]:
    """Rows that were published, that every group seen would make, and that every cell of the pages would; and the night."""
    counts = [night["tables"][mart]["rows"] for night in (folded, seen)]
    cells = CELLS.get(mart)
    return [*counts, max(counts[1], seen[cells] if cells else 0)], seen
