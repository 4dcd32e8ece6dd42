"""What every mart shares: entries, sums by grain, the ads rule, distributions (METRICS 6).

A mart is the sum of entries of page views. A `MartSpec` says which entries, with which keys and measures; the sums,
the folding of small groups and the reconciliation are the same for all. Its expressions are Spark SQL over the columns
of a page view and over `entry`: they read as the definition does, and one text costs the driver one call.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.steps.traffic import HUMAN
from warehouse_schema.derive import sql_type
from warehouse_schema.table import Table

#: Why an entry of clean does not count in a mart; NULL if it does.
BOTS, WITHOUT_ADS_PURPOSE, OTHER_SURFACE, BEYOND_REACH = (
    *("bots", "without_ads_purpose"),
    *("other_surface", "beyond_reach"),
)
PAGE_VIEW_KEY = ("visitor_key", "page_view_id")


@dataclass(frozen=True)
class Step:
    """One step of a fold ladder: how it sets the key columns that differ from the finest grain, as SQL.

    A column that is folded away is a typed NULL. `is_remainder` marks the steps whose rows are remainders; `factor`
    says how many times wider the cells of a step are.
    """

    name: str
    keys: Mapping[str, str]
    is_remainder: bool
    factor: int | None = None


@dataclass(frozen=True)
class Distribution:
    """A `_hist` column: counts in fixed bins of `value` (SQL; NULL counts nowhere), or of each element of an array."""

    column: str
    value: str
    is_array: bool = False


@dataclass(frozen=True)
class MartSpec:
    """How a mart comes from `entries`, an array of structs for each page view.

    `keys` and `measures` are SQL over `entry`; key columns not among `keys` are columns of the page view.
    `visitor_flag` is true on a visitor's first counting entry at the grain, `page_view_flag` on a page view's (None:
    a page view has one entry there); without a visitor flag both are counted as distinct. `page_view_counts` are
    conditions, counted once per page view; `visitor_counts` name whom an entry counts (SQL; NULL nobody) and its flag.

    A row of a date comes from the page views of `back_days` before to `ahead_days` after it. `source` makes the rows
    that have `entries`, where those are not the page views themselves. `reconciled` are the measures that add up to
    clean's, all by default; `contributions` is clean's side where the entries themselves cannot say it. Entries for
    which `beyond_reach` holds lie further from their page view's date than the mart looks.
    """

    table: Table
    entries: str
    keys: Mapping[str, str]
    measures: Mapping[str, str]
    ladder: Sequence[Step]
    visitor_flag: str | None = None
    page_view_flag: str | None = None
    ad_id: str | None = None
    surface: str | None = None
    page_view_counts: Mapping[str, str] = field(default_factory=dict)
    visitor_counts: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    rounded_to: Mapping[str, int] = field(default_factory=dict)
    distribution: Distribution | None = None
    carried: Mapping[str, str] = field(default_factory=dict)
    back_days: int = 0
    ahead_days: int = 0
    source: Callable[[DataFrame], DataFrame] | None = None
    reconciled: Sequence[str] | None = None
    contributions: Callable[[DataFrame], DataFrame] | None = None
    beyond_reach: str | None = None

    def dates(self, rebuilt: Sequence[dt.date], known: Iterable[dt.date]) -> list[dt.date]:
        """Dates whose rows change when the page views of `rebuilt` do, up to the day after the last known one."""
        last = max(*known, *rebuilt, min(rebuilt)) + dt.timedelta(days=1)
        near = range(-self.ahead_days, self.back_days + 1)
        reached = {date + dt.timedelta(days=days) for date in rebuilt for days in near}
        return sorted(date for date in reached if date <= last)

    def page_views(self, page_views: DataFrame, dates: Sequence[dt.date]) -> DataFrame:
        """The page views that rows of `dates` come from."""
        first = min(dates) - dt.timedelta(days=self.back_days)
        last = max(dates) + dt.timedelta(days=self.ahead_days)
        return page_views.where(f"event_date BETWEEN DATE'{first}' AND DATE'{last}'")

    @property
    def group(self) -> list[str]:
        """Key columns that survive the last step but one: the groups that remainders belong to."""
        return [key for key in self.table.grain if key not in self.ladder[-2].keys]

    @property
    def universe(self) -> list[str]:
        """Key columns that no step folds away: measures never add across them."""
        return [key for key in self.table.grain if key not in self.ladder[-1].keys]


def fields(*names: str) -> dict[str, str]:
    """The entry's own fields, as keys or measures."""
    return {name: f"entry.{name}" for name in names}


def remainder_steps(table: Table, item: Sequence[str], group: Sequence[str]) -> list[Step]:
    """The last two steps of every ladder: `item` folded away, then `group` too."""

    def null(names: Sequence[str]) -> dict[str, str]:
        return {name: f"CAST(NULL AS {sql_type(table.column(name).type)})" for name in names}

    return [Step("group", null(item), is_remainder=True), Step("date", null([*item, *group]), is_remainder=True)]


