"""`hoverlake catalog export`: what the statements say, DuckDB's as it runs them, and what is refused."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import duckdb
import pytest

from jobs.catalog import export_catalog, export_of
from jobs.catalog_statements import statements
from jobs.errors import UsageError
from jobs.sql import connect
from tests.cli.conftest import Command
from tests.cli.conftest import hoverlake as hoverlake_command
from tests.reading.small_warehouse import publish_release, write_table
from warehouse_schema import TABLES
from warehouse_schema.derive import rows, sql_type

__all__ = ["hoverlake_command"]
DAYS = [dt.date(2026, 11, day) for day in (20, 21)]
REACH, STORIES, PAGE_VIEWS = "mart.reach_daily", "mart.story_attention_daily", "clean.page_views"


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Two marts, page views and runs; of a mart a version that is not released, of the other one without a column."""
    root = str(tmp_path_factory.mktemp("catalog") / "it's a warehouse")
    reach = rows(TABLES[REACH], *({"event_date": day, "visitors_7d": day.day} for day in DAYS))
    stories = rows(TABLES[STORIES], {"event_date": DAYS[0], "impressions": 5})
    pins = {
        REACH: write_table(root, REACH, reach),
        STORIES: write_table(root, STORIES, stories, without=["hover_ms", "visible_ms_hist"]),
        PAGE_VIEWS: write_table(root, PAGE_VIEWS, rows(TABLES[PAGE_VIEWS], {"event_date": DAYS[0]})),
    }
    publish_release(root, pins)
    write_table(root, REACH, rows(TABLES[REACH], {"visitors_7d": 9999}))
    write_table(root, "ops.runs", rows(TABLES["ops.runs"], {"run_id": "run-1"}))
    return root


def test_duckdb_shows_the_release_after_the_statements_have_run(warehouse: str) -> None:
    foreign = duckdb.connect()
    foreign.execute(export_catalog(warehouse, "duckdb", ("mart", "ops", "clean")) or "")

    with connect(warehouse, [REACH, STORIES, PAGE_VIEWS, "ops.runs", "clean.hovers"]) as own:
        for name in (REACH, STORIES, PAGE_VIEWS, "ops.runs", "clean.hovers"):
            query = f"select * from {name} order by all"
            assert foreign.execute(query).fetchall() == own.execute(query).fetchall(), name
            assert foreign.sql(query).types == own.sql(query).types
    assert foreign.execute(f"select sum(visitors_7d) from {REACH}").fetchall() == [(20 + 21,)]
    assert foreign.execute(f"select hover_ms, impressions from {STORIES}").fetchall() == [(None, 5)]


def test_duckdb_s_statements_may_run_again(warehouse: str, tmp_path: Path) -> None:
    for _ in range(2):
        with duckdb.connect(str(tmp_path / "analyst.duckdb")) as foreign:
            foreign.execute(export_catalog(warehouse, "duckdb") or "")

    with duckdb.connect(str(tmp_path / "analyst.duckdb")) as foreign:
        assert foreign.execute(f"select count(*) from {REACH}").fetchall() == [(2,)]


def test_duckdb_s_views_carry_the_comments(warehouse: str) -> None:
    foreign = duckdb.connect()
    foreign.execute(export_catalog(warehouse, "duckdb") or "")

    columns = foreign.execute(
        "select column_name, comment from duckdb_columns() where table_name = 'reach_daily'"
    ).fetchall()
    views = dict(foreign.execute("select view_name, comment from duckdb_views() where not internal").fetchall())

    table = TABLES[REACH]
    assert dict(columns) == {column.name: column.meaning for column in table.columns}
    assert views["reach_daily"] == f"One row per {table.one_row_per}. {table.meaning}"
    assert set(views) == {"reach_daily", "story_attention_daily", "runs"}


@pytest.mark.parametrize("engine", ["spark", "unity", "trino"])
def test_delta_engines_get_the_newest_version_by_folder_and_the_release_s_by_view(warehouse: str, engine: str) -> None:
    text = export_catalog(warehouse, engine) or ""  # type: ignore[arg-type]
    prefix = "" if engine == "spark" else "hoverlake."

    assert re.search(
        rf"VIEW {prefix}mart.reach_daily[ \n](?s:.)*?\nFROM {prefix}mart_newest.reach_daily .*VERSION AS OF 0;", text
    )
    assert "read at their newest version, which is not always the release's" in text
    assert "mart.feed_attention_daily" in text.split("Not written yet: ")[1].split("\n")[0]
    assert PAGE_VIEWS not in text


def test_a_folder_s_quotes_are_escaped_as_each_engine_reads_them(warehouse: str) -> None:
    local = warehouse.replace("'", "''")

    assert f"LOCATION '{warehouse.replace(chr(39), chr(92) + chr(39))}/mart/reach_daily'" in (
        export_catalog(warehouse, "spark") or ""
    )
    assert f"table_location => 'file://{local}/mart/reach_daily'" in (export_catalog(warehouse, "trino") or "")


