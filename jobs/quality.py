"""Can it be believed? What the equations of a night say as results by date, and what a failure keeps back."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from expectations.results import Result
from expectations.rules import CRITICAL
from jobs.steps.reconcile import Equation, Staged, build_equations
from warehouse_schema.clean.page_views import PAGE_VIEWS

#: The expectation that every equation of a table and date holds.
ADDS_UP = "adds_up"
#: Term of beacons that are in clean.beacons, and not in the page views of their date.
HELD_BACK = "held_back"


def equation_results(equations: Iterable[Equation]) -> list[Result]:
    """Per table and date whether all its equations hold; of amounts only the name is told."""
    grouped: dict[tuple[str, dt.date], list[Equation]] = defaultdict(list)
    for equation in equations:
        grouped[equation.table_name, equation.date].append(equation)
    return [_equation_result(table, date, own) for (table, date), own in grouped.items()]


def _equation_result(table: str, date: dt.date, equations: Sequence[Equation]) -> Result:
    broken = [equation for equation in equations if not equation.adds_up]
    first = min(broken, key=lambda equation: equation.is_amount, default=None)
    observed = f"{len(broken)} of {len(equations)} equations broken" + (f", the first: {_told(first)}" if first else "")
    return Result(
        table_name=table,
        event_date=date,
        expectation=ADDS_UP,
        column_name="*",
        severity=CRITICAL,
        success=not broken,
        observed=observed,
        threshold="what went in = what came out + what was left out, by reason",
        unexpected_count=len(broken),
        row_count=len(equations),
        meaning="What is published is not what was read: rows were lost or counted twice on the way.",
    )


def _told(equation: Equation) -> str:
    """Counts are told; amounts may be of small groups."""
    return equation.quantity if equation.is_amount else str(equation)


def merged(before: Iterable[Result], after: Iterable[Result]) -> list[Result]:
    """Results of which the later look at the same thing counts."""
    return list({(r.table_name, r.event_date, r.expectation, r.column_name): r for r in [*before, *after]}.values())


def dates_to_hold_back(
    failures: Iterable[Result], dates: Sequence[dt.date], known: Iterable[dt.date], staged: Iterable[Staged]
) -> set[dt.date]:
    """Event dates among the rebuilt `dates` without which no failure remains; none if it cannot be had so.

    A date of a mart that was not rebuilt itself looks at rebuilt ones: then all that it looks at are held back.
    """
    specs = {spec.name: spec for part in staged for spec in part.ledger.specs}
    everything, held = [*known, *dates], set[dt.date]()
    for failure in failures:
        cause = {failure.event_date} & set(dates)
        if failure.table_name in specs and not cause:
            spec = specs[failure.table_name]
            cause = {date for date in dates if failure.event_date in spec.dates([date], everything)}
        if not cause or failure.table_name not in {*specs, PAGE_VIEWS.name}:
            return set()
        held |= cause
    return held if held < set(dates) else set()


def held_equations(
    built: Iterable[Equation], previous: Iterable[Mapping[str, Any]], held_back: Collection[dt.date]
) -> list[Equation]:
    """The equations of beacons, where dates held back have what is not in their previous page views as a term; of these
    the sums of beacons, as in `build_equations`."""
    built = list(built)
    counts = {e.date: e.left for e in built if e.date in held_back}
    held = {equation.date: equation for equation in with_others(counts, previous, HELD_BACK)}
    return [held.get(equation.date, equation) for equation in built]


def with_others(counts: dict[dt.date, int], published: Iterable[Mapping[str, Any]], term: str) -> list[Equation]:
    """Beacons of each date = those of its published page views, given as sums, + all others, as `term`."""
    equations = build_equations(counts, {}, published)
    return [replace(e, terms={**e.terms, term: e.left - sum(e.terms.values())}) for e in equations]


def verdict(failures: Sequence[Result]) -> str:
    """What stops a night or a date, the first in full."""
    return f"{len(failures)} expectation(s) failed: {failures[0].told}"
