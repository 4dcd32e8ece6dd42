"""Entries of several marts in one table of common columns, so that one query adds all of them up.

Planning and compiling a query costs more than a small night's data: marts that are alike share their queries. A ledger
has as many columns as its widest mart: keys by place in the grain, `k1s..` texts and `k1i..` whole numbers; amounts
`a1..`; counts once per page view `c1..` and once per visitor `q1..`; bins `b1..`. What a mart does not use is NULL.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.steps.marts import MartSpec, Step, exploded, on_dates

_KEY_SQL = {"string": "CAST({} AS STRING)", "int": "CAST({} AS BIGINT)", "timestamp": "unix_millis({})"}
_KEY_BACK = {"string": "{}", "int": "CAST({} AS INT)", "timestamp": "timestamp_millis({})"}


@dataclass(frozen=True)
class Ledger:
    """Common columns of some marts; `hist_edges_ms` are the edges of their distributions."""

    specs: Sequence[MartSpec]
    hist_edges_ms: Sequence[int]

    @cached_property
    def slots(self) -> dict[str, dict[str, str]]:
        """Per mart: its key columns beside the date, and the ledger's column for each, by place in the grain."""
        return {
            spec.name: {
                name: f"k{place}{'s' if spec.table.column(name).type == 'string' else 'i'}"
                for place, name in enumerate(spec.table.grain[1:], 1)
            }
            for spec in self.specs
        }

    @cached_property
    def keys(self) -> list[str]:
        """All key columns; sorted as every mart's own grain is, so that ties by key order are the mart's."""
        used = {column for slots in self.slots.values() for column in slots.values()}
        return ["mart", "event_date", *sorted(used)]

    def _widest(self, prefix: str, counts: Sequence[int]) -> list[str]:
        return [f"{prefix}{n + 1}" for n in range(max(counts))]

    @cached_property
    def amounts(self) -> list[str]:
        """Columns of additive measures."""
        return self._widest("a", [len(spec.measures) for spec in self.specs])

    @cached_property
    def view_counts(self) -> list[str]:
        """Columns of conditions counted once per page view."""
        return self._widest("c", [len(spec.page_view_counts) for spec in self.specs])

    @cached_property
    def visitor_counts(self) -> list[str]:
        """Columns of conditions counted once per visitor."""
        return self._widest("q", [len(spec.visitor_counts) for spec in self.specs])

    @cached_property
    def bins(self) -> list[str]:
        """Columns of bins, if any mart has a distribution."""
        has_bins = any(spec.distribution for spec in self.specs)
        return self._widest("b", [(len(self.hist_edges_ms) + 1) * has_bins])

    def entries(self, page_views: DataFrame, dates: Mapping[str, Sequence[dt.date]]) -> DataFrame:
        """The entries that count, of all marts, on each mart's own dates."""
        return reduce(DataFrame.unionByName, [self._of_mart(page_views, spec, dates[spec.name]) for spec in self.specs])

    def _of_mart(self, page_views: DataFrame, spec: MartSpec, dates: Sequence[dt.date]) -> DataFrame:
        event_date = spec.keys.get("event_date", "event_date")
        columns = {
            "mart": f"'{spec.name}'",
            "event_date": event_date,
            **dict.fromkeys(self.keys[2:], "NULL"),
            **{slot: self._key(spec, name) for name, slot in self.slots[spec.name].items()},
            "person": "visitor_key",
            "page_view_id": "NULL" if spec.page_views else "page_view_id",
            "page_views": spec.page_views or "NULL",
            "is_present": spec.is_present,
            "is_first": spec.visitor_flag,
            "is_first_view": "FALSE" if spec.page_views else spec.page_view_flag,
            **_filled(self.view_counts, spec.page_view_counts.values()),
            **_filled(self.visitor_counts, [condition for condition, _ in spec.visitor_counts.values()]),
            **_filled([f"f{q}" for q in self.visitor_counts], [flag for _, flag in spec.visitor_counts.values()]),
            **_filled(self.amounts, spec.measures.values()),
            "binned_ms": spec.distribution[1] if spec.distribution else "NULL",
            "carried": spec.carried[1] if spec.carried else "NULL",
        }
        counted = exploded(spec.page_views_of(page_views, dates), spec).where("exclusion IS NULL")
        typed = [f"CAST({sql} AS {_type_of(name)}) AS {name}" for name, sql in columns.items()]
        return counted.selectExpr(*typed).where(on_dates("event_date", dates))

    def _key(self, spec: MartSpec, name: str) -> str:
        return _KEY_SQL[str(spec.table.column(name).type)].format(spec.keys.get(name, name))

    def finest(self, entries: DataFrame) -> DataFrame:
        """Rows at the finest grain: plain sums, because flags mark the first entry of a visitor and a page view."""
        counts = {
            "visitor_count": "count_if(is_first)",
            "page_view_count": "count_if(is_first_view) + coalesce(sum(page_views), 0)",
            **{c: f"count_if({c})" for c in self.view_counts},
            **{q: f"count_if(f{q})" for q in self.visitor_counts},
        }
        return entries.groupBy(*self.keys).agg(*_as(counts | self._sums()))

    def coarse(self, stepped: DataFrame) -> DataFrame:
        """Rows above the finest grain: each visitor and page view counted once. Entries have the keys of their `step`.

        One exchange by row serves all three groupings.
        """
        row = [*self.keys, "step"]
        per_person = {"is_present": "bool_or(is_present)", "page_views": "sum(page_views)"}
        per_person |= {q: f"bool_or({q})" for q in self.visitor_counts}
        per_view = per_person | {c: f"bool_or({c})" for c in self.view_counts}
        by_view = stepped.repartition(*row).groupBy(*row, "person", "page_view_id").agg(*_as(per_view | self._sums()))
        per_person |= {"views": "count(page_view_id)"} | {c: f"count_if({c})" for c in self.view_counts}
        by_person = by_view.groupBy(*row, "person").agg(*_as(per_person | self._merged()))
        totals = {
            "visitor_count": "count_if(is_present)",
            "page_view_count": "sum(views) + coalesce(sum(page_views), 0)",
            **{c: f"sum({c})" for c in self.view_counts},
            **{q: f"count_if({q})" for q in self.visitor_counts},
        }
        return by_person.groupBy(*row).agg(*_as(totals | self._merged()))

    def _sums(self) -> dict[str, str]:
        """Aggregates of entries: amounts, bins, the least and the greatest carried text."""
        bins = zip(self.bins, inside("binned_ms", self.hist_edges_ms), strict=False)
        counted = {name: f"count_if({condition})" for name, condition in bins}
        return {a: f"sum({a})" for a in self.amounts} | counted | {"least": "min(carried)", "greatest": "max(carried)"}

    def _merged(self) -> dict[str, str]:
        """The same of parts already aggregated."""
        return {n: f"sum({n})" for n in (*self.amounts, *self.bins)} | {
            "least": "min(least)",
            "greatest": "max(greatest)",
        }

    def at_steps(self, entries: DataFrame) -> DataFrame:
        """Entries with the keys of the row that each goes into at its own `step`."""
        others = [name for name in entries.columns if name not in self.keys]
        return entries.selectExpr(*[f"{self._at_step(key)} AS {key}" for key in self.keys], *others)

    def _at_step(self, key: str) -> str:
        cases = [
            f"WHEN mart = '{spec.name}' AND step = '{step.name}' THEN {sql}"
            for spec in self.specs
            for step in spec.ladder
            for sql in [self._key_at(spec, step, key)]
            if sql != key
        ]
        return f"CASE {' '.join(cases)} ELSE {key} END" if cases else key

    def _key_at(self, spec: MartSpec, step: Step, key: str) -> str:
        slots = self.slots[spec.name]
        if key in self.away(spec, step):
            return "NULL"
        if step.factor and key == slots["cell_px"]:
            return f"{key} * {step.factor}"
        if step.factor and key in (slots["cell_x"], slots["cell_y"]):
            return f"CAST(floor({key} / {step.factor}) AS BIGINT)"
        return key

    def key_in_group(self, key: str) -> str:
        """SQL: the key of a row's group, NULL where it is folded away there."""
        marts = [f"'{spec.name}'" for spec in self.specs if key in self.away(spec, spec.ladder[-2])]
        return f"IF(mart IN ({', '.join(marts)}), NULL, {key})" if marts else key

    def away(self, spec: MartSpec, step: Step) -> set[str]:
        """Columns of this ledger that a step folds away."""
        return {self.slots[spec.name][name] for name in step.away}

    def rows_of(self, spec: MartSpec, rows: DataFrame) -> DataFrame:
        """The mart's own rows and columns out of the ledger's."""
        slots, table = self.slots[spec.name], spec.table
        named = {name: _KEY_BACK[str(table.column(name).type)].format(slot) for name, slot in slots.items()}
        named |= dict(zip(spec.page_view_counts, self.view_counts, strict=False))
        named |= dict(zip(spec.visitor_counts, self.visitor_counts, strict=False))
        named |= {name: _rounded(named[name], to) for name, to in spec.rounded_to.items()}
        named |= dict(zip(spec.measures, self.amounts, strict=False))
        if spec.distribution:
            named[spec.distribution[0]] = f"array({', '.join(self.bins)})"
        if spec.carried:
            # A carried text is shown only where all entries agree on it.
            named[spec.carried[0]] = "IF(least = greatest, least, NULL)"
        away = ", ".join(f"'{step.name}'" for step in spec.ladder if step.away)
        named["is_remainder"] = f"step IN ({away})"
        shown = [f"{named.get(name, name)} AS {name}" for name in table.column_names]
        return rows.where(f"mart = '{spec.name}'").selectExpr(*shown)


def _as(aggregates: Mapping[str, str]) -> list[Column]:
    return [F.expr(f"{sql} AS {name}") for name, sql in aggregates.items()]


def _rounded(count: str, to: int) -> str:
    """SQL: the nearest multiple, halves upwards."""
    return f"({count} + {to} DIV 2) DIV {to} * {to}"


def _filled(columns: Sequence[str], values: Iterable[str]) -> dict[str, str]:
    return dict(itertools.zip_longest(columns, values, fillvalue="NULL"))


def inside(value: str, edges: Sequence[int]) -> list[str]:
    """Conditions of the bins: below the first edge, between neighbours, from the last edge on."""
    between = [f"{value} >= {low} AND {value} < {high}" for low, high in itertools.pairwise(edges)]
    return [f"{value} < {edges[0]}", *between, f"{value} >= {edges[-1]}"]


def _type_of(column: str) -> str:
    if column == "event_date":
        return "DATE"
    if column in ("mart", "person", "page_view_id", "carried") or re.fullmatch(r"k\ds", column):
        return "STRING"
    return "BIGINT" if re.fullmatch(r"k\di|a\d+|page_views|binned_ms", column) else "BOOLEAN"
