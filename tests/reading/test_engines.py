"""Every engine reads the same rows of every mart, at the release's version, and Spark's catalog can be told of them."""

from __future__ import annotations

import datetime as dt
import json
import math
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from deltalake import DeltaTable

import hoverlake
from jobs.catalog import export_of
from jobs.catalog_statements import statements
from tests.night.warehouses import versions
from tests.reading.small_warehouse import publish_release, write_table
from warehouse_schema import MARTS, OPS, TABLES, Table
from warehouse_schema.derive import rows

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from tests.conftest import Demo

pytestmark = pytest.mark.spark
REACH = "mart.reach_daily"


def plain(value: Any) -> Any:
    """The value as Python has it, whichever engine gave it."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if hasattr(value, "tolist") and not isinstance(value, dt.date):  # an array of numpy, or one number
        value = value.tolist()
    if hasattr(value, "to_pydatetime"):
        value = value.to_pydatetime()
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC)
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value


def canonical(found: list[dict[str, Any]], table: Table) -> list[list[Any]]:
    """Rows in an order that all engines share, cells in the order of the declaration."""
    return sorted(([plain(row[name]) for name in table.column_names] for row in found), key=repr)


def pandas_rows(reading: hoverlake.Reading, table: Table) -> list[dict[str, Any]]:
    frame = reading.pandas()
    for column in table.columns:
        if column.type == "date":
            frame[column.name] = [None if day is None else day.date() for day in frame[column.name]]
    return [dict(zip(frame.columns, map(none_for_na, row), strict=True)) for row in frame.itertuples(index=False)]


def none_for_na(value: Any) -> Any:
    return None if type(value).__name__ in ("NAType", "NaTType") else value


@dataclass(frozen=True)
class Registered:
    """The demo's warehouse, in the session's catalog; its files and versions as they were before."""

    uri: str
    files: dict[str, int]
    versions: dict[str, int]


def files_of(warehouse: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in warehouse.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def registered(spark: SparkSession, demo_warehouse: Demo) -> Iterator[Registered]:
    """As the exported statements register it; taken out of the catalog again, which the whole run shares."""
    # Spark makes it for schemas, although none of them holds a file.
    had_folder = Path("spark-warehouse").exists()
    before = Registered(
        str(demo_warehouse.warehouse), files_of(demo_warehouse.warehouse), versions(demo_warehouse.warehouse)
    )
    for statement in statements(export_of(before.uri), "spark"):
        spark.sql(statement)
    yield before
    for schema in ("mart", "mart_newest", "ops"):
        spark.sql(f"DROP SCHEMA {schema} CASCADE")
    if not had_folder:
        shutil.rmtree("spark-warehouse", ignore_errors=True)


@pytest.mark.parametrize("table", MARTS, ids=lambda table: table.name)
def test_every_engine_reads_equal_rows(spark: SparkSession, registered: Registered, table: Table) -> None:
    reading = hoverlake.open_warehouse(registered.uri).table(table.name)
    [version] = [entry.version for entry in export_of(registered.uri).entries if entry.table == table]
    folder, relation = f"{registered.uri}/{table.path}", reading.duckdb()

    read = {
        "Arrow": reading.arrow().to_pylist(),
        "pandas": pandas_rows(reading, table),
        "Polars": reading.polars().to_dicts(),
        "DuckDB": [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()],
        "Spark": reading.spark(spark).toArrow().to_pylist(),
        # By themselves, without this project's readers.
        "delta-rs": DeltaTable(folder, version=version).to_pyarrow_table().to_pylist(),
        "Polars alone": pl.read_delta(folder, version=version).to_dicts(),
        "Spark's catalog": spark.table(table.name).toArrow().to_pylist(),
    }

    expected = canonical(read.pop("Arrow"), table)
    assert expected
    for engine, found in read.items():
        assert canonical(found, table) == expected, engine


def test_ops_tables_are_registered_by_their_own_name(spark: SparkSession, registered: Registered) -> None:
    for table in OPS:
        expected = hoverlake.open_warehouse(registered.uri).table(table.name).arrow().num_rows

        assert spark.table(table.name).columns == table.column_names
        assert spark.table(table.name).count() == expected


def test_registered_views_carry_the_comments(spark: SparkSession, registered: Registered) -> None:
    for table in MARTS:
        described = {row.col_name: row for row in spark.sql(f"DESCRIBE TABLE EXTENDED {table.name}").collect()}

        assert [described[c.name].comment for c in table.columns] == [c.meaning for c in table.columns]
        assert described["Comment"].data_type.startswith(f"One row per {table.one_row_per}. ")
    newest = spark.sql("DESCRIBE TABLE mart_newest.reach_daily").collect()
    assert TABLES["mart.reach_daily"].column("visitors_7d").meaning in [row.comment for row in newest]


def test_registering_leaves_the_warehouse_as_it_is(registered: Registered) -> None:
    assert versions(Path(registered.uri)) == registered.versions
    assert files_of(Path(registered.uri)) == registered.files


def small_warehouse(root: Path) -> str:
    """Reach of three dates, the last without a column that was declared since, and a version that is not released."""
    day = dt.date(2026, 11, 20)
    for number in range(3):
        row = rows(TABLES[REACH], {"event_date": day + dt.timedelta(days=number), "visitors_7d": number})
        pinned = write_table(str(root), REACH, row, without=["visitors_28d"])
    publish_release(str(root), {REACH: pinned})
    write_table(str(root), REACH, rows(TABLES[REACH], {"visitors_7d": 9999}), without=["visitors_28d"])
    return str(root)


def test_spark_reads_the_release_with_the_declared_columns_and_the_dates_asked_for(
    spark: SparkSession, tmp_path: Path
) -> None:
    warehouse = hoverlake.open_warehouse(small_warehouse(tmp_path / "a warehouse"))

    everything = warehouse.table(REACH).spark(spark)
    one = warehouse.table(REACH, dates="2026-11-20", columns=["visitors_7d", "visitors_28d"]).spark(spark)
    unwritten = warehouse.table("mart.ad_attention_daily").spark(spark)

    assert everything.columns == TABLES[REACH].column_names
    assert sorted(row.visitors_7d for row in everything.collect()) == [0, 1, 2]
    assert [row.asDict() for row in one.collect()] == [{"visitors_7d": 0, "visitors_28d": None}]
    assert everything.schema["visitors_28d"].dataType.simpleString() == "bigint"
    assert everything.schema["visitors_7d"].metadata["comment"] == TABLES[REACH].column("visitors_7d").meaning
    assert (unwritten.columns, unwritten.count()) == (TABLES["mart.ad_attention_daily"].column_names, 0)


READ = """
import json, sys
from pathlib import Path
from jobs.io.session import start_session
session = start_session("reader", metastore=Path(sys.argv[1]))
comments = [row.comment for row in session.sql("DESCRIBE TABLE mart.reach_daily").collect()]
rows = [row.asDict() for row in session.sql("SELECT visitors_7d, visitors_28d FROM mart.reach_daily").collect()]
newest = session.table("mart_newest.reach_daily").count()
print(json.dumps({"comments": comments, "rows": rows, "newest": newest}))
"""


@pytest.mark.slow
def test_a_hive_metastore_knows_the_tables_in_the_next_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uri, metastore = small_warehouse(tmp_path / "a warehouse"), tmp_path / "a hive"
    words = ["catalog", "export", "--to", "spark", "--register", "--metastore", str(metastore), "--warehouse", uri]

    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    said, read = (
        subprocess.run([sys.executable, *command], cwd=tmp_path, capture_output=True, text=True, timeout=400)
        for command in (["-m", "jobs.cli", *words], ["-c", READ, str(metastore)])
    )

    assert said.returncode == 0, said.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"a warehouse", "a hive"}
    assert said.stdout == f"registered 1 table of {uri}, release 1, in {metastore}: {REACH}\n"
    assert read.returncode == 0, read.stderr
    found = json.loads(read.stdout.splitlines()[-1])
    assert found["comments"] == [column.meaning for column in TABLES[REACH].columns]
    assert sorted(found["rows"], key=repr) == [{"visitors_7d": n, "visitors_28d": None} for n in range(3)]
    assert found["newest"] == 3 + 1
