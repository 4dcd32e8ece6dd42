"""Are the tables of a peer equal to hoverlake's, row by row? A value that differs makes the bench fail.

    python -m benchmarks.equality --warehouse data/warehouse --peer /tmp/duckdb --min-visitors 50

Page views, heat cells and item views must be the same rows with the same values. Of marts, every row that hoverlake
publishes at the finest grain must be among the peer's rows with equal values. The peer does not fold small groups: its
other rows must be too small, or lie beside a remainder that took them in (METRICS 6).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
from deltalake import DeltaTable

from jobs.config import Settings
from jobs.io import releases
from jobs.io.keys import key_file, load_key
from jobs.io.store import Store
from jobs.steps.pseudonym import visitor_key
from warehouse_schema import TABLES
from warehouse_schema.clean.page_views import HEAT_CELL, ITEM_VIEW, PAGE_VIEWS
from warehouse_schema.table import Struct

SHOWN_ROWS = 3
CELL_PX = Settings().cell_px
PERSON = ("event_date", "visitor", "page_view_id")
#: Nested values that peers do not compute.
NOT_COMPARED = ("first_visible_ms", "width_px", "height_px")


@dataclass(frozen=True)
class Compared:
    """A table that both sides have: the columns that tell its rows apart, and those that must be equal."""

    name: str
    key: tuple[str, ...]
    values: tuple[str, ...]


def _values(struct: Struct, key: Iterable[str]) -> tuple[str, ...]:
    left_out = {*key, *NOT_COMPARED}
    return tuple(f.name for f in struct.fields if f.name not in left_out and not f.name.startswith("is_first_"))


CONTEXT = ("surface", "layout_id", "device_type", "viewport_class", "traffic_class")
CLEAN = (
    Compared("page_views", PERSON, (*CONTEXT, "absolute_ms", "visible_ms", "engaged_ms")),
    Compared(
        "page_view_heat_cells",
        (*PERSON, "space", "cell_x", "cell_y"),
        _values(HEAT_CELL, ("space", "cell_x", "cell_y")),
    ),
    Compared("page_view_items", (*PERSON, "item_id"), _values(ITEM_VIEW, ("item_id",))),
)
#: Each mart with the columns of its grain that the first remainder folds away.
FOLDED_AWAY = {
    "hover_heatmap_daily": ("cell_px", "cell_x", "cell_y"),
    "story_attention_daily": ("item_id",),
    "feed_attention_daily": ("feed_rank_bucket",),
}


def mart(name: str) -> Compared:
    """A mart's grain and all of its values."""
    table = TABLES[f"mart.{name}"]
    values = [c for c in table.column_names if c not in (*table.grain, "is_remainder")]
    return Compared(name, table.grain, tuple(values))


def differences(database: duckdb.DuckDBPyConnection, table: Compared, expected: str, found: str) -> list[str]:
    """What differs between two relations of the database, in words; empty if they hold equal rows.

    `expected` and `found` are tables or queries in brackets with the columns of `table`; keys are never NULL.
    """
    on = " AND ".join(f"e.{name} = f.{name}" for name in table.key)
    keys = ", ".join(f"coalesce(e.{name}, f.{name}) AS {name}" for name in table.key)
    unequal = {name: f"(e.{name} IS DISTINCT FROM f.{name})" for name in table.values}
    database.execute(
        f"""CREATE OR REPLACE TEMP TABLE compared AS SELECT {keys}, e.here IS NULL AS is_extra, f.here IS NULL AS is_missing,
        {_pairs(table.values)} FROM (SELECT *, 1 AS here FROM {expected}) e FULL JOIN (SELECT *, 1 AS here FROM {found}) f ON {on}
        WHERE e.here IS NULL OR f.here IS NULL OR {" OR ".join(unequal.values())}"""
    )
    return [
        *_told(database, table, "is_missing", "missing"),
        *_told(database, table, "is_extra", "not expected"),
        *(line for name in table.values for line in _told_of_value(database, table, name)),
    ]


def _pairs(values: Sequence[str]) -> str:
    return ", ".join(f"e.{name} AS expected_{name}, f.{name} AS found_{name}" for name in values)


def _told(database: duckdb.DuckDBPyConnection, table: Compared, condition: str, word: str) -> list[str]:
    rows = database.execute(f"SELECT {', '.join(table.key)} FROM compared WHERE {condition} ORDER BY ALL").fetchall()
    return [f"{table.name}: {len(rows):,} rows {word}, the first: {_shown(rows)}"] if rows else []


def _told_of_value(database: duckdb.DuckDBPyConnection, table: Compared, name: str) -> list[str]:
    rows = database.execute(
        f"""SELECT {", ".join(table.key)}, expected_{name}, found_{name} FROM compared
        WHERE NOT is_extra AND NOT is_missing AND expected_{name} IS DISTINCT FROM found_{name} ORDER BY ALL"""
    ).fetchall()
    told = [f"{row[:-2]}: {row[-1]!r} instead of {row[-2]!r}" for row in rows[:SHOWN_ROWS]]
    return [f"{table.name}: {len(rows):,} rows differ in {name}, the first: {'; '.join(told)}"] if rows else []


