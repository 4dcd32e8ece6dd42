"""The equations of a night (invariant 2): nothing is lost silently, and a night that does not add up is not published.

The two sides of each equation come from different places: lines from reading the files, accepted and rejected from
the tables written, clean sums from the nested arrays without exploding them, published sums from the staged rows.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from jobs.steps.folding import Folding
from jobs.steps.marts import BOTS, WITHOUT_ADS_PURPOSE, MartSpec, entries
from jobs.steps.traffic import HUMAN

INPUT = "input"


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


def mart_equations(page_views: DataFrame, spec: MartSpec, staged: DataFrame, folding: Folding) -> list[Equation]:
    """Per event date: page views = in the universe + not applicable, by reason; and per additive measure:
    clean = published + remainder + unpublished + bots + without_ads_purpose."""
    clean = _clean_side(page_views, spec)
    universe = entries(page_views, spec).where(F.col("exclusion").isNull()).groupBy("event_date")
    views = universe.agg(F.count_distinct(F.struct("visitor_key", "page_view_id")).alias("views")).collect()
    return _page_view_equations(clean, {row["event_date"]: row["views"] for row in views}, spec) + _amount_equations(
        clean, _published_side(staged, folding, spec), spec
    )


def _clean_side(page_views: DataFrame, spec: MartSpec) -> list[Row]:
    """Per event date and reason why page views are outside the universe: how many, the sums over their nested
    entries, and the sums over entries that do not count for want of the purpose ads."""
    nested = F.col(spec.nested)
    counted = F.filter(nested, lambda entry: _counts(entry, spec))
    uncounted = F.filter(nested, lambda entry: ~_counts(entry, spec))
    reason = (
        F.when(F.col("traffic_class") != HUMAN, BOTS)
        .when(nested.isNull(), "not_measured")
        .when(F.size(nested) == 0, "without_entries")
        .when(F.size(counted) == 0, WITHOUT_ADS_PURPOSE)
    )
    sums = [
        F.coalesce(F.sum(_nested_sum(part, of)), F.lit(0)).alias(f"{kind}_{name}")
        for kind, part in (("all", nested), ("uncounted", uncounted))
        for name, of in spec.measures.items()
    ]
    rows = page_views.withColumn("reason", reason)
    return rows.groupBy("event_date", "reason").agg(F.count(F.lit(1)).alias("views"), *sums).collect()


def _counts(entry: Column, spec: MartSpec) -> Column:
    if not spec.ad_id:
        return F.lit(True)
    return spec.ad_id(entry).isNull() | F.array_contains("purposes", "ads")


def _nested_sum(nested: Column, measure: Callable[[Column], Column]) -> Column:
    def add(total: Column, entry: Column) -> Column:
        return total + F.coalesce(measure(entry).cast("long"), F.lit(0))

    return F.aggregate(nested, F.lit(0).cast("long"), add)


def _published_side(staged: DataFrame, folding: Folding, spec: MartSpec) -> list[Row]:
    """Per event date: sums of what is published, of remainders, and of what is published nowhere."""
    measures = list(spec.measures)
    part = F.when(F.col("is_remainder"), "remainder").otherwise("published")
    published = staged.select("event_date", part.alias("part"), *measures)
    unpublished = folding.unpublished().select("event_date", F.lit("unpublished").alias("part"), *measures)
    sums = [F.coalesce(F.sum(name), F.lit(0)).alias(name) for name in measures]
    return published.unionByName(unpublished).groupBy("event_date", "part").agg(*sums).collect()


def _page_view_equations(clean: list[Row], universe: dict[dt.date, int], spec: MartSpec) -> list[Equation]:
    totals: dict[dt.date, int] = defaultdict(int)
    terms: dict[dt.date, dict[str, int]] = defaultdict(dict)
    for date, count in universe.items():
        terms[date]["in_universe"] = count
    for row in clean:
        totals[row["event_date"]] += row["views"]
        if row["reason"] is not None:
            terms[row["event_date"]][row["reason"]] = row["views"]
    dates = sorted(totals.keys() | terms.keys())
    return [Equation(spec.table.name, date, "page_views", totals[date], terms[date]) for date in dates]


def _amount_equations(clean: list[Row], published: list[Row], spec: MartSpec) -> list[Equation]:
    left: dict[tuple[dt.date, str], int] = defaultdict(int)
    terms: dict[tuple[dt.date, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in clean:
        for name in spec.measures:
            at = row["event_date"], name
            left[at] += row[f"all_{name}"]
            if row["reason"] == BOTS:
                terms[at][BOTS] += row[f"all_{name}"]
            else:
                terms[at][WITHOUT_ADS_PURPOSE] += row[f"uncounted_{name}"]
    for row in published:
        for name in spec.measures:
            terms[row["event_date"], name][row["part"]] += row[name]
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
