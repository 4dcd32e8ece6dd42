"""Which event dates a query can touch, told from its text before any file is opened.

A mart of 400 dates has 400 files, and DuckDB reads the footer of each to learn its columns. A query that says
`where event_date = ...` needs one of them. DuckDB's own parser gives the query as a tree: where every reference to a
table stands under a WHERE whose conditions on `event_date` alone can be judged date by date, the other dates' files are
left out. Whatever is not understood leaves all dates in: then a query is slower, never wrong.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Any

import duckdb

from jobs.pinned import DATE
from jobs.sql_sources import Keep
from jobs.sql_views import FLAT_VIEWS, source_of
from warehouse_schema import TABLES

Node = dict[str, Any]

#: Joins after which a row still has to meet the conditions of WHERE with its own event date. Not: ASOF, which takes the
#: nearest row, SEMI and ANTI, whose right side WHERE does not see.
JOINS = ("INNER", "LEFT", "RIGHT", "FULL", "OUTER")
JOIN_FORMS = ("REGULAR", "NATURAL", "CROSS")
#: What a condition that can be judged date by date may be made of.
PURE = ("CONJUNCTION", "COMPARISON", "BETWEEN", "OPERATOR", "CAST", "TYPE", "CONSTANT", "PARAMETER")
JUDGE = f"select {DATE} from (select unnest($hoverlake_dates::date[]) as {DATE} union all select null) where true"


def dates_kept(query: str, parameters: Mapping[str, Any] | None = None) -> dict[str, Keep]:
    """By table, which of its event dates can matter to the query; tables of which all may are left out.

    `query` is one statement that parses; `parameters` are the values of its `$name`s.
    """
    with _scratch() as connection:
        tree = _tree(connection, query)
    conditions = _conditions(tree) if tree else {}
    return {
        name: partial(_judged, of_references, parameters or {})
        for name, of_references in conditions.items()
        if all(of_references)
    }


def _scratch() -> duckdb.DuckDBPyConnection:
    """A connection to parse and judge by, in UTC as the query's own: a date may be compared with an instant."""
    return _engine().cursor()


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    # Starting an engine with its threads takes longer than all it is asked here.
    engine = duckdb.connect(config={"threads": 1})
    engine.execute("SET GLOBAL TimeZone = 'UTC'")
    return engine


def _tree(connection: duckdb.DuckDBPyConnection, query: str) -> Node | None:
    """The query as DuckDB parses it; None for what is no plain SELECT, such as PIVOT or DESCRIBE."""
    row = connection.execute("select json_serialize_sql($query::varchar)", {"query": query}).fetchone()
    tree: Node = json.loads(row[0]) if row else {"error": True}
    return None if tree["error"] or len(tree["statements"]) != 1 else tree


def _conditions(tree: Node) -> dict[str, list[list[Node]]]:
    """For each table with event dates, for each place where the query names it: the conditions on its event date."""
    found: dict[str, list[list[Node]]] = defaultdict(list)
    judged: set[int] = set()
    for select in _nodes(tree):
        if select.get("type") != "SELECT_NODE":
            continue
        for reference in _filtered(select["from_table"]):
            judged.add(id(reference))
            usable = [c for c in _conjuncts(select["where_clause"]) if _is_on_date(c, reference)]
            found[_name(reference)].append(usable)
    for reference in _nodes(tree):
        if reference.get("type") == "BASE_TABLE" and id(reference) not in judged:
            found[_name(reference)].append([])
    return {name: of for name, of in found.items() if name in TABLES and TABLES[name].partition_by == (DATE,)}


def _name(reference: Node) -> str:
    name = f"{reference['schema_name']}.{reference['table_name']}".lower()
    return source_of(name) if name in FLAT_VIEWS else name


