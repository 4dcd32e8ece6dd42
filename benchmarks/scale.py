"""docs/SCALE.md: the plan of a very large warehouse, and the size at which each part of the design breaks.

    python -m benchmarks.scale [--check]

Every number of the page is an assumption that it names, or follows from assumptions and measured constants; `make docs`
writes it anew, and a test holds it against this module.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.scale_words import AFTER, BEFORE, BREAKS, HEAD
from jobs.build import LEDGERS
from jobs.config import Settings
from jobs.io.releases import InputFile
from jobs.plan.asked import Asked
from jobs.plan.constants import Constants, load
from jobs.plan.night import LISTED_PER_REQUEST, PARTITIONS_PER_CORE
from jobs.plan.plan import Plan
from jobs.plan.report import as_text, digits
from jobs.plan.storage import REBUILT_DATES
from jobs.steps.ledger import Ledger

PAGE = Path(__file__).resolve().parents[1] / "docs" / "SCALE.md"

MONTHLY_USERS, DAILY_SHARE, VIEWS_PER_USER = 1_190_000_000, 0.6, 10
SAMPLES_PER_VIEW = 500
LAYOUTS, STORIES, ADS = 200, 10_000_000, 1_000_000
NIGHT_HOURS, EXECUTOR_CORES = 6, 16
#: A driver; what one task, and what one list on the driver, should hold at most.
DRIVER_CORES, DRIVER_GB, TASK_GB, LIST_GB = 16, 64, 4, 1
#: Paths in one query, live files of one table, cores of one cluster that are hard to go beyond.
PATHS, LIVE_FILES, CLUSTER_CORES = 100_000, 1_000_000, 10_000
#: Seconds that an object store takes for a page of a listing.
LIST_S = 0.1
#: Of the item views: those of stories and ads that fewer than min_visitors saw; of these, those of the commonest group.
TAIL_SHARE, GROUP_SHARE = 0.3, 0.5
#: Of the sessions: those in the one published row that a short group takes in.
TAKEN_SHARE = 0.01


@dataclass(frozen=True)
class Break:
    """A part of the design, its arithmetic, and the page views a day from which on it breaks."""

    name: str
    arithmetic: str
    page_views: float


def asked() -> Asked:
    """The warehouse of the page."""
    return Asked(
        daily_page_views=round(MONTHLY_USERS * DAILY_SHARE * VIEWS_PER_USER),
        samples_per_view=SAMPLES_PER_VIEW,
        layouts=LAYOUTS,
        stories=STORIES,
        ads=ADS,
        night_hours=NIGHT_HOURS,
        executor_cores=EXECUTOR_CORES,
    )


def command(size: Asked) -> str:
    """The command that plans this size."""
    return (
        f"hoverlake plan --daily-page-views {size.daily_page_views} --samples-per-view {size.samples_per_view:g} \\\n"
        f"    --layouts {size.layouts} --stories {size.stories} --ads {size.ads} --night-hours {size.night_hours:g} "
        f"--executor-cores {size.executor_cores}"
    )


def breaks(plan: Plan) -> list[Break]:
    """All parts that break, the first to break first."""
    return sorted([*_of_tasks(plan), *_of_lists(plan)], key=lambda found: found.page_views)


def _of_tasks(plan: Plan) -> Iterator[Break]:
    """What one process or one task has to hold or to do."""
    views, entry = plan.asked.daily_page_views, entry_bytes()
    raw_gb, check = plan.storage.raw_bytes.likely / views / 1e9, plan.constants["check_core_seconds"].likely
    yield Break(
        "check",
        f"{DRIVER_CORES} cores x {NIGHT_HOURS} h / ({check:.3g} core-s/GB x {raw_gb * 1e6:.3g} kB per page view)",
        DRIVER_CORES * NIGHT_HOURS * 3600 / (check * raw_gb),
    )
    shuffled = plan.night.shuffle_bytes.likely / views
    yield Break(
        "partitions",
        f"{PARTITIONS_PER_CORE} x {DRIVER_CORES} partitions x {TASK_GB} GB / {shuffled / 1e3:.3g} kB shuffled per page view "
        f"({REBUILT_DATES} dates)",
        PARTITIONS_PER_CORE * DRIVER_CORES * TASK_GB * 1e9 / shuffled,
    )
    items = plan.constants["item_views"].likely
    yield Break(
        "tail",
        f"{TASK_GB} GB / ({items:.3g} item views per page view x {TAIL_SHARE:.0%} in the tail x {GROUP_SHARE:.0%} in one group "
        f"x {entry} B)",
        TASK_GB * 1e9 / (items * TAIL_SHARE * GROUP_SHARE * entry),
    )
    yield Break(
        "remainders",
        f"{DRIVER_GB} GB / 3 copies / ({TAKEN_SHARE:.0%} of at most one session per page view x {entry} B)",
        DRIVER_GB * 1e9 / 3 / (TAKEN_SHARE * entry),
    )
    core_hours = plan.night.core_hours.likely / views
    yield Break(
        "lease",
        f"{CLUSTER_CORES:,} cores x 24 h / {core_hours * 3600 * 1e3:.3g} core-ms per page view",
        CLUSTER_CORES * 24 / core_hours,
    )


def _of_lists(plan: Plan) -> Iterator[Break]:
    """What is listed on the driver: raw files, and files of tables."""
    views, record = plan.asked.daily_page_views, record_bytes()
    per_file = plan.asked.raw_file_mb * 1e6 / (plan.storage.raw_bytes.likely / views)
    yield Break("paths", f"{PATHS:,} files x {per_file:,.0f} page views per file of 128 MB", PATHS * per_file)
    yield Break(
        "manifest",
        f"{LIST_GB} GB / ({record} B per file x 365 days) x {per_file:,.0f} page views per file",
        LIST_GB * 1e9 / (record * 365) * per_file,
    )
    days = plan.asked.retention_days["raw"]
    yield Break(
        "listing",
        f"{LISTED_PER_REQUEST:,} files per request x 1 h / {LIST_S} s per request / {days} days x {per_file:,.0f} page views "
        "per file",
        LISTED_PER_REQUEST * 3600 / LIST_S / days * per_file,
    )
    days = plan.asked.retention_days["clean"]
    yield Break(
        "log",
        f"{LIVE_FILES:,} files / ({days} days x {REBUILT_DATES} start dates per raw file) x {per_file:,.0f} page views per file",
        LIVE_FILES / (days * REBUILT_DATES) * per_file,
    )


def entry_bytes() -> int:
    """A mart's entry in memory, at 8 bytes a column: the wider of the two ledgers, less for texts than they take."""
    settings = Settings()
    ledgers = [Ledger([job.spec(settings) for job in jobs], settings.hist_edges_ms) for jobs in LEDGERS]
    others = 8  # person, page view, page views, three flags, binned time, carried text
    return max(
        8 * (len(x.keys) + len(x.amounts) + len(x.view_counts) + 2 * len(x.visitor_counts) + others) for x in ledgers
    )


