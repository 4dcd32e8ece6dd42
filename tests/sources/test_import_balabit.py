"""balabit: two clocks and unknown positions; small sessions, one rule each, then the real ones.

By default one real session stands for all, the last by name; `make test-slow` takes all twelve of both people.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from jobs.errors import InputUnreadable, UsageError
from jobs.sources import ImportSummary, balabit, import_source
from jobs.sources.beacons import RECORDS_PER_BEACON, beacons_of
from jobs.sources.page_view import PageView, Tally
from tests.sources.balabit_expected import (
    DATA,
    Session,
    expected,
    milliseconds,
    needs_balabit,
    part,
    rows_of,
    sessions,
)
from tests.sources.part_of import linked
from tests.sources.raw_contract import breaches, read_beacons
from tests.steps.plain_rows import Row, kernel_rows

DATE = dt.date(2026, 1, 5)
HEADER = "record timestamp,client timestamp,button,state,x,y\n"


def session(root: Path, rows: str, name: str = "session_1", header: str = HEADER) -> Path:
    file = root / "user1" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(header + rows)
    return root


def only_page_view(root: Path, tally: Tally | None = None) -> PageView:
    [page_view] = balabit.page_views(root, tally or Tally())
    return page_view


def test_the_clients_clock_tells_when_and_the_monitors_when_it_was_received(tmp_path: Path) -> None:
    session(tmp_path, "5.0,9.0,NoButton,Move,10,20\n5.25,9.1,Left,Pressed,11,20\n7.5,9.3,Left,Released,11,21\n")

    page_view = only_page_view(tmp_path)
    [beacon] = beacons_of("balabit", page_view, DATE)

    assert page_view.streams["pointer"]["t_ms"] == [0, 100, 300]
    assert page_view.streams["clicks"] == {"t_ms": [100], "x_px": [11], "y_px": [20]}
    assert beacon["sent_at_ms"] - beacon["started_at_ms"] == 300
    assert beacon["received_at_ms"] - beacon["started_at_ms"] == 2500
    # received - (sent - started): 2500 - 300 ms on the way.
    [row] = kernel_rows([beacon])
    assert row["started_at"].timestamp() * 1000 - beacon["started_at_ms"] == pytest.approx(2200)


def test_several_rows_of_one_instant_are_received_with_the_last_of_them(tmp_path: Path) -> None:
    session(tmp_path, "0.0,0.0,NoButton,Move,1,1\n0.9,0.5,NoButton,Move,2,1\n1.4,0.5,NoButton,Move,3,1\n")

    page_view = only_page_view(tmp_path)

    assert page_view.received_ms == {0: 0, 500: 1400}
    assert page_view.streams["pointer"]["x_px"] == [1, 2, 3]


def test_each_beacon_is_received_when_its_own_last_row_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.sources.beacons.RECORDS_PER_BEACON", 2)
    session(tmp_path, "".join(f"{n}.{n},{n}.0,NoButton,Move,{n},1\n" for n in range(5)))

    found = list(beacons_of("balabit", only_page_view(tmp_path), DATE))

    assert [b["sent_at_ms"] - b["started_at_ms"] for b in found] == [1000, 3000, 4000]
    assert [b["received_at_ms"] - b["sent_at_ms"] for b in found] == [100, 300, 400]


def test_an_unknown_position_ends_the_rest_before_it_and_is_no_sample(tmp_path: Path) -> None:
    tally = Tally()
    session(tmp_path, "0,0,NoButton,Move,1,1\n1,1,NoButton,Move,65535,65535\n3,3,NoButton,Move,2,2\n4,4,X,Move,3,3\n")

    [row] = kernel_rows(beacons_of("balabit", only_page_view(tmp_path, tally), DATE))

    assert (row["unknown_position_count"], tally.noted["unknown_position"], tally.dropped) == (1, 1, {})
    assert samples_of(row) == 3
    # 0-1 s and 3-4 s; not the 2 s at the unknown position.
    assert dwell_of(row) == 1000 + 1000


def test_the_wheel_has_no_position_and_is_left_out_by_rule(tmp_path: Path) -> None:
    good = "1,1,NoButton,Move,1,1\n"
    bad = ["2,2,NoButton,Move,1\n", "2,2,NoButton,Jump,1,1\n", "x,2,NoButton,Move,1,1\n", "2,inf,NoButton,Move,1,1\n"]
    tally = Tally()
    session(tmp_path, good + "1,1,Scroll,Down,0,0\n2,2,Scroll,Up,0,0\n2,2,Scroll,Left,0,0\n" + "".join(bad))
    session(tmp_path, "", name="session_2")

    page_view = only_page_view(tmp_path, tally)

    assert page_view.streams["pointer"]["t_ms"] == [0]
    assert tally.dropped == Counter(
        wheel_without_position=2, unknown_state=2, row_of_other_length=1, not_a_number=2, session_without_samples=1
    )
    assert tally.records_read == 8


def test_rows_go_by_the_clients_clock_and_identical_ones_are_kept(tmp_path: Path) -> None:
    tally = Tally()
    session(tmp_path, "0,2,NoButton,Move,1,1\n0,2,NoButton,Move,1,1\n1,1.5,NoButton,Move,2,1\n")

    page_view = only_page_view(tmp_path, tally)

    assert page_view.streams["pointer"]["t_ms"] == [0, 500, 500]
    assert page_view.streams["pointer"]["x_px"] == [2, 1, 1]
    assert +tally.noted == Counter(identical_row=1, backward_timestamp=1)


def test_what_is_no_balabit_log_is_refused_with_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no balabit sessions in .*expected user\*/session_\*"):
        import_source("balabit", tmp_path, tmp_path / "raw", DATE)
    with pytest.raises(InputUnreadable, match=r"session_1 line 1: no column 'record timestamp'"):
        import_source("balabit", session(tmp_path, "1,2\n", header="time,x\n"), tmp_path / "raw", DATE)


@dataclass(frozen=True)
class Imported:
    """A part of the real data set: what the files hold, and what the import made of them."""

    path: Path
    is_whole: bool
    expected: dict[str, Session]
    summary: ImportSummary
    beacons: dict[str, list[dict[str, Any]]]
    rows: dict[str, Row]


@pytest.fixture(scope="module", params=["part", pytest.param("whole", marks=pytest.mark.slow)])
def imported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Imported:
    root = tmp_path_factory.mktemp("balabit")
    is_whole = request.param == "whole"
    names = sessions(DATA) if is_whole else part(DATA)
    path = linked(DATA, names, root / "log")
    summary = import_source("balabit", path, root / "raw", DATE)
    beacons: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for beacon in read_beacons(summary.files):
        beacons[name_of(beacon)].append(beacon)
    rows = {name_of(row): row for of_session in beacons.values() for row in kernel_rows(of_session)}
    return Imported(path, is_whole, expected(path), summary, dict(beacons), rows)


def name_of(beacon: dict[str, Any]) -> str:
    """`user12/session_1` of the page view `balabit:user12:session_1:2026-01-05`."""
    return "/".join(str(beacon["page_view_id"]).split(":")[1:3])


def samples_of(row: Row) -> int:
    return sum(cell["sample_count"] for cell in row["heat_cells"] if cell["space"] == "viewport")


def dwell_of(row: Row) -> int:
    return sum(cell["dwell_ms"] for cell in row["heat_cells"] if cell["space"] == "viewport")


@needs_balabit
def test_real_beacons_keep_the_raw_contract(imported: Imported) -> None:
    assert [breach for found in imported.beacons.values() for beacon in found for breach in breaches(beacon)] == []


@needs_balabit
def test_every_real_row_is_imported_or_left_out_by_rule(imported: Imported) -> None:
    total = {
        name: sum(getattr(found, name) for found in imported.expected.values())
        for name in ("rows", "wheel", "presses", "unknown")
    }
    summary = imported.summary

    assert tuple(total.values()) == ((345_694, 8_136, 13_532, 7) if imported.is_whole else (18_119, 55, 965, 1))
    assert summary.page_view_count == len(imported.expected) == (12 if imported.is_whole else 1)
    assert (summary.records_read, summary.dropped) == (total["rows"], {"wheel_without_position": total["wheel"]})
    assert summary.records_written == {"pointer": total["rows"] - total["wheel"], "clicks": total["presses"]}
    assert summary.noted["unknown_position"] == total["unknown"]


@needs_balabit
def test_repaired_starts_lie_within_a_second_of_the_device_clocks_on_all_sessions(imported: Imported) -> None:
    for name, beacons in imported.beacons.items():
        by_device = {beacon["started_at_ms"] for beacon in beacons}
        assert len(by_device) == 1
        off_ms = [b["received_at_ms"] - (b["sent_at_ms"] - b["started_at_ms"]) - b["started_at_ms"] for b in beacons]
        row = imported.rows[name]

        assert max(map(abs, off_ms)) < 1000
        assert len(set(off_ms)) > 1, "two clocks, not one written twice"
        assert row["started_at"] == dt.datetime.fromtimestamp((min(by_device) + off_ms[0]) / 1000, dt.UTC)
        assert (row["is_clock_suspect"], row["beacons_missing"]) == (False, 0)


@needs_balabit
def test_beacons_carry_the_two_clocks_of_the_rows_they_end_with(imported: Imported) -> None:
    for name, beacons in imported.beacons.items():
        clocks: dict[int, int] = {}
        rows = [row for row in rows_of(imported.path / name) if row[2] != "Scroll"]
        for row in rows:
            clocks[milliseconds(row[1])] = milliseconds(row[0])

        assert len(beacons) == -(-(len(rows) + sum(row[3] == "Pressed" for row in rows)) // RECORDS_PER_BEACON)
        for beacon in beacons:
            client_ms = beacon["sent_at_ms"] - beacon["started_at_ms"]
            assert beacon["received_at_ms"] - beacon["started_at_ms"] == clocks[client_ms]


@needs_balabit
def test_rows_at_65535_are_dropped_from_the_samples_and_counted(imported: Imported) -> None:
    found = {
        name: (row["unknown_position_count"], samples_of(row) + row["unknown_position_count"])
        for name, row in imported.rows.items()
    }

    assert found == {name: (of.unknown, of.rows - of.wheel) for name, of in imported.expected.items()}


@needs_balabit
def test_total_dwell_of_every_session_is_that_of_its_file(imported: Imported) -> None:
    assert {name: dwell_of(row) for name, row in imported.rows.items()} == {
        name: found.dwell_ms for name, found in imported.expected.items()
    }