def _nodes(value: Any) -> Iterator[Node]:
    """Every object of the tree."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _nodes(inner)


def _filtered(table: Node) -> Iterator[Node]:
    """Tables of a FROM clause whose rows all have to pass its WHERE."""
    # A sample is drawn before WHERE; renamed columns may call another one event_date.
    kind = table["type"] if table.get("sample") is None else "SAMPLE"
    if kind == "BASE_TABLE" and not table["column_name_alias"]:
        yield table
    if kind == "JOIN" and table["join_type"] in JOINS and table["ref_type"] in JOIN_FORMS:
        yield from _filtered(table["left"])
        yield from _filtered(table["right"])


def _conjuncts(condition: Node | None) -> Iterator[Node]:
    if condition is not None and condition["type"] == "CONJUNCTION_AND":
        for child in condition["children"]:
            yield from _conjuncts(child)
    elif condition is not None:
        yield condition


def _is_on_date(condition: Node, reference: Node) -> bool:
    """Whether nothing but the reference's event date decides the condition.

    All its columns must be named alike: after an outer join with USING, `event_date` may have a value where the
    reference's own `t.event_date` has none.
    """
    parts = [node for node in _nodes(condition) if "class" in node]
    names = {tuple(map(str.lower, part["column_names"])) for part in parts if part["class"] == "COLUMN_REF"}
    return len(names) == 1 and names <= _own_names(reference) and all(map(_is_pure, parts))


def _own_names(reference: Node) -> set[tuple[str, ...]]:
    """How a query can name the event date of a table in its FROM clause."""
    table = [reference["alias"]] if reference["alias"] else [reference["schema_name"], reference["table_name"]]
    words = [*map(str.lower, table), DATE]
    return {tuple(words[first:]) for first in range(len(words))}


def _is_pure(part: Node) -> bool:
    if part["class"] == "FUNCTION":
        return part["function_name"].lower() in _steady_functions()
    return part["class"] in (*PURE, "COLUMN_REF")


@cache
def _steady_functions() -> frozenset[str]:
    """Functions that give the same for the same, always: not random(), and not what depends on the moment."""
    with _scratch() as connection:
        rows = connection.execute(
            "select function_name from duckdb_functions() group by all "
            "having bool_and(function_type = 'scalar' and stability = 'CONSISTENT')"
        ).fetchall()
    return frozenset(name for (name,) in rows)


def _judged(
    references: Sequence[Sequence[Node]], parameters: Mapping[str, Any], dates: Collection[dt.date]
) -> Collection[dt.date]:
    """Dates that fulfil the conditions of at least one place that names the table."""
    kept: set[dt.date] = set()
    with _scratch() as connection:
        for conditions in references:
            of_reference = set(dates)
            for condition in conditions:
                of_reference &= _fulfilling(connection, condition, parameters, of_reference)
            kept |= of_reference
    return kept


def _fulfilling(
    connection: duckdb.DuckDBPyConnection, condition: Node, parameters: Mapping[str, Any], dates: Collection[dt.date]
) -> set[dt.date]:
    """Of the dates, those that fulfil the condition; all, if NULL does.

    For so would a row that an outer join made for want of a partner, and which rows have none only all files tell.
    """
    question = _tree(connection, JUDGE)
    assert question is not None
    question["statements"][0]["node"]["where_clause"] = _bare(condition)
    row = connection.execute("select json_deserialize_sql($tree::json)", {"tree": json.dumps(question)}).fetchone()
    text = str(row[0]) if row else ""
    named = duckdb.extract_statements(text)[0].named_parameters
    values = {"hoverlake_dates": sorted(dates)} | {name: value for name, value in parameters.items() if name in named}
    try:
        found = {date for (date,) in connection.execute(text, values).fetchall()}
    except duckdb.Error:
        # The query itself will say what is wrong with it.
        return set(dates)
    return set(dates) if None in found else found


def _bare(condition: Any) -> Any:
    """The condition with its columns as the dates to judge have them: unqualified."""
    if isinstance(condition, list):
        return [_bare(inner) for inner in condition]
    if not isinstance(condition, dict):
        return condition
    if condition.get("class") == "COLUMN_REF":
        return {**condition, "column_names": [DATE]}
    return {name: _bare(inner) for name, inner in condition.items()}
