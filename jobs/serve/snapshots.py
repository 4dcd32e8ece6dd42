"""One date of a release, copied into memory once: after that a page costs milliseconds, however many dates there are.

What a release pins never changes, so a copy is good for as long as it is kept. Only ops grows beneath it: a copy knows
which versions of ops it holds, and is made anew when they are no longer the latest.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections import OrderedDict

import duckdb

from jobs.io.releases import Release
from jobs.io.warehouse import open_table
from jobs.sql import connect
from jobs.sql_errors import unreadable
from jobs.sql_macros import macros
from warehouse_schema import TABLES, Table
from warehouse_schema.mart.feed_attention_daily import FEED_ATTENTION_DAILY
from warehouse_schema.mart.feed_visibility_minutes import FEED_VISIBILITY_MINUTES
from warehouse_schema.mart.hover_heatmap_daily import HOVER_HEATMAP_DAILY
from warehouse_schema.mart.viewport_exposure_daily import VIEWPORT_EXPOSURE_DAILY
from warehouse_schema.ops import tables as ops

MARTS = (HOVER_HEATMAP_DAILY, VIEWPORT_EXPOSURE_DAILY, FEED_ATTENTION_DAILY, FEED_VISIBILITY_MINUTES)
OPS = (ops.RUNS, ops.DQ_RESULTS)
#: All that is ever opened.
READ = tuple(table.name for table in (*MARTS, *OPS))
#: Rows that a copy holds: the date's, all runs, and what kept any date from being published.
HELD = {
    ops.RUNS.name: "$date is not null",
    ops.DQ_RESULTS.name: "event_date = $date or (success = false and severity = 'critical')",
} | {mart.name: "event_date = $date" for mart in MARTS}
#: Copies that are kept, the latest asked for. A large date has some ten thousand rows.
KEPT = 8

Key = tuple[int, str, dt.date, tuple[int | None, ...]]


class Snapshots:
    """The copies of a warehouse's dates that were asked for lately."""

    def __init__(self, warehouse: str) -> None:
        self._warehouse = warehouse
        self._kept: OrderedDict[Key, duckdb.DuckDBPyConnection] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, release: Release, date: dt.date) -> duckdb.DuckDBPyConnection:
        """A connection to the date's rows as the release pins them, by the names of their tables; the caller takes a cursor."""
        # The run, too: a warehouse that was made anew counts its releases from 1 again.
        key = (release.number, release.run_id, date, tuple(self._version(table) for table in OPS))
        with self._lock:
            if key not in self._kept:
                self._kept[key] = self._copied(release, date)
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return self._kept[key]

    def _version(self, table: Table) -> int | None:
        try:
            found = open_table(self._warehouse, table)
        except OSError as error:
            raise unreadable(error, self._warehouse, table) from error
        return found.version() if found else None

    def _copied(self, release: Release, date: dt.date) -> duckdb.DuckDBPyConnection:
        copy = duckdb.connect()
        copy.execute("SET GLOBAL TimeZone = 'UTC'; SET python_enable_replacements = false")
        # By its number even if it is the newest: one that is published meanwhile would pin other versions.
        keep = {mart.name: lambda dates: {date} & {*dates} for mart in MARTS}
        with connect(self._warehouse, READ, release.number, keep) as tables:
            for name in READ:
                rows = tables.sql(f"select * from {name} where {HELD[name]}", params={"date": date})
                copy.register("rows", rows.to_arrow_table())
                copy.execute(
                    f"create schema if not exists {TABLES[name].layer}; create table {name} as select * from rows"
                )
                copy.unregister("rows")
        for macro in macros(release):
            copy.execute(macro)
        copy.execute("SET GLOBAL enable_external_access = false; SET GLOBAL lock_configuration = true")
        return copy
