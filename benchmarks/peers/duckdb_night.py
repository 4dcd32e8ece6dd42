"""A night by DuckDB and delta-rs: the common part of hoverlake's tables, by SQL over sets, on all cores.

python -m benchmarks.peers.duckdb_night --raw data/raw --date 2026-11-20 --out /tmp/duckdb
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import duckdb
from deltalake import write_deltalake

from benchmarks.peers.dialect import DuckDialect, Step
from benchmarks.peers.night import CLEAN_TABLES, MART_TABLES, PeerNight, declared_bots, main
from benchmarks.peers.sql_cursor import cursor_steps
from benchmarks.peers.sql_items import item_steps
from benchmarks.peers.sql_marts import clean_steps, mart_steps
from benchmarks.peers.sql_traffic import traffic_steps
from benchmarks.peers.sql_views import accepted_beacons, view_steps
from warehouse_schema.raw import cursor_beacon as raw
from warehouse_schema.table import Array, Column, Map, Struct, Type

#: Spark's words that DuckDB lacks; macros are expanded when a query is planned.
MACROS = {
    "array_size(x)": "len(x)",
    "array_max(x)": "list_max(x)",
    "array_min(x)": "list_min(x)",
    "unix_date(d)": "date_diff('day', DATE '1970-01-01', d)",
    "date_from_unix_date(n)": "DATE '1970-01-01' + n",
}
_TYPES = {"string": "VARCHAR", "int": "INTEGER", "long": "BIGINT", "double": "DOUBLE", "boolean": "BOOLEAN"}
#: More page views than one bucket has.
BUCKET_NUMBERS = 1_000_000_000


def run(night: PeerNight) -> None:
    """Land, build, add up, write. Buckets of visitors are built side by side, each by a connection with tables of its
    own; what they share lies in a database on disk."""
    work = night.out / "_work"
    work.mkdir(parents=True, exist_ok=True)
    database = duckdb.connect(str(work / "night.duckdb"))
    database.execute(f"SET temp_directory = '{work}'; SET TimeZone = 'UTC'")
    for signature, body in MACROS.items():
        database.execute(f"CREATE MACRO {signature} AS {body}")
    cores = os.cpu_count() or 1
    buckets = max(cores, night.buckets())
    with night.progress.stage("land"):
        _land(database, night, buckets)
    with night.progress.stage("page views"), ThreadPoolExecutor(cores) as pool:
        parts = list(pool.map(lambda bucket: _build(database.cursor(), night, bucket), range(buckets)))
        for table in CLEAN_TABLES:
            united = " UNION ALL ".join(f"SELECT * FROM {table}_{bucket}" for bucket in parts)
            database.execute(f"CREATE VIEW {table} AS {united}")
    with night.progress.stage("marts"):
        for name, query in mart_steps(DuckDialect(), night.settings):
            database.execute(f"CREATE TABLE {name} AS {query}")
    with night.progress.stage("write"):
        for table in (*CLEAN_TABLES, *MART_TABLES):
            _write(database, table, night)
    database.close()
    shutil.rmtree(work)


def _land(database: duckdb.DuckDBPyConnection, night: PeerNight, buckets: int) -> None:
    # Parsed into a table: within one query every condition would parse the line anew (measured: 17 times the work).
    database.execute(f"""CREATE TABLE lines AS SELECT filename AS raw_file, sha256(CAST(json AS VARCHAR)) AS line_sha256,
        json_transform(json, '{json.dumps(_structure(raw.COLUMNS))}') AS beacon
        FROM read_ndjson_objects({night.files()}, ignore_errors = true, filename = true) WHERE json IS NOT NULL""")
    accepted = accepted_beacons(night.settings, "row_number() OVER ()")
    database.execute(f"CREATE TABLE landed AS SELECT *, hash(visitor_id) % {buckets} AS bucket FROM ({accepted})")
    database.execute("DROP TABLE lines")
    agents = database.execute("SELECT DISTINCT user_agent FROM landed").fetchall()
    database.execute("CREATE TABLE bot_agents (user_agent VARCHAR)")
    for agent in declared_bots(row[0] for row in agents):
        database.execute("INSERT INTO bot_agents VALUES (?)", [agent])


def _structure(columns: Sequence[Column]) -> dict[str, Any]:
    """What json_transform is to make of a beacon: the declared types, without what no table of the bench needs."""
    return {column.name: _type(column.type) for column in columns if not isinstance(column.type, Map)}


def _type(type_: Type) -> Any:
    if isinstance(type_, Struct):
        return _structure(type_.fields)
    return [_type(type_.of)] if isinstance(type_, Array) else _TYPES[str(type_)]


def _build(database: duckdb.DuckDBPyConnection, night: PeerNight, bucket: int) -> int:
    """Clean tables of the visitors of one bucket; steps on the way to them are tables of this connection alone."""
    dialect, settings = DuckDialect(), night.settings
    database.execute(f"CREATE TEMP VIEW beacons AS SELECT * FROM landed WHERE bucket = {bucket}")
    steps: list[Step] = [
        *view_steps(dialect, settings, bucket * BUCKET_NUMBERS),
        *cursor_steps(dialect, settings),
        *traffic_steps(settings),
        *item_steps(dialect, settings),
        *clean_steps(),
    ]
    for name, query in steps:
        database.execute(f"CREATE TEMP TABLE {name} AS {query}")
    for table in CLEAN_TABLES:
        database.execute(f"CREATE TABLE {table}_{bucket} AS SELECT * FROM {table}")
    database.close()
    return bucket


def _write(database: duckdb.DuckDBPyConnection, table: str, night: PeerNight) -> None:
    """Sums of whole numbers are HUGEINT, which no Delta table knows."""
    described = database.execute(f"DESCRIBE {table}").fetchall()
    columns = [f"CAST({name} AS BIGINT) AS {name}" if type_ == "HUGEINT" else name for name, type_, *_ in described]
    rows = database.sql(f"SELECT {', '.join(columns)} FROM {table}").to_arrow_reader(100_000)
    write_deltalake(str(night.out / table), rows, partition_by=["event_date"])


if __name__ == "__main__":
    main(__doc__, run)