def entries(page_views: DataFrame, spec: MartSpec) -> DataFrame:
    """One row per entry that clean holds, with keys, measures and `exclusion` (NULL where it counts)."""
    derived = {
        **spec.keys,
        **{name: f"CAST({sql} AS BIGINT)" for name, sql in spec.measures.items()},
        **spec.page_view_counts,
        **spec.carried,
    }
    if spec.distribution:
        derived[spec.distribution.column] = spec.distribution.value
    for name, (person, flag) in spec.visitor_counts.items():
        derived |= {name: person, f"first_{name}": flag}
    context = [key for key in spec.table.grain if key not in spec.keys]
    rows = spec.source(page_views) if spec.source else page_views
    return rows.selectExpr("*", f"explode({spec.entries}) AS entry").selectExpr(
        *context,
        *PAGE_VIEW_KEY,
        *[f"{sql} AS {name}" for name, sql in derived.items()],
        f"{spec.visitor_flag or 'NULL'} AS is_first",
        f"{spec.page_view_flag or 'TRUE'} AS is_first_of_page_view",
        f"{exclusion(spec)} AS exclusion",
    )


def counted_entries(page_views: DataFrame, spec: MartSpec, dates: Sequence[dt.date]) -> DataFrame:
    """The entries of the mart's universe that lie on `dates`."""
    counted = entries(page_views, spec).where(f"exclusion IS NULL AND {on_dates('event_date', dates)}")
    return counted.drop("exclusion")


def on_dates(column: str, dates: Iterable[dt.date]) -> str:
    """SQL: the column is one of literal dates."""
    literals = ", ".join(f"DATE'{date}'" for date in sorted(dates))
    return f"{column} IN ({literals})"


def exclusion(spec: MartSpec) -> str:
    """SQL: why an entry does not count. Bots; another surface; an ad_id on a page view without the purpose ads."""
    reasons = f"WHEN {not_applicable(spec)} IS NOT NULL THEN {not_applicable(spec)}"
    if spec.ad_id:
        reasons += f" WHEN NOT {counts_for_ads(spec)} THEN '{WITHOUT_ADS_PURPOSE}'"
    if spec.beyond_reach:
        reasons += f" WHEN {spec.beyond_reach} THEN '{BEYOND_REACH}'"
    return f"CASE {reasons} END"


def not_applicable(spec: MartSpec) -> str:
    """SQL: why a page view lies outside the mart as a whole."""
    other = f" WHEN surface <> '{spec.surface}' THEN '{OTHER_SURFACE}'" if spec.surface else ""
    return f"(CASE WHEN traffic_class <> '{HUMAN}' THEN '{BOTS}'{other} END)"


def counts_for_ads(spec: MartSpec) -> str:
    """SQL, the one rule of every mart: an entry with an ad_id counts only from page views with the purpose ads."""
    return f"({spec.ad_id} IS NULL OR array_contains(purposes, 'ads'))" if spec.ad_id else "TRUE"


def sums(spec: MartSpec, hist_edges_ms: Sequence[int], *, is_finest: bool) -> list[Column]:
    """Aggregates of a mart's row. At the finest grain flags mark the first entry of a visitor and of a page view;
    above it, both are counted as distinct."""
    if is_finest and spec.visitor_flag:
        counts = {
            "visitor_count": "count_if(is_first)",
            "page_view_count": "count_if(is_first_of_page_view)",
            **{name: f"count_if({name})" for name in spec.page_view_counts},
            **{name: f"count_if(first_{name})" for name in spec.visitor_counts},
        }
    else:
        # An entry without a visitor only says who came before.
        view = "IF(visitor_key IS NULL, NULL, named_struct('v', visitor_key, 'p', page_view_id))"
        counts = {
            "visitor_count": "count(DISTINCT visitor_key)",
            "page_view_count": f"count(DISTINCT {view})",
            **{name: f"count(DISTINCT IF({name}, {view}, NULL))" for name in spec.page_view_counts},
            **{name: f"count(DISTINCT {name})" for name in spec.visitor_counts},
        }
    every = {
        **counts,
        **{name: f"sum({name})" for name in spec.measures},
        **(_histogram(spec.distribution, hist_edges_ms) if spec.distribution else {}),
        # A carried text is shown only where all entries agree on it.
        **{name: f"IF(min({name}) = max({name}), min({name}), NULL)" for name in spec.carried},
    }
    return [F.expr(f"{sql} AS {name}") for name, sql in every.items()]


def _histogram(distribution: Distribution, edges: Sequence[int]) -> dict[str, str]:
    """Counts in fixed bins: below the first edge, between neighbours, from the last edge on."""
    column = distribution.column
    bins = []
    for low, high in itertools.pairwise([None, *edges, None]):
        bounds = [*([f"{{v}} >= {low}"] if low is not None else []), *([f"{{v}} < {high}"] if high is not None else [])]
        inside = " AND ".join(bounds)
        if distribution.is_array:
            bins.append(f"coalesce(sum(size(filter({column}, v -> {inside.format(v='v')}))), 0)")
        else:
            bins.append(f"count_if({inside.format(v=column)})")
    return {column: f"array({', '.join(bins)})"}
