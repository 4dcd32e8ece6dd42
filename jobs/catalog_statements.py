"""The statements of `hoverlake catalog export` for each engine, with what a reader must know as comments.

`mart.x` is everywhere what the release pins, as in `hoverlake sql`, so that all tables of a query belong to one night.
Engines that register Delta tables by their folder always read the newest version of those: they get the name
`mart_newest.x`, and `mart.x` is a view on it as of the pinned version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from jobs.catalog import Engine, Entry, Export
from jobs.sql_macros import macros
from jobs.sql_sources import declared_columns, parquet_scan, quoted
from jobs.sql_views import FLAT_VIEWS, flat_view, one_row_per
from warehouse_schema.derive import sql_type

NEWEST = "_newest"


def script(export: Export, engine: Engine) -> str:
    """All statements, after comments that say what they make and what it reads."""
    notes = "".join(f"-- {line}\n" for line in _notes(export, engine))
    return notes + "".join(f"\n{statement};\n" for statement in statements(export, engine))


def statements(export: Export, engine: Engine) -> list[str]:
    """The statements one by one, without semicolons."""
    makers: dict[Engine, Callable[[Export], Iterator[str]]] = {
        "spark": _spark,
        "unity": _unity,
        "trino": _trino,
        "duckdb": _duckdb,
    }
    return list(makers[engine](export))


def _notes(export: Export, engine: Engine) -> Iterator[str]:
    pinned = f"as {export.release_words} pins them" if export.release else "where nothing is published yet"
    yield f"Tables of the hoverlake warehouse {export.warehouse} for {_NAMES[engine]}, {pinned}."
    if any(entry.version is not None for entry in export.entries):
        yield f"Their versions are kept for {export.kept_days} days, and stay pinned here: run the export anew after each release."
        if engine != "duckdb":
            yield f"Tables in {_layers(export, NEWEST)} are read at their newest version, which is not always the release's:"
            yield "not while a night publishes, not after one that failed, not after a rollback. Take the views for answers."
    if any(entry.version is None for entry in export.entries):
        yield "No release pins ops and restricted tables: they are read at their latest version" + (
            " as of this export." if engine == "duckdb" else "."
        )
    if export.unwritten:
        yield f"Not written yet: {', '.join(export.unwritten)}."
    yield from _ENGINE_NOTES[engine]


def _layers(export: Export, suffix: str) -> str:
    layers = dict.fromkeys(e.table.layer for e in export.entries if e.version is not None)
    return ", ".join(f"{layer}{suffix}" for layer in layers)


_NAMES: dict[Engine, str] = {
    "spark": "Spark SQL (and Hive-compatible metastores)",
    "unity": "Unity Catalog on Databricks",
    "trino": "Trino's Delta Lake connector",
    "duckdb": "DuckDB",
}
_NO_COMMENTS = (
    "Comments of columns come from the tables themselves. Never COMMENT ON or ALTER these tables: that would be a commit to",
    "the warehouse, and stop its next night.",
)
_ENGINE_NOTES: dict[Engine, tuple[str, ...]] = {
    "spark": ("The session needs Delta's jars and extensions.", *_NO_COMMENTS),
    "unity": (
        "The folder must lie in an external location that the metastore knows; a local folder cannot.",
        *_NO_COMMENTS,
    ),
    "trino": (
        "The connector needs delta.register-table-procedure.enabled=true, and its views a metastore that holds views.",
        "A table that is registered already is an error: unregister it first, or leave its CALL out.",
        *_NO_COMMENTS,
    ),
    "duckdb": (
        "Views read the Parquet files of the version by name, and need no extension on local disk, httpfs and a secret on S3.",
        "With the delta extension, delta_scan(folder, version => N) reads the same.",
    ),
}


def _spark(export: Export) -> Iterator[str]:
    yield from _delta_by_folder(export, "", lambda entry: entry.spark_location)


def _unity(export: Export) -> Iterator[str]:
    yield f"CREATE CATALOG IF NOT EXISTS {export.catalog}"
    yield from _delta_by_folder(export, f"{export.catalog}.", lambda entry: entry.location)


def _delta_by_folder(export: Export, prefix: str, location: Callable[[Entry], str]) -> Iterator[str]:
    """Spark's SQL: a table on the folder of each, and for pinned ones a view on its version with all comments."""
    yield from (f"CREATE SCHEMA IF NOT EXISTS {prefix}{schema}" for schema in _schemas(export))
    for entry in export.entries:
        table = prefix + _folder_name(entry)
        yield f"CREATE TABLE IF NOT EXISTS {table} USING DELTA LOCATION {_spark_quoted(location(entry))}"
        if entry.version is not None:
            columns = ",\n".join(f"  {c.name} COMMENT {_spark_quoted(c.meaning)}" for c in entry.table.columns)
            described = f"{entry.description} As {export.release_words} pins it."
            yield (
                f"CREATE OR REPLACE VIEW {prefix}{entry.table.name} (\n{columns}\n)\nCOMMENT {_spark_quoted(described)}\n"
                f"AS SELECT {_selected(entry, 'spark')}\nFROM {table} VERSION AS OF {entry.version}"
            )


