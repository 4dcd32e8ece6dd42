"""Where a table comes from and what is made of it, as the jobs declare it: one job per table, READS and WRITES."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from warehouse_schema import CLEAN, MARTS
from warehouse_schema.raw.cursor_beacon import SCHEMA_ID
from warehouse_schema.table import Table

#: The root of everything: raw logs are no table.
RAW = SCHEMA_ID


@dataclass(frozen=True)
class Step:
    """A table, or the raw logs, in a picture: `depth` jobs away from the raw logs, made of `parent`."""

    name: str
    parent: str | None
    depth: int
    job: str | None


@cache
def steps() -> dict[str, Step]:
    """Every table that a job writes, by name, after the one that it reads; the raw logs come first."""
    declared = {name: (reads, job) for name, reads, job in map(_declared, CLEAN + MARTS)}
    found = {RAW: Step(RAW, None, 0, None)}

    def add(name: str) -> Step:
        if name not in found:
            reads, job = declared[name]
            found[name] = Step(name, reads, add(reads).depth + 1, job)
        return found[name]

    for name in declared:
        add(name)
    return found


def around(name: str) -> list[Step]:
    """What the table comes from, the table, and all that is made of it, each below its parent; empty if no job writes it."""
    known = steps()
    if name not in known:
        return []
    shown = {name, *_above(name), *(step for step in known if name in _above(step))}
    return [step for step in whole() if step.name in shown]


def whole() -> list[Step]:
    """All of them, each below its parent; of one parent's children those come first that nothing is made of."""
    children: dict[str, list[Step]] = {name: [] for name in steps()}
    for step in steps().values():
        if step.parent:
            children[step.parent].append(step)

    def walk(step: Step) -> Iterator[Step]:
        yield step
        for child in sorted(children[step.name], key=lambda child: bool(children[child.name])):
            yield from walk(child)

    return list(walk(steps()[RAW]))


def _above(name: str) -> list[str]:
    parent = steps()[name].parent
    return [parent, *_above(parent)] if parent else []


def _declared(table: Table) -> tuple[str, str, str]:
    """Name of the table, of what its job reads, and the job's file: each table has a job of its own name."""
    module = import_module(f"jobs.{table.name.split('.')[1]}")
    assert module.WRITES is table, f"{module.__name__} does not write {table.name}"
    reads = module.READS
    return table.name, reads.name if isinstance(reads, Table) else str(reads), f"jobs/{table.name.split('.')[1]}.py"
