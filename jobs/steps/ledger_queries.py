"""What is asked of a batch to make lines of a ledger: SQL for DuckDB, which evaluates it on Arrow without copying.

A batch is added up where it lies, a hundred times faster than row by row in Spark; what leaves it are sums, and the
entries of small rows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from jobs.steps.ledger import Input, Ledger, page_view_columns
from jobs.steps.marts import FINEST, GROUP, MartSpec, Step, counts_for_ads, inside, not_applicable, on_dates
from warehouse_schema.derive import sql_type


class Queries:
    """SQL over named Arrow tables: `batch` (rows of an input), `lines`, and lists of keys `small`, `wanted`.

    Every query gives lines, with their columns in order.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.types = {name: sql_type(type_, "duckdb") for name, type_ in ledger.columns.items()}
        self._as_they_are = {name: name for name in self.types}

    def finest(self, given: Input) -> str:
        """Over `batch`: rows at the finest grain, plain sums, because flags mark the first entry of a visitor and a
        page view."""
        counted = self.ledger
        columns = {
            "step": f"'{FINEST}'",
            "visitor_count": "sum(is_first)",
            "page_view_count": "sum(is_first_view) + coalesce(sum(page_view_count), 0)",
            **{c: f"sum({c})" for c in counted.view_counts},
            **{q: f"sum(f{q})" for q in counted.visitor_counts},
            **self._sums(),
        }
        return _union(
            f"SELECT {self._line(columns)} FROM ({self._entries(spec, given.dates[spec.name])}) GROUP BY {self._list()}"
            for spec in given.specs
        )

    def folded(self, given: Input) -> str:
        """Over `batch`: what page views give to the rows of `small`, at the step that these fold to; cells stay as they
        are, their step comes later."""
        return _union(self._of_rows(spec, given.dates[spec.name], "small", is_folded=True) for spec in given.specs)

    def moving(self, given: Input) -> str:
        """The same, and what page views give to finest rows among `wanted`."""
        wanted = [
            self._of_rows(spec, given.dates[spec.name], f"(FROM wanted WHERE step = '{FINEST}')", is_folded=False)
            for spec in given.specs
        ]
        return _union([self.folded(given), *wanted])

    def _of_rows(self, spec: MartSpec, dates: Sequence[dt.date], rows: str, *, is_folded: bool) -> str:
        group = next(step for step in spec.ladder if step.name == GROUP)
        has_cells = any(step.factor for step in spec.ladder)
        entries = f"SELECT * FROM ({self._entries(spec, dates)}) AS e SEMI JOIN {rows} AS r ON {self._same('e', 'r')}"
        keys = {}
        if is_folded and not has_cells:
            keys = {key: self.ledger.key_at(spec, group, key) for key in self.ledger.keys}
        step = ("NULL" if has_cells else f"'{GROUP}'") if is_folded else f"'{FINEST}'"
        lines = self._line({**self._as_they_are, **keys, "step": step, "visitor_count": "is_present"})
        rows = f"SELECT {lines} FROM ({entries})"
        # A page view has each finest cell once; what it gives to larger ones is added up when these are known.
        return rows if is_folded and has_cells else self._per_view(rows)

    def placed(self) -> str:
        """Over `lines` at their own step: parts of rows at steps of cells, and what page views give to groups."""
        cells = self.people(f"(SELECT * FROM lines WHERE step <> '{GROUP}')")
        return _union([cells, self._per_view(f"SELECT * FROM lines WHERE step = '{GROUP}'")])

    def wanted(self, lines: str) -> str:
        """Over lines at their own step: what page views give to the rows of `wanted`."""
        same = f"{self._same('l', 'r')} AND l.step = r.step"
        of_views = f"(FROM {lines} WHERE person IS NOT NULL)"
        return self._per_view(f"SELECT l.* FROM {of_views} AS l SEMI JOIN wanted AS r ON {same}")

    def people(self, lines: str = "lines") -> str:
        """Parts of rows from what page views of whole persons give to them: each visitor and page view counted once.
        Lines that are parts of rows pass."""
        counted = self.ledger
        person = {
            "visitor_count": "max(visitor_count)",
            "page_view_count": "count(page_view_id) + coalesce(sum(page_view_count), 0)",
            **{c: f"sum({c})" for c in counted.view_counts},
            **{q: f"max({q})" for q in counted.visitor_counts},
            **self._sums(),
        }
        per_view = self._per_view(f"SELECT * FROM {lines} WHERE person IS NOT NULL")
        per_person = (
            f"SELECT {self._line(person, ['step', 'person'])} FROM ({per_view}) GROUP BY {self._list('step', 'person')}"
        )
        return _union([self.merged(f"({per_person})"), f"SELECT * FROM {lines} WHERE person IS NULL"])

    def merged(self, lines: str = "lines") -> str:
        """Rows from their parts: plain sums."""
        sums = {name: f"sum({name})" for name in self.ledger.counts} | self._sums()
        return f"SELECT {self._line(sums, ['step'])} FROM {lines} GROUP BY {self._list('step')}"

    def near(self) -> str:
        """Those rows of `small`, cells, that lie in a larger cell among `wanted`."""
        larger = [(spec, step) for spec in self.ledger.specs for step in spec.ladder if step.factor]
        return _union(self._inside(spec, step) for spec, step in larger) if larger else "FROM small LIMIT 0"

    def _inside(self, spec: MartSpec, step: Step) -> str:
        at = ", ".join(f"{self.ledger.key_at(spec, step, key)} AS at_{key}" for key in self.ledger.keys)
        same = " AND ".join(f"s.at_{key} IS NOT DISTINCT FROM r.{key}" for key in self.ledger.keys)
        cells = f"(FROM wanted WHERE mart = '{spec.name}' AND step = '{step.name}')"
        keys = ", ".join(f"s.{key}" for key in self.ledger.keys)
        return f"SELECT {keys} FROM (SELECT *, {at} FROM small) AS s SEMI JOIN {cells} AS r ON {same}"

    def numbered(self) -> str:
        """`lines` with the `row_number` of their row in `wanted`."""
        same = f"{self._same('l', 'r')} AND l.step = r.step"
        return f"SELECT l.*, r.row_number FROM lines AS l JOIN wanted AS r ON {same}"

    def _entries(self, spec: MartSpec, dates: Sequence[dt.date]) -> str:
        """The entries of a mart that count, on its own dates."""
        counted, slots = self.ledger, self.ledger.slots[spec.name]
        conditions = [condition for condition, _ in spec.visitor_counts.values()]
        firsts = [flag for _, flag in spec.visitor_counts.values()]
        columns = {
            "mart": f"'{spec.name}'",
            "event_date": "event_date",
            **{slot: spec.keys.get(name, name) for name, slot in slots.items()},
            "person": "visitor_key",
            "page_view_id": "NULL" if spec.page_views else "page_view_id",
            "page_view_count": spec.page_views or "NULL",
            **dict(zip(counted.view_counts, map(_one_if, spec.page_view_counts.values()), strict=False)),
            **dict(zip(counted.visitor_counts, map(_one_if, conditions), strict=False)),
            **dict(zip(counted.amounts, spec.measures.values(), strict=False)),
            **dict(zip(counted.bins, self._bins(spec), strict=False)),
            **dict.fromkeys(counted.carried, spec.carried[1] if spec.carried else "NULL"),
        }
        flags = {
            "is_present": _one_if(spec.is_present),
            "is_first": _one_if(spec.visitor_flag),
            "is_first_view": "0" if spec.page_views else _one_if(spec.page_view_flag),
            **{f"f{q}": "NULL" for q in counted.visitor_counts},
            **{f"f{q}": _one_if(flag) for q, flag in zip(counted.visitor_counts, firsts, strict=False)},
        }
        shown = [*self._typed(columns), *(f"{sql} AS {name}" for name, sql in flags.items())]
        kept = [on_dates("event_date", dates), counts_for_ads(spec), spec.where or "TRUE"]
        return f"SELECT {', '.join(shown)} FROM {_rows(spec)} WHERE {' AND '.join(kept)}"

    def _bins(self, spec: MartSpec) -> list[str]:
        """Counts of one entry: below the first edge, between neighbours, from the last edge on."""
        if spec.distribution is None:
            return []
        edges, value = self.ledger.hist_edges_ms, spec.distribution.value
        if not spec.distribution.is_list:
            return [_one_if(condition) for condition in inside(value, edges)]
        return [f"coalesce(len(list_filter({value}, lambda v: {condition})), 0)" for condition in inside("v", edges)]

    def _per_view(self, lines: str) -> str:
        """What each page view gives to each row, in one line."""
        counted = self.ledger
        columns = {name: f"max({name})" for name in ("visitor_count", *counted.view_counts, *counted.visitor_counts)}
        columns |= {"page_view_count": "sum(page_view_count)"} | self._sums()
        by = ["step", "person", "page_view_id"]
        return f"SELECT {self._line(columns, by)} FROM ({lines}) GROUP BY {self._list(*by)}"

    def _sums(self) -> dict[str, str]:
        sums = {name: f"sum({name})" for name in (*self.ledger.amounts, *self.ledger.bins)}
        texts = zip(self.ledger.carried, ("min(least)", "max(greatest)"), strict=False)
        return sums | dict(texts)

    def at_own_step(self) -> str:
        """Over `lines`: the same, with the keys of the row that each goes into at its `step`."""
        others = [name for name in self.types if name not in self.ledger.keys]
        keys = self._typed({key: self.ledger.key_at_own_step(key) for key in self.ledger.keys}, self.ledger.keys)
        return f"SELECT {', '.join([*keys, *others])} FROM lines"

    def _same(self, left: str, right: str) -> str:
        return " AND ".join(f"{left}.{key} IS NOT DISTINCT FROM {right}.{key}" for key in self.ledger.keys)

    def _list(self, *others: str) -> str:
        return ", ".join([*self.ledger.keys, *others])

    def _line(self, columns: dict[str, str], kept: Iterable[str] = ()) -> str:
        """A line's columns, typed: keys and `kept` as they are, NULL for what is not among `columns`."""
        own = {name: name for name in (*self.ledger.keys, *kept)}
        return ", ".join(self._typed(own | columns))

    def _typed(self, columns: dict[str, str], names: Iterable[str] | None = None) -> list[str]:
        return [
            f"CAST({columns.get(name, 'NULL')} AS {self.types[name]}) AS {name}"
            for name in (self.types if names is None else names)
        ]


def _rows(spec: MartSpec) -> str:
    """Rows of `batch` with their `entry`; only what is asked of them is repeated for each."""
    if spec.nested is None:
        return "batch"
    beside = ", ".join(dict.fromkeys(page_view_columns(spec)))
    return f"(SELECT {beside}, unnest({spec.nested}) AS entry FROM batch WHERE {not_applicable(spec)} IS NULL)"


def _one_if(condition: str) -> str:
    return f"CAST(coalesce({condition}, FALSE) AS BIGINT)"


def _union(queries: Iterable[str]) -> str:
    return " UNION ALL ".join(queries)
