"""`hoverlake catalog export --register`: the tables in an embedded Hive metastore, by Spark."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from jobs.catalog import export_of
from jobs.catalog_statements import statements
from jobs.errors import UsageError


def register_tables(warehouse: str, layers: Collection[str], release_number: int | None, metastore: Path) -> str:
    """Register the layers' tables in the metastore of the folder, made if it is not there; returns what was done.

    Writes to the folder only. UsageError for what cannot be exported, and for a folder that cannot be written.
    """
    from jobs.io.session import start_session

    export = export_of(warehouse, layers, release_number)
    try:
        metastore.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--metastore {metastore} cannot be written: {error.strerror or error}.") from error
    session = start_session("hoverlake catalog", [warehouse], metastore=metastore)
    for statement in statements(export, "spark"):
        session.sql(statement)
    names = [entry.table.name for entry in export.entries]
    tables = "1 table" if len(names) == 1 else f"{len(names)} tables"
    return f"registered {tables} of {warehouse}, {export.release_words}, in {metastore}: {', '.join(names)}"
