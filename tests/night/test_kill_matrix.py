"""Killed at any instant, the warehouse serves the last release, and the next run gives the tables of an undisturbed one.

Every point of the matrix kills a whole process tree; `make kill-matrix` runs all of them, the default run one.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from jobs.io.journal import stories
from jobs.io.store import Store
from tests.night.warehouses import (
    DATE,
    START_MS,
    beacon,
    newest_release,
    night,
    page_views,
    published,
    query,
    versions,
    write_lines,
)
from warehouse_schema import TABLES

pytestmark = pytest.mark.spark

NEXT = DATE.replace(day=21)
EVENTS = ("started", "leased", "checked", "restore_done", "land_done", "build_done", "audit_done", "reconcile_done")
WRITES = [*(f"journal {event}" for event in EVENTS), *(f"commit {name}" for name in TABLES), "manifest", "release"]
#: Spark makes a frame of the staged rows after it has written them: their files are there, their reader is not.
NAMED = [f"{when} {what}" for what in WRITES for when in ("before", "after")]
NAMED += ["after stage ledger-0", "after stage ledger-1", "before journal ended", "after journal ended"]
#: Instants of a run that takes some 40 s on two cores; those after its end kill nothing, and say so.
RANDOM = [f"after {random.Random(seed).uniform(0, 45):.1f} s" for seed in range(int(os.environ.get("KILLS", "50")))]
PUBLISHED = {"after release", "before journal ended", "after journal ended"}
ONE = "after commit mart.story_attention_daily"


@dataclass
class Base:
    """A warehouse with one release, the input of a second night, and what that night makes undisturbed."""

    root: Path
    first: dict[str, list[tuple[object, ...]]]
    second: dict[str, list[tuple[object, ...]]]
    second_views: list[tuple[object, ...]]

    def copied(self, to: Path) -> tuple[Path, Path]:
        """Raw log and warehouse after the first night, with the second night's files."""
        for name in ("raw", "warehouse"):
            shutil.copytree(self.root / name, to / name)
        shutil.copy(self.root / "warehouse.key", to / "warehouse.key")
        return to / "raw", to / "warehouse"


@pytest.fixture(scope="module")
def base(spark: object, tmp_path_factory: pytest.TempPathFactory) -> Base:
    root = tmp_path_factory.mktemp("base")
    raw, warehouse = root / "raw", root / "warehouse"
    write_lines(raw, [beacon(beacon_id=f"b-{n}", page_view_id=f"pv-{n}", visitor_id=f"v-{n}") for n in range(4)])
    night(raw, warehouse, DATE)
    first = published(warehouse)
    clocks = {"started_at_ms": START_MS + 86_400_000, "sent_at_ms": START_MS + 86_405_000}
    new = [beacon(beacon_id="n", page_view_id="pv-n", received_at_ms=START_MS + 86_405_000, **clocks)]
    # A late beacon of the day before, one that came twice, and a line that is none.
    write_lines(raw, [*new, beacon(beacon_id="late", page_view_id="pv-late"), beacon(), b"{"], date=NEXT, name="b.gz")
    shutil.copytree(warehouse, root / "undisturbed")
    shutil.copy(root / "warehouse.key", root / "undisturbed.key")
    night(raw, root / "undisturbed", NEXT)
    return Base(root, first, published(root / "undisturbed"), page_views(root / "undisturbed"))


def _killed(point: str, raw: Path, warehouse: Path) -> int:
    words = ["nightly", "--date", str(NEXT), "--raw", str(raw), "--warehouse", str(warehouse)]
    command = [sys.executable, "-m", "tests.night.kill_at", point, *words, "--set", "min_visitors=1"]
    return subprocess.run(command, stderr=subprocess.DEVNULL, start_new_session=True, check=False).returncode


def _check(base: Base, point: str, tmp_path: Path) -> None:
    raw, warehouse = base.copied(tmp_path)

    code = _killed(point, raw, warehouse)

    is_out = newest_release(warehouse).number == 2
    assert code == -signal.SIGKILL or (code == 0 and point.endswith(" s")), "the point was never reached"
    if point in NAMED:
        assert is_out == (point in PUBLISHED)
    assert published(warehouse) == (base.second if is_out else base.first)
    if not is_out:
        night(raw, warehouse, NEXT)
    assert newest_release(warehouse).number == 2
    assert published(warehouse) == base.second
    assert page_views(warehouse) == base.second_views
    assert query(warehouse, "select count(*) from clean.beacons") == [(7,)]
    assert query(warehouse, "select count(*) from clean.rejected_beacons") == [(1,)]
    assert versions(warehouse) | newest_release(warehouse).tables == versions(warehouse)
    last = stories(Store(str(warehouse)))[0]
    was_ended = not is_out or code == 0 or point == "after journal ended"
    # A random instant may lie between the last event and the end of the process.
    assert last.exit_code == (0 if was_ended else None) or (point in RANDOM and last.exit_code == 0)


def test_killed_between_two_commits_the_last_release_stays_and_the_next_run_finishes(
    base: Base, tmp_path: Path
) -> None:
    _check(base, ONE, tmp_path)


@pytest.mark.matrix
@pytest.mark.parametrize("point", NAMED)
def test_killed_at_a_named_point(base: Base, point: str, tmp_path: Path) -> None:
    _check(base, point, tmp_path)


@pytest.mark.matrix
@pytest.mark.parametrize("point", RANDOM)
def test_killed_at_a_random_instant(base: Base, point: str, tmp_path: Path) -> None:
    _check(base, point, tmp_path)
