"""What the dictionary's search knows: tables, columns, metrics, questions and rules, each with its words and its place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

from expectations.catalog import rules_of
from jobs.dictionary.metrics import metrics
from jobs.dictionary.prose import metric_href
from jobs.dictionary.words import anchor, table_href
from warehouse_schema import CLEAN, MARTS, OPS, RESTRICTED
from warehouse_schema.column_words import paths
from warehouse_schema.examples import EXAMPLES
from warehouse_schema.raw import cursor_beacon as raw
from warehouse_schema.table import Column, Table

#: Kind, name, words, place and address of something that can be found.
Found = tuple[str, str, str, str, str]
#: What everybody may ask comes first; of equally good hits the earlier one is shown first.
ORDER: tuple[Table, ...] = (*MARTS, *OPS, *CLEAN, *RESTRICTED)


@dataclass
class Entry:
    """One hit: its kind, the name that is shown, its words, and every place that says just that, with its address."""

    kind: str
    name: str
    words: str
    places: list[tuple[str, str]] = field(default_factory=list)


def script() -> str:
    """The index as a script: a page of file:// may load scripts beside it, and nothing else."""
    lines = ",\n".join(json.dumps(asdict(entry)) for entry in entries())
    return f"window.dictionaryEntries = [\n{lines}\n];\n"


def entries() -> list[Entry]:
    """Every entry once: what several tables say in the same words is one entry of several places."""
    found: dict[tuple[str, str, str], Entry] = {}
    for kind, name, words, place, address in _all():
        entry = found.setdefault((kind, name, words), Entry(kind, name, words))
        entry.places.append((place, address))
    return list(found.values())


def _all() -> Iterator[Found]:
    for metric in metrics().values():
        words = f"{metric.sentence} {' '.join(sorted(metric.names))}"
        yield "metric", metric.title, words, "Metrics", metric_href(metric.slug)
    for table in ORDER:
        words = f"{table.meaning} One row per {table.one_row_per}."
        yield "table", table.name, words, table.layer, table_href(table.name)
    for table in ORDER:
        yield from _columns(table.name, table.columns)
        yield from _questions_and_rules(table)
    yield from _columns(raw.SCHEMA_ID, raw.COLUMNS)


def _questions_and_rules(table: Table) -> Iterator[Found]:
    page = table_href(table.name)
    for number, example in enumerate(EXAMPLES.get(table.name, ()), 1):
        yield "question", example.question, " ".join(example.columns), table.name, f"{page}#question-{number}"
    for rule in rules_of(table):
        yield "expectation", rule.name, rule.meaning, table.name, f"{page}#expectations"


def _columns(owner: str, columns: tuple[Column, ...]) -> Iterator[Found]:
    for path, column in paths(columns):
        unit = f" In {column.unit}." if column.unit else ""
        yield "column", path, f"{column.meaning}{unit}", owner, f"{table_href(owner)}#{anchor(path)}"
