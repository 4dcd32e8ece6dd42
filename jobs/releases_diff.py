"""`hoverlake releases diff A B`: what two releases say differently about the same dates.

Only for those who may read the clean layer. A published row counts at least `min_visitors` people, but the difference of
two releases may be the one person whose beacons came late: what no mart may show, a subtraction of marts shows.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb

from jobs.errors import UsageError
from jobs.releases_report import printable_lines
from jobs.sql import connect, opened_release
from jobs.sql_output import plain
from jobs.text_grid import grid
from warehouse_schema import MARTS, Table
from warehouse_schema.clean.page_views import PAGE_VIEWS

if TYPE_CHECKING:
    from jobs.io.releases import Release

#: Changed rows shown per table; a person reads no further, --limit asks for more.
SHOWN_ROWS = 20
NUMBERS = ("int", "long", "double")


@dataclass(frozen=True)
class TableDiff:
    """One mart on all dates compared: totals by date, and each row that differs."""

    name: str
    #: event_date, measure, its sum in A, in B.
    totals: list[tuple[Any, ...]]
    #: Keys of the row, then measure, its value in A, in B; NULL where the release has no such row.
    changes: list[dict[str, Any]]
    #: Rows of A only, of B only, of both with other values.
    removed: int
    added: int
    changed: int


def diff_releases(
    warehouse: str,
    numbers: tuple[int, int],
    date: dt.date | None = None,
    table: str | None = None,
    *,
    limit: int = SHOWN_ROWS,
    as_json: bool = False,
) -> str:
    """Rows and sums of every mart in both releases, and the rows that differ; for one date and mart, or for all.

    UsageError for a caller who may not read clean, an unknown release, or a table that is no mart.
    """
    marts = _marts(table)
    first, second = (_release(warehouse, number) for number in numbers)
    _check_permission(warehouse)
    moved = [mart for mart in marts if first.tables.get(mart.name) != second.tables.get(mart.name)]
    diffs = [_table_diff(warehouse, numbers, mart, date, limit) for mart in moved]
    same = [mart.name for mart in marts if mart not in moved]
    if as_json:
        return json.dumps(_as_json(numbers, same, diffs), indent=2) + "\n"
    return printable_lines("".join(_text(numbers, same, diffs, limit)))


def _marts(name: str | None) -> list[Table]:
    chosen = [mart for mart in MARTS if name in (None, mart.name)]
    if not chosen:
        raise UsageError(f"--table {name} is no mart. Choose one of {', '.join(mart.name for mart in MARTS)}.")
    return chosen


def _release(warehouse: str, number: int | None = None) -> Release:
    release = opened_release(warehouse, number)
    assert release is not None  # is_needed by default
    return release


def _check_permission(warehouse: str) -> None:
    """UsageError unless the caller can really read a row of clean.page_views as the newest release pins it."""
    why = (
        "the difference of two releases can be a single person, so that only who may read the layer clean may ask for "
        "it. Ask for that permission, or compare sums over whole weeks of one release with hoverlake sql."
    )
    if PAGE_VIEWS.name not in _release(warehouse).tables:
        raise UsageError(f"releases diff: {PAGE_VIEWS.name} of {warehouse} cannot be read; {why}")
    try:
        with connect(warehouse, [PAGE_VIEWS.name]) as connection:
            connection.execute(f"select page_view_id from {PAGE_VIEWS.name} limit 1").fetchall()
    except (UsageError, duckdb.IOException, duckdb.PermissionException) as error:
        said = str(error).split("\n", 1)[0]
        raise UsageError(f"releases diff is refused to you: {why} ({said})") from error


def _table_diff(warehouse: str, numbers: tuple[int, int], mart: Table, date: dt.date | None, limit: int) -> TableDiff:
    where = f"where event_date = date '{date}'" if date else ""
    with duckdb.connect() as both:
        both.execute("SET TimeZone = 'UTC'")
        for side, number in zip("ab", numbers, strict=True):
            with connect(warehouse, [mart.name], number) as connection:
                both.register(f"rows_{side}", connection.sql(f"select * from {mart.name} {where}").to_arrow_table())
        totals = both.execute(_totals_query(mart)).fetchall()
        both.execute(f"create view compared as {_rows_query(mart)}")
        removed, added, changed = both.execute(
            "select count_if(b_rows is null), count_if(a_rows is null), count_if(a_rows is not null and b_rows is not null) "
            "from compared"
        ).fetchall()[0]
        found = both.execute(f"select * from compared order by all limit {limit}")
        names = [column[0] for column in found.description or []]
        changes = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    return TableDiff(mart.name, totals, changes, removed, added, changed)


def keys(mart: Table) -> list[str]:
    """What tells the mart's rows apart; a remainder row has the keys of its group, the rest NULL."""
    return [*mart.grain, "is_remainder"]


