"""Small groups: rows of fewer than min_visitors fold up a ladder until they are large enough (METRICS 6).

Only the folded entries merge at each step. A group's remainder that stays too small takes in the smallest published row
beside it, so that no published number is the complement of a small group. What is too small even per date stays
unpublished.

The bulk of it, sums per row and cells that grow, is done where the data lies (`passes`). Only the entries of groups that
are still short of visitors, and of the rows that may join them, come to the driver (`remainders`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.steps.cell_ladder import CellStep
from jobs.steps.ledger import Input, Ledger
from jobs.steps.ledger_kernels import (
    CellLadder,
    over_batches,
    over_groups,
    over_partition,
    packed,
    placing_cells,
    run,
)
from jobs.steps.ledger_queries import Queries
from jobs.steps.marts import GROUP, UNPUBLISHED, MartSpec
from jobs.steps.passes import Rows
from jobs.steps.remainders import Remainders, Row
from jobs.steps.streams import encode


@dataclass(frozen=True)
class Folding:
    """Rows of a ledger that are published, and what page views give that is published nowhere."""

    published: Rows
    unpublished: pa.Table


def fold(inputs: Sequence[Input], ledger: Ledger, min_visitors: int) -> Folding:
    """Publish what is large enough at the finest grain, fold the rest."""
    folder = _Folder(inputs, ledger, min_visitors)
    finest = folder.finest().kept()
    small = finest.asked(f"SELECT * FROM {{rows}} WHERE visitor_count < {min_visitors}").picked(*ledger.keys).arrow()
    nothing = ledger.arrow_schema.empty_table()
    if not small.num_rows:
        return Folding(finest, nothing)
    placed = folder.placed(small).kept()
    coarse = folder.coarse(placed).kept()
    is_short = f"(step = '{GROUP}' AND visitor_count < {min_visitors})"
    large = finest.asked(f"SELECT * FROM {{rows}} WHERE visitor_count >= {min_visitors}")
    rows = large.beside(coarse.asked(f"SELECT * FROM {{rows}} WHERE NOT {is_short}"))
    short = _rows(coarse.asked(f"SELECT * FROM {{rows}} WHERE {is_short}"), ledger)
    if not short:
        return Folding(rows, nothing)
    remainders = Remainders(short, _smallest_published(rows, short, ledger))
    lines = folder.lines_of(remainders.rows, small, placed)
    moved = _moved(lines, remainders, ledger, min_visitors)
    is_hidden = pc.equal(moved["step"], UNPUBLISHED)
    made = run(folder.queries.at_own_step(), ledger.arrow_schema, lines=moved.filter(pc.invert(is_hidden)))
    merged = run(folder.queries.people(), ledger.arrow_schema, lines=made)
    taken = [row for row in remainders.taken.values() if row is not None]
    return Folding(_exchanged(rows, taken, merged, ledger), moved.filter(is_hidden))


class _Folder:
    """The passes over the inputs of one ledger: kernels on Arrow batches."""

    def __init__(self, inputs: Sequence[Input], ledger: Ledger, min_visitors: int) -> None:
        self.inputs = inputs
        self.ledger = ledger
        self.queries = Queries(ledger)
        self.schema, self.columns = ledger.arrow_schema, ledger.columns
        self.min_visitors = min_visitors
        self.ladders = [_cell_ladder(ledger, spec) for spec in ledger.specs if any(step.factor for step in spec.ladder)]

    def finest(self) -> Rows:
        """Rows at the finest grain."""
        lines = [
            given.rows.mapped(over_batches(self.queries.finest(given), self.schema), self.columns)
            for given in self.inputs
        ]
        return self._merged(lines[0].beside(*lines[1:]))

    def placed(self, small: pa.Table) -> Rows:
        """Lines above the finest grain that the rows of `small` fold into: parts of larger cells, and what page views
        give to groups."""
        queries = [self.queries.at_own_step(), self.queries.placed()]
        return self._placed([self.queries.folded(given) for given in self.inputs], queries, packed(small))

    def coarse(self, placed: Rows) -> Rows:
        """Rows above the finest grain."""
        by_person = placed.grouped("row_person", *self.ledger.keys, "step", "person")
        people = over_groups(self.queries.people(), self.schema, "row_person")
        return self._merged(by_person.mapped(people, self.columns))

    def _merged(self, lines: Rows) -> Rows:
        """Rows from their parts. An aggregate of Spark would be compiled anew for the columns of every ledger: measured,
        half of what these passes took in a night of 4.5 million samples."""
        by_row = lines.gathered(*self.ledger.keys, "step")
        return by_row.mapped(over_partition(self.queries.merged(), self.schema), self.columns)

    def lines_of(self, rows: Sequence[Row], small: pa.Table, placed: Rows) -> pa.Table:
        """What page views give to rows published or short, with the row's `row_number`, on the driver."""
        wanted = _table([(*row.keys, row.step, n) for n, row in enumerate(rows)], self.ledger)
        kernel = over_batches(self.queries.wanted("batch"), self.schema, wanted=packed(wanted))
        lines = placed.mapped(kernel, self.columns)
        if any(row.step != GROUP for row in rows):
            lines = lines.beside(self._apart(small, wanted))
        numbered = self.schema.append(pa.field("row_number", pa.int64()))
        return run(self.queries.numbered(), numbered, lines=lines.arrow(), wanted=wanted)

    def _apart(self, small: pa.Table, wanted: pa.Table) -> Rows:
        """What page views give to wanted rows of the finest grain and of larger cells: these were added up."""
        near = run(self.queries.near(), small.schema, small=small, wanted=wanted)
        queries = [self.queries.at_own_step(), self.queries.wanted("lines")]
        moving = [self.queries.moving(given) for given in self.inputs]
        return self._placed(moving, queries, packed(near), wanted=packed(wanted))

    def _placed(self, folded: Sequence[str], queries: Sequence[str], small: bytes, **wanted: bytes) -> Rows:
        """One exchange by the largest cells serves all steps of cells; other lines only pass."""
        lines = [
            given.rows.mapped(over_batches(query, self.schema, small=small, **wanted), self.columns)
            for given, query in zip(self.inputs, folded, strict=True)
        ]
        blocks = lines[0].beside(*lines[1:]).grouped("block", *self._block())
        kernel = placing_cells(self.ladders, self.min_visitors, queries, self.schema, **wanted)
        return blocks.mapped(kernel, self.columns)

    def _block(self) -> Sequence[str]:
        """SQL: the group and the largest cell; the page view where there are no cells."""
        if not self.ladders:
            return ["person", "page_view_id"]
        cases = []
        for ladder in self.ladders:
            cell = [f"floor({axis} / {ladder.steps[-1].factor})" for axis in ladder.cell]
            cases.append(f"WHEN mart = '{ladder.mart}' THEN {{hash}}({', '.join([*ladder.group, *cell])})")
        return [f"CASE {' '.join(cases)} ELSE {{hash}}(person, page_view_id) END"]