def record_bytes() -> int:
    """A raw file in a release's manifest."""
    path = "landing_date=2026-11-20/part-20261120-00000.ndjson.gz"
    file = InputFile(path, 128_000_000, "5e" * 16, "5e" * 32, 100_000, "2026-11-20")
    return len(json.dumps([asdict(file)], indent=0))


def render(constants: Constants | None = None) -> str:
    """The page."""
    size = asked()
    plan = Plan(size, constants or load())
    facts = {
        "users": f"{MONTHLY_USERS:,}",
        "daily_share": f"{DAILY_SHARE:.0%}",
        "views_per_user": VIEWS_PER_USER,
        "views": f"{size.daily_page_views:,}",
        "samples": SAMPLES_PER_VIEW,
        "layouts": LAYOUTS,
        "stories": f"{STORIES:,}",
        "ads": f"{ADS:,}",
        "command": command(size),
        "plan": as_text(plan).rstrip(),
        "night_hours": NIGHT_HOURS,
        "task_gb": TASK_GB,
        "list_gb": LIST_GB,
        "list_s": LIST_S,
        "paths": f"{PATHS:,}",
        "live_files": f"{LIVE_FILES:,}",
        "cluster_cores": f"{CLUSTER_CORES:,}",
        "tail_share": f"{TAIL_SHARE:.0%}",
        "group_share": f"{GROUP_SHARE:.0%}",
        "taken_share": f"{TAKEN_SHARE:.0%}",
        "driver": f"{DRIVER_CORES} cores and {DRIVER_GB} GB",
    }
    rows = [
        f"| {BREAKS[found.name][0]} | {found.arithmetic} | {_rounded(found.page_views)} | "
        f"{digits(size.daily_page_views / found.page_views)} | {BREAKS[found.name][1]} |"
        for found in breaks(plan)
    ]
    return "\n".join([BEFORE.format(**facts), HEAD, *rows, AFTER.format(**facts)])


def _rounded(number: float) -> str:
    return f"{float(f'{number:.2g}'):,.0f}"


def main() -> int:
    """Write the page; with --check only say if it is stale."""
    text = render()
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(text, encoding="utf-8")
    elif not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != text:
        print("docs/SCALE.md is stale: run make docs.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
