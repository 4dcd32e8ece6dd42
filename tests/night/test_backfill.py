"""Input that came too late, was rewritten, or should be counted by other rules: taken by an operator's word."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from jobs.backfill import Backfill, plan_backfill, run_backfill
from jobs.config import Settings
from jobs.errors import InputUnreadable, NothingNew, UsageError
from jobs.io import releases
from jobs.io.store import Store
from jobs.maintain import Maintenance, run_maintenance
from jobs.nightly import Night, run_night
from jobs.sql import connect
from tests.night.warehouses import (
    DATE,
    START_MS,
    beacon,
    newest_release,
    night,
    published,
    query,
    versions,
    write_lines,
)

pytestmark = pytest.mark.spark

LATER = DATE.replace(day=25)
ONE = Settings(min_visitors=1)
VIEWS = "select event_date::varchar, count(*) from clean.page_views group by 1 order by 1"


def _asked(root: Path, **changes: object) -> Backfill:
    return replace(Backfill(DATE, DATE, str(root / "raw"), str(root / "warehouse"), ONE), **changes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def late(spark: object, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two dates; the second holds a beacon that came five days late."""
    root = tmp_path_factory.mktemp("late")
    write_lines(root / "raw", [beacon(), beacon(beacon_id="b-2", page_view_id="pv-2", visitor_id="v-2")])
    clocks = dict.fromkeys(("started_at_ms", "sent_at_ms", "received_at_ms"), START_MS + 5 * 86400000)
    today = beacon(beacon_id="b-3", page_view_id="pv-3", **clocks)
    slow = beacon(beacon_id="b-4", page_view_id="pv-4", visitor_id="v-4")
    write_lines(root / "raw", [today, slow], date=LATER, name="b.ndjson")
    night(root / "raw", root / "warehouse", LATER)
    return root


@pytest.mark.slow
def test_lines_that_were_too_late_are_taken_once_and_for_all(late: Path) -> None:
    raw, warehouse = late / "raw", late / "warehouse"
    assert query(warehouse, VIEWS) == [("2026-11-20", 2), ("2026-11-25", 1)]
    assert query(warehouse, "select reason from clean.rejected_beacons") == [("too_late",)]

    planned = list(plan_backfill(_asked(late)).lines())
    assert planned[0] == "2026-11-20  build  1 lines were too late and may belong to it"
    assert "            lands anew landing_date=2026-11-25" in planned
    said = run_backfill(_asked(late))

    assert said.startswith("backfilled 1 event dates from 2026-11-20 to 2026-11-20; published release 2")
    assert query(warehouse, VIEWS) == [("2026-11-20", 3), ("2026-11-25", 1)]
    assert query(warehouse, "select count(*) from clean.rejected_beacons") == [(0,)]
    with pytest.raises(NothingNew, match="has no new input"):
        run_backfill(_asked(late))
    # The decision is part of the configuration: landing the date anew repeats it.
    run_night(Night(LATER, str(raw), str(warehouse), ONE, rebuild=True))
    assert query(warehouse, VIEWS) == [("2026-11-20", 3), ("2026-11-25", 1)]


