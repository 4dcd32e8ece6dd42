"""What a night costs, measured and stored as the constants that `hoverlake plan` multiplies.

    python -m benchmarks.costs [--seeds 2] [--page-views 1000 4000]

Three nights, each in a process of its own: few page views, many, and many of which only every fourth pointer sample was
sent. Three nights tell three things apart: what a night costs whatever comes, what each page view adds, and what each
sample adds. In nights as small as these most groups have too few visitors and fold; in large ones few do. So they run
twice for each seed, with min_visitors as it is and with 1, and the truth lies between.
What mart.reach_daily adds by looking four weeks back is measured apart.

Written to jobs/plan/measured_costs.json, with every night's own figures.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gzip
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.cost_constants import Night, constants
from jobs import __version__
from jobs.plan.constants import FILE
from jobs.simulator import simulate
from warehouse_schema.purposes import WITHHELD

DAY = dt.date(2026, 11, 20)
#: The simulator's latest beacons land five days after: one night takes all of them, and builds one event date.
LANDED = DAY + dt.timedelta(days=5)
THINNED = 4
MIN_VISITORS = 50


def nights_of(seed: int, page_views: Sequence[int]) -> Iterator[Night]:
    """The nights of one seed: few page views, many, many with fewer samples; each with most groups folded, and with none."""
    few, many = page_views
    for min_visitors in (MIN_VISITORS, 1):
        yield _night(seed, min_visitors, few)
        yield _night(seed, min_visitors, many)
        yield _night(seed, min_visitors, many, keep_every=THINNED)


def _night(seed: int, min_visitors: int, page_views: int, keep_every: int = 1) -> Night:
    with tempfile.TemporaryDirectory() as folder:
        raw, warehouse = Path(folder) / "raw", Path(folder) / "warehouse"
        simulate(DAY, page_views, seed, raw, processes=os.cpu_count() or 1)
        samples = sum(_thin(file, keep_every) for file in raw.rglob("*.ndjson.gz"))
        files = [file for file in raw.rglob("*") if file.is_file()]
        words = [str(raw), str(warehouse), str(LANDED), str(min_visitors)]
        taken = _measured("benchmarks.metered_night", *words)
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


def _measured(module: str, *words: str) -> Any:
    """What a module prints in a process of its own."""
    run = [sys.executable, "-m", module, *words]
    return json.loads(subprocess.run(run, check=True, stdout=subprocess.PIPE).stdout)


def _thin(file: Path, keep_every: int) -> int:
    """Leave one of `keep_every` pointer samples of each line; how many samples the file has then."""
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
                 list_count(list_filter([480, 768, 1024, 1440, 1920], lambda edge: viewport_w_px >= edge))
    """
    return {
        "layouts": number("select count(distinct layout_id) from clean.page_views"),
        "stories": number("select count(distinct item_id) from clean.item_views where item_type in ('story', 'video')"),
        "ads": number(f"select count(distinct ad_id) from clean.item_views where ad_id <> '{WITHHELD}'"),
        "visitors": number("select count(distinct visitor_key) from clean.page_views where traffic_class = 'human'"),
        "item_views": number("select count(*) from clean.item_views where traffic_class = 'human'"),
        "cells_of_pages": number(f"select sum(columns * (seen_rows + rows)) from ({pages})"),
        "rows_of_pages": number(f"select sum(rows) from ({pages})"),
    }


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


def document(nights: Sequence[Night], reach: Sequence[float]) -> dict[str, Any]:
    """The file of constants."""
    return {
        "measured_on": str(dt.datetime.now(dt.UTC).date()),
        "command": "python -m benchmarks.costs",
        "machine": machine(),
        "versions": versions(),
        "constants": constants(nights, reach),
        "nights": list(nights),
        "reach": list(reach),
    }


def main() -> None:
    """Measure, and write the constants."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--seeds", type=int, default=2, help="repetitions, each of other people")
    words.add_argument("--page-views", type=int, nargs=2, default=(1000, 4000), metavar=("FEW", "MANY"))
    asked = words.parse_args()
    reach = _measured("benchmarks.metered_reach")
    nights = [night for seed in range(1, asked.seeds + 1) for night in nights_of(seed, asked.page_views)]
    FILE.write_text(json.dumps(document(nights, reach), indent=1) + "\n", encoding="utf-8")
    print(f"written: {FILE}")


if __name__ == "__main__":
    main()
