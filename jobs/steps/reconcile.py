"""The equations of a night (invariant 2): nothing is lost silently, and a night that does not add up is not published.

The two sides of each equation come from different places: lines from reading the files, accepted and rejected from
the tables written, clean sums from the nested arrays without exploding them, published sums from the staged rows.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import reduce
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from jobs.steps.clean_side import CLEAN, PAGE_VIEWS, entry_contributions
from jobs.steps.ledger import Ledger
from jobs.steps.marts import UNPUBLISHED, MartSpec, on_dates
from jobs.steps.page_views_source import PageViews

INPUT = "input"
#: Term of lines of visitors who were erased before the lines came.
ERASED = "erased"
#: Terms of beacons that are in a page view, and its columns that count them.
BEACONS = {"used": "beacons_received", "duplicate": "beacons_duplicate", "conflicting": "beacons_conflicting"}
QUANTITIES = ("event_date", "quantity", "reason", "amount")
#: Per (table, date, quantity): clean's amount, and what it is made of by reason.
Terms = defaultdict[tuple[str, dt.date, str], dict[str, int]]


@dataclass(frozen=True)
class Staged:
    """Marts that share a ledger, as they will be published: their dates, rows, and entries published nowhere."""

    ledger: Ledger
    dates: Mapping[str, Sequence[dt.date]]
    rows: DataFrame
    unpublished: pa.Table


@dataclass(frozen=True)
class Equation:
    """input = sum of terms, for one table, date and quantity; `amounts` are measures of a mart, not counts."""

    table_name: str
    date: dt.date
    quantity: str
    left: int
    terms: dict[str, int]
    is_amount: bool = False

    @property
    def adds_up(self) -> bool:
        """Whether both sides are equal."""
        return self.left == sum(self.terms.values())

    def __str__(self) -> str:
        terms = " + ".join(f"{reason} {count}" for reason, count in self.terms.items())
        return f"{self.table_name} {self.date} {self.quantity}: {self.left} != {terms}"


def told(equations: Sequence[Equation]) -> str:
    """Totals of all terms in words, for the terminal."""
    totals: dict[str, int] = {}
    for equation in equations:
        for reason, count in equation.terms.items():
            totals[reason] = totals.get(reason, 0) + count
    return ", ".join(f"{reason} {count:,}" for reason, count in totals.items() if count)


def landing_equations(
    line_counts: dict[dt.date, int],
    accepted: dict[dt.date, int],
    rejected: dict[dt.date, dict[str, int]],
    unkept: dict[dt.date, dict[str, int]],
) -> list[Equation]:
    """Per landing date: lines = accepted + rejected by reason + withheld + those of erased visitors, where there are any."""
    return [
        Equation(
            "clean.beacons",
            date,
            "lines",
            lines,
            {"accepted": accepted.get(date, 0), **_terms_of(unkept.get(date, {})), **rejected.get(date, {})},
        )
        for date, lines in sorted(line_counts.items())
    ]


def _terms_of(unkept: Mapping[str, int]) -> dict[str, int]:
    """Lines of which nothing is kept; a term of its own for erased visitors only where there are any."""
    return {term: count for term, count in unkept.items() if count or term != ERASED}


def build_equations(
    beacons_by_date: dict[dt.date, int], oversized: dict[dt.date, int], of_page_views: Iterable[Mapping[str, Any]]
) -> list[Equation]:
    """Per event date: accepted beacons = used + duplicate + conflicting, + oversized where a visitor has too many.
    `of_page_views` has the sums of the columns BEACONS over the page views of each date."""
    sums = {row["event_date"]: row for row in of_page_views}
    equations = []
    for date in sorted(beacons_by_date.keys() | sums.keys()):
        row = sums.get(date, {})
        parts = {name: int(row.get(column) or 0) for name, column in BEACONS.items()}
        parts |= {"oversized": oversized[date]} if date in oversized else {}
        equations.append(Equation("clean.page_views", date, "beacons", beacons_by_date.get(date, 0), parts))
    return equations


def mart_equations(page_views: PageViews, staged: Sequence[Staged]) -> list[Equation]:
    """Per mart and date: page views = in the universe + not applicable, by reason; and per measure: clean = published
    + remainder + unpublished + bots + without_ads_purpose. One query for clean, one per ledger."""
    terms: Terms = defaultdict(lambda: defaultdict(int))
    # Much of each is planning and waiting.
    with ThreadPoolExecutor(len(staged) + 1) as pool:
        clean = pool.submit(_clean, page_views, staged)
        published = list(pool.map(_published, staged))
    for part, sums in zip(staged, published, strict=True):
        _add_published(terms, part, sums)
    for row in clean.result():
        terms[row["table_name"], row["event_date"], row["quantity"]][row["reason"]] += row["amount"] or 0
    return [
        Equation(table, date, quantity, parts.pop(CLEAN, 0), dict(parts), is_amount=quantity != PAGE_VIEWS)
        for (table, date, quantity), parts in sorted(terms.items())
    ]


def _clean(page_views: PageViews, staged: Sequence[Staged]) -> list[Row]:
    """What clean holds, and why parts of it do not count."""
    marts = [(spec, part.dates[spec.name]) for part in staged for spec in part.ledger.specs]
    own = [(spec, dates) for spec, dates in marts if spec.contributions is None]
    sides = [_long(spec, dates, page_views.frame, spec.contributions) for spec, dates in marts if spec.contributions]
    if own:
        sides.append(entry_contributions(page_views, own[0][1], [spec for spec, _ in own]))
    every = reduce(DataFrame.unionByName, sides).where("reason IS NOT NULL")
    return (
        every.groupBy("table_name", "event_date", "quantity", "reason").agg(F.sum("amount").alias("amount")).collect()
    )


def _long(
    spec: MartSpec, dates: Sequence[dt.date], page_views: DataFrame, contributions: Callable[[DataFrame], DataFrame]
) -> DataFrame:
    long = contributions(spec.page_views_of(page_views, dates)).where(on_dates("event_date", dates))
    return long.selectExpr(f"'{spec.name}' AS table_name", *QUANTITIES)


def _published(staged: Staged) -> list[dict[str, Any]]:
    """Sums of what is published, of remainders, of what is published nowhere, by mart, date and step."""
    columns = ["page_view_count", *staged.ledger.amounts]
    sums = [F.sum(name).alias(name) for name in columns]
    rows = [row.asDict() for row in staged.rows.groupBy("mart", "event_date", "step").agg(*sums).collect()]
    hidden = staged.unpublished.group_by(["mart", "event_date"]).aggregate([(name, "sum") for name in columns])
    for row in hidden.to_pylist():
        rows.append({name.removesuffix("_sum"): value for name, value in row.items()} | {"step": UNPUBLISHED})
    return rows


def _add_published(terms: Terms, staged: Staged, sums: Sequence[Mapping[str, Any]]) -> None:
    ledger, specs = staged.ledger, {spec.name: spec for spec in staged.ledger.specs}
    for row in sums:
        spec = specs[row["mart"]]
        part = {UNPUBLISHED: UNPUBLISHED, **{s.name: "remainder" for s in spec.ladder if s.away}}
        column = {"page_view_count": "page_view_count", **dict(zip(spec.measures, ledger.amounts, strict=False))}
        for name in spec.measures if spec.reconciled is None else spec.reconciled:
            at = spec.name, row["event_date"], name
            terms[at][part.get(row["step"], "published")] += row[column[name]] or 0
