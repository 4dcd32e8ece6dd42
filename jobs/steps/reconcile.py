"""The equations of a night (invariant 2): nothing is lost silently, and a night that does not add up is not published.

The two sides of each equation come from different places: lines from reading the files, accepted and rejected from
the tables written, clean sums from the nested arrays without exploding them, published sums from the staged rows.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial, reduce

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.steps.marts import (
    PAGE_VIEW_KEY,
    WITHOUT_ADS_PURPOSE,
    MartSpec,
    counts_for_ads,
    entries,
    not_applicable,
    on_dates,
)

INPUT, PAGE_VIEWS, CLEAN, IN_UNIVERSE = "input", "page_views", "clean", "in_universe"
QUANTITIES = ("event_date", "quantity", "reason", "amount")


@dataclass(frozen=True)
class MartResult:
    """A mart's rows as they will be published, and the amounts that are published nowhere."""

    spec: MartSpec
    dates: Sequence[dt.date]
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


def landing_equations(
    line_counts: dict[dt.date, int],
    accepted: dict[dt.date, int],
    rejected: dict[dt.date, dict[str, int]],
    withheld: dict[dt.date, int],
) -> list[Equation]:
    """Per landing date: lines = accepted + rejected by reason + withheld."""
    return [
        Equation(
            "clean.beacons",
            date,
            "lines",
            lines,
            {"accepted": accepted.get(date, 0), "withheld": withheld.get(date, 0), **rejected.get(date, {})},
        )
        for date, lines in sorted(line_counts.items())
    ]


def build_equations(beacons_by_date: dict[dt.date, int], page_views: DataFrame) -> list[Equation]:
    """Per event date: accepted beacons = used + duplicate + conflicting."""
    totals = page_views.groupBy("event_date").agg(
        F.sum("beacons_received").alias("used"),
        F.sum("beacons_duplicate").alias("duplicate"),
        F.sum("beacons_conflicting").alias("conflicting"),
    )
    terms: dict[dt.date, dict[str, int]] = {row["event_date"]: row.asDict() for row in totals.collect()}
    equations = []
    for date in sorted(beacons_by_date.keys() | terms.keys()):
        row = terms.get(date, {})
        parts = {name: int(row.get(name, 0)) for name in ("used", "duplicate", "conflicting")}
        equations.append(Equation("clean.page_views", date, "beacons", beacons_by_date.get(date, 0), parts))
    return equations


def mart_equations(page_views: DataFrame, marts: Sequence[MartResult]) -> list[Equation]:
    """Per mart and date: page views = in the universe + not applicable, by reason; and per measure: clean = published
    + remainder + unpublished + bots + without_ads_purpose. One query for all sides of all marts."""
    sides = [side for mart in marts for side in (_clean_side(page_views, mart), *_published_sides(mart))]
    every = reduce(DataFrame.unionByName, sides).where("reason IS NOT NULL")
    rows = every.groupBy("table_name", "event_date", "quantity", "reason").agg(F.sum("amount").alias("amount"))
    terms: dict[tuple[str, dt.date, str], dict[str, int]] = defaultdict(dict)
    for row in rows.collect():
        terms[row["table_name"], row["event_date"], row["quantity"]][row["reason"]] = row["amount"] or 0
    return [
        Equation(table, date, quantity, parts.pop(CLEAN, 0), parts, is_amount=quantity != PAGE_VIEWS)
        for (table, date, quantity), parts in sorted(terms.items())
    ]


def _clean_side(page_views: DataFrame, mart: MartResult) -> DataFrame:
    """What clean holds, and why parts of it do not count: (table_name, event_date, quantity, reason, amount)."""
    spec = mart.spec
    views = spec.page_views(page_views, mart.dates)
    contributions = spec.contributions or partial(entry_contributions, spec=spec)
    long = contributions(views).where(on_dates("event_date", mart.dates))
    return long.selectExpr(f"'{spec.table.name}' AS table_name", *QUANTITIES)


def entry_contributions(page_views: DataFrame, spec: MartSpec) -> DataFrame:
    """Contributions of page views to their own dates: (event_date, quantity, reason, amount).

    Entries are added up inside their row, never exploded: the other side is what comes of exploding them.
    """
    if spec.source:
        return view_contributions(page_views, spec)
    parts = [part for name in spec.measures for part in _parts_of_measure(spec, name)]
    views = _parts(PAGE_VIEWS, [(f"'{CLEAN}'", "1L"), (_reason(spec), "1L")])
    long = page_views.selectExpr("event_date", f"inline(array({', '.join([*views, *parts])}))")
    return long.unionByName(in_universe(page_views, spec))