def _shown(rows: Sequence[tuple[object, ...]]) -> str:
    return "; ".join(str(tuple(map(str, row))) for row in rows[:SHOWN_ROWS])


def clean_differences(database: duckdb.DuckDBPyConnection, page_views: str, peer: Path) -> list[str]:
    """A peer's clean tables against the relation `page_views`, nested as clean.page_views is.

    The table `visitors` of the database says which `visitor` of `page_views` each visitor_id of the peer is.
    """
    nested = {"page_view_heat_cells": "heat_cells", "page_view_items": "item_views"}
    problems: list[str] = []
    for table in CLEAN:
        expected = page_views
        if table.name in nested:
            entries = f"SELECT {', '.join(PERSON)}, unnest({nested[table.name]}) AS entry FROM {page_views}"
            columns = [f"entry.{c} AS {c}" for c in (*table.key, *table.values) if c not in PERSON]
            expected = f"(SELECT {', '.join((*PERSON, *columns))} FROM ({entries}))"
        views = f"(SELECT v.*, visitor FROM {scan(peer / 'page_views')} v LEFT JOIN visitors USING (visitor_id))"
        found = views
        if table.name in nested:
            found = f"(SELECT p.*, visitor, page_view_id FROM {scan(peer / table.name)} p LEFT JOIN {views} USING (pv))"
        problems += differences(database, table, expected, found)
    return problems


def mart_differences(
    database: duckdb.DuckDBPyConnection, name: str, published: str, found: str, min_visitors: int
) -> list[str]:
    """A peer's mart against the relation `published`, a mart of hoverlake with its remainders.

    A row of the peer that is large enough must be published, unless a remainder lies beside it that may have taken it
    in; with min_visitors 1 there are no remainders, and all rows must be equal.
    """
    table = mart(name)
    finest = f"NOT is_remainder AND cell_px = {CELL_PX}" if "cell_px" in table.key else "NOT is_remainder"
    folded = [key for key in table.key if key not in FOLDED_AWAY[name]]
    beside = " AND ".join(f"(r.{key} IS NULL OR r.{key} = p.{key})" for key in folded)
    same = " AND ".join(f"r.{key} = p.{key}" for key in table.key)
    is_published = f"EXISTS (FROM {published} r WHERE NOT r.is_remainder AND {same})"
    has_remainder = f"EXISTS (FROM {published} r WHERE r.is_remainder AND {beside})"
    large = (
        f"(SELECT * FROM {found} p WHERE visitor_count >= {min_visitors} AND ({is_published} OR NOT {has_remainder}))"
    )
    return differences(database, table, f"(SELECT * FROM {published} WHERE {finest})", large)


def scan(folder: Path, version: int | None = None) -> str:
    """SQL that reads a Delta table partitioned by event_date, as it is at a version; the latest without one."""
    actions = DeltaTable(str(folder), version=version).get_add_actions()
    files = [str(folder / path) for path in actions["path"].to_pylist()]
    return f"read_parquet({files}, hive_partitioning = true, hive_types = {{event_date: DATE}})"


def name_visitors(database: duckdb.DuckDBPyConnection, peer: Path, key: bytes) -> None:
    """Make the table `visitors`: whom each visitor_id of the peer is in the warehouse."""
    ids = database.execute(f"SELECT DISTINCT visitor_id FROM {scan(peer / 'page_views')}").fetchall()
    names = pa.table({"visitor_id": [i for (i,) in ids], "visitor": [visitor_key(i, key) for (i,) in ids]})
    database.register("named", names)
    database.execute("CREATE OR REPLACE TABLE visitors AS FROM named")


def warehouse_differences(warehouse: Path, peer: Path, min_visitors: int) -> list[str]:
    """All tables of a peer against the newest release of a local warehouse."""
    release = releases.newest(Store(str(warehouse)))
    if release is None:
        return [f"nothing is published in {warehouse}"]
    with tempfile.TemporaryDirectory() as folder:
        database = duckdb.connect(str(Path(folder) / "equality.duckdb"))
        name_visitors(database, peer, load_key(key_file(str(warehouse))))
        page_views = scan(warehouse / PAGE_VIEWS.path, release.tables[PAGE_VIEWS.name])
        named = f"(SELECT *, visitor_key AS visitor FROM {page_views})"
        problems = clean_differences(database, named, peer)
        for name in FOLDED_AWAY:
            table = TABLES[f"mart.{name}"]
            published = scan(warehouse / table.path, release.tables[table.name])
            problems += mart_differences(database, name, published, scan(peer / name), min_visitors)
        database.close()
    return problems


def main() -> int:
    """Print what differs; 1 if anything does."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--warehouse", type=Path, required=True)
    parser.add_argument("--peer", type=Path, required=True)
    parser.add_argument("--min-visitors", type=int, default=Settings().min_visitors)
    asked = parser.parse_args()
    problems = warehouse_differences(asked.warehouse, asked.peer, asked.min_visitors)
    print("\n".join(problems) or "equal")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
