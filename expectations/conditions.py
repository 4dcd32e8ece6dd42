"""Expectations as SQL that finds the rows that break them, and the one query of Spark that counts these by date."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from expectations.rules import Rule


@dataclass(frozen=True)
class Broken:
    """SQL that is true of a row that breaks the rule; with `each`, of any entry of that list, which only DuckDB is asked
    (`nested_rules`). `beside` as in `Rule`."""

    condition: str
    each: str | None = None
    beside: str | None = None


@dataclass(frozen=True)
class Repeated:
    """Rows that share all these columns with another row break the rule: of these each counts."""

    columns: tuple[str, ...]


Counted = Broken | Repeated
#: Stands for the batch in a query: pyspark reads braces as names of DataFrames, and rules may have some of their own.
_BATCH = "__batch__"


def counted(rule: Rule) -> Broken:
    """How rows that break a rule are found."""
    return Broken(f"NOT ({rule.holds})", rule.each, rule.beside)


def counting_query(rules: Sequence[Counted], date: str) -> str:
    """SQL for `BrokenRows` over {batch}, rules in their order; `date` is the SQL of a row's date.

    What is told by single rows and what is told by groups of them are parts to be added up: a join would wait for both.
    """
    broken = {n: rule for n, rule in enumerate(rules) if isinstance(rule, Broken)}
    columns = [f"{date} AS date", *dict.fromkeys(rule.beside for rule in broken.values() if rule.beside)]
    sums = [f"count_if({rule.condition}) AS c{n}" for n, rule in broken.items()]
    rows = f"SELECT *, {', '.join(columns)} FROM {_BATCH}"
    per_date = f"SELECT {', '.join(['date', 'count(*) AS row_count', *sums])} FROM ({rows}) GROUP BY date"
    parts = [_part("row_count", {n: f"c{n}" for n in broken}, len(rules), per_date)]
    repeated = {n: rule for n, rule in enumerate(rules) if isinstance(rule, Repeated)}
    parts += [_part("0L", {n: "row_count"}, len(rules), _repeated(rule, date)) for n, rule in repeated.items()]
    return " UNION ALL ".join(parts).replace("{", "{{").replace("}", "}}").replace(_BATCH, "{batch}")


def _part(row_count: str, counts: Mapping[int, str], size: int, source: str) -> str:
    array = ", ".join(counts.get(n, "0L") for n in range(size))
    return f"SELECT date, {row_count} AS row_count, CAST(array({array}) AS ARRAY<BIGINT>) AS broken FROM ({source})"


def _repeated(rule: Repeated, date: str) -> str:
    same = f"SELECT {date} AS date, count(*) AS row_count FROM {_BATCH} GROUP BY {date}, {', '.join(rule.columns)}"
    return f"SELECT date, sum(row_count) AS row_count FROM ({same}) WHERE row_count > 1 GROUP BY date"


def _not_null(column: str) -> Broken:
    return Broken(f"{column} IS NULL")


def _between(column: str, min_value: float | None, max_value: float | None) -> Broken:
    bounds = [("<=", max_value), (">=", min_value)]
    inside = " AND ".join(f"{column} {sign} {bound}" for sign, bound in bounds if bound is not None)
    return Broken(f"NOT ({inside})")


def _literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def not_in_set(column: str, value_set: Sequence[str], literal: Callable[[str], str] = _literal) -> Broken:
    """A value that is not one of these; `literal` writes one in the words of the engine, Spark's by default."""
    return Broken(f"{column} NOT IN ({', '.join(map(literal, value_set))})")


def _unique(column_list: Sequence[str]) -> Repeated:
    return Repeated(tuple(column_list))


#: Shipped expectations that have SQL here. Counts are theirs: NULL breaks no rule but that against it.
COUNTS: dict[str, Callable[..., Counted]] = {
    "ExpectColumnValuesToNotBeNull": _not_null,
    "ExpectColumnValuesToBeBetween": _between,
    "ExpectColumnValuesToBeInSet": not_in_set,
    "ExpectCompoundColumnsToBeUnique": _unique,
}
