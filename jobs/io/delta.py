"""Delta tables of a warehouse: read at a version, append, replace dates, restore. The only writer of tables.

Every commit carries the run and the lease's number, and is checked: Delta skips a write without a word when its
number is not newer than the table's (ENGINEERING 3).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from delta.tables import DeltaTable
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import DataType, StructField

from jobs.errors import InfrastructureFailed
from jobs.io.journal import Journal
from jobs.io.lease import Lease
from jobs.io.releases import REPLACED_DAYS, Release
from jobs.io.store import Store, table_uri
from jobs.io.warehouse import open_table
from warehouse_schema import CLEAN, OPS, PINNED, RESTRICTED, TABLES
from warehouse_schema.derive import spark_schema
from warehouse_schema.table import Table

#: Numbers of one lease's commits; a lease makes fewer than this.
COMMITS_PER_LEASE = 1_000_000
_STATISTICS = "delta.dataSkippingStatsColumns"
_CHECKS_RETENTION = "spark.databricks.delta.retentionDurationCheck.enabled"
#: Types of which Delta keeps the least and the greatest value of each file.
_WITH_STATISTICS = ("string", "int", "long", "double", "date", "timestamp")
#: Columns that queries filter by come first: more would only make the log longer.
_STATISTICS_COLUMNS = 12


class DeltaTables:
    """The tables below `warehouse`, as one run writes them."""

    def __init__(self, spark: SparkSession, warehouse: str, run_id: str, lease: Lease, journal: Journal) -> None:
        self.spark = spark
        self.warehouse = warehouse
        self.run_id = run_id
        self.lease = lease
        self.journal = journal
        self._transactions = itertools.count(lease.number * COMMITS_PER_LEASE + 1)
        self._versions: dict[str, int] = {}

    def uri(self, table: Table) -> str:
        """Where Spark finds the table."""
        return table_uri(self.warehouse, table.path)

    def version(self, table: Table) -> int:
        """The latest version that this run has seen, -1 if the table does not exist: between its commits only the run
        writes, and a version of another writer breaks its next commit."""
        if table.name not in self._versions:
            self._versions[table.name] = self._look_up(table)
        return self._versions[table.name]

    def _look_up(self, table: Table) -> int:
        found = open_table(self.warehouse, table)
        return -1 if found is None else int(found.version())

    def read(self, table: Table, version: int | None = None) -> DataFrame:
        """The table at `version` (None: the latest); no rows if it does not exist."""
        if self.version(table) < 0:
            return self.spark.createDataFrame([], spark_schema(table.columns))
        reader = self.spark.read.format("delta")
        stored = (reader if version is None else reader.option("versionAsOf", version)).load(self.uri(table))
        # As the version was written: a column that was declared since has no value there.
        new = [column for column in spark_schema(table.columns) if column.name not in stored.columns]
        return stored.withColumns({column.name: F.lit(None).cast(column.dataType) for column in new})

    def append(self, table: Table, rows: DataFrame) -> None:
        """Add rows in one commit."""
        self._commit(table, rows, "append", {})

    def replace(self, table: Table, rows: DataFrame, predicate: str) -> None:
        """Replace what `predicate` (on literal dates) covers by `rows`, which must lie inside it, in one commit."""
        if self.version(table) < 0:
            self.append(table, rows)
        else:
            self._commit(table, rows, "overwrite", {"replaceWhere": predicate})

    def _commit(self, table: Table, rows: DataFrame, mode: str, options: dict[str, str]) -> None:
        before = self.version(table)
        writer = conformed(rows, table).write.format("delta").mode(mode).options(**options)
        writer = writer.option("txnAppId", "hoverlake").option("txnVersion", next(self._transactions))
        writer = writer.option("userMetadata", self.run_id)
        if table.layer != "mart":
            # A warehouse written before a column was declared gets it with the first row; rows from before have NULL.
            # Not so a mart: who sums its column would sum some dates only.
            writer = writer.option("mergeSchema", "true")
        if before < 0:
            days = REPLACED_DAYS[table.layer]
            writer = writer.option("delta.deletedFileRetentionDuration", f"interval {days} days")
            writer = writer.option("delta.logRetentionDuration", f"interval {days} days")
            writer = writer.option(_STATISTICS, ",".join(statistics_columns(table)))
            # Some platforms turn them on for every new table; what reads without Spark knows no rows that are gone within files.
            writer = writer.option("delta.enableDeletionVectors", "false")
        if table.partition_by:
            writer = writer.partitionBy(*table.partition_by)
        writer.save(self.uri(table))
        after = self._look_up(table)
        if after != before + 1:
            raise InfrastructureFailed(
                f"{table.name}: expected version {before + 1} after the commit, found {after}: another writer holds "
                "this warehouse, or a newer lease has fenced this run off. Nothing was published; run the night again."
            )
        self._versions[table.name] = after
        self.journal.write("committed", table=table.name, version=after)

    def fence(self) -> None:
        """Append an empty frame to every table: from here on Delta skips what a run of an older lease commits."""
        written = [table for table in TABLES.values() if self.version(table) >= 0]
        _each(lambda table: self.append(table, self.spark.createDataFrame([], spark_schema(table.columns))), written)

    def delete(self, table: Table, predicate: str | None) -> bool:
        """Remove rows; True if there were any."""
        return predicate is not None and self._changed(table, lambda delta: delta.delete(predicate))

    def forget_runs(self, run_ids: Sequence[str]) -> None:
        """Remove what runs wrote into ops and restricted tables, which no release pins."""
        names = ", ".join(f"'{run_id}'" for run_id in run_ids)
        for table in OPS + RESTRICTED if run_ids else ():
            self.delete(table, f"run_id IN ({names})")

    def compact(self, table: Table) -> bool:
        """Join the small files of each partition; True if there were any. Rows stay as they are."""
        return self._changed(table, lambda delta: delta.optimize().executeCompaction())

    def vacuum(self, table: Table) -> None:
        """Remove files that were replaced longer ago than the table's retention."""
        self._changed(table, lambda delta: delta.vacuum())

    def vacuum_at_once(self, table: Table) -> None:
        """Remove every file that the latest version does not need: older pins of the table are void from here on."""
        # Delta refuses less than a week, for fear of writers that are still at work: the lease says there are none.
        self.spark.conf.set(_CHECKS_RETENTION, "false")
        try:
            self._changed(table, lambda delta: delta.vacuum(0))
        finally:
            self.spark.conf.unset(_CHECKS_RETENTION)

    def keep_statistics_impersonal(self) -> None:
        """Tables of people that were made when the log still kept the least and the greatest pseudonym of each file keep
        none from here on."""
        for table in CLEAN:
            found, wanted = open_table(self.warehouse, table), ",".join(statistics_columns(table))
            if found is not None and found.metadata().configuration.get(_STATISTICS) != wanted:
                self._set_property(table, _STATISTICS, wanted)

    def _set_property(self, table: Table, name: str, value: str) -> None:
        change = f"ALTER TABLE delta.`{self.uri(table)}` SET TBLPROPERTIES ('{name}' = '{value}')"
        self._changed(table, lambda _: self.spark.sql(change))

    def _changed(self, table: Table, change: Callable[[DeltaTable], object]) -> bool:
        """Whether the change, which carries no number of a transaction, made a version."""
        before = self.version(table)
        if before < 0:
            return False
        self.lease.check()
        change(DeltaTable.forPath(self.spark, self.uri(table)))
        self._versions[table.name] = self._look_up(table)
        return self._versions[table.name] > before

    def restore(self, store: Store, release: Release | None) -> list[str]:
        """Bring every pinned table back to the release: what a stopped run wrote is undone. Names what was undone."""
        pinned = {table.name: release.tables.get(table.name) if release else None for table in PINNED}
        undone = [table for table in PINNED if self.version(table) not in (-1, pinned[table.name])]
        _each(lambda table: self._restore(store, table, pinned[table.name]), undone)
        return [table.name for table in undone]

    def _restore(self, store: Store, table: Table, version: int | None) -> None:
        # RESTORE passes over the numbers of transactions: a run that was fenced off must not come this far.
        self.lease.check()
        del self._versions[table.name]
        if version is None:
            store.delete_folder(table.path)
        else:
            DeltaTable.forPath(self.spark, self.uri(table)).restoreToVersion(version)
        self.journal.write("restored", table=table.name, version=version)


