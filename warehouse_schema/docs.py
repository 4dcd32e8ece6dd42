"""Docs pages of every table and of the raw contract, derived from their declarations.

`python -m warehouse_schema.docs` writes them below docs/; with `--check` it writes nothing and exits 1 if a page is
stale, missing, or no longer belongs to a table.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from warehouse_schema.catalog import PINNED, TABLES
from warehouse_schema.clean.rejected_beacons import REASONS
from warehouse_schema.column_words import paths, range_words, type_words
from warehouse_schema.contract import NOT_EXPRESSED, json_schema
from warehouse_schema.examples import EXAMPLES
from warehouse_schema.layers import LAYERS
from warehouse_schema.markdown import grid, names, page
from warehouse_schema.purposes import MATRIX, PURPOSES, WITHHELD
from warehouse_schema.raw import cursor_beacon as raw
from warehouse_schema.raw.example_beacon import EXAMPLE_BEACON
from warehouse_schema.shared import GROUP_SIZE_CAVEATS
from warehouse_schema.table import Column, Table

DOCS = Path(__file__).resolve().parents[1] / "docs"
#: Values of publish_provisional, of marts that are no totals and of those that are.
SHOWN_EARLY = ("`publish_provisional` = `all`", "`publish_provisional` = `all` or `totals`")
COLUMNS_HEAD = ("Column", "Type", "Unit", "NULL", "Values", "Meaning")


def render_table(table: Table) -> str:
    """The page of one table: what a row is, what one must know, every column and nested field."""
    caveats = (*table.caveats, *(GROUP_SIZE_CAVEATS if table.layer == "mart" else ()))
    return page(
        f"# {table.name}",
        f"**One row per {table.one_row_per}.** {table.meaning}",
        "\n".join(_facts(table)),
        "## Caveats\n\n" + "\n".join(f"- {caveat}" for caveat in caveats) if caveats else "",
        "## Columns\n\n" + _columns(table.columns),
        "`[]` marks the entries of a list, *personal* a column whose values are kept out of every report.",
        _questions(table),
    )


def render_contract() -> str:
    """The page of `cursor-beacon/1`: required fields, every field, streams, an example line."""
    needed = "\n".join(f"- `{name}`: {names(arrays)}" for name, arrays in raw.STREAM_REQUIRED.items())
    return page(
        f"# Raw log: {raw.SCHEMA_ID}",
        "**One JSON object per line (NDJSON), one line per beacon**: what one page view collected since its last flush. "
        "Files are plain, gzip or zstd and lie under `landing_date=YYYY-MM-DD/` (the collector's UTC date), any depth "
        "below. The same as [JSON Schema](cursor-beacon-1.schema.json); what is refused: [rejections](rejections.md).",
        f"Required: {names(raw.REQUIRED)}. Any other field may be left out or null: a stream that is absent (left out, "
        "null or `{}`) was *not measured*; one with empty arrays was measured, and nothing happened. Unknown extra "
        "fields are ignored.",
        "All `t_ms` are whole milliseconds since the page view's start on a monotonic clock, from 0.",
        "## Fields\n\n" + _columns(raw.COLUMNS),
        f"## Streams\n\nArrays that a stream which is not empty must have:\n\n{needed}\n\n"
        "Its other arrays may be left out: their values are then NULL. The JSON Schema cannot say:\n\n"
        + "\n".join(f"- {rule}" for rule in NOT_EXPRESSED),
        "## Example\n\nOne line, broken here for reading:\n\n```json\n" + "\n".join(_example_lines()) + "\n```",
    )


def render_rejections() -> str:
    """The page of the reasons for which landing refuses a line, in the order in which they are judged."""
    rows = [(f"`{reason}`", meaning) for reason, meaning in REASONS.items()]
    return page(
        "# Rejected lines",
        "A line that breaks the contract is not stored: [clean.rejected_beacons](../tables/clean.rejected_beacons.md) "
        "keeps its file, hash, length and the first reason that fits, in this order. `hoverlake explain --rejected FILE` "
        "shows the lines while the raw file is kept. Thresholds are configuration (`jobs/config.py`).",
        grid(("Reason", "Meaning"), rows),
        "Lines without the purpose `product_development` are no rejections: they are *withheld*, judged after "
        "`unknown_schema` and before `missing_field`. Of them only a count is kept.",
    )


def render_purposes() -> str:
    """The page of the matrix: for every table, the purposes that its rows and its columns need."""
    rows = []
    for table, needs in MATRIX.items():
        asked = {name: ["rows"] if name in needs.rows else [] for name in PURPOSES}
        for column, purpose in needs.columns.items():
            asked[purpose].append(f"`{column}` of entries with an ad_id")
        if needs.ad_entries and needs.ad_entries not in needs.rows:
            asked[needs.ad_entries].append("entries with an ad_id")
        rows.append((f"[{table}](tables/{table}.md)", *("; ".join(words) for words in asked.values()), needs.note))
    return page(
        "# Purposes",
        "What each table needs people to have consented to. "
        + "; ".join(f"`{n}`: {m}" for n, m in PURPOSES.items())
        + ".",
        grid(("Table", *(f"`{name}`" for name in PURPOSES), "Note"), rows),
        "*rows*: without the purpose nothing of a person is in any row. Columns: without it the ad_id is "
        f"`{WITHHELD}`, other values NULL. Entries: without it they count in no row. How, and what the collector does: "
        "[privacy](privacy.md).",
    )


def render_index() -> str:
    """The first page of docs/: every table with what its row is."""
    rows = [
        (
            f"[{table.name}](tables/{table.name}.md)",
            table.one_row_per,
            "as the release pins it" if table in PINNED else "the latest",
        )
        for table in TABLES.values()
    ]
    return page(
        "# Tables and formats",
        grid(("Table", "One row per", "Readers see"), rows),
        "## Metrics\n\nWhat each number means, with an example to recompute by hand. Examples show of a beacon only what "
        "matters; the rest is the same in all: page view `pv` of visitor `v`, started 2026-11-20 12:00:00 UTC "
        "(`started_at` stands for clocks that agree on another start), surface `feed`, a mouse on a desktop of "
        "1280 x 640 px.\n\n" + grid(("Metric", "In one sentence"), _metric_pages()),
        "## Formats\n\nRaw logs: [cursor-beacon/1](raw/cursor-beacon-1.md), its [JSON Schema](raw/cursor-beacon-1.schema.json), and "
        "[why lines are rejected](raw/rejections.md). Words and units: [GLOSSARY](../GLOSSARY.md). "
        "What people ask, with query, answer and warning: [questions](questions.md), [notebooks](../notebooks). Questions in SQL: "
        "[tables, a shell, entries, quantiles, was the feed visible](sql.md). In Python, and in the catalogs of Spark, Unity Catalog, Trino and DuckDB: "
        "[reading](reading.md). Pictures: [heatmaps and plots, and how not to misread them](pictures.md). All of it as pages to search: "
        "[the data dictionary and the contracts of marts](dictionary.md). Raw logs and tables on S3: "
        "[object storage](object-storage.md). Nights on Spark clusters: [on a cluster](cluster.md). "
        "People in the tables: [privacy](privacy.md), "
        "[which purpose each table needs](purposes.md). Running it: [status, releases, rollback, exit codes, schedulers](operations.md). Data quality: [which check finds "
        "which fault](faults.md), [a page on a date, for people](report.md), [a local web page on all of them](serve.md). How fast: [against other engines](benchmark.md). How far it carries: [a billion users, on paper](SCALE.md).",
    )


def _metric_pages() -> list[tuple[str, str]]:
    """Every page of docs/metrics, as its title with a link and its first sentence."""
    found = []
    for path in sorted((DOCS / "metrics").glob("*.md")):
        title, sentence, *_ = path.read_text(encoding="utf-8").split("\n\n")
        found.append((f"[{title.removeprefix('# ')}](metrics/{path.name})", sentence))
    return found


def pages() -> dict[str, str]:
    """Every generated file below docs/ with its content."""
    return {
        "README.md": render_index(),
        "raw/cursor-beacon-1.md": render_contract(),
        "raw/cursor-beacon-1.schema.json": json.dumps(json_schema(), indent=2) + "\n",
        "raw/rejections.md": render_rejections(),
        "purposes.md": render_purposes(),
        **{f"tables/{table.name}.md": render_table(table) for table in TABLES.values()},
    }


def stale_pages(folder: Path = DOCS) -> list[str]:
    """Files that differ from their declaration, are missing, or are left over from a table that is gone."""
    wanted = pages()
    stale = [name for name, text in wanted.items() if _read(folder / name) != text]
    left_over = (f"tables/{path.name}" for path in (folder / "tables").glob("*.md"))
    return sorted([*stale, *(name for name in left_over if name not in wanted)])


def write_pages(folder: Path = DOCS) -> list[str]:
    """Bring `folder` up to date; the names of the files written or removed."""
    changed = stale_pages(folder)
    wanted = pages()
    for name in changed:
        path = folder / name
        if name in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[name], encoding="utf-8")
        else:
            path.unlink()
    return changed


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def _facts(table: Table) -> Iterator[str]:
    yield f"- Grain: {names(table.grain)}." if table.grain else "- Grain: none, rows may repeat."
    if table.partition_by:
        yield f"- Partitioned by: {names(table.partition_by)}."
    if table.retention_days is not None:
        yield f"- Kept for: {table.retention_days} days."
    yield f"- Owner: {table.owner}. Read by {LAYERS[table.layer].readers}."
    yield f"- Fresh: {table.freshness}"
    if table.layer == "mart":
        yield f"- Contract: [version {table.version}](../contracts/{table.name}.odcs.yaml)."
        yield f"- Shown before a date's late window closes: with {SHOWN_EARLY[table.is_total]}."
    if table.additive:
        yield f"- Adds up over rows: {names(table.additive)}."


def _columns(columns: Sequence[Column]) -> str:
    return grid(COLUMNS_HEAD, [_column_row(path, column) for path, column in paths(columns)])


def _column_row(path: str, column: Column) -> tuple[str, ...]:
    meaning = f"{column.meaning} *Personal.*" if column.personal else column.meaning
    values = names(column.allowed) if column.allowed else range_words(column)
    return (f"`{path}`", type_words(column.type), column.unit or "", "yes" if column.nullable else "", values, meaning)


def _questions(table: Table) -> str:
    """Questions that the table answers, each with its query; tests run them."""
    asked = [f"{example.question}\n\n```sql\n{example.sql}\n```" for example in EXAMPLES.get(table.name, ())]
    return "## Questions\n\n" + "\n\n".join(asked) if asked else ""


def _example_lines() -> Iterator[str]:
    last = len(EXAMPLE_BEACON) - 1
    yield "{"
    for index, (name, value) in enumerate(EXAMPLE_BEACON.items()):
        yield f"  {json.dumps(name)}: {json.dumps(value)}{'' if index == last else ','}"
    yield "}"


def main(words: Sequence[str]) -> int:
    """Write the pages, or with --check only say which are stale."""
    if "--check" not in words:
        changed = write_pages()
        print(f"{len(changed)} of {len(pages())} pages written in docs/" + "".join(f"\n  {name}" for name in changed))
        return 0
    stale = stale_pages()
    for name in stale:
        print(f"docs/{name} is stale: run make docs.", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
