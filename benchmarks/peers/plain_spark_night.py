"""A night by PySpark and Delta as most people write it: arrays exploded to a row per sample, then window functions.

    python -m benchmarks.peers.plain_spark_night --raw data/raw --date 2026-11-20 --out /tmp/spark

The same SQL as the peer on DuckDB; clean tables are written first, and marts read them back, as hoverlake does.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from benchmarks.peers.dialect import SparkDialect, Step
from benchmarks.peers.night import PeerNight, declared_bots, main
from benchmarks.peers.sql_cursor import cursor_steps
from benchmarks.peers.sql_items import item_steps
from benchmarks.peers.sql_marts import clean_steps, mart_steps
from benchmarks.peers.sql_traffic import traffic_steps
from benchmarks.peers.sql_views import accepted_beacons, view_steps
from jobs.io.jars import delta_jars
from jobs.io.java import find_java
from warehouse_schema.derive import sql_type
from warehouse_schema.raw import cursor_beacon as raw
from warehouse_schema.table import Map

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

#: Tables that several steps read: each is made once and lies in a file, or every reader would make it anew.
MADE_ONCE = {
    *("survivors", "views", "edges", "visible", "events", "runs", "engaged"),
    *("cheap_reasons", "rhythms", "metas", "states", "seen", "half_spells"),
}


def run(night: PeerNight) -> None:
    """Parse, build the clean tables, write them, add up the marts from what is written."""
    with night.progress.stage("start Spark"):
        spark = _session()
    dialect, settings = SparkDialect(), night.settings
    with night.progress.stage("land"):
        _land(spark, night)
    with night.progress.stage("page views"):
        steps = [*view_steps(dialect, settings), *cursor_steps(dialect, settings), *traffic_steps(settings)]
        _name(spark, night, [*steps, *item_steps(dialect, settings)])
        for table, query in clean_steps():
            _write(spark, night, table, query)
            # What is written is read back: by the tables after it, and by the marts.
            spark.read.format("delta").load(str(night.out / table)).createOrReplaceTempView(table)
    with night.progress.stage("marts"):
        for name, query in mart_steps(dialect, settings):
            _write(spark, night, name, query)
    spark.stop()
    shutil.rmtree(night.out / "_work")


def _session() -> SparkSession:
    """Defaults, but for what Delta and dates in UTC need, partitions that suit the cores, and hoverlake's memory."""
    os.environ["JAVA_HOME"] = str(find_java().path)
    os.environ["PYSPARK_PYTHON"] = sys.executable
    from pyspark.sql import SparkSession

    settings = {
        "spark.jars": ",".join(map(str, delta_jars())),
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": str(2 * (os.cpu_count() or 2)),
        "spark.driver.memory": os.environ.get("HOVERLAKE_DRIVER_MEMORY", "3g"),
        "spark.driver.host": "localhost",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    builder = SparkSession.builder.appName("plain-spark-night").master("local[*]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def _land(spark: SparkSession, night: PeerNight) -> None:
    fields = ", ".join(f"{c.name} {sql_type(c.type)}" for c in raw.COLUMNS if not isinstance(c.type, Map))
    lines = spark.read.text(night.files()).selectExpr(
        "_metadata.file_path AS raw_file",
        "monotonically_increasing_id() AS line_no",
        "sha2(value, 256) AS line_sha256",
        f"from_json(value, '{fields}') AS beacon",
    )
    lines.persist().createOrReplaceTempView("lines")
    spark.sql(accepted_beacons(night.settings, "line_no")).createOrReplaceTempView("beacons")
    agents = [row[0] for row in spark.sql("SELECT DISTINCT user_agent FROM beacons").collect()]
    bots = [(agent,) for agent in declared_bots(agents)]
    spark.createDataFrame(bots, "user_agent string").createOrReplaceTempView("bot_agents")


def _name(spark: SparkSession, night: PeerNight, steps: Sequence[Step]) -> None:
    for name, query in steps:
        rows = spark.sql(query)
        if name in MADE_ONCE:
            path = str(night.out / "_work" / name)
            rows.write.parquet(path)
            rows = spark.read.parquet(path)
        rows.createOrReplaceTempView(name)


def _write(spark: SparkSession, night: PeerNight, table: str, query: str) -> None:
    spark.sql(query).write.format("delta").partitionBy("event_date").save(str(night.out / table))


if __name__ == "__main__":
    main(__doc__, run)
