"""Clean's side of the equations of marts: what the entries of page views come to, and why parts of it do not count.

Entries are added up inside their row, never exploded: the other side is what comes of exploding them. DuckDB does it on
whole batches; what comes back is one line of numbers for each page view.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from pyspark.sql import DataFrame

from jobs.steps.ledger import page_view_columns
from jobs.steps.ledger_kernels import over_batches, over_partition
from jobs.steps.marts import PAGE_VIEW_KEY, WITHOUT_ADS_PURPOSE, MartSpec, counts_for_ads, not_applicable
from jobs.steps.page_views_source import PageViews
from jobs.steps.passes import Rows
from warehouse_schema.derive import arrow_schema_of, sql_type
from warehouse_schema.table import Type

PAGE_VIEWS, CLEAN, IN_UNIVERSE = "page_views", "clean", "in_universe"
_SUMS: dict[str, Type] = {
    "table_name": "string",
    "event_date": "date",
    "quantity": "string",
    "reason": "string",
    "amount": "long",
}


@dataclass
class _Numbers:
    """Columns of one line for each page view, each named once, by the SQL over a page view that gives it."""

    columns: dict[tuple[str, Type], str] = field(default_factory=dict)

    def name(self, sql: str, type_: Type = "long") -> str:
        """The column's name."""
        return self.columns.setdefault((sql, type_), f"c{len(self.columns)}")

    def of(self, page_views: PageViews, dates: Collection[dt.date], specs: Sequence[MartSpec]) -> Rows:
        """The lines, with the keys of their page views."""
        needed = dict.fromkeys(name for spec in specs for name in (*page_view_columns(spec), str(spec.nested)))
        keys: dict[str, Type] = {"event_date": "date", **dict.fromkeys(PAGE_VIEW_KEY, "string")}
        types = keys | {name: type_ for (_, type_), name in self.columns.items()}
        numbers = [f"CAST({sql} AS {sql_type(of, 'duckdb')}) AS {name}" for (sql, of), name in self.columns.items()]
        query = f"SELECT {', '.join([*keys, *numbers])} FROM batch"
        return page_views.nested(needed, dates).mapped(over_batches(query, arrow_schema_of(types)), types)


def entry_contributions(page_views: PageViews, dates: Collection[dt.date], specs: Sequence[MartSpec]) -> DataFrame:
    """Page views and measures of marts whose entries are nested in page views: (table_name, event_date, quantity,
    reason, amount)."""
    numbers, parts = _Numbers(), list[str]()
    in_universe = [numbers.name(_is_in_universe(spec)) for spec in specs]
    for spec in specs:
        why = numbers.name(_reason(spec), "string")
        parts += _parts(spec, PAGE_VIEWS, [(f"'{CLEAN}'", "1"), (why, "1")])
        for name in spec.measures:
            parts += _parts_of_measure(spec, name, numbers)
    lines = numbers.of(page_views, dates, specs).kept()
    # Distinct page views with an entry that counts: a page view that clean held twice would be missing here.
    flags = lines.picked("event_date", *PAGE_VIEW_KEY, *dict.fromkeys(in_universe)).gathered("visitor_key")
    ones = [
        part
        for spec, flag in zip(specs, in_universe, strict=True)
        for part in _parts(spec, PAGE_VIEWS, [(f"'{IN_UNIVERSE}'", flag)])
    ]
    counted = _added(flags, "(SELECT DISTINCT * FROM lines)", ones)
    return _added(lines, "lines", parts).beside(counted).frame(page_views.frame.sparkSession)


def _added(lines: Rows, rows: str, parts: Sequence[str]) -> Rows:
    """Sums of parts over the `rows` (SQL) of each partition's `lines`. Spark would compile an expression of some hundred
    parts for it."""
    query = f"""SELECT part.table_name, event_date, part.quantity, part.reason, CAST(sum(part.amount) AS BIGINT) AS amount
        FROM (SELECT event_date, unnest([{", ".join(parts)}]) AS part FROM {rows})
        WHERE part.reason IS NOT NULL GROUP BY ALL"""
    return lines.mapped(over_partition(query, arrow_schema_of(_SUMS)), _SUMS)


def _counted(spec: MartSpec, condition: str) -> str:
    """SQL: the entries of a mart for which a condition holds; NULL if they were not measured."""
    conditions = [sql for sql in (spec.where, condition) if sql not in (None, "TRUE")]
    if not conditions:
        return str(spec.nested)
    return f"list_filter({spec.nested}, lambda entry: {' AND '.join(map(str, conditions))})"


def _is_in_universe(spec: MartSpec) -> str:
    counts = f"coalesce(len({_counted(spec, counts_for_ads(spec))}), 0) > 0"
    return f"({not_applicable(spec)} IS NULL AND {counts})"


def _reason(spec: MartSpec) -> str:
    """SQL: why a page view is not in the universe, NULL if it is."""
    return (
        f"CASE WHEN {not_applicable(spec)} IS NOT NULL THEN {not_applicable(spec)} "
        f"WHEN {spec.nested} IS NULL THEN 'not_measured' WHEN len({_counted(spec, 'TRUE')}) = 0 THEN 'without_entries' "
        f"WHEN len({_counted(spec, counts_for_ads(spec))}) = 0 THEN '{WITHOUT_ADS_PURPOSE}' END"
    )


def _parts_of_measure(spec: MartSpec, name: str, numbers: _Numbers) -> list[str]:
    """Amounts of one measure by reason."""
    amount = f"coalesce(CAST({spec.measures[name]} AS BIGINT), 0)"

    def total(condition: str) -> str:
        entries = _counted(spec, condition)
        return numbers.name(f"coalesce(list_sum(list_transform({entries}, lambda entry: {amount})), 0)")

    whole, excluded = total("TRUE"), numbers.name(not_applicable(spec), "string")
    parts = [(f"'{CLEAN}'", whole), (excluded, whole)]
    if spec.ad_id:
        uncounted = total(f"NOT {counts_for_ads(spec)}")
        parts.append((f"CASE WHEN {excluded} IS NULL THEN '{WITHOUT_ADS_PURPOSE}' END", uncounted))
    return _parts(spec, name, parts)


def _parts(spec: MartSpec, quantity: str, reasons: Sequence[tuple[str, str]]) -> list[str]:
    return [
        f"{{'table_name': '{spec.name}', 'quantity': '{quantity}', 'reason': {reason}, 'amount': CAST({amount} AS BIGINT)}}"
        for reason, amount in reasons
    ]
