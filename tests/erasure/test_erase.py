"""Erasure from end to end: no trace, and marts as if the visitors had never been there."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from jobs.config import Settings
from jobs.erasure.certificate import signature
from jobs.erasure.erase import Erasure, run_erasure, verify
from jobs.erasure.raw_lines import files_with
from jobs.erasure.search import search
from jobs.erasure.visitors import read_visitors
from jobs.errors import NothingNew, UsageError
from jobs.io import releases
from jobs.io.keys import load_ring
from jobs.io.raw_files import list_raw_files, open_raw
from jobs.io.store import Store
from jobs.nightly import Night, run_night
from jobs.rollback import rollback
from jobs.sql import connect, run_sql
from tests.erasure.erased_night import LAST_LANDING, Erased, erased_night
from tests.night.warehouses import newest_release, published, query

pytestmark = pytest.mark.spark

#: What the key file decides is the same in both warehouses; which run wrote a row is not.
CLEAN = "select * from {} order by all"


@pytest.fixture(
    scope="module",
    params=[
        pytest.param((60, 5, 3), id="small"),
        pytest.param((5300, 100, 50), id="2000-visitors", marks=pytest.mark.matrix),
    ],
)
def erased(request: pytest.FixtureRequest, spark: object, tmp_path_factory: pytest.TempPathFactory) -> Erased:
    page_views, erased_count, min_visitors = request.param
    return erased_night(tmp_path_factory.mktemp("erased"), page_views, erased_count, min_visitors)


def test_nothing_of_them_is_left_in_anything_that_is_stored(erased: Erased) -> None:
    visitors = read_visitors(erased.visitors, load_ring(str(erased.warehouse)))

    after = search(Store(str(erased.warehouse)), visitors)

    assert {trace.path.split("/")[0] for trace in erased.traces_before} == {"clean"}
    assert {trace.what for trace in erased.traces_before} == {"a visitor id", "a pseudonym"}
    assert after.traces == []
    assert after.object_count > 100


def test_marts_and_clean_are_as_if_they_had_never_been_there(erased: Erased) -> None:
    assert published(erased.warehouse) == published(erased.never_known)
    for table in ("clean.page_views", "clean.beacons"):
        rows = query(erased.warehouse, CLEAN.format(table))
        assert rows == query(erased.never_known, CLEAN.format(table))
        assert {row[0] for row in query(erased.warehouse, f"select distinct key_id from {table}")} == {"1", "2"}


def test_late_beacons_of_them_are_refused_and_counted(erased: Erased) -> None:
    terms = dict(
        query(
            erased.warehouse,
            "select reason, sum(row_count) from ops.reconciliation where table_name = 'clean.beacons' and "
            "quantity = 'lines' group by all",
        )
    )
    raw = open_raw(str(erased.raw))
    lines = sum(found.line_count for found in files_with(raw, list_raw_files(raw, LAST_LANDING)[0], erased.ids))

    assert 0 < terms["erased"] < lines
    assert terms["input"] == sum(count for reason, count in terms.items() if reason != "input")


def test_certificate_says_what_was_done_and_is_signed(erased: Erased) -> None:
    path = erased.message.rsplit("Certificate: ", 1)[1]
    certificate = json.loads((erased.warehouse / path).read_text())
    key = next(key for key in load_ring(str(erased.warehouse)).keys if key.id == certificate["signed_with_key"])
    signed = certificate.pop("signature")

    assert key.secret is not None and signed == signature(certificate, key.secret)
    assert (certificate["visitor_count"], certificate["traces"]) == (len(erased.ids), [])
    assert certificate["key_ids"] == ["1", "2", "3"]
    assert set(certificate["rows_removed"]) == {"clean.beacons", "clean.page_views"}
    assert all(count >= len(erased.ids) for count in certificate["rows_removed"].values())
    assert {file["line_count"] > 0 for file in certificate["raw_files"]} == {True}
    assert not any(visitor_id in json.dumps(certificate) for visitor_id in erased.ids)


def test_rollback_over_an_erasure_moves_marts_only(erased: Erased) -> None:
    store = Store(str(erased.warehouse))
    before = newest_release(erased.warehouse)

    message = rollback(str(erased.warehouse), 1)

    after = newest_release(erased.warehouse)
    assert "marts only" in message
    assert after.tables["clean.page_views"] == before.tables["clean.page_views"]
    assert after.tables["mart.reach_daily"] != before.tables["mart.reach_daily"]
    assert after.erasures == 1
    rollback(str(erased.warehouse), before.number)
    assert releases.newest_number(store) == before.number + 2


def test_clean_tables_of_releases_before_are_gone_and_say_why(erased: Erased) -> None:
    with pytest.raises(UsageError, match=r"people were erased from it since\. Ask a newer release"):
        run_sql(str(erased.warehouse), "select count(*) from clean.page_views", release_number=1)

    assert run_sql(str(erased.warehouse), "select count(*) from mart.reach_daily", release_number=1)
    connect(str(erased.warehouse), release_number=1).execute("select count(*) from mart.reach_daily").fetchall()


def test_raw_files_are_rewritten_on_demand_and_the_next_night_takes_them_as_known(erased: Erased) -> None:
    message = run_erasure(Erasure(erased.visitors, str(erased.raw), str(erased.warehouse), rewrites_raw=True))

    assert "Raw files hold nothing of them either" in message
    raw = open_raw(str(erased.raw))
    assert list(files_with(raw, list_raw_files(raw, dt.date.max)[0], erased.ids)) == []
    with pytest.raises(NothingNew):
        run_night(
            Night(LAST_LANDING, str(erased.raw), str(erased.warehouse), Settings(min_visitors=erased.min_visitors))
        )
    assert published(erased.warehouse) == published(erased.never_known)
    assert "no trace" in verify(Erasure(erased.visitors, str(erased.raw), str(erased.warehouse)))


def test_a_stopped_erasure_is_finished_by_the_next_night(
    spark: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from jobs.errors import InfrastructureFailed
    from jobs.stages import Stages
    from tests.night.warehouses import DATE, beacon, night, write_lines

    raw, warehouse, visitors = tmp_path / "raw", tmp_path / "warehouse", tmp_path / "visitors"
    write_lines(raw, [beacon(), beacon(visitor_id="v-22222222", page_view_id="pv-2", beacon_id="b-2")])
    night(raw, warehouse)
    visitors.write_text("v-22222222\n")

    def stopped(stages: Stages) -> None:
        raise OSError("the machine is gone")

    monkeypatch.setattr(Stages, "build", stopped)
    with pytest.raises(InfrastructureFailed):
        run_erasure(Erasure(visitors, str(raw), str(warehouse)))
    monkeypatch.undo()
    assert query(warehouse, "select count(*) from clean.page_views") == [(2,)]

    night(raw, warehouse, DATE)

    assert query(warehouse, "select page_view_id from clean.page_views") == [("pv-1",)]
    assert newest_release(warehouse).erasures == 1
    assert "no trace" in run_erasure(Erasure(visitors, str(raw), str(warehouse)))


@pytest.mark.slow
def test_a_table_that_kept_pseudonyms_in_its_log_keeps_none_from_the_next_night_on(
    spark: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.night.warehouses import beacon, night, write_lines

    raw, warehouse = tmp_path / "raw", tmp_path / "warehouse"
    write_lines(raw, [beacon()])
    monkeypatch.setattr(
        "jobs.io.delta.statistics_columns", lambda table: ["visitor_key"] if table.layer == "clean" else []
    )
    monkeypatch.setattr("jobs.io.delta.CLEAN", ())
    night(raw, warehouse)
    monkeypatch.undo()
    logs = warehouse / "clean" / "beacons" / "_delta_log"
    before = set(logs.glob("*.json"))
    assert any("minValues" in log.read_text() and "visitor_key" in _statistics(log) for log in before)

    write_lines(raw, [beacon(visitor_id="v-2", page_view_id="pv-2", beacon_id="b-2")], name="b.gz")
    night(raw, warehouse)

    added = set(logs.glob("*.json")) - before
    assert added and not any("visitor_key" in _statistics(log) for log in added)
    assert len(query(warehouse, "select * from clean.page_views")) == 2


def _statistics(log: Path) -> str:
    """Statistics of all files that a commit added."""
    actions = [json.loads(line) for line in log.read_text().splitlines()]
    return "".join(action["add"].get("stats") or "" for action in actions if "add" in action)