def _each(change: Callable[[Table], None], tables: Sequence[Table]) -> None:
    """Much of a commit is planning: together they keep the cores busy."""
    with ThreadPoolExecutor(max(1, len(tables))) as pool:
        list(pool.map(change, tables))


def statistics_columns(table: Table) -> list[str]:
    """Columns of which the log keeps the least and the greatest value per file: never one of a person, whose value would
    stay in the log when the rows are erased."""
    first = [c for c in table.columns if c.name not in table.partition_by][:_STATISTICS_COLUMNS]
    return [c.name for c in first if not c.personal and c.type in _WITH_STATISTICS]


def conformed(rows: DataFrame, table: Table) -> DataFrame:
    """Declared order, types and comments; a missing or foreign column is an error, not a NULL."""
    if set(rows.columns) != set(table.column_names):
        raise InfrastructureFailed(
            f"{table.name}: columns {sorted(set(rows.columns) ^ set(table.column_names))} do not match the declaration."
        )
    given = rows.schema
    return rows.select(*[_declared(F.col(c.name), given[c.name].dataType, c) for c in spark_schema(table.columns)])


def _declared(column: Column, given: DataType, declared: StructField) -> Column:
    """A column that is as declared already stays as it is: `DataFrame.to` would make every element of all nested columns anew,
    one by one and uncompiled, if only one column differed."""
    as_declared = column if given == declared.dataType else column.cast(declared.dataType)
    return as_declared.alias(declared.name, metadata=declared.metadata)
