"""Constants out of measured nights: what is fixed and what page views and samples add, each with unit and range."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

import numpy as np

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


def constants(nights: Sequence[Night], reach: Sequence[float]) -> dict[str, dict[str, Any]]:
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
    looking_back = "Counting the visitors of four weeks, for every date on which somebody came."
    found["reach_core_seconds"] = _constant("core-seconds/million visitors and dates", looking_back, reach)
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
