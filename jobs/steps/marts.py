"""What every mart shares: entries, sums by grain, the ads rule, distributions (METRICS 6).

A mart is the sum of nested entries of page views. A `MartSpec` says which entries, with which keys and measures; the
sums, the folding of small groups and the reconciliation are the same for all.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.steps.traffic import HUMAN
from warehouse_schema.derive import sql_type
from warehouse_schema.table import Table

#: Why an entry of clean does not count in a mart; NULL if it does.
BOTS, WITHOUT_ADS_PURPOSE = "bots", "without_ads_purpose"
PAGE_VIEW_KEY = ("visitor_key", "page_view_id")


@dataclass(frozen=True)
class Step:
    """One step of a fold ladder: how it sets the key columns that differ from the finest grain.

    A column that is folded away is a typed NULL. `is_remainder` marks the steps whose rows are remainders; `factor`
    says how many times wider the cells of a step are.
    """

    name: str
    keys: Mapping[str, Column]
    is_remainder: bool
    factor: int | None = None


@dataclass(frozen=True)
class MartSpec:
    """How a mart comes from the nested column `nested` of clean.page_views.

    `keys` and `measures` take an entry; key columns not among `keys` are columns of the page view. `page_view_counts`
    are conditions on entries, counted once per page view; `distribution` is (column, value, condition).
    """

    table: Table
    nested: str
    keys: Mapping[str, Callable[[Column], Column]]
    measures: Mapping[str, Callable[[Column], Column]]
    first_flag: str
    ladder: Sequence[Step]
    ad_id: Callable[[Column], Column] | None = None
    page_view_counts: Mapping[str, Callable[[Column], Column]] = field(default_factory=dict)
    distribution: tuple[str, Callable[[Column], Column], Callable[[Column], Column]] | None = None
    carried: Mapping[str, Callable[[Column], Column]] = field(default_factory=dict)

    @property
    def group(self) -> list[str]:
        """Key columns that survive the last step but one: the groups that remainders belong to."""
        return [key for key in self.table.grain if key not in self.ladder[-2].keys]

    @property
    def universe(self) -> list[str]:
        """Key columns that no step folds away: measures never add across them."""
        return [key for key in self.table.grain if key not in self.ladder[-1].keys]


def field_of(name: str) -> Callable[[Column], Column]:
    """The entry's field `name`."""
    return lambda entry: entry[name]


def folded_away(table: Table, *names: str) -> dict[str, Column]:
    """Typed NULLs for key columns that a step folds away."""
    return {name: F.lit(None).cast(sql_type(table.column(name).type)) for name in names}


def entries(page_views: DataFrame, spec: MartSpec) -> DataFrame:
    """One row per entry that clean holds, with keys, measures and `exclusion` (NULL where it counts)."""
    entry = F.col("entry")
    exploded = page_views.select("*", F.explode(spec.nested).alias("entry"))
    derived = {
        **{name: of(entry) for name, of in spec.keys.items()},
        **{name: of(entry).cast("long") for name, of in spec.measures.items()},
        **{name: of(entry) for name, of in spec.page_view_counts.items()},
        **{name: of(entry) for name, of in spec.carried.items()},
    }
    if spec.distribution:
        name, value, condition = spec.distribution
        derived[name] = F.when(condition(entry), value(entry))
    context = [key for key in spec.table.grain if key not in spec.keys]
    return exploded.select(
        *context,
        *PAGE_VIEW_KEY,
        *[column.alias(name) for name, column in derived.items()],
        entry[spec.first_flag].alias("is_first"),
        exclusion(entry, spec).alias("exclusion"),
    )


def exclusion(entry: Column, spec: MartSpec) -> Column:
    """Why an entry does not count: bots; an ad_id on a page view without the purpose ads."""
    reason = F.when(F.col("traffic_class") != HUMAN, BOTS)
    if spec.ad_id:
        has_ads = F.array_contains("purposes", "ads")
        reason = reason.when(spec.ad_id(entry).isNotNull() & ~has_ads, WITHOUT_ADS_PURPOSE)
    return reason


def sums(spec: MartSpec, hist_edges_ms: Sequence[int], *, is_finest: bool) -> list[Column]:
    """Aggregates of a mart's row. At the finest grain a page view has one entry and flags mark first visitors;
    above it, both are counted as distinct."""
    page_view = F.struct(*PAGE_VIEW_KEY)
    if is_finest:
        visitors, views = F.sum(F.col("is_first").cast("long")), F.count(F.lit(1))
        conditional = [F.sum(F.col(n).cast("long")).alias(n) for n in spec.page_view_counts]
    else:
        visitors, views = F.count_distinct("visitor_key"), F.count_distinct(page_view)
        conditional = [F.count_distinct(F.when(F.col(n), page_view)).alias(n) for n in spec.page_view_counts]
    return [
        visitors.alias("visitor_count"),
        views.alias("page_view_count"),
        *conditional,
        *[F.sum(name).alias(name) for name in spec.measures],
        *([_histogram(spec.distribution[0], hist_edges_ms)] if spec.distribution else []),
        # A carried text is shown only where all entries agree on it.
        *[F.when(F.min(n) == F.max(n), F.min(n)).alias(n) for n in spec.carried],
    ]


def _histogram(name: str, edges: Sequence[int]) -> Column:
    """Counts in fixed bins: below the first edge, between neighbours, from the last edge on; NULLs count nowhere."""
    value = F.col(name)
    bounds = [None, *edges, None]
    counts = []
    for low, high in itertools.pairwise(bounds):
        inside = value.isNotNull()
        inside = inside & (value >= low) if low is not None else inside
        inside = inside & (value < high) if high is not None else inside
        counts.append(F.sum(F.when(inside, 1).otherwise(0)))
    return F.array(*counts).alias(name)
