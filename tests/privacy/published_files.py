"""What lies in a folder of published files, read as anybody would: Parquet by pyarrow and DuckDB, Delta's log as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

_COMMIT = re.compile(r"\d{20}\.json")


def tables(folder: Path, layer: str = "*") -> list[Path]:
    """Folders of tables below `folder`."""
    return sorted(log.parent for log in folder.glob(f"{layer}/*/_delta_log"))


def commits(table: Path) -> list[list[dict[str, Any]]]:
    """Actions of every commit of the table's log, the oldest first."""
    files = sorted(path for path in (table / "_delta_log").iterdir() if _COMMIT.fullmatch(path.name))
    return [[json.loads(line) for line in path.read_text().splitlines()] for path in files]


def versions(table: Path) -> list[list[str]]:
    """Files of every version of the table, whether anybody still points to them or not; those gone are left out."""
    files: dict[str, None] = {}
    found = []
    for actions in commits(table):
        for action in actions:
            if "remove" in action:
                files.pop(action["remove"]["path"], None)
        files |= {action["add"]["path"]: None for action in actions if "add" in action}
        found.append([str(table / path) for path in files if (table / path).exists()])
    return found


def connection(folder: Path) -> duckdb.DuckDBPyConnection:
    """The newest version of every table that has a row, as `layer.name`."""
    asked = duckdb.connect()
    asked.execute("SET TimeZone = 'UTC'")
    for table in tables(folder):
        layer, files = table.parent.name, versions(table)[-1]
        asked.execute(f"CREATE SCHEMA IF NOT EXISTS {layer}")
        if files:
            asked.execute(f"CREATE VIEW {layer}.{table.name} AS SELECT * FROM {scan(files)}")
    return asked


def scan(files: list[str]) -> str:
    """DuckDB's reader of the files, with the date that stands in their path."""
    names = ", ".join(f"'{name}'" for name in files)
    return f"read_parquet([{names}], hive_partitioning = true, union_by_name = true)"


def texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Every text that any file below `folder` holds, with its file: values of Parquet, least and greatest values in its
    footers, paths, logs, pages. Files that no version holds any more are files as well."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = str(path.relative_to(folder))
        yield name, name
        if path.suffix == ".parquet":
            yield from ((name, text) for text in _texts_of_parquet(path))
        else:
            yield name, path.read_bytes().decode("utf-8", "replace")


def _texts_of_parquet(path: Path) -> Iterator[str]:
    file = pq.ParquetFile(path)
    for key, value in (file.metadata.metadata or {}).items():
        yield f"{key!r} {value!r}"
    for group in range(file.num_row_groups):
        for place in range(file.metadata.num_columns):
            statistics = file.metadata.row_group(group).column(place).statistics
            if statistics is not None and statistics.has_min_max:
                yield f"{statistics.min} {statistics.max}"
    for column in file.read().columns:
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            yield from (text for text in column.unique().to_pylist() if text is not None)
