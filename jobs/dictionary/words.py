"""What the dictionary's pages say in words, and how they are called."""

from __future__ import annotations

import json
import re
from typing import Any

from markupsafe import Markup, escape

from expectations.suites import Expectation
from warehouse_schema import PINNED
from warehouse_schema.column_words import range_words
from warehouse_schema.examples import example_row
from warehouse_schema.purposes import MATRIX, PURPOSES
from warehouse_schema.raw.cursor_beacon import SCHEMA_ID
from warehouse_schema.raw.example_beacon import EXAMPLE_BEACON
from warehouse_schema.table import Array, Column, Struct, Table

#: Entries of a list that are shown of an example.
SHOWN_OF_LIST = 4
#: A link of docs/tables/ to another page of docs/.
LINK = re.compile(r"\[[^]]+\]\(\.\./([\w-]+)\.md(?:#[\w-]+)?\)")


def table_href(name: str) -> str:
    """The page of a table, or of the raw logs."""
    return "raw.cursor-beacon-1.html" if name == SCHEMA_ID else f"{name}.html"


def anchor(path: str) -> str:
    """Where a column stands on its page."""
    return path.replace("[]", "")


def breakable(name: str) -> Markup:
    """The name, which may break after its underscores and dots where it is too long for its place."""
    return Markup("<wbr>").join(re.split(r"(?<=[_.\]])(?=.)", name))


def sentence(text: str) -> Markup:
    """The text of a declaration, with what stands between backticks as code; pages of docs/ are named, not linked."""
    parts = LINK.sub(r"docs/\1.md", text).split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if n % 2 else escape(part) for n, part in enumerate(parts)
    )


def example_text(table_name: str, path: str, column: Column) -> str:
    """A value that the column may have, "" where none is shown: personal ones never are."""
    if column.personal:
        return ""
    value = example_row(table_name).get(path, column.example)
    if value is None and column.allowed:
        value = column.allowed[0]
    return _value_text(value)


def raw_example_text(path: str, column: Column) -> str:
    """A value of the example line of the raw contract."""
    if column.personal:
        return ""
    value: Any = EXAMPLE_BEACON
    for step in path.replace("[]", ".0").split("."):
        value = value[int(step)] if isinstance(value, list) else value[step]
    is_nested = isinstance(column.type, Struct) or (
        isinstance(column.type, Array) and isinstance(column.type.of, Struct)
    )
    return "" if is_nested else _value_text(value)


def _value_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and len(value) > SHOWN_OF_LIST + 1:
        shown = ", ".join(map(json.dumps, value[:SHOWN_OF_LIST]))
        return f"[{shown}, ... {len(value)} in all]"
    return json.dumps(value, default=str)


def values_text(column: Column) -> str:
    """Values that the column may have, "" where its meaning tells them all or none are declared."""
    if column.allowed:
        return "" if all(value in column.meaning for value in column.allowed) else ", ".join(column.allowed)
    return range_words(column)


def purposes_text(table_name: str) -> list[str]:
    """What people must have consented to, sentence by sentence."""
    needs = MATRIX[table_name]
    found = [
        f"Rows need {' and '.join(f'{p} ({PURPOSES[p]})' for p in needs.rows)}." if needs.rows else "Rows need none."
    ]
    found += [f"{column} needs {purpose}, too." for column, purpose in needs.columns.items()]
    if needs.ad_entries and needs.ad_entries not in needs.rows:
        found.append(f"Entries with an ad_id need {needs.ad_entries}, too.")
    return [*found, needs.note]


def seen_as(table: Table) -> str:
    """Which version readers see."""
    return "the version that a release pins" if table in PINNED else "the latest version"


def condition(expectation: Expectation) -> str:
    """What is expected, in SQL where it is a rule, "" where the name says all."""
    if expectation.rule:
        return expectation.rule.holds
    told = {
        "ExpectColumnValuesToBeBetween": lambda a: _between(a["min_value"], a["max_value"]),
        "ExpectColumnValuesToBeInSet": lambda a: "one of " + ", ".join(a["value_set"]),
    }
    return told[expectation.name](expectation.arguments) if expectation.name in told else ""


def _between(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return f"at most {high:g}" if low is None and high is not None else f"at least {low:g}"
    return f"{low:g} to {high:g}"