def _cell_ladder(ledger: Ledger, spec: MartSpec) -> CellLadder:
    slots = ledger.slots[spec.name]
    group = ["event_date", *[slot for slot in slots.values() if slot not in ledger.away(spec, spec.ladder[-2])]]
    steps = [CellStep(step.name, step.factor) for step in spec.ladder if step.factor]
    return CellLadder(spec.name, group, (slots["cell_x"], slots["cell_y"]), steps)


def _rows(rows: Rows, ledger: Ledger) -> list[Row]:
    """Rows of a ledger on the driver, with the group and the universe that each belongs to."""
    specs = {spec.name: spec for spec in ledger.specs}
    found = rows.picked(*ledger.keys, "step", "visitor_count").arrow().to_pylist()
    return [_row(row, ledger, specs[row["mart"]]) for row in found]


def _row(row: Mapping[str, Any], ledger: Ledger, spec: MartSpec) -> Row:
    def without(away: set[str]) -> tuple[object, ...]:
        return tuple(None if key in away else row[key] for key in ledger.keys)

    group, universe = (without(ledger.away(spec, step)) for step in spec.ladder[-2:])
    return Row(without(set()), row["step"], row["visitor_count"], group, universe)


def _smallest_published(rows: Rows, short: Sequence[Row], ledger: Ledger) -> list[Row]:
    """The smallest published row of every group on the dates of `short`."""
    dates = pa.table({name: pa.array([row.keys[n] for row in short]) for n, name in enumerate(ledger.keys[:2])})
    names = ", ".join(ledger.columns)
    group = ", ".join(ledger.key_in_group(key) for key in ledger.keys)
    order = ", ".join(f"{key} NULLS FIRST" for key in ("visitor_count", *ledger.keys, "step"))
    beside = """SELECT /*+ BROADCAST(d) */ r.* FROM {rows} AS r SEMI JOIN {dates} AS d
        ON r.mart = d.mart AND r.event_date = d.event_date"""
    ranked = f"SELECT *, row_number() OVER (PARTITION BY {group} ORDER BY {order}) AS place FROM ({beside})"
    return _rows(rows.asked(f"SELECT {names} FROM ({ranked}) WHERE place = 1", dates=dates), ledger)


def _moved(lines: pa.Table, remainders: Remainders, ledger: Ledger, min_visitors: int) -> pa.Table:
    """The lines of `remainders`, which end at one of the last two steps or nowhere, with their `step`."""
    number = np.asarray(lines["row_number"], np.int64)
    person = encode(lines["person"].combine_chunks()).columns[0]
    is_present = np.asarray(lines["visitor_count"], np.int64) > 0
    step_of_row = remainders.place(number[is_present], person[is_present], min_visitors)
    steps = pa.array(step_of_row, pa.string()).take(pa.array(number))
    return lines.set_column(lines.column_names.index("step"), "step", steps).drop_columns("row_number")


def _exchanged(rows: Rows, taken: Sequence[Row], made: pa.Table, ledger: Ledger) -> Rows:
    """Published rows less those whose entries have moved, and the rows `made` of them."""
    same = " AND ".join(f"r.{key} IS NOT DISTINCT FROM g.{key}" for key in (*ledger.keys, "step"))
    others = f"SELECT /*+ BROADCAST(g) */ r.* FROM {{rows}} AS r ANTI JOIN {{gone}} AS g ON {same}"
    gone = _table([(*row.keys, row.step, n) for n, row in enumerate(taken)], ledger)
    return rows.asked(f"{others} UNION ALL SELECT * FROM {{made}}", gone=gone, made=made)


def _table(rows: Sequence[tuple[object, ...]], ledger: Ledger) -> pa.Table:
    """Row keys with step and number, as Arrow."""
    names = [*ledger.keys, "step"]
    fields = [ledger.arrow_schema.field(name) for name in names] + [pa.field("row_number", pa.int64())]
    columns = [pa.array([row[n] for row in rows], field.type) for n, field in enumerate(fields)]
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))
