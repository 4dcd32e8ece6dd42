"""Lines of several marts in one table of common columns, so that one query adds all of them up.

Planning a query costs more than a small night's data: marts share theirs. A ledger has as many columns as its widest
mart: keys by place in the grain, `k1s..` texts and `k1i..` whole numbers; amounts `a1..`; counts once per page view
`c1..` and once per visitor `q1..`; bins `b1..`. What a mart does not use is NULL.

A line is a part of a row, with its sums, or, where `person` is known, what one page view of a person gives to a row;
`visitor_count` is then 1 for somebody who was there. Lines add up to rows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame

from jobs.steps.marts import MartSpec, Step, on_dates
from jobs.steps.page_views_source import PageViews
from jobs.steps.passes import Source
from warehouse_schema.derive import arrow_schema_of, spark_type
from warehouse_schema.table import Type

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import types as T

_KEY_BACK = {"string": "{}", "int": "CAST({} AS INT)", "timestamp": "timestamp_millis({})"}


@dataclass(frozen=True)
class Input:
    """Rows that the entries of `specs` come from, all with the columns that these name, and each mart's own dates."""

    rows: Source
    specs: Sequence[MartSpec]
    dates: Mapping[str, Sequence[dt.date]]


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

    @cached_property
    def carried(self) -> list[str]:
        """The least and the greatest carried text, if any mart carries one."""
        return ["least", "greatest"] if any(spec.carried for spec in self.specs) else []

    @cached_property
    def counts(self) -> list[str]:
        """All columns that add up."""
        return [
            *("visitor_count", "page_view_count"),
            *(*self.view_counts, *self.visitor_counts, *self.amounts, *self.bins),
        ]

    @cached_property
    def columns(self) -> dict[str, Type]:
        """Columns of a line, in order."""
        texts: dict[str, Type] = dict.fromkeys(["mart", "step", "person", "page_view_id", *self.carried], "string")
        types: dict[str, Type] = {key: "string" if key.endswith("s") else "long" for key in self.keys} | texts
        types["event_date"] = "date"
        names = [*self.keys, "step", "person", "page_view_id", *self.counts, *self.carried]
        return {name: types.get(name, "long") for name in names}

    @cached_property
    def schema(self) -> T.StructType:
        """Spark's schema of lines."""
        from pyspark.sql import types as T

        return T.StructType([T.StructField(name, spark_type(type_)) for name, type_ in self.columns.items()])

    @cached_property
    def arrow_schema(self) -> pa.Schema:
        """The same for Arrow."""
        return arrow_schema_of(self.columns)

    def read_dates(self, dates: Mapping[str, Sequence[dt.date]]) -> set[dt.date]:
        """Dates of the page views that rows of the marts' own dates come from."""
        return {date for spec in self.specs for date in spec.read_dates(dates[spec.name])}

    def inputs(self, page_views: PageViews, dates: Mapping[str, Sequence[dt.date]]) -> list[Input]:
        """What the marts are made from: page views once for all whose entries are nested in them, and every source."""
        nested = [spec for spec in self.specs if spec.nested]
        inputs = []
        if nested:
            every = {date for spec in nested for date in dates[spec.name]}
            names = dict.fromkeys(name for spec in nested for name in (*page_view_columns(spec), str(spec.nested)))
            inputs.append(Input(page_views.nested(names, every).coded(), nested, dates))
        for spec in self.specs:
            if spec.source:
                own = dates[spec.name]
                rows = spec.source(spec.page_views_of(page_views.frame, own)).where(on_dates("event_date", own))
                # Page views are read again as fast as they would be kept; what is made of them is not made again.
                inputs.append(Input(page_views.made(rows).coded(), [spec], dates))
        return inputs

    def key_at(self, spec: MartSpec, step: Step, key: str) -> str:
        """SQL: a key of the row that a finest key goes into at a step."""
        slots = self.slots[spec.name]
        if key in self.away(spec, step):
            return "NULL"
        if step.factor and key == slots["cell_px"]:
            return f"{key} * {step.factor}"
        if step.factor and key in (slots["cell_x"], slots["cell_y"]):
            return f"CAST(floor({key} / {step.factor}) AS BIGINT)"
        return key

    def key_at_own_step(self, key: str) -> str:
        """SQL: the same in lines of all marts, each at its own `step`."""
        cases = [
            f"WHEN mart = '{spec.name}' AND step = '{step.name}' THEN {sql}"
            for spec in self.specs
            for step in spec.ladder
            for sql in [self.key_at(spec, step, key)]
            if sql != key
        ]
        return f"CASE {' '.join(cases)} ELSE {key} END" if cases else key

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
            named[spec.distribution.column] = f"array({', '.join(self.bins)})"
        if spec.carried:
            # A carried text is shown only where all entries agree on it.
            named[spec.carried[0]] = "IF(least = greatest, least, NULL)"
        away = ", ".join(f"'{step.name}'" for step in spec.ladder if step.away)
        named["is_remainder"] = f"step IN ({away})"
        shown = [f"{named.get(name, name)} AS {name}" for name in table.column_names]
        return rows.where(f"mart = '{spec.name}'").selectExpr(*shown)


def page_view_columns(spec: MartSpec) -> list[str]:
    """Columns of a page view that a nested mart's entries need beside them."""
    own = [name for name in spec.table.grain[1:] if name not in spec.keys]
    return ["event_date", "visitor_key", "page_view_id", "traffic_class", "surface", "purposes", *own]


def _rounded(count: str, to: int) -> str:
    """SQL: the nearest multiple, halves upwards."""
    return f"({count} + {to} DIV 2) DIV {to} * {to}"
