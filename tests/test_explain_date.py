"""`hoverlake explain --date`: the chain from raw files to published rows, of the runs behind the newest release."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jobs.errors import UsageError
from jobs.explain_date import explain_date
from jobs.io import releases
from jobs.io.store import Store
from tests.reading.small_warehouse import release, write_table
from warehouse_schema import TABLES
from warehouse_schema.derive import rows

DATE, NEXT = dt.date(2026, 11, 20), dt.date(2026, 11, 21)
MART = "mart.story_attention_daily"
GOOD, BLOCKED, LATER = "20261121T03-1", "20261121T04-1", "20261122T03-1"
RUNS = {GOOD: 0, BLOCKED: 11, LATER: 0}


def _equation(run: str, table: str, quantity: str, date: dt.date = DATE, **parts: int) -> list[dict[str, Any]]:
    shared = {"run_id": run, "table_name": table, "quantity": quantity, "date": date, "adds_up": True}
    return [shared | {"reason": reason, "row_count": count} for reason, count in parts.items()]


@pytest.fixture
def warehouse(tmp_path: Path) -> str:
    """Two files of one landing date, one set aside and mended later; a blocked run and a later one told other numbers."""
    root = str(tmp_path / "warehouse")
    _write(root, "ops.runs", *({"run_id": run, "exit_code": code} for run, code in RUNS.items()))
    files = {"landing_date": DATE}
    _write(
        root,
        "ops.input_files",
        files | {"run_id": GOOD, "raw_file": "a", "outcome": "landed"},
        files | {"run_id": GOOD, "raw_file": "b", "outcome": "set_aside"},
        files | {"run_id": LATER, "raw_file": "b", "outcome": "landed"},
    )
    _write(
        root,
        "ops.reconciliation",
        *_equation(GOOD, "clean.beacons", "lines", input=10, accepted=8, withheld=1, malformed_json=1),
        *_equation(GOOD, "clean.page_views", "beacons", input=8, used=7, duplicate=1, conflicting=0),
        *_equation(GOOD, MART, "page_views", input=5, in_universe=3, bots=2),
        *_equation(BLOCKED, MART, "page_views", input=77, in_universe=77),
        *_equation(LATER, MART, "page_views", input=99, in_universe=99),
    )
    amounts = {"clean": 100, "published": 60, "remainder": 25, "unpublished": 15}
    shared = {"run_id": GOOD, "table_name": MART, "date": DATE}
    _write(
        root,
        "restricted.reconciliation",
        *(shared | {"measure": "impressions", "part": part, "amount": amount} for part, amount in amounts.items()),
        shared | {"measure": "hover_ms", "part": "clean", "amount": 1},
    )
    assert releases.publish(Store(root), replace(release(1, _published(root)), run_id=GOOD), {})
    return root


def _published(root: str) -> dict[str, int]:
    """Pins of tables with four page views of the date, and a row and a remainder of the mart."""
    views = [{"page_view_id": str(n), "traffic_class": "human" if n else "declared_bot"} for n in range(4)]
    mart_rows = [(DATE, False), (DATE, True), (NEXT, False)]
    return {
        "clean.beacons": _write(root, "clean.beacons", {"start_date": DATE, "landing_date": DATE}),
        "clean.page_views": _write(root, "clean.page_views", *({"event_date": DATE} | view for view in views)),
        MART: _write(root, MART, *({"event_date": day, "is_remainder": is_small} for day, is_small in mart_rows)),
    }


def _write(root: str, name: str, *entries: dict[str, Any]) -> int:
    return write_table(root, name, rows(TABLES[name], *entries))


def _lines(report: str) -> list[str]:
    return [" ".join(line.split()) for line in report.splitlines()]


def test_the_chain_goes_from_files_to_rows_with_shares(warehouse: str) -> None:
    report = _lines(explain_date(warehouse, DATE, MART))

    assert report == [
        "event date 2026-11-20, final, release 1",
        "",
        "step part count share",
        "landing date 2026-11-20 files 2",
        "landed 1 50.00 %",
        "set aside 1 50.00 %",
        "landing date 2026-11-20 lines 10",
        "accepted 8 80.00 %",
        "malformed_json 1 10.00 %",
        "withheld 1 10.00 %",
        "event date 2026-11-20 beacons 8",
        "used 7 87.50 %",
        "duplicate 1 12.50 %",
        "conflicting 0 0.00 %",
        "event date 2026-11-20 page views 4",
        "human 3 75.00 %",
        "declared_bot 1 25.00 %",
        f"{MART} page views 5",
        "counted 3 60.00 %",
        "bots 2 40.00 %",
        f"{MART} impressions 100",
        "shown 60 60.00 %",
        "shown as remainder of small groups 25 25.00 %",
        "suppressed: group too small 15 15.00 %",
        f"{MART} rows 2",
        "shown 1 50.00 %",
        "shown as remainder of small groups 1 50.00 %",
        "",
        "Every step adds up.",
    ]


def test_a_later_release_tells_of_its_own_runs(warehouse: str) -> None:
    first = releases.newest(Store(warehouse))
    assert first is not None and releases.publish(Store(warehouse), replace(first, number=2, run_id=LATER), {})
    report = _lines(explain_date(warehouse, DATE, "story_attention_daily"))
    assert f"{MART} page views 99" in report and "landed 2 100.00 %" in report

    # Back to the first: what the later run found is no longer what is published.
    back = replace(first, number=3, run_id="20261123T03-rollback", kind="rollback", rolled_back_to=1)
    assert releases.publish(Store(warehouse), back, {})
    assert f"{MART} page views 5" in _lines(explain_date(warehouse, DATE, MART))


def test_late_beacons_that_are_not_built_yet_are_told(warehouse: str) -> None:
    parts = {"input": 10, "used": 7, "duplicate": 1, "awaits_final_build": 2}
    _write(warehouse, "ops.reconciliation", *_equation(LATER, "clean.page_views", "beacons", **parts))
    first = releases.newest(Store(warehouse))
    assert first is not None
    later = replace(first, number=2, run_id=LATER, awaiting_final=[str(DATE)])
    assert releases.publish(Store(warehouse), later, {})

    report = _lines(explain_date(warehouse, DATE, MART))

    assert report[0] == "event date 2026-11-20, final, late beacons await its final build, release 2"
    assert "late: await the final build 2 20.00 %" in report


def test_a_step_that_does_not_add_up_is_named(warehouse: str) -> None:
    more = _equation(GOOD, "clean.beacons", "lines", input=1)
    write_table(warehouse, "ops.reconciliation", rows(TABLES["ops.reconciliation"], *more))

    assert "It does not add up: lines of landing date 2026-11-20." in explain_date(warehouse, DATE)


def test_amounts_are_for_readers_of_the_restricted_layer(warehouse: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from jobs import explain_date as module

    def refused(root: str, names: list[str]) -> Any:
        if "restricted.reconciliation" in names:
            raise UsageError("restricted may not be read")
        return allowed(root, names)

    allowed = module.connect
    monkeypatch.setattr(module, "connect", refused)
    report = explain_date(warehouse, DATE, MART)
    assert "impressions" not in report and f"{MART}" in report and "Every step adds up." in report


def test_what_is_not_published_is_refused_with_what_is(warehouse: str) -> None:
    with pytest.raises(UsageError, match=r"2026-11-21 is not in the newest release .* Published: 2026-11-20"):
        explain_date(warehouse, NEXT)
    with pytest.raises(UsageError, match=r"clean\.beacons is no mart\. There are: mart\.hover_heatmap_daily"):
        explain_date(warehouse, DATE, "clean.beacons")