def view_contributions(page_views: DataFrame, spec: MartSpec) -> DataFrame:
    """Page views alone, for marts without measures that add up."""
    views = _parts(PAGE_VIEWS, [(f"'{CLEAN}'", "1L"), (not_applicable(spec), "1L")])
    long = page_views.selectExpr("event_date", f"inline(array({', '.join(views)}))")
    return long.unionByName(in_universe(page_views, spec))


def in_universe(page_views: DataFrame, spec: MartSpec) -> DataFrame:
    """Distinct page views behind the entries that count, by the mart's dates."""
    counted = (
        entries(page_views, spec)
        .where("exclusion IS NULL AND page_view_id IS NOT NULL")
        .select("event_date", *PAGE_VIEW_KEY)
    )
    count = F.count_distinct(F.struct(*PAGE_VIEW_KEY)).alias("amount")
    named = [f"'{PAGE_VIEWS}' AS quantity", f"'{IN_UNIVERSE}' AS reason", "amount"]
    return counted.groupBy("event_date").agg(count).selectExpr("event_date", *named)


def _reason(spec: MartSpec) -> str:
    """SQL: why a page view is not in the universe, NULL if it is."""
    counted = f"filter({spec.entries}, entry -> {counts_for_ads(spec)})"
    return (
        f"CASE WHEN {not_applicable(spec)} IS NOT NULL THEN {not_applicable(spec)} "
        f"WHEN {spec.entries} IS NULL THEN 'not_measured' WHEN size({spec.entries}) = 0 THEN 'without_entries' "
        f"WHEN size({counted}) = 0 THEN '{WITHOUT_ADS_PURPOSE}' END"
    )


def _parts_of_measure(spec: MartSpec, name: str) -> list[str]:
    amount = f"coalesce(CAST({spec.measures[name]} AS BIGINT), 0L)"

    def total(array: str) -> str:
        return f"coalesce(aggregate({array}, 0L, (total, entry) -> total + {amount}), 0L)"

    whole = total(spec.entries)
    outside = [(not_applicable(spec), whole)]
    if spec.ad_id:
        uncounted = total(f"filter({spec.entries}, entry -> NOT {counts_for_ads(spec)})")
        is_applicable = f"IF({not_applicable(spec)} IS NULL, '{WITHOUT_ADS_PURPOSE}', NULL)"
        outside.append((is_applicable, uncounted))
    return _parts(name, [(f"'{CLEAN}'", whole), *outside])


def _parts(quantity: str, reasons: Sequence[tuple[str, str]]) -> list[str]:
    return [
        f"named_struct('quantity', '{quantity}', 'reason', {reason}, 'amount', {amount})" for reason, amount in reasons
    ]


def _published_sides(mart: MartResult) -> list[DataFrame]:
    """Sums of what is published, of remainders, of what is published nowhere."""
    names = mart.spec.measures if mart.spec.reconciled is None else mart.spec.reconciled
    if not names:
        return []
    parts = ", ".join(f"named_struct('quantity', '{n}', 'amount', CAST({n} AS BIGINT))" for n in names)

    def long(rows: DataFrame, reason: str) -> DataFrame:
        named = [f"'{mart.spec.table.name}' AS table_name", "event_date", f"{reason} AS reason"]
        return rows.selectExpr(*named, f"inline(array({parts}))").select("table_name", *QUANTITIES)

    published = long(mart.rows, "IF(is_remainder, 'remainder', 'published')")
    if not mart.unpublished.num_rows:
        return [published]
    nowhere = mart.rows.sparkSession.createDataFrame(mart.unpublished)
    return [published, long(nowhere, "'unpublished'")]


def count_rows(run_id: str, equations: Iterable[Equation]) -> list[dict[str, object]]:
    """Rows of ops.reconciliation: counts of lines, beacons and page views, with whether every equation of the table
    and date holds, amounts included."""
    equations = list(equations)
    broken = {(e.table_name, e.date) for e in equations if not e.adds_up}
    return [
        {
            "run_id": run_id,
            "table_name": e.table_name,
            "date": e.date,
            "quantity": e.quantity,
            "reason": reason,
            "row_count": count,
            "adds_up": (e.table_name, e.date) not in broken,
        }
        for e in equations
        if not e.is_amount
        for reason, count in {INPUT: e.left, **e.terms}.items()
    ]


def amount_rows(run_id: str, equations: Iterable[Equation]) -> list[dict[str, object]]:
    """Rows of restricted.reconciliation: amounts of every measure and part."""
    return [
        {"run_id": run_id, "table_name": e.table_name, "date": e.date, "measure": e.quantity, "part": part, "amount": n}
        for e in equations
        if e.is_amount
        for part, n in {"clean": e.left, **e.terms}.items()
    ]