@pytest.mark.slow
def test_other_thresholds_rebuild_from_clean_without_raw_and_go_on_after_an_interruption(
    late: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("warehouse", "warehouse.key"):
        (shutil.copytree if name == "warehouse" else shutil.copy)(late / name, tmp_path / name)
    (tmp_path / "raw").mkdir()
    other = Settings(min_visitors=1, hover_ms=5000)
    asked = _asked(tmp_path, last=LATER, settings=other, reprocess="completed", max_dates_per_batch=1)
    hovered = "select event_date::varchar, sum(hovered_count) from mart.story_attention_daily group by 1 order by 1"
    before = query(tmp_path / "warehouse", hovered)
    number = newest_release(tmp_path / "warehouse").number

    plan = plan_backfill(asked)
    assert [(str(date.date), date.why) for date in plan.built] == [
        ("2026-11-20", "it was built with other thresholds"),
        ("2026-11-25", "it was built with other thresholds"),
    ]
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("jobs.backfill.run_night", _second_time_interrupted())
        run_backfill(asked)
    assert newest_release(tmp_path / "warehouse").number == number + 1
    assert [str(date.date) for date in plan_backfill(asked).built] == ["2026-11-25"]
    run_backfill(asked)

    assert newest_release(tmp_path / "warehouse").number == number + 2
    assert all(count > 0 for _, count in before)
    assert query(tmp_path / "warehouse", hovered) == [(date, 0) for date, _ in before]


def _second_time_interrupted():  # type: ignore[no-untyped-def]
    nights = []

    def run(night: Night) -> str:
        if nights:
            raise KeyboardInterrupt
        nights.append(night)
        return run_night(night)

    return run


@pytest.mark.slow
def test_a_rewritten_file_takes_the_place_of_its_rows_when_an_operator_says_so(spark: object, tmp_path: Path) -> None:
    raw, warehouse = tmp_path / "raw", tmp_path / "warehouse"
    write_lines(raw, [beacon()], name="a.ndjson")
    path = write_lines(raw, [beacon(beacon_id="b-2", page_view_id="pv-2")], name="b.ndjson")
    night(raw, warehouse)
    # Other bytes: one page view is gone, another one is there on the date before.
    clocks = dict.fromkeys(("started_at_ms", "sent_at_ms", "received_at_ms"), START_MS - 86400000)
    write_lines(raw, [beacon(beacon_id="b-9", page_view_id="pv-9", **clocks)], name="b.ndjson")

    with pytest.raises(InputUnreadable, match=r"rewritten .*b\.ndjson.*--accept-rewritten"):
        night(raw, warehouse)
    with pytest.raises(UsageError, match="no raw file of this name"):
        run_night(Night(DATE, str(raw), str(warehouse), ONE, accept_rewritten=["landing_date=2026-11-20/c.ndjson"]))
    run_night(Night(DATE, str(raw), str(warehouse), ONE, accept_rewritten=[str(path)]))

    assert query(warehouse, VIEWS) == [("2026-11-19", 1), ("2026-11-20", 1)]
    assert query(warehouse, "select page_view_id from clean.page_views order by 1") == [("pv-1",), ("pv-9",)]
    with pytest.raises(NothingNew):
        night(raw, warehouse)


@pytest.mark.slow
def test_maintenance_joins_files_lets_old_rows_go_and_keeps_every_release_readable(late: Path, tmp_path: Path) -> None:
    raw, warehouse = tmp_path / "raw", tmp_path / "warehouse"
    for name in ("raw", "warehouse"):
        shutil.copytree(late / name, tmp_path / name)
    shutil.copy(late / "warehouse.key", tmp_path / "warehouse.key")
    before, number = published(warehouse), newest_release(warehouse).number
    (warehouse / "_staging/20261101T000000000Z-1/ledger-0").mkdir(parents=True)

    said = run_maintenance(Maintenance(DATE.replace(month=12, day=21), str(warehouse)))

    assert f"release {number + 1}" in said
    assert "clean.page_views" in said
    assert not list((warehouse / "_staging").glob("*"))
    assert query(warehouse, VIEWS) == [("2026-11-25", 1)]
    assert published(warehouse) == before
    assert versions(warehouse) | newest_release(warehouse).tables == versions(warehouse)
    for old in range(1, number + 1):
        assert connect(str(warehouse), release_number=old).execute(VIEWS).fetchall()
    # What clean has let go of is not built again from what comes later.
    assert newest_release(warehouse).clean_since == "2026-11-21"
    write_lines(raw, [beacon(beacon_id="b-7", page_view_id="pv-7")], name="after.ndjson")
    with pytest.raises(NothingNew):
        night(raw, warehouse, DATE.replace(month=12, day=21))
    assert published(warehouse) == before
    record = releases.read(Store(str(warehouse)), number + 1)
    assert record is not None and "2026-11-20" in record.event_dates


def test_nothing_to_maintain_without_a_release(tmp_path: Path) -> None:
    with pytest.raises(NothingNew, match="nothing published"):
        run_maintenance(Maintenance(DATE, str(tmp_path / "warehouse")))
