"""`hoverlake releases diff`: sums and rows that two releases give for one date, for holders of clean."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from jobs.errors import UsageError
from jobs.io.store import table_uri
from jobs.releases_diff import diff_releases
from tests.reading.small_warehouse import publish_release, write_table
from warehouse_schema import MARTS, TABLES
from warehouse_schema.derive import arrow_schema, rows

DAY = dt.date(2026, 11, 20)
NEXT = dt.date(2026, 11, 21)
HEATMAP = "mart.hover_heatmap_daily"
EXPOSURE = "mart.viewport_exposure_daily"
PAGE_VIEWS = "clean.page_views"


def heat(day: dt.date, cell_x: int, dwell_ms: int | None, **more: object) -> dict[str, object]:
    cell = {"event_date": day, "surface": "feed", "space": "document", "cell_x": cell_x, "dwell_ms": dwell_ms}
    return cell | {"is_remainder": False, **more}


@pytest.fixture
def warehouse(tmp_path: Path) -> str:
    """Release 2 has other cells than release 1: one changed, one more, one less, one equal; and another day."""
    root = str(tmp_path / "warehouse")
    seen = write_table(root, PAGE_VIEWS, rows(TABLES[PAGE_VIEWS], {}))
    exposure = write_table(root, EXPOSURE, rows(TABLES[EXPOSURE], {}))
    before = [heat(DAY, 1, 100), heat(DAY, 0, 200), heat(DAY, 3, 300), heat(NEXT, 1, 7)]
    after = [heat(DAY, 1, 100), heat(DAY, 0, 250), heat(DAY, 4, 400), heat(NEXT, 1, 8)]
    first = write_table(root, HEATMAP, rows(TABLES[HEATMAP], *before))
    publish_release(root, {PAGE_VIEWS: seen, EXPOSURE: exposure, HEATMAP: first}, number=1)
    columns = pa.Table.from_pylist(rows(TABLES[HEATMAP], *after), schema=arrow_schema(TABLES[HEATMAP].columns))
    write_deltalake(table_uri(root, TABLES[HEATMAP].path), columns, mode="overwrite")
    publish_release(root, {PAGE_VIEWS: seen, EXPOSURE: exposure, HEATMAP: first + 1}, number=2)
    return root


def test_sums_and_cells_of_one_date_are_compared(warehouse: str) -> None:
    said = diff_releases(warehouse, (1, 2), DAY, HEATMAP)

    lines = [" ".join(line.split()) for line in said.splitlines()]
    assert f"{HEATMAP}: 1 rows changed, 1 only in release 2, 1 only in release 1" in lines
    # 100 + 200 + 300 and 100 + 250 + 400
    assert "2026-11-20 dwell_ms 600 750 150" in lines
    changed = [line for line in lines if line.startswith("event_date")]
    assert [line.split("cell_x ")[1][0] for line in changed] == ["0", "3", "4"]
    assert changed[0].endswith("dwell_ms 200 -> 250")
    assert "rows 1 -> none" in changed[1] and "dwell_ms 300 -> none" in changed[1]
    assert "rows none -> 1" in changed[2] and "dwell_ms none -> 400" in changed[2]
    assert "2026-11-21" not in said


def test_without_a_date_and_a_table_all_marts_and_dates_are_compared(warehouse: str) -> None:
    found = json.loads(diff_releases(warehouse, (1, 2), as_json=True))

    assert found["same_version"] == [mart.name for mart in MARTS if mart.name != HEATMAP]
    [table] = found["tables"]
    dwell = [(s["event_date"], s["a"], s["b"]) for s in table["sums"] if s["measure"] == "dwell_ms"]
    counts = [(s["event_date"], s["a"], s["b"]) for s in table["sums"] if s["measure"] == "rows"]
    assert dwell == [("2026-11-20", 600, 750), ("2026-11-21", 7, 8)]
    assert counts == [("2026-11-20", 3, 3), ("2026-11-21", 1, 1)]
    assert (table["changed"], table["added"], table["removed"]) == (2, 1, 1)


def test_more_rows_than_asked_for_are_counted(warehouse: str) -> None:
    said = diff_releases(warehouse, (1, 2), limit=1)

    assert "  and 3 rows more: --limit 4\n" in said


def test_a_release_does_not_differ_from_itself(warehouse: str) -> None:
    assert json.loads(diff_releases(warehouse, (2, 2), as_json=True))["tables"] == []


@pytest.mark.slow
def test_every_mart_can_be_compared(tmp_path: Path) -> None:
    root = str(tmp_path)
    seen = write_table(root, PAGE_VIEWS, rows(TABLES[PAGE_VIEWS], {}))
    for number in (1, 2):
        # Appended: release 2 holds the same row twice, as no mart does.
        pins = {mart.name: write_table(root, mart.name, rows(mart, {"page_view_count": 5})) for mart in MARTS}
        publish_release(root, {PAGE_VIEWS: seen, **pins}, number=number)

    tables = json.loads(diff_releases(root, (1, 2), as_json=True))["tables"]

    assert [table["table"] for table in tables] == [mart.name for mart in MARTS]
    for table in tables:
        assert (table["changed"], table["added"], table["removed"]) == (1, 0, 0)
        assert (table["rows"][0]["a_rows"], table["rows"][0]["b_rows"]) == (1, 2)


def test_what_cannot_be_compared_is_told(warehouse: str) -> None:
    with pytest.raises(UsageError, match=r"--table clean\.page_views is no mart"):
        diff_releases(warehouse, (1, 2), table=PAGE_VIEWS)
    with pytest.raises(UsageError, match="there is no release 3"):
        diff_releases(warehouse, (1, 3))


def test_without_a_clean_layer_permission_cannot_be_shown(tmp_path: Path) -> None:
    for number in (1, 2):
        publish_release(str(tmp_path), {}, number=number)

    with pytest.raises(UsageError, match="can be a single person"):
        diff_releases(str(tmp_path), (1, 2))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root to become another user")
@pytest.mark.parametrize("closed", ["clean", "clean/page_views", "files"])
def test_who_may_not_read_clean_is_refused_and_told_why(warehouse: str, tmp_path: Path, closed: str) -> None:
    for above in (*tmp_path.parents[:4], tmp_path):
        above.chmod(above.stat().st_mode | 0o055)
    if closed == "files":
        for path in (Path(warehouse) / "clean" / "page_views").rglob("*.parquet"):
            path.chmod(0o600)
    else:
        (Path(warehouse) / closed).chmod(0o700)
    code = """
import os, sys
from jobs.errors import UsageError
from jobs.releases_diff import diff_releases
from jobs.sql import run_sql
os.setuid(65534)
print(run_sql(sys.argv[1], "select count(*) as n from mart.hover_heatmap_daily", "csv").split()[1])
try: print(diff_releases(sys.argv[1], (1, 2)))
except UsageError as error: print(error)
"""
    done = subprocess.run([sys.executable, "-c", code, warehouse], capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stderr
    count, said = done.stdout.splitlines()
    assert count == "4"
    assert said.startswith("releases diff is refused to you: the difference of two releases can be a single person")
