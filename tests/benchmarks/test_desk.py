"""What `make bench-desk` measures on: a warehouse as many nights leave it, of which a question opens one date."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from benchmarks.desk import FIRST, opened_files, seconds_to_answer
from benchmarks.many_dates import many_dates
from jobs.io import releases
from jobs.io.store import Store
from jobs.sql import run_sql
from tests.reading.small_warehouse import publish_release, write_table
from warehouse_schema import TABLES
from warehouse_schema.derive import rows

REACH = TABLES["mart.reach_daily"]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Twelve dates, made from one."""
    root = tmp_path_factory.mktemp("desk")
    source, target = str(root / "one"), str(root / "many")
    reach = rows(REACH, *({"event_date": dt.date(2026, 11, 20), "visitors_1d": n} for n in (10, 20)))
    publish_release(source, {REACH.name: write_table(source, REACH.name, reach)})
    many_dates(source, target, [FIRST + dt.timedelta(days=n) for n in range(12)], [REACH])
    return target


def test_each_date_has_the_rows_of_the_one_that_it_was_made_from(warehouse: str) -> None:
    query = f"select count(distinct event_date) as dates, min(n), max(n) from (select event_date, sum(visitors_1d) as n from {REACH.name} group by 1)"

    assert run_sql(warehouse, query, "csv") == "dates,min(n),max(n)\n12,30,30\n"


def test_log_and_records_are_as_nights_leave_them(warehouse: str) -> None:
    log = Path(warehouse) / REACH.path / "_delta_log"
    store = Store(warehouse)

    assert len(list(log.glob("*.json"))) == 12
    assert [path.name[:20] for path in log.glob("*.checkpoint.parquet")] == [f"{10:020}"]
    assert releases.newest_number(store) == 12
    assert [len(record.event_dates) for record in releases.every(store)] == [*range(12, 0, -1)]
    assert [record.tables[REACH.name] for record in releases.every(store)] == [*range(11, -1, -1)]


def test_a_question_on_one_date_may_open_one_file_of_twelve(warehouse: str) -> None:
    every = opened_files(warehouse, f"select * from {REACH.name}")
    one = opened_files(warehouse, f"select * from {REACH.name} where event_date = '2025-10-20'")

    assert len(every) == 12
    assert [path.parent.name for path in one] == ["event_date=2025-10-20"]
    assert seconds_to_answer(warehouse, f"select count(*) from {REACH.name}") > 0
