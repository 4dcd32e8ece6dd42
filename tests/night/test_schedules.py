"""The same raw lines in any order of nights, cut into any files, with reruns and backfills between, whatever late beacons
rebuild meanwhile: equal tables.

`make order-matrix` runs 30 schedules, `make test-slow` one.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from jobs.backfill import Backfill, run_backfill
from jobs.config import Settings
from jobs.errors import NothingNew
from tests.night.warehouses import DATE, START_MS, beacon, night, page_views, published, write_lines

pytestmark = pytest.mark.spark

DAY_MS = 86_400_000
LAST = DATE + dt.timedelta(days=3)
#: The first landing date that brings no beacons of the three event dates: all their late windows are closed.
CLOSED = LAST + dt.timedelta(days=3)
SCHEDULES = range(int(os.environ.get("SCHEDULES", "30")))


def _lines() -> list[tuple[dt.date, dict[str, Any]]]:
    """Beacons of three event dates with their landing dates: late ones, doubles, a page view over midnight."""
    lines = []
    for number in range(24):
        day, late = number % 3, number % 4 if number % 5 == 0 else 0
        start = START_MS + day * DAY_MS + (13 * 3_600_000 + 3_590_000 if number % 8 == 0 else number * 60_000)
        clocks = {"started_at_ms": start, "sent_at_ms": start + 5000, "received_at_ms": start + 5000}
        names = {"beacon_id": f"b-{number}", "page_view_id": f"pv-{number}", "visitor_id": f"v-{number % 7}"}
        first = beacon(is_last=False, **names, **clocks)
        landing = min(DATE + dt.timedelta(days=day + late), LAST)
        lines.append((landing, first))
        if number % 3 == 0:
            later = {"sent_at_ms": start + 20_000, "received_at_ms": start + 20_000 + number * 1000}
            second = {**first, "beacon_id": f"c-{number}", "seq": 1, "is_last": True, **later}
            lines.append((min(landing + dt.timedelta(days=number % 2), LAST), second))
        if number % 6 == 0:
            lines.append((LAST, first))
    return lines


def _late_lines() -> list[dict[str, Any]]:
    """Beacons that land on the last landing date, late for dates whose windows are open: page views of the second and
    third event date, and two from the second to the third, of which the first beacon may come after the other one."""
    lines = []
    for number in range(4):
        # The second beacon is 20 s on the way: so much later the page view is taken to have started.
        seq = number % 2
        lines.append(_late_beacon(f"over-{number // 2}", 1, 13 * 3_600_000 + 3_590_000, seq=seq, delay_ms=20_000 * seq))
        lines.append(_late_beacon(f"late-{number}", 1 + number % 2, number * 60_000))
    return lines


def _late_beacon(name: str, day: int, after_ms: int, *, seq: int = 0, delay_ms: int = 0) -> dict[str, Any]:
    start = START_MS + day * DAY_MS + after_ms
    clocks = {"started_at_ms": start, "sent_at_ms": start + 5000, "received_at_ms": start + 5000 + delay_ms}
    return beacon(beacon_id=f"{name}-{seq}", page_view_id=name, visitor_id=name, seq=seq, is_last=False, **clocks)


@dataclass
class Schedule:
    """Which lines come before which night, and what happens between the nights."""

    seed: int
    dice: random.Random = field(init=False)
    policies: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        # Of their own: a seed goes on meaning the same schedule.
        self.policies = random.Random(f"late_rebuild {self.seed}")

    def run(self, raw: Path, warehouse: Path) -> None:
        """All lines through one to five nights, each with its own policy for late beacons, and after some of them one
        of late beacons alone; a last night closes the windows."""
        portions: list[list[tuple[dt.date, dict[str, Any]]]] = [[] for _ in range(self.dice.randint(1, 5))]
        for line in _lines():
            self.dice.choice(portions).append(line)
        late: list[list[dict[str, Any]]] = [[] for _ in portions]
        for late_line in _late_lines():
            self.policies.choice(late).append(late_line)
        for number, portion in enumerate(portions):
            self._write(raw, portion, number)
            with suppress(NothingNew):
                night(raw, warehouse, LAST, late_rebuild=self.policies.choice(["touched", "final"]))
            self._between(raw, warehouse)
            if late[number]:
                write_lines(raw, late[number], date=LAST, name=f"late-{number}.ndjson")
                night(raw, warehouse, LAST, late_rebuild=self.policies.choice(["touched", "final", "final"]))
        with suppress(NothingNew):
            night(raw, warehouse, CLOSED, late_rebuild="final")

    def _write(self, raw: Path, portion: list[tuple[dt.date, dict[str, Any]]], number: int) -> None:
        self.dice.shuffle(portion)
        for landing, line in portion:
            name = f"night-{number}-{self.dice.randint(0, 2)}.ndjson"
            path = raw / f"landing_date={landing}" / name
            before = [path.read_bytes().rstrip(b"\n")] if path.exists() else []
            write_lines(raw, [*before, line], date=landing, name=name)

    def _between(self, raw: Path, warehouse: Path) -> None:
        """Sometimes the same again: a landing date landed anew, a date built anew."""
        day = DATE + dt.timedelta(days=self.dice.randint(0, 3))
        what = self.dice.randint(0, 3)
        with suppress(NothingNew):
            if what == 0:
                night(raw, warehouse, day, rebuild=True, late_rebuild=self.policies.choice(["touched", "final"]))
            elif what == 1:
                settings = Settings(min_visitors=1, late_rebuild=self.policies.choice(["touched", "final"]))
                run_backfill(Backfill(DATE, day, str(raw), str(warehouse), settings, reprocess="completed"))


@pytest.fixture(scope="module")
def at_once(spark: object, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All lines in one night."""
    root = tmp_path_factory.mktemp("at-once")
    by_landing: dict[dt.date, list[bytes | dict[str, Any]]] = {}
    for landing, line in _lines():
        by_landing.setdefault(landing, []).append(line)
    by_landing[LAST] += _late_lines()
    for landing, lines in by_landing.items():
        write_lines(root / "raw", lines, date=landing)
    night(root / "raw", root / "warehouse", LAST)
    return root


def _check(seed: int, at_once: Path, tmp_path: Path) -> None:
    shutil.copy(at_once / "warehouse.key", tmp_path / "warehouse.key")
    Schedule(seed).run(tmp_path / "raw", tmp_path / "warehouse")

    assert page_views(tmp_path / "warehouse") == page_views(at_once / "warehouse")
    assert published(tmp_path / "warehouse") == published(at_once / "warehouse")


@pytest.mark.slow
def test_two_nights_with_a_backfill_between_give_the_tables_of_one(at_once: Path, tmp_path: Path) -> None:
    _check(8, at_once, tmp_path)


@pytest.mark.matrix
@pytest.mark.parametrize("seed", SCHEDULES)
def test_any_schedule_gives_the_tables_of_one_night(seed: int, at_once: Path, tmp_path: Path) -> None:
    _check(seed, at_once, tmp_path)