def measures(mart: Table) -> list[str]:
    """Every number of a row."""
    return [c.name for c in mart.columns if c.type in NUMBERS and c.name not in keys(mart)]


def _others(mart: Table) -> list[str]:
    """What is neither key nor number: distributions, topics."""
    return [c.name for c in mart.columns if c.name not in keys(mart) and c.name not in measures(mart)]


def _totals_query(mart: Table) -> str:
    """One row per date and additive measure, rows first; `rows` too where a mart has no measure that adds up."""
    sums = "".join(f", sum({name})::hugeint as {name}" for name in mart.additive)
    parts = [
        f'select event_date, count(*)::hugeint as "rows"{sums} from rows_{side} group by event_date' for side in "ab"
    ]
    names = ["rows", *mart.additive]
    lines = " union all ".join(
        f'select event_date, {i} as place, \'{name}\' as measure, a."{name}" as in_a, b."{name}" as in_b from joined'
        for i, name in enumerate(names)
    )
    return f"""with a as ({parts[0]}), b as ({parts[1]}),
        joined as (select coalesce(a.event_date, b.event_date) as event_date, a, b
          from a full join b on a.event_date = b.event_date)
        select event_date, measure, in_a::bigint, in_b::bigint from ({lines}) order by event_date, place"""


def _rows_query(mart: Table) -> str:
    """Rows that differ: keys, then each value of A and of B; `a_rows` and `b_rows` are NULL where there is none."""
    values = [*measures(mart), *_others(mart)]
    picked = "".join(f", {_merged(name, mart)} as {name}" for name in values)
    sides = [
        f"(select {', '.join(keys(mart))}, count(*) as n{picked} from rows_{side} group by {', '.join(keys(mart))})"
        for side in "ab"
    ]
    key_columns = ", ".join(f"coalesce(a.{key}, b.{key}) as {key}" for key in keys(mart))
    pairs = ", ".join(f"a.{name} as a_{name}, b.{name} as b_{name}" for name in values)
    same = " and ".join(f"a.{key} is not distinct from b.{key}" for key in keys(mart))
    differs = " or ".join(f"a.{name} is distinct from b.{name}" for name in ["n", *values])
    return (
        f"select {key_columns}, a.n as a_rows, b.n as b_rows, {pairs} "
        f"from {sides[0]} a full join {sides[1]} b on {same} where {differs}"
    )


def _merged(name: str, mart: Table) -> str:
    """Keys are unique in a mart; were they not, their numbers would add up."""
    if name not in measures(mart):
        return f"any_value({name})::varchar"
    return f"sum({name})::{'double' if mart.column(name).type == 'double' else 'bigint'}"


def _text(numbers: tuple[int, int], same: Sequence[str], diffs: Sequence[TableDiff], limit: int) -> Iterator[str]:
    a, b = (f"release {number}" for number in numbers)
    if same:
        yield f"same version in both: {', '.join(same)}\n"
    for diff in diffs:
        yield f"\n{diff.name}: {diff.changed} rows changed, {diff.added} only in {b}, {diff.removed} only in {a}\n"
        moved = [(str(date), name, x, y, (y or 0) - (x or 0)) for date, name, x, y in diff.totals if x != y]
        if moved:
            yield grid(("event date", "sum of", a, b, "difference"), moved)
        for change in diff.changes:
            yield f"  {_key_words(change)}: {', '.join(_value_words(change)) or 'no number'}\n"
        left = diff.changed + diff.added + diff.removed - len(diff.changes)
        if left > 0:
            yield f"  and {left} rows more: --limit {limit + left}\n"
    yield "\nFor holders of the layer clean only: a difference of releases can point at one person.\n"


def _key_words(change: dict[str, Any]) -> str:
    names = list(change)
    shown = names[: names.index("a_rows")]
    # Cell 0 is a key like any other, though it equals False.
    return ", ".join(
        f"{name} {change[name]}" for name in shown if change[name] is not None and change[name] is not False
    )


def _value_words(change: dict[str, Any]) -> Iterator[str]:
    """`dwell_ms 100 -> 150`; the first of `a_rows`, `b_rows` says where a row is missing."""
    for name in change:
        if name.startswith("a_"):
            before, after = change[name], change["b_" + name[2:]]
            if before != after:
                yield f"{name[2:]} {'none' if before is None else before} -> {'none' if after is None else after}"


def _as_json(numbers: tuple[int, int], same: Sequence[str], diffs: Sequence[TableDiff]) -> dict[str, Any]:
    return {
        "releases": list(numbers),
        "same_version": list(same),
        "tables": [
            {
                "table": diff.name,
                "changed": diff.changed,
                "added": diff.added,
                "removed": diff.removed,
                "sums": [
                    {"event_date": str(date), "measure": name, "a": x, "b": y} for date, name, x, y in diff.totals
                ],
                "rows": [{name: plain(value) for name, value in change.items()} for change in diff.changes],
            }
            for diff in diffs
        ],
    }
