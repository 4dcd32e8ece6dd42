"""`hoverlake.open_warehouse`: one release, declared columns, whatever the engine; what is not there is said."""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest

import hoverlake
from jobs.io import releases
from jobs.io.store import Store
from tests.reading.small_warehouse import release, write_table
from warehouse_schema import TABLES
from warehouse_schema.derive import arrow_schema, rows

DAYS = [dt.date(2026, 11, day) for day in (19, 20, 21)]
STORIES, EXPOSURE, HEATMAP = "mart.story_attention_daily", "mart.viewport_exposure_daily", "mart.hover_heatmap_daily"
HIST = [1] * 30


def publish(root: str, number: int, pins: dict[str, int], days: list[dt.date] = DAYS, **record: Any) -> None:
    state = releases.EventDate("final", "0.1.0", "0" * 64)
    published = replace(release(number, pins), event_dates={str(day): state for day in days}, **record)
    assert releases.publish(Store(root, create=True), published, {})


def stories(*entries: dict[str, Any]) -> list[dict[str, Any]]:
    return rows(TABLES[STORIES], *entries)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Release 1: a story on each of two dates. Release 2: a third date, on which hover was not measured."""
    root = str(tmp_path_factory.mktemp("reading") / "a warehouse")
    first = [{"event_date": day, "impressions": day.day, "visible_ms_hist": HIST, "hover_ms": 7} for day in DAYS[:2]]
    publish(root, 1, {STORIES: write_table(root, STORIES, stories(*first))}, DAYS[:2])
    third = stories({"event_date": DAYS[2], "impressions": 21, "hover_ms": None, "visible_ms_hist": None})
    publish(root, 2, {STORIES: write_table(root, STORIES, third)})
    write_table(root, STORIES, stories({"event_date": DAYS[2], "impressions": 9999}))
    write_table(root, "ops.runs", rows(TABLES["ops.runs"], {"run_id": "run-1"}))
    write_table(root, "ops.dq_profile", rows(TABLES["ops.dq_profile"], {"event_date": DAYS[0]}))
    return root


@pytest.fixture
def own(published: str, tmp_path: Path) -> str:
    """A copy, to be written to."""
    return str(shutil.copytree(published, tmp_path / "a warehouse"))


@pytest.fixture
def warehouse(published: str) -> hoverlake.Warehouse:
    return hoverlake.open_warehouse(published)


def impressions(reading: hoverlake.Reading | hoverlake.Answer) -> list[int]:
    return sorted(reading.arrow()["impressions"].to_pylist())


def test_rows_are_those_of_the_release_not_the_newest_version(warehouse: hoverlake.Warehouse) -> None:
    assert impressions(warehouse.table(STORIES)) == [19, 20, 21]
    assert impressions(warehouse.table(STORIES, release=1)) == [19, 20]


def test_an_open_warehouse_stays_at_its_release(own: str) -> None:
    before = hoverlake.open_warehouse(own)
    publish(own, 3, {STORIES: 2})

    assert impressions(before.table(STORIES)) == [19, 20, 21]
    assert impressions(before.sql(f"select impressions from {STORIES}")) == [19, 20, 21]
    assert impressions(hoverlake.open_warehouse(own).table(STORIES)) == [19, 20, 21, 9999]
    assert [entry.number for entry in before.releases()] == [3, 2, 1]


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ("2026-11-20", [20]),
        (DAYS[1], [20]),
        (dt.datetime(2026, 11, 20), [20]),
        (pd.Timestamp("2026-11-20"), [20]),
        (["2026-11-19", DAYS[2]], [19, 21]),
        (("2026-11-20", DAYS[2]), [20, 21]),
        (("2026-11-20", "2027-01-01"), [20, 21]),
        (None, [19, 20, 21]),
    ],
)
def test_dates_are_one_a_span_or_a_list(warehouse: hoverlake.Warehouse, dates: Any, expected: list[int]) -> None:
    reading = warehouse.table(STORIES, dates=dates)

    assert impressions(reading) == expected
    assert sorted(reading.pandas()["impressions"]) == expected
    assert sorted(reading.polars()["impressions"]) == expected
    assert sorted(row[0] for row in reading.duckdb().select("impressions").fetchall()) == expected


def test_one_date_is_read_from_its_own_files(own: str) -> None:
    for file in Path(own).rglob("event_date=2026-11-19/*.parquet"):
        file.write_bytes(b"no Parquet: who opens it fails")

    assert impressions(hoverlake.open_warehouse(own).table(STORIES, dates=("2026-11-20", "2026-11-21"))) == [20, 21]


def test_every_engine_has_the_declared_columns_in_order(warehouse: hoverlake.Warehouse) -> None:
    for name, table in TABLES.items():
        reading = warehouse.table(name)

        assert reading.arrow().schema == arrow_schema(table.columns), name
        assert list(reading.pandas().columns) == table.column_names
        assert reading.polars().columns == table.column_names
        assert reading.duckdb().columns == table.column_names


def test_chosen_columns_come_in_their_order(warehouse: hoverlake.Warehouse) -> None:
    reading = warehouse.table(STORIES, dates="2026-11-20", columns=["impressions", "event_date"])

    assert reading.arrow().to_pydict() == {"impressions": [20], "event_date": [DAYS[1]]}
    assert list(reading.pandas().columns) == ["impressions", "event_date"]


def test_a_column_younger_than_a_file_is_null_in_it(own: str) -> None:
    day = {"event_date": DAYS[0]}
    write_table(own, HEATMAP, rows(TABLES[HEATMAP], day | {"click_count": 3}), without=["stay_count"])
    later = rows(TABLES[HEATMAP], {"event_date": DAYS[1], "stay_count": 5})
    publish(own, 3, {HEATMAP: write_table(own, HEATMAP, later, schema_mode="merge")})

    reading = hoverlake.open_warehouse(own).table(HEATMAP)

    assert sorted(reading.arrow()["stay_count"].to_pylist(), key=str) == [5, None]
    assert reading.pandas()["stay_count"].isna().sum() == 1
    assert reading.polars()["stay_count"].null_count() == 1


def test_not_measured_stays_null_and_counts_stay_whole(warehouse: hoverlake.Warehouse) -> None:
    frame = warehouse.table(STORIES).pandas().sort_values("impressions")

    assert str(frame["hover_ms"].dtype) == "Int64"
    assert frame["hover_ms"].tolist() == [7, 7, pd.NA]
    assert frame["hover_ms"].sum() == 7 + 7
    assert str(frame["event_date"].dtype).startswith("datetime64")
    assert str(frame["is_remainder"].dtype) == "boolean"
    assert warehouse.table(STORIES).polars().schema["hover_ms"] == pl.Int64


def test_a_relation_outlives_the_names_that_made_it(published: str) -> None:
    relation = hoverlake.open_warehouse(published).table(STORIES).duckdb()

    assert relation.aggregate("sum(impressions) as n").fetchall() == [(19 + 20 + 21,)]
    assert relation.query("stories", "select count(*) from stories where hover_ms is null").fetchall() == [(1,)]


def test_ops_tables_are_read_at_their_latest_version(own: str) -> None:
    warehouse = hoverlake.open_warehouse(own)
    write_table(own, "ops.runs", rows(TABLES["ops.runs"], {"run_id": "run-2"}))

    assert sorted(warehouse.table("ops.runs").arrow()["run_id"].to_pylist()) == ["run-1", "run-2"]
    assert warehouse.table("ops.dq_profile", dates="2026-11-19").arrow().num_rows == 1
    assert warehouse.table("ops.dq_profile", dates="2026-11-20").arrow().num_rows == 0


def test_tables_and_dates_are_listed(warehouse: hoverlake.Warehouse) -> None:
    assert warehouse.tables() == list(TABLES)
    assert warehouse.release == 2
    assert warehouse.dates() == warehouse.dates(STORIES) == DAYS
    assert warehouse.dates(STORIES, release=1) == DAYS[:2]
    assert warehouse.dates(EXPOSURE) == []
    assert warehouse.dates("ops.dq_profile") == [DAYS[0]]


def test_a_reading_says_what_it_is(warehouse: hoverlake.Warehouse) -> None:
    said = repr(warehouse.table(STORIES, dates=["2026-11-20"]))

    assert said.startswith(f"<{STORIES} of release 2 in {warehouse.uri}, 2026-11-20:")


def test_a_question_in_sql_has_parameters_and_sums_that_plots_can_take(warehouse: hoverlake.Warehouse) -> None:
    answer = warehouse.sql(
        f"select sum(impressions) as n, sum(impressions) * 0.5 as half from {STORIES} where event_date >= $since",
        {"since": DAYS[1]},
    )

    assert answer.duckdb().fetchall() == [(20 + 21, pytest.approx(20.5))]
    assert {name: str(dtype) for name, dtype in answer.pandas().dtypes.items()} == {"n": "Int64", "half": "Float64"}
    assert answer.polars().schema["n"] == pl.Int64
    assert warehouse.sql("show tables").arrow().num_rows > len(TABLES)


def test_a_sum_beyond_64_bits_is_kept_as_it_is(warehouse: hoverlake.Warehouse) -> None:
    assert warehouse.sql(f"select 9223372036854775807::hugeint * 2 as n from {STORIES} limit 1").arrow()[
        "n"
    ].to_pylist() == [9223372036854775807 * 2]


def test_object_stores_are_read_alike(warehouse: hoverlake.Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    reading = warehouse.table(STORIES, dates="2026-11-20")
    local = reading.arrow().to_pylist()

    monkeypatch.setattr("jobs.sql_sources.local_paths", lambda *_: [])

    assert reading.arrow().to_pylist() == local
    assert len(local) == 1


@pytest.mark.parametrize(
    ("name", "asked", "words"),
    [
        ("mart.story_attention", {}, "there is no table mart.story_attention. Did you mean mart.story_attention_daily?"),
        (STORIES, {"release": 9}, "there is no release 9 in "),
        (STORIES, {"dates": "2026-11-22"}, "event date 2026-11-22 is not in the newest release of "),
        (STORIES, {"dates": "2026-11-21", "release": 1}, "event date 2026-11-21 is not in release 1 of "),
        (STORIES, {"dates": ["2026-11-20", "2026-11-22"]}, "event date 2026-11-22 is not in the newest release of "),
        (STORIES, {"dates": ("2026-12-01", "2026-12-31")}, "event date 2026-12-01 is not in the newest release of "),
        (STORIES, {"dates": "20.11.2026"}, "'20.11.2026' is no date. Give YYYY-MM-DD"),
        (STORIES, {"dates": "20261120"}, "'20261120' is no date. Give YYYY-MM-DD"),
        (STORIES, {"dates": 20}, "dates is 20: give a date, a tuple (first, last), or a list of dates."),
        (STORIES, {"dates": dt.datetime(2026, 11, 20, 13)}, "is no date. Give YYYY-MM-DD"),
        (STORIES, {"dates": []}, "dates is an empty list."),
        (STORIES, {"dates": ("2026-11-20",)}, "dates has 1 entries: a tuple is (first, last)"),
        (STORIES, {"dates": ("2026-11-21", "2026-11-20")}, "dates ends on 2026-11-20 before it begins on 2026-11-21."),
        (STORIES, {"columns": ["impression"]}, f"{STORIES} has no column impression. Did you mean impressions?"),
        (STORIES, {"columns": "impressions"}, "columns is 'impressions': give a list, such as ['impressions']."),
        (STORIES, {"columns": []}, "columns is an empty list."),
        ("ops.runs", {"dates": "2026-11-20"}, "ops.runs has no event_date: leave out dates, and choose rows by its landing_date"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_said_at_once(
    warehouse: hoverlake.Warehouse, name: str, asked: dict[str, Any], words: str
) -> None:
    with pytest.raises(hoverlake.UsageError, match=re.escape(words)):
        warehouse.table(name, **asked)


def test_a_question_that_cannot_be_answered_is_said(warehouse: hoverlake.Warehouse) -> None:
    for query, words in (
        ("delete from ops.runs", "DELETE is no question"),
        (f"select * from {STORIES} where event_date = $day", r"the query's \$day has no value"),
    ):
        with pytest.raises(hoverlake.UsageError, match=words):
            warehouse.sql(query)
    for query, words in (
        (f"select nope from {STORIES}", "nope"),
        ("select * from nothing.like_it", "there is no table nothing.like_it"),
        (f"select error('late') from {STORIES}", "late"),
    ):
        with pytest.raises(hoverlake.UsageError, match=words):
            warehouse.sql(query).arrow()


def test_nothing_published_leaves_ops_to_read(tmp_path: Path) -> None:
    write_table(str(tmp_path), "ops.runs", rows(TABLES["ops.runs"], {"exit_code": 11}))

    warehouse = hoverlake.open_warehouse(tmp_path)

    assert warehouse.release is None
    assert warehouse.table("ops.runs").arrow()["exit_code"].to_pylist() == [11]
    assert "no release" in repr(warehouse.table("ops.runs"))
    for ask in (lambda: warehouse.table(STORIES), warehouse.dates, lambda: hoverlake.open_warehouse(tmp_path, 1)):
        with pytest.raises(hoverlake.UsageError, match="nothing published in"):
            ask()
    with pytest.raises(hoverlake.UsageError, match="nothing published in"):
        hoverlake.open_warehouse(tmp_path / "nowhere")


def test_a_date_that_waits_for_publication_is_told_apart_from_one_that_does_not_exist(own: str) -> None:
    waiting = {"configuration": {"publish_provisional": "totals", "late_window_days": 3}}
    publish(own, 3, {STORIES: 1}, awaiting_publication=["2026-11-21"], **waiting)

    warehouse = hoverlake.open_warehouse(own)

    with pytest.raises(hoverlake.UsageError, match=r"2026-11-21 is not shown by .* yet: .* closes, on 2026-11-25"):
        warehouse.table(STORIES, dates="2026-11-21")
    assert warehouse.table("mart.reach_daily", dates="2026-11-21").arrow().num_rows == 0
    assert impressions(warehouse.table(STORIES, dates="2026-11-20")) == [20]


def test_clean_tables_of_a_release_before_an_erasure_are_gone_and_its_marts_stay(own: str) -> None:
    pins = {STORIES: 1, "clean.page_views": write_table(own, "clean.page_views", rows(TABLES["clean.page_views"], {}))}
    publish(own, 3, pins)
    before = hoverlake.open_warehouse(own)
    publish(own, 4, pins, erasures=1)

    with pytest.raises(hoverlake.UsageError, match=r"clean.page_views of release 3 .* people were erased"):
        before.table("clean.page_views")
    assert impressions(before.table(STORIES)) == [19, 20, 21]


def test_without_polars_the_others_are_named(warehouse: hoverlake.Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)

    with pytest.raises(hoverlake.UsageError, match=r"pip install 'hoverlake\[polars\]', or use \.pandas\(\)"):
        warehouse.table(STORIES).polars()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root to become another user")
def test_a_closed_layer_is_refused_by_name_and_not_listed(own: str) -> None:
    page_views = write_table(own, "clean.page_views", rows(TABLES["clean.page_views"], {}))
    publish(own, 3, {STORIES: 1, "clean.page_views": page_views})
    for folder in (Path(own), *Path(own).parents[:4]):
        folder.chmod(folder.stat().st_mode | 0o055)
    (Path(own) / "clean").chmod(0o700)
    code = (
        "import os, sys, hoverlake; os.setuid(65534); warehouse = hoverlake.open_warehouse(sys.argv[1])\n"
        "print(*warehouse.tables())\n"
        "try: warehouse.table('clean.page_views')\n"
        "except hoverlake.UsageError as error: print(error)"
    )

    done = subprocess.run([sys.executable, "-c", code, own], capture_output=True, text=True, check=True, timeout=60)

    listed, refused = done.stdout.splitlines()
    assert STORIES in listed.split() and "clean.page_views" not in listed.split()
    assert refused.startswith(f"clean.page_views in {own} may not be read by you.")


def test_a_release_of_one_s_own_may_be_opened(published: str) -> None:
    publish_number = hoverlake.open_warehouse(published, release=1)

    assert publish_number.dates() == DAYS[:2]
    assert impressions(publish_number.table(STORIES)) == [19, 20]


def test_reading_pulls_in_no_engine_that_is_not_asked() -> None:
    code = "import sys, hoverlake; print(*[n for n in ('pandas', 'polars', 'pyarrow', 'pyspark') if n in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)

    assert done.stdout == "\n"
