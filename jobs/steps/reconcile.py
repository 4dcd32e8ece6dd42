"""The equations of a night (invariant 2): nothing is lost silently, and a night that does not add up is not published.

The two sides of each equation come from different places: lines from reading the files, accepted and rejected from
the tables written, clean sums from the nested arrays without exploding them, published sums from the staged rows.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

import pyarrow as pa
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from jobs.steps.marts import (
    BOTS,
    OTHER_SURFACE,
    PAGE_VIEW_KEY,
    WITHOUT_ADS_PURPOSE,
    MartSpec,
    counted_entries,
    counts_for_ads,
    not_applicable,
)

INPUT, PAGE_VIEWS = "input", "page_views"


@dataclass(frozen=True)
class MartResult:
    """A mart's rows as they will be published, and the amounts that are published nowhere."""

    spec: MartSpec
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
    """Per mart and event date: page views = in the universe + not applicable, by reason; and per additive measure:
    clean = published + remainder + unpublished + bots + without_ads_purpose. One query per side, for all marts."""
    clean, published, universe = _clean_side(page_views, marts), _published_side(marts), _universe(page_views, marts)
    return [
        equation
        for mart in marts
        for equation in (
            *_page_view_equations(clean[mart.spec.table.name], universe[mart.spec.table.name], mart.spec),
            *_amount_equations(clean[mart.spec.table.name], published[mart.spec.table.name], mart.spec),
        )
    ]


def _clean_side(page_views: DataFrame, marts: Sequence[MartResult]) -> dict[str, list[Row]]:
    """Per mart, event date, reason why page views are outside the universe, and quantity: how many page views, the
    sums over their nested entries, and the sums over entries that do not count for want of the purpose ads.

    Entries are added up inside their row, never exploded: the other side is what comes of exploding them.
    """
    parts = ", ".join(part for mart in marts for part in _clean_parts(mart.spec))
    long = page_views.selectExpr("event_date", f"inline(array({parts}))")
    totals = long.groupBy("table_name", "event_date", "reason", "quantity").agg(
        F.sum("total").alias("total"), F.sum("uncounted").alias("uncounted")
    )
    return _by_mart(totals, marts)


def _clean_parts(spec: MartSpec) -> list[str]:
    """SQL structs: one for the page view itself, one per measure."""
    counted = f"filter({spec.entries}, entry -> {counts_for_ads(spec)})"
    uncounted = f"filter({spec.entries}, entry -> NOT {counts_for_ads(spec)})"
    reason = (
        f"CASE WHEN {not_applicable(spec)} IS NOT NULL THEN {not_applicable(spec)} "
        f"WHEN {spec.entries} IS NULL THEN 'not_measured' WHEN size({spec.entries}) = 0 THEN 'without_entries' "
        f"WHEN size({counted}) = 0 THEN '{WITHOUT_ADS_PURPOSE}' END"
    )

    def part(quantity: str, total: str, uncounted: str) -> str:
        return (
            f"named_struct('table_name', '{spec.table.name}', 'reason', {reason}, 'quantity', '{quantity}', "
            f"'total', {total}, 'uncounted', {uncounted})"
        )

    def total(entries: str, measure: str) -> str:
        amount = f"coalesce(CAST({measure} AS BIGINT), 0L)"
        return f"coalesce(aggregate({entries}, 0L, (total, entry) -> total + {amount}), 0L)"

    return [part(PAGE_VIEWS, "1L", "0L")] + [
        part(name, total(spec.entries, sql), total(uncounted, sql) if spec.ad_id else "0L")
        for name, sql in spec.measures.items()
    ]


def _universe(page_views: DataFrame, marts: Sequence[MartResult]) -> dict[str, list[Row]]:
    """Per mart and event date: distinct page views behind the entries that count."""
    every = [
        counted_entries(page_views, mart.spec).select(
            F.lit(mart.spec.table.name).alias("table_name"), "event_date", *PAGE_VIEW_KEY
        )
        for mart in marts
    ]
    views = reduce(DataFrame.unionByName, every).groupBy("table_name", "event_date")
    return _by_mart(views.agg(F.count_distinct(F.struct(*PAGE_VIEW_KEY)).alias("views")), marts)


def _published_side(marts: Sequence[MartResult]) -> dict[str, list[Row]]:
    """Per mart, event date, part and measure: sums of what is published, of remainders, of what is published nowhere."""

    def long(rows: DataFrame, mart: MartResult, part: str) -> DataFrame:
        parts = ", ".join(f"named_struct('quantity', '{n}', 'amount', CAST({n} AS BIGINT))" for n in mart.spec.measures)
        named = [f"'{mart.spec.table.name}' AS table_name", "event_date", f"{part} AS part"]
        return rows.selectExpr(*named, f"inline(array({parts}))")

    published = [long(mart.rows, mart, "IF(is_remainder, 'remainder', 'published')") for mart in marts]
    spark = marts[0].rows.sparkSession
    nowhere = [
        long(spark.createDataFrame(mart.unpublished), mart, "'unpublished'") for mart in marts if mart.unpublished
    ]
    every = reduce(DataFrame.unionByName, [*published, *nowhere])
    return _by_mart(
        every.groupBy("table_name", "event_date", "part", "quantity").agg(F.sum("amount").alias("n")), marts
    )


def _by_mart(rows: DataFrame, marts: Sequence[MartResult]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {mart.spec.table.name: [] for mart in marts}
    for row in rows.collect():
        found[row["table_name"]].append(row)
    return found


def _page_view_equations(clean: list[Row], universe: list[Row], spec: MartSpec) -> list[Equation]:
    totals: dict[dt.date, int] = defaultdict(int)
    terms: dict[dt.date, dict[str, int]] = defaultdict(dict)
    for row in universe:
        terms[row["event_date"]]["in_universe"] = row["views"]
    for row in clean:
        if row["quantity"] == PAGE_VIEWS:
            totals[row["event_date"]] += row["total"]
            if row["reason"] is not None:
                terms[row["event_date"]][row["reason"]] = row["total"]
    dates = sorted(totals.keys() | terms.keys())
    return [Equation(spec.table.name, date, PAGE_VIEWS, totals[date], terms[date]) for date in dates]


def _amount_equations(clean: list[Row], published: list[Row], spec: MartSpec) -> list[Equation]:
    left: dict[tuple[dt.date, str], int] = defaultdict(int)
    terms: dict[tuple[dt.date, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in clean:
        at = row["event_date"], row["quantity"]
        if row["quantity"] != PAGE_VIEWS:
            left[at] += row["total"]
            outside = row["reason"] in (BOTS, OTHER_SURFACE)
            terms[at][row["reason"] if outside else WITHOUT_ADS_PURPOSE] += row["total" if outside else "uncounted"]
    for row in published:
        terms[row["event_date"], row["quantity"]][row["part"]] += row["n"] or 0
    return [
        Equation(spec.table.name, date, name, left[date, name], dict(terms[date, name]), is_amount=True)
        for date, name in sorted(left.keys() | terms.keys())
    ]


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
