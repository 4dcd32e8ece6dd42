"""`hoverlake catalog export`: statements that tell another engine's catalog of the warehouse's tables.

The engine reads the same files; nothing is copied, and no statement writes to the warehouse. An analyst's identity reads
mart and ops, so these are exported unless other layers are asked for.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from jobs.errors import UsageError
from jobs.io.releases import PIN_DAYS, Release
from jobs.io.s3 import object_uri
from jobs.io.store import table_uri
from jobs.output import writing
from jobs.pinned import PINNED_NAMES, is_void, open_pinned, opened_release
from jobs.sql_sources import paths_of, stored_columns
from warehouse_schema import TABLES, Table

Engine = Literal["spark", "unity", "trino", "duckdb"]
LAYERS = ("mart", "ops")
#: Engines whose tables have a catalog's name before their schema's.
WITH_CATALOG = ("unity", "trino")
CATALOG = "hoverlake"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Entry:
    """A table to register: where it lies as Spark and as other engines know it, and what its version has.

    `version` is the one that the release pins; None for a table that none pins.
    """

    table: Table
    spark_location: str
    location: str
    version: int | None
    columns: frozenset[str]
    files: tuple[str, ...]

    @property
    def description(self) -> str:
        """What a row is, and what the table is for."""
        return f"One row per {self.table.one_row_per}. {self.table.meaning}"


@dataclass(frozen=True)
class Export:
    """What is registered: tables of a warehouse as a release pins them; tables that were never written are only named."""

    warehouse: str
    release: Release | None
    entries: Sequence[Entry]
    unwritten: Sequence[str]
    #: Of engines that have catalogs: the name to register under.
    catalog: str = CATALOG

    @property
    def release_words(self) -> str:
        """The release in words."""
        return f"release {self.release.number}" if self.release else "no release"

    @property
    def kept_days(self) -> int:
        """For how many days after the release the versions it pins can be read, for certain."""
        return min(PIN_DAYS[entry.table.layer] for entry in self.entries if entry.version is not None)


def export_catalog(
    warehouse: str,
    engine: Engine,
    layers: Collection[str] = LAYERS,
    release_number: int | None = None,
    catalog: str | None = None,
    output: Path | None = None,
) -> str | None:
    """The statements as text, or None once they are in `output`.

    UsageError for a table that may not be read, a release that there is not, and a warehouse without tables.
    """
    from jobs.catalog_statements import script

    if catalog is not None and engine not in WITH_CATALOG:
        raise UsageError(
            f"--catalog goes with {' and '.join(WITH_CATALOG)}: tables of {engine} have no catalog's name."
        )
    if catalog is not None and not _NAME.fullmatch(catalog):
        raise UsageError(f"--catalog {catalog} is no name. Give letters, digits and _, such as hoverlake.")
    text = script(export_of(warehouse, layers, release_number, catalog or CATALOG), engine)
    if output is None:
        return text
    with writing(output):
        output.write_text(text, encoding="utf-8")
    return None


def layers_of(names: Iterable[str]) -> tuple[str, ...]:
    """The layers, each once; UsageError for a name that is none."""
    known = list(dict.fromkeys(table.layer for table in TABLES.values()))
    for name in names:
        if name not in known:
            raise UsageError(f"--layer {name}: there is no such layer. Choose of {', '.join(known)}.")
    return tuple(dict.fromkeys(names))


def export_of(
    warehouse: str, layers: Collection[str] = LAYERS, release_number: int | None = None, catalog: str = CATALOG
) -> Export:
    """The tables of the layers, as the newest release or `release_number` pins them."""
    is_pinned = any(table.name in PINNED_NAMES for table in TABLES.values() if table.layer in layers)
    release = opened_release(warehouse, release_number, is_needed=is_pinned or release_number is not None)
    void = release is not None and is_void(warehouse, release)
    entries: list[Entry] = []
    unwritten: list[str] = []
    for table in TABLES.values():
        if table.layer not in layers:
            continue
        delta = open_pinned(warehouse, table, release, void)
        if delta is None:
            unwritten.append(table.name)
            continue
        location = table_uri(warehouse, table.path)
        elsewhere = object_uri(location)
        files = tuple(f"{elsewhere}/{path}" for path in paths_of(delta))
        version = int(delta.version()) if table.name in PINNED_NAMES else None
        entries.append(Entry(table, location, elsewhere, version, frozenset(stored_columns(delta)), files))
    if not entries:
        raise UsageError(
            f"no table of {', '.join(layers)} is written yet in {warehouse}: there is nothing to register."
        )
    return Export(warehouse, release, entries, unwritten, catalog)