def test_a_column_younger_than_the_version_is_null_of_its_type(warehouse: str) -> None:
    for engine, type_ in (("spark", "array<bigint>"), ("unity", "array<bigint>"), ("trino", "array(bigint)")):
        text = export_catalog(warehouse, engine) or ""  # type: ignore[arg-type]

        assert f"CAST(NULL AS {type_}) AS visible_ms_hist" in text
        assert "CAST(NULL AS bigint) AS hover_ms" in text


def test_types_in_the_words_of_trino() -> None:
    page_views = TABLES[PAGE_VIEWS]

    assert sql_type(page_views.column("started_at").type, "trino") == "timestamp(6) with time zone"
    assert sql_type(page_views.column("experiments").type, "trino") == "map(varchar, varchar)"
    assert sql_type(page_views.column("hovers").type, "trino").startswith("array(row(")


def test_no_statement_writes_to_a_table(warehouse: str) -> None:
    allowed = {
        "spark": r"CREATE (SCHEMA|TABLE) IF NOT EXISTS |CREATE OR REPLACE VIEW ",
        "unity": r"CREATE (CATALOG|SCHEMA|TABLE) IF NOT EXISTS |CREATE OR REPLACE VIEW ",
        "trino": r"CREATE SCHEMA IF NOT EXISTS |CALL hoverlake\.system\.register_table\(|CREATE OR REPLACE VIEW ",
        "duckdb": r"CREATE SCHEMA IF NOT EXISTS |CREATE OR REPLACE (VIEW|MACRO) |COMMENT ON (VIEW|COLUMN) ",
    }
    for engine, pattern in allowed.items():
        for statement in statements(export_of(warehouse), engine):  # type: ignore[arg-type]
            assert re.match(pattern, statement), statement


def test_layers_are_mart_and_ops_unless_others_are_asked_for(warehouse: str) -> None:
    assert {entry.table.layer for entry in export_of(warehouse).entries} == {"mart", "ops"}
    assert [entry.table.name for entry in export_of(warehouse, ["clean"]).entries] == [PAGE_VIEWS]
    assert export_of(warehouse).kept_days == 30
    assert export_of(warehouse, ["mart", "clean"]).kept_days == 7


def test_an_object_store_is_named_as_each_engine_names_it(warehouse: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.catalog.table_uri", lambda _, path: f"s3a://bucket/warehouse/{path}")

    assert "LOCATION 's3a://bucket/warehouse/mart/reach_daily'" in (export_catalog(warehouse, "spark") or "")
    assert "LOCATION 's3://bucket/warehouse/mart/reach_daily'" in (export_catalog(warehouse, "unity") or "")
    assert "table_location => 's3://bucket/warehouse/mart/reach_daily'" in (export_catalog(warehouse, "trino") or "")
    assert "'s3://bucket/warehouse/mart/reach_daily/event_date=2026-11-20/" in (
        export_catalog(warehouse, "duckdb") or ""
    )


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--to", "hive"], "'hive' is not one of 'spark', 'unity', 'trino', 'duckdb'"),
        (["--to", "spark", "--layer", "raw"], "--layer raw: there is no such layer. Choose of clean, mart, ops, restricted."),
        (["--to", "spark", "--release", "9"], "there is no release 9 in"),
        (["--to", "spark", "--catalog", "x"], "--catalog goes with unity and trino"),
        (["--to", "unity", "--catalog", "a.b"], "--catalog a.b is no name."),
        (["--to", "duckdb", "-o", "no such folder/a.sql"], "cannot be written"),
        (["--to", "spark", "--register"], "--register goes with --to spark and --metastore DIR"),
        (["--to", "spark", "--metastore", "m"], "--register goes with --to spark and --metastore DIR"),
        (["--to", "trino", "--register", "--metastore", "m"], "--register goes with --to spark and --metastore DIR"),
        (["--to", "duckdb", "--layer", "restricted"], "no table of restricted is written yet in"),
    ],
)  # fmt: skip
def test_what_cannot_be_exported(hoverlake_command: Command, warehouse: str, words: list[str], problem: str) -> None:
    said = hoverlake_command("catalog", "export", "--warehouse", warehouse, *words)

    assert said.exit_code == 2
    assert problem in said.last


def test_statements_go_to_a_file(hoverlake_command: Command, warehouse: str) -> None:
    said = hoverlake_command(
        "catalog", "export", "--to", "unity", "--catalog", "prod", "--warehouse", warehouse, "-o", "u.sql"
    )

    assert (said.exit_code, said.out) == (0, "")
    assert "CREATE SCHEMA IF NOT EXISTS prod.mart;" in Path("u.sql").read_text()


def test_ops_can_be_exported_before_anything_is_published(tmp_path: Path) -> None:
    write_table(str(tmp_path), "ops.runs", rows(TABLES["ops.runs"], {}))

    assert "where nothing is published yet" in (export_catalog(str(tmp_path), "trino", ["ops"]) or "")
    with pytest.raises(UsageError, match="nothing published in"):
        export_catalog(str(tmp_path), "trino")
