"""A warehouse as many nights leave it, made without Spark from one that published a night.

Every table has the rows of the newest date under each other date, a commit per date, a checkpoint of the log every ten
commits as Spark writes it; every date has its release record, and its raw files in the manifest.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable, PostCommitHookProperties, WriterProperties, write_deltalake

from jobs.io import releases
from jobs.io.releases import EventDate, InputFile, Release
from jobs.io.store import Store, table_uri
from jobs.io.warehouse import open_table
from warehouse_schema import CLEAN, MARTS, OPS, PINNED, RESTRICTED
from warehouse_schema.table import Table

#: Versions from one checkpoint of the log to the next, as Spark writes them: the last is up to nine commits old.
CHECKPOINT_EVERY = 10
#: Clean keeps so many dates.
CLEAN_DATES = 30
#: What must not be the same on two dates: a page view lies on one, a run was once, a file landed once.
_IDS = ("page_view_id", "run_id", "raw_file")


def many_dates(source: str, target: str, dates: Sequence[dt.date], tables: Sequence[Table] = MARTS + OPS) -> None:
    """Make a warehouse below `target` with `dates`, oldest first, of the newest date of `source`; clean, if it is among
    `tables`, has the last of them."""
    newest = releases.newest(Store(source))
    assert newest is not None
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        written = pool.map(lambda table: _written(source, target, table, newest, dates), tables)
    versions = dict(zip((table.name for table in tables), written, strict=True))
    pinned = {table.name: versions[table.name] for table in PINNED if table.name in versions}
    _publish(source, target, newest, dates, pinned)


def _written(source: str, target: str, table: Table, newest: Release, dates: Sequence[dt.date]) -> dict[dt.date, int]:
    """The version of the table after each date; none on which it has no rows yet."""
    found = open_table(source, table, newest.tables.get(table.name))
    if found is None:
        return {}
    rows = found.to_pyarrow_table()
    last = dt.date.fromisoformat(max(newest.event_dates))
    # A night tells of some dates beside its own.
    if "event_date" in table.column_names:
        rows = rows.filter(pc.equal(rows["event_date"], pa.scalar(last)))
    own = dates[-CLEAN_DATES:] if table in CLEAN + RESTRICTED else dates
    # What a night declares of its tables: without it the next one would first have to declare it.
    properties = dict(found.metadata().configuration)
    return _commits(
        table_uri(target, table.path), table, properties, ((date, rows_on(rows, date, last)) for date in own)
    )


def _commits(
    uri: str, table: Table, properties: dict[str, str], rows_of: Iterable[tuple[dt.date, pa.Table]]
) -> dict[dt.date, int]:
    written: DeltaTable | None = None
    versions = {}
    for date, rows in rows_of:
        write_deltalake(
            written or uri,
            rows,
            partition_by=list(table.partition_by) or None,
            mode="append",
            configuration=None if written else properties,
            writer_properties=WriterProperties(compression="ZSTD"),
            post_commithook_properties=PostCommitHookProperties(create_checkpoint=False),
        )
        written = written or DeltaTable(uri)
        written.update_incremental()
        if written.version() and written.version() % CHECKPOINT_EVERY == 0:
            written.create_checkpoint()
        versions[date] = written.version()
    return versions


def rows_on(rows: pa.Table, date: dt.date, last: dt.date) -> pa.Table:
    """The rows of `last` as if they were of `date`: dates, instants, and ids that are of one date only."""
    earlier = pa.scalar(last - date, pa.duration("us"))
    for place, field in enumerate(rows.schema):
        column = rows[field.name]
        if pa.types.is_date(field.type):
            column = pa.array([date] * rows.num_rows, field.type)
        elif pa.types.is_timestamp(field.type):
            column = pc.subtract(column, earlier).cast(field.type)
        elif field.name in _IDS:
            column = pc.binary_join_element_wise(column, str(date), "-").cast(field.type)
        rows = rows.set_column(place, field, column)
    return rows


def _publish(
    source: str, target: str, newest: Release, dates: Sequence[dt.date], versions: Mapping[str, Mapping[dt.date, int]]
) -> None:
    """A release record per date, each with all dates up to its own, all of them final."""
    pattern = next(iter(newest.event_dates.values()))
    state = replace(pattern, status="final")
    files = list(releases.manifest(Store(source), newest.number).values())
    store = Store(target, create=True)
    shown: dict[str, EventDate] = {}
    known: dict[str, InputFile] = {}
    for number, date in enumerate(dates, 1):
        shown[str(date)] = state
        known |= {file.path: file for file in (_file_on(file, date) for file in files)}
        record = replace(
            newest,
            number=number,
            landing_date=str(date),
            tables={name: of[date] for name, of in versions.items() if date in of},
            event_dates=dict(shown),
            clean_since=str(dates[-CLEAN_DATES:][0]),
            erasures=0,
        )
        assert releases.publish(store, record, known)


def _file_on(file: InputFile, date: dt.date) -> InputFile:
    name = file.path.rpartition("/")[2]
    return replace(file, path=f"landing_date={date}/{file.landing_date}-{name}", landing_date=str(date))
