"""A version of a Delta table as a Spark DataFrame, with the declared columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from jobs.errors import UsageError
from jobs.io.store import table_uri
from warehouse_schema import Table
from warehouse_schema.derive import spark_schema

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

#: Words of Spark for a session without Delta's jars, and for one without its settings.
_NO_DELTA = ("DATA_SOURCE_NOT_FOUND", "DELTA_CONFIGURE_SPARK_SESSION")


def spark_rows(
    warehouse: str,
    table: Table,
    version: int | None,
    columns: Sequence[str],
    where: str | None,
    session: SparkSession | None,
) -> DataFrame:
    """Rows of the table at `version` that fulfil the condition `where`; none if it has no version yet."""
    from pyspark.errors import PySparkException
    from pyspark.sql import functions as F

    if session is None:
        from jobs.io.session import start_session

        session = start_session("hoverlake reading", [warehouse])
    declared = spark_schema(table.columns)
    if version is None:
        return session.createDataFrame([], declared).select(*columns)
    try:
        stored = session.read.format("delta").option("versionAsOf", version).load(table_uri(warehouse, table.path))
    except PySparkException as error:
        if not any(words in str(error) for words in _NO_DELTA):
            raise
        raise UsageError(
            "the Spark session does not know Delta tables. Start it with Delta's jars and extensions (docs/reading.md), "
            "or call .spark() without a session."
        ) from error
    fields = [declared[name] for name in columns]
    rows = stored if where is None else stored.where(where)
    return rows.select(
        *(
            (F.col(field.name) if field.name in stored.columns else F.lit(None))
            .cast(field.dataType)
            .alias(field.name, metadata=field.metadata)
            for field in fields
        )
    )
