"""Rows that are gone within a file (deletion vectors): what reads tables without Spark knows none, so no table has them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from deltalake import DeltaTable

from tests.night.warehouses import beacon, night, query, write_lines

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

#: Set where a platform turns them on for every new table.
ON_BY_DEFAULT = "spark.databricks.delta.properties.defaults.enableDeletionVectors"


@pytest.mark.spark
def test_tables_have_none_where_they_are_on_by_default(spark: SparkSession, tmp_path: Path) -> None:
    raw, warehouse = tmp_path / "raw", tmp_path / "warehouse"
    write_lines(raw, [beacon()])

    spark.conf.set(ON_BY_DEFAULT, "true")
    try:
        night(raw, warehouse)
    finally:
        spark.conf.unset(ON_BY_DEFAULT)

    tables = {
        str(log.parent.relative_to(warehouse)): DeltaTable(str(log.parent)) for log in warehouse.rglob("_delta_log")
    }
    assert len(tables) > 9
    assert {name: table.protocol().reader_features for name, table in tables.items()} == dict.fromkeys(tables)
    assert query(warehouse, "select count(*) from clean.page_views") == [(1,)]
