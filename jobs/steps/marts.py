"""What every mart is: the sum of entries of page views, in words that a query understands (METRICS 6).

A `MartSpec` says which entries, with which keys and measures; sums, the folding of small groups and the reconciliation
are the same for all (`ledger`, `folding`, `reconcile`). Its expressions are SQL over the columns of a page view and over
`entry`: they read as the definition does. DuckDB evaluates them on whole Arrow batches (`ledger_queries`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from pyspark.sql import DataFrame

from jobs.steps.traffic import HUMAN
from warehouse_schema.purposes import counts
from warehouse_schema.table import Table

#: Why an entry of clean does not count in a mart.
BOTS, WITHOUT_ADS_PURPOSE = "bots", "without_ads_purpose"
OTHER_SURFACE, BEYOND_REACH = "other_surface", "beyond_reach"
PAGE_VIEW_KEY = ("visitor_key", "page_view_id")
FINEST, GROUP, DATE, UNPUBLISHED = "finest", "group", "date", "unpublished"
CELL = ("cell_px", "cell_x", "cell_y")


@dataclass(frozen=True)
class Step:
    """One step of a fold ladder: cells `factor` times as wide, or the key columns that are folded `away` to NULL.

    Rows without some of their keys are remainders.
    """

    name: str
    factor: int | None = None
    away: tuple[str, ...] = ()


def remainder_steps(item: Sequence[str], group: Sequence[str]) -> list[Step]:
    """The last two steps of every ladder: `item` folded away, then `group` too."""
    return [Step(GROUP, away=tuple(item)), Step(DATE, away=(*item, *group))]


@dataclass(frozen=True)
class Distribution:
    """A column of counts in fixed bins: of `value` in ms, SQL over an entry; NULL counts nowhere. A list counts once for
    each of its elements."""

    column: str
    value: str
    is_list: bool = False


@dataclass(frozen=True)
class MartSpec:
    """How a mart comes from its entries: the elements of `nested`, an array of structs in each page view, for which
    `where` holds; without `nested`, the rows of `source` themselves.

    `keys` and `measures` are SQL over `entry`, or over the columns of such a row; key columns not among `keys` are
    columns of the page view.

    Of the entries that count, `visitor_flag` is true on a visitor's first at the grain, `page_view_flag` on a page
    view's first. `page_view_counts` are conditions, counted once per page view; `visitor_counts` name a condition that
    counts each visitor once, and its own first-of-visitor flag. Where an entry stands for several page views,
    `page_views` is their number; an entry with `is_present` false is of somebody who was not there on the date.

    A row of a date comes from the page views of `back_days` before to `ahead_days` after it. `source` makes rows of
    page views, where entries are not nested in them. `reconciled` are the measures that add up to clean's, all by
    default; `contributions` is clean's side of a mart with a `source`.
    """

    table: Table
    keys: Mapping[str, str]
    measures: Mapping[str, str]
    ladder: Sequence[Step]
    visitor_flag: str
    nested: str | None = None
    where: str | None = None
    page_view_flag: str = "TRUE"
    page_views: str | None = None
    is_present: str = "TRUE"
    ad_id: str | None = None
    surface: str | None = None
    page_view_counts: Mapping[str, str] = field(default_factory=dict)
    visitor_counts: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    rounded_to: Mapping[str, int] = field(default_factory=dict)
    distribution: Distribution | None = None
    carried: tuple[str, str] | None = None
    back_days: int = 0
    ahead_days: int = 0
    source: Callable[[DataFrame], DataFrame] | None = None
    reconciled: Sequence[str] | None = None
    contributions: Callable[[DataFrame], DataFrame] | None = None

    @property
    def name(self) -> str:
        """Name of the mart."""
        return self.table.name

    def dates(self, rebuilt: Sequence[dt.date], known: Iterable[dt.date]) -> list[dt.date]:
        """Dates whose rows change when the page views of `rebuilt` do, up to the day after the last known one."""
        last = max(*known, *rebuilt, min(rebuilt)) + dt.timedelta(days=1)
        near = range(-self.ahead_days, self.back_days + 1)
        reached = {date + dt.timedelta(days=days) for date in rebuilt for days in near}
        return sorted(date for date in reached if date <= last)

    def read_dates(self, dates: Sequence[dt.date]) -> list[dt.date]:
        """Dates of the page views that rows of `dates` come from, and those between them."""
        first = min(dates) - dt.timedelta(days=self.back_days)
        last = max(dates) + dt.timedelta(days=self.ahead_days)
        return [first + dt.timedelta(days=days) for days in range((last - first).days + 1)]

    def page_views_of(self, page_views: DataFrame, dates: Sequence[dt.date]) -> DataFrame:
        """The page views that rows of `dates` come from."""
        near = self.read_dates(dates)
        return page_views.where(f"event_date BETWEEN DATE'{near[0]}' AND DATE'{near[-1]}'")


def fields(*names: str) -> dict[str, str]:
    """The entry's own fields, as keys or measures."""
    return {name: f"entry.{name}" for name in names}


def not_applicable(spec: MartSpec) -> str:
    """SQL: why a page view lies outside the mart as a whole."""
    other = f" WHEN surface <> '{spec.surface}' THEN '{OTHER_SURFACE}'" if spec.surface else ""
    return f"(CASE WHEN traffic_class <> '{HUMAN}' THEN '{BOTS}'{other} END)"


def counts_for_ads(spec: MartSpec) -> str:
    """SQL, the one rule of every mart: an entry with an ad_id counts only from page views with the purpose ads."""
    return counts(spec.name, spec.ad_id) if spec.ad_id else "TRUE"


def on_dates(column: str, dates: Iterable[dt.date]) -> str:
    """SQL: the column is one of literal dates, as replaceWhere wants them: dynamic overwrite would leave stale rows on
    an emptied day."""
    literals = ", ".join(f"DATE'{date}'" for date in sorted(dates))
    return f"{column} IN ({literals})"


def inside(value: str, edges_ms: Sequence[int]) -> list[str]:
    """SQL: conditions of fixed bins: below the first edge, between neighbours, from the last edge on."""
    between = [f"{value} >= {low} AND {value} < {high}" for low, high in pairwise(edges_ms)]
    return [f"{value} < {edges_ms[0]}", *between, f"{value} >= {edges_ms[-1]}"]


def literal(text: str) -> str:
    """SQL: the text as a literal."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
