"""Answers of `hoverlake sql` as files of columns with types: Parquet and Arrow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.errors import UsageError
from jobs.output import writing

if TYPE_CHECKING:
    import duckdb

#: Forms of an answer that are bytes, not text.
FILES = ("parquet", "arrow")
_ROWS = 122_880


def write_file(answer: duckdb.DuckDBPyRelation, format: str, output: Path) -> None:
    """Written beside the file and moved in at the end: a query that fails leaves what was there."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    reader = answer.to_arrow_reader(_ROWS)
    schema = reader.schema.empty_table().rename_columns(unique(reader.schema.names)).schema
    aside = output.with_name(f".{output.name}.part")
    made = pq.ParquetWriter if format == "parquet" else pa.ipc.new_file
    options = {"compression": "zstd"} if format == "parquet" else {}
    try:
        with writing(output):
            with made(str(aside), schema, **options) as file:
                for batch in reader:
                    file.write_batch(batch.rename_columns(schema.names))
            aside.replace(output)
    except pa.ArrowNotImplementedError as error:
        raise UsageError(
            f"{format} has no type for a column of the answer: {error}. Cast it, or use --format json."
        ) from error
    finally:
        aside.unlink(missing_ok=True)


def unique(names: Sequence[str]) -> list[str]:
    """Two columns of one name would hide each other: the second becomes name_1."""
    taken: list[str] = []
    for name in names:
        fresh, number = name, 0
        while fresh in taken:
            number += 1
            fresh = f"{name}_{number}"
        taken.append(fresh)
    return taken
