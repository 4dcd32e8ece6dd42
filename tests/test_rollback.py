"""Rolling back: the next number with older pins, nothing copied, and nothing written where it cannot be."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest
from deltalake import DeltaTable

from jobs.errors import InfrastructureFailed, LeaseHeld, UsageError
from jobs.io import releases
from jobs.io.journal import stories
from jobs.io.lease import held_lease
from jobs.io.releases import EventDate, InputFile, Release
from jobs.io.store import Store
from jobs.rollback import rollback
from jobs.sql import run_sql
from tests.reading.small_warehouse import write_table
from warehouse_schema import PINNED, TABLES
from warehouse_schema.derive import rows

EXPOSURE = "mart.viewport_exposure_daily"
BEACONS = "clean.beacons"
NOW = dt.datetime(2026, 11, 25, 9, 0, tzinfo=dt.UTC)


def file(name: str) -> InputFile:
    return InputFile(f"landing_date=2026-11-20/{name}", 10, "etag", "5e" * 32, 2, "2026-11-20")


def record(number: int, tables: dict[str, int], created_at: dt.datetime, **changes: object) -> Release:
    dates = {f"2026-11-{19 + n}": EventDate("provisional", "0.1.0", "0" * 64) for n in range(1, number + 1)}
    plain = Release(number, f"run-{number}", created_at.isoformat(), f"2026-11-{19 + number}", tables, dates, {})
    return replace(plain, **changes)  # type: ignore[arg-type]


def two_nights(root: Path, age: dt.timedelta = dt.timedelta(days=2), **second: object) -> str:
    """Release 1, `age` before NOW, and release 2: one row of exposure and one beacon more each."""
    warehouse = str(root)
    for number, visible_ms in ((1, 7), (2, 5)):
        tables = {
            EXPOSURE: write_table(warehouse, EXPOSURE, rows(TABLES[EXPOSURE], {"visible_ms": visible_ms})),
            BEACONS: write_table(warehouse, BEACONS, rows(TABLES[BEACONS], {"beacon_id": f"b-{number}"})),
        }
        made = record(number, tables, NOW - age / number, **(second if number == 2 else {}))
        assert releases.publish(Store(warehouse), made, {file(f"{n}").path: file(f"{n}") for n in range(number)})
    return warehouse


def visible_ms(warehouse: str) -> str | None:
    return run_sql(warehouse, f"select sum(visible_ms) as ms from {EXPOSURE}", "csv")


def newest(warehouse: str) -> Release:
    release = releases.newest(Store(warehouse))
    assert release is not None
    return release


def paths(warehouse: str) -> set[str]:
    return {item.path for item in Store(warehouse).list()}


def test_a_rollback_is_the_next_number_with_the_pins_the_dates_and_the_manifest_of_the_older_release(
    tmp_path: Path,
) -> None:
    warehouse = two_nights(tmp_path)
    before = paths(warehouse)

    said = rollback(warehouse, 1, NOW)

    again = newest(warehouse)
    assert said == (
        f"published release 3 of {warehouse}: rolled back to release 1 of landing date 2026-11-20. "
        "The next night starts from it."
    )
    assert (again.number, again.kind, again.rolled_back_to) == (3, "rollback", 1)
    assert again.tables == {EXPOSURE: 0, BEACONS: 0}
    assert (again.landing_date, list(again.event_dates)) == ("2026-11-20", ["2026-11-20"])
    assert list(releases.manifest(Store(warehouse), 3)) == [file("0").path]
    assert visible_ms(warehouse) == "ms\n7\n"
    assert {path.split("/")[0] for path in paths(warehouse) - before} == {
        "_releases",
        "_manifests",
        "_lease",
        "_journal",
    }


def test_a_rollback_can_be_rolled_back(tmp_path: Path) -> None:
    warehouse = two_nights(tmp_path)
    rollback(warehouse, 1, NOW)

    rollback(warehouse, 2, NOW + dt.timedelta(seconds=1))

    assert (newest(warehouse).number, newest(warehouse).tables) == (4, {EXPOSURE: 1, BEACONS: 1})
    assert visible_ms(warehouse) == "ms\n12\n"


def test_a_rollback_leaves_its_story(tmp_path: Path) -> None:
    warehouse = two_nights(tmp_path)

    said = rollback(warehouse, 1, NOW)

    [story] = stories(Store(warehouse))
    assert (story.command, story.exit_code, story.message) == ("rollback", 0, said)
    assert story.facts["rolled_back_to"] == 1
    assert story.run_id == newest(warehouse).run_id


@pytest.mark.parametrize("number", [2, 3])
def test_to_the_current_release_there_is_nothing_to_roll_back(tmp_path: Path, number: int) -> None:
    warehouse = two_nights(tmp_path)
    rollback(warehouse, 1, NOW)

    # Release 3 is the current one; 2 it was, before release 4 rolls back to it.
    if number == 2:
        rollback(warehouse, 2, NOW + dt.timedelta(seconds=1))
    with pytest.raises(UsageError, match="nothing to roll back"):
        rollback(warehouse, number, NOW + dt.timedelta(seconds=2))


def test_a_release_that_was_never_published(tmp_path: Path) -> None:
    warehouse = two_nights(tmp_path)

    with pytest.raises(UsageError, match="there is no release 9"):
        rollback(warehouse, 9, NOW)

    assert newest(warehouse).number == 2
    assert stories(Store(warehouse)) == []


def test_while_a_run_works_nothing_is_rolled_back(tmp_path: Path) -> None:
    warehouse = two_nights(tmp_path)

    with (
        held_lease(Store(warehouse), "night-at-work"),
        pytest.raises(LeaseHeld, match="held by run night-at-work") as refused,
    ):
        rollback(warehouse, 1, NOW)

    assert refused.value.exit_code == 13
    assert newest(warehouse).number == 2
    assert [story.exit_code for story in stories(Store(warehouse))] == [13]
    rollback(warehouse, 1, NOW + dt.timedelta(seconds=1))
    assert newest(warehouse).number == 3


@pytest.mark.parametrize(("hours", "is_whole"), [(7 * 24, True), (7 * 24 + 1, False), (30 * 24, False)])
def test_beyond_seven_days_marts_go_back_and_clean_and_the_manifest_stay(
    tmp_path: Path, hours: int, is_whole: bool
) -> None:
    warehouse = two_nights(tmp_path, dt.timedelta(hours=hours))

    said = rollback(warehouse, 1, NOW)

    again = newest(warehouse)
    assert again.tables == {EXPOSURE: 0, BEACONS: 0 if is_whole else 1}
    assert len(releases.manifest(Store(warehouse), 3)) == (1 if is_whole else 2)
    assert again.landing_date == ("2026-11-20" if is_whole else "2026-11-21")
    assert list(again.event_dates) == ["2026-11-20"]
    assert ("marts only" in said) is not is_whole


@pytest.mark.parametrize(("days", "awaiting"), [(2, []), (8, ["2026-11-20"])])
def test_late_beacons_wait_as_they_do_for_the_clean_tables_that_are_served(
    tmp_path: Path, days: int, awaiting: list[str]
) -> None:
    warehouse = two_nights(tmp_path, dt.timedelta(days=days), awaiting_final=["2026-11-20"])

    rollback(warehouse, 1, NOW)

    assert newest(warehouse).awaiting_final == awaiting


def test_marts_go_back_though_clean_of_that_release_is_gone(tmp_path: Path) -> None:
    warehouse = two_nights(tmp_path, dt.timedelta(days=8))
    folder = tmp_path / BEACONS.replace(".", "/")
    DeltaTable(folder).create_checkpoint()
    (folder / "_delta_log" / f"{0:020d}.json").unlink()

    rollback(warehouse, 1, NOW)

    assert visible_ms(warehouse) == "ms\n7\n"


def test_beyond_thirty_days_nothing_goes_back(tmp_path: Path) -> None:
    warehouse = two_nights(tmp_path, dt.timedelta(days=31))

    with pytest.raises(UsageError, match=r"release 1 of .* was built 31 days ago; tables are kept for 30 days"):
        rollback(warehouse, 1, NOW)

    assert newest(warehouse).number == 2


def test_serving_tables_again_does_not_make_them_younger(tmp_path: Path) -> None:
    warehouse = two_nights(tmp_path, dt.timedelta(days=6))
    rollback(warehouse, 1, NOW)  # release 3
    rollback(warehouse, 2, NOW + dt.timedelta(seconds=1))

    with pytest.raises(UsageError, match=r"release 3 of .* was built 32 days ago"):
        rollback(warehouse, 3, NOW + dt.timedelta(days=26))


@pytest.mark.parametrize("part", ["log", "data", "table"])
def test_a_pin_that_cannot_be_opened_is_named_and_nothing_is_written(tmp_path: Path, part: str) -> None:
    warehouse = two_nights(tmp_path)
    folder = tmp_path / EXPOSURE.replace(".", "/")
    if part == "table":
        shutil.rmtree(folder)
    elif part == "log":
        (folder / "_delta_log" / f"{0:020d}.json").unlink()
    else:
        oldest = min(folder.rglob("*.parquet"), key=lambda path: path.stat().st_mtime_ns)
        oldest.unlink()

    with pytest.raises(InfrastructureFailed, match=f"release 1 of .* cannot be served again: {EXPOSURE}"):
        rollback(warehouse, 1, NOW)

    assert newest(warehouse).number == 2
    [story] = stories(Store(warehouse))
    assert story.exit_code == 14


def test_a_record_of_before_rollbacks_is_read_as_a_night(tmp_path: Path) -> None:
    store = Store(str(tmp_path), create=True)
    releases.publish(store, record(1, {}, NOW), {})
    old = store.json("_releases/000001.json")
    del old["kind"], old["rolled_back_to"]
    store.put("_releases/000001.json", json.dumps(old).encode())

    assert (newest(str(tmp_path)).kind, newest(str(tmp_path)).rolled_back_to) == ("night", None)


def test_all_tables_go_back_in_under_a_second(tmp_path: Path) -> None:
    warehouse = str(tmp_path)
    for number in (1, 2):
        tables = {table.name: write_table(warehouse, table.name, rows(table, {})) for table in PINNED}
        releases.publish(Store(warehouse), record(number, tables, NOW), {})

    began = time.perf_counter()
    rollback(warehouse, 1, NOW)

    assert time.perf_counter() - began < 1


def test_a_number_that_another_run_takes_meanwhile_is_left_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = two_nights(tmp_path)
    publish = releases.publish

    def overtaken(store: Store, release: Release, files: dict[str, InputFile]) -> bool:
        assert publish(store, replace(release, run_id="faster", kind="night", rolled_back_to=None), {})
        return publish(store, release, files)

    monkeypatch.setattr(releases, "publish", overtaken)

    with pytest.raises(InfrastructureFailed, match=r"release 3 of .* was taken by another run"):
        rollback(warehouse, 1, NOW)

    assert newest(warehouse).run_id == "faster"
    assert [story.exit_code for story in stories(Store(warehouse))] == [14]