def _trino(export: Export) -> Iterator[str]:
    catalog = export.catalog
    yield from (f"CREATE SCHEMA IF NOT EXISTS {catalog}.{schema}" for schema in _schemas(export))
    for entry in export.entries:
        schema, name = _folder_name(entry).split(".")
        yield (
            f"CALL {catalog}.system.register_table(schema_name => {quoted(schema)}, table_name => {quoted(name)}, "
            f"table_location => {quoted(_uri(entry))})"
        )
        if entry.version is not None:
            described = f"{entry.description} As {export.release_words} pins it."
            yield (
                f"CREATE OR REPLACE VIEW {catalog}.{entry.table.name}\nCOMMENT {quoted(described)}\nSECURITY INVOKER\n"
                f"AS SELECT {_selected(entry, 'trino')}\n"
                f"FROM {catalog}.{schema}.{name} FOR VERSION AS OF {entry.version}"
            )


def _duckdb(export: Export) -> Iterator[str]:
    yield from (f"CREATE SCHEMA IF NOT EXISTS {schema}" for schema in _schemas(export, ""))
    yield from (macro.replace("CREATE MACRO", "CREATE OR REPLACE MACRO", 1) for macro in _macros(export))
    for entry in export.entries:
        table = entry.table
        source = parquet_scan(table, list(entry.files)) if entry.files else None
        yield f"CREATE OR REPLACE VIEW {table.name} AS\n{declared_columns(table, source, entry.columns)}"
        yield f"COMMENT ON VIEW {table.name} IS {quoted(entry.description)}"
        yield from (f"COMMENT ON COLUMN {table.name}.{c.name} IS {quoted(c.meaning)}" for c in table.columns)
    for name in FLAT_VIEWS if any(entry.table.name == "clean.page_views" for entry in export.entries) else ():
        yield flat_view(name).replace("CREATE VIEW", "CREATE OR REPLACE VIEW", 1)
        yield f"COMMENT ON VIEW {name} IS {quoted(f'One row per {one_row_per(name)}.')}"


def _macros(export: Export) -> Sequence[str]:
    return macros(export.release) if export.release else ()


def _schemas(export: Export, newest: str = NEWEST) -> list[str]:
    """Schemas of views and tables, each once."""
    found: dict[str, None] = {}
    for entry in export.entries:
        found |= dict.fromkeys([entry.table.layer, _folder_name(entry, newest).split(".")[0]])
    return list(found)


def _folder_name(entry: Entry, newest: str = NEWEST) -> str:
    """What the table on the folder is called: a pinned one leaves its own name to the view on its version."""
    layer, name = entry.table.name.split(".")
    return f"{layer}{newest if entry.version is not None else ''}.{name}"


def _selected(entry: Entry, dialect: str) -> str:
    """The declared columns; NULL for one that the version does not have."""
    return ", ".join(
        c.name if c.name in entry.columns else f"CAST(NULL AS {sql_type(c.type, dialect)}) AS {c.name}"
        for c in entry.table.columns
    )


def _uri(entry: Entry) -> str:
    return entry.location if "://" in entry.location else f"file://{entry.location}"


def _spark_quoted(text: str) -> str:
    """A literal of Spark's SQL, in which a backslash escapes."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
