"""ops.dq_profile: what each event date and surface looks like, by one aggregate over its page views.

Visitors first, then surfaces: so that how many people stand behind each number is known, and numbers of fewer than
min_visitors are left out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.config import Settings
from jobs.steps.marts import inside
from jobs.steps.past import quantile_of_bins
from jobs.steps.reconcile import Equation
from jobs.steps.traffic import HUMAN
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.clean.rejected_beacons import REASONS, REJECTED_BEACONS
from warehouse_schema.ops.profile import ALL, LAYOUT_BUCKETS, OTHER
from warehouse_schema.shared import MISSING, VIEWPORT_CLASSES

#: Classes of each distribution; what is none of them is OTHER.
CLASSES: dict[str, Sequence[str]] = {
    "device_type": ("desktop", "phone", "tablet", MISSING),
    "viewport_class": VIEWPORT_CLASSES,
    "start_hour": [f"{hour:02}" for hour in range(24)],
    "layout_bucket": [str(bucket) for bucket in range(LAYOUT_BUCKETS)],
}
_CLASS_OF = {
    "device_type": "device_type",
    "viewport_class": "viewport_class",
    "start_hour": "date_format(started_at, 'HH')",
    "layout_bucket": f"pmod(xxhash64(layout_id), {LAYOUT_BUCKETS})",
}
_DWELL, _DWELL_P90 = "dwell_ms", "dwell_p90_ms"
_IS_HUMAN = f"traffic_class = '{HUMAN}'"
_ITEMS_MEASURED = "coalesce(exists(item_views, entry -> entry.visible_ms IS NOT NULL), FALSE)"
#: As in every mart, an ad counts only from page views with the purpose ads.
_MEASURABLE = "entry.is_measurable AND (entry.ad_id IS NULL OR array_contains(purposes, 'ads'))"
_IS_OUTSIDE = "(cell.cell_x < 0 OR cell.cell_y < 0 OR cell.cell_x * {cell_px} >= viewport_w_px OR cell.cell_y * {cell_px} >= viewport_h_px)"


def _samples(condition: str) -> str:
    count = f"IF(cell.space = 'viewport' AND {condition}, coalesce(cell.sample_count, 0), 0)"
    return f"coalesce(aggregate(heat_cells, 0L, (total, cell) -> total + {count}), 0L)"


def _items(amount: str) -> str:
    return f"coalesce(aggregate(item_views, 0L, (total, entry) -> total + coalesce({amount}, 0L)), 0L)"


def _one(condition: str) -> str:
    return f"CAST(coalesce({condition}, FALSE) AS BIGINT)"


#: Per metric, as SQL over a page view: the amount and what it is of.
_ALL_TRAFFIC = {
    "page_views": ("1L", "1L"),
    "beacons_missing": ("beacons_missing", "beacons_missing + beacons_received"),
    "beacons_duplicate": ("beacons_duplicate", "beacons_received"),
    "beacons_conflicting": ("beacons_conflicting", "beacons_received"),
    "bots": (_one(f"NOT {_IS_HUMAN}"), "1L"),
    "clock_suspect": (_one("is_clock_suspect"), "1L"),
    "closed": (_one("is_closed"), "1L"),
    "ads_purpose": (_one("array_contains(purposes, 'ads')"), "1L"),
}
_HUMANS = {
    "cursor_measured": (_one("hovers IS NOT NULL"), _one("pointer_type <> 'touch'")),
    "clicks_measured": (_one("rage_count IS NOT NULL"), "1L"),
    "items_measured": (_one(_ITEMS_MEASURED), "1L"),
    "state_measured": (_one("is_state_measured"), "1L"),
    "scrolled": (_one("scroll_depth_px > viewport_h_px"), _one("scroll_depth_px IS NOT NULL")),
    "outside_viewport": (_samples(_IS_OUTSIDE), _samples("TRUE")),
    "hovered": (_one("size(hovers) > 0"), _one("hovers IS NOT NULL")),
    "viewable": (
        _items(f"IF({_MEASURABLE} AND entry.is_viewable, 1L, 0L)"),
        _items(f"IF({_MEASURABLE}, 1L, 0L)"),
    ),
    "attended": (_items("entry.attended_ms"), f"IF({_ITEMS_MEASURED}, coalesce(engaged_ms, 0L), 0L)"),
    _DWELL: (
        "coalesce(aggregate(hovers, 0L, (total, hover) -> total + hover.dwell_ms), 0L)",
        _one("hovers IS NOT NULL"),
    ),
}


@dataclass(frozen=True)
class Measured:
    """One row of the profile."""

    table_name: str
    event_date: dt.date
    surface: str
    metric: str
    amount: int
    base: int | None = None
    visitor_count: int | None = None
    class_: str = ALL


def profile(page_views: DataFrame, settings: Settings) -> list[Measured]:
    """The profile of some event dates."""
    edges, least = settings.hist_edges_ms, settings.min_visitors
    return [m for row in totals(page_views, settings) for m in measured(row, edges, least)]


def totals(page_views: DataFrame, settings: Settings) -> list[dict[str, Any]]:
    """One row per event date and surface: per metric its amount `a_`, its base `n_` and the visitors `v_` behind it."""
    metrics = {
        **_ALL_TRAFFIC,
        **{name: tuple(f"IF({_IS_HUMAN}, {sql}, 0L)" for sql in both) for name, both in _HUMANS.items()},
    }
    columns = {f"a_{name}": amount for name, (amount, _) in metrics.items()}
    columns |= {f"n_{name}": base for name, (_, base) in metrics.items()}
    named = [f"{sql.replace('{cell_px}', str(settings.cell_px))} AS {name}" for name, sql in columns.items()]
    classes = [f"{sql} AS {name}" for name, sql in _CLASS_OF.items()]
    surface = f"coalesce(surface, '{MISSING}') AS surface"
    views = page_views.selectExpr("event_date", surface, "visitor_key", *classes, *named)
    is_binned = f"n_{_DWELL} > 0 AND "
    bins = [is_binned + condition for condition in inside(f"a_{_DWELL}", settings.hist_edges_ms)]
    sums = {name: f"sum({name})" for name in columns}
    sums |= {f"b{n}": f"count_if({condition})" for n, condition in enumerate(bins)}
    sums |= {
        f"{name}_{n}": f"count_if({name} = '{class_}')"
        for name, classes_ in CLASSES.items()
        for n, class_ in enumerate(classes_)
    }
    grain = ["event_date", "surface"]
    visitors = views.groupBy(*grain, "visitor_key").agg(*[F.expr(f"{sql} AS {name}") for name, sql in sums.items()])
    found = [f"sum({name}) AS {name}" for name in sums] + [f"count_if(n_{name} > 0) AS v_{name}" for name in metrics]
    rows = visitors.groupBy(*grain).agg(*map(F.expr, found)).orderBy(*grain).collect()
    return [row.asDict() for row in rows]


def measured(row: Mapping[str, Any], hist_edges_ms: Sequence[int], min_visitors: int) -> Iterator[Measured]:
    """Rows of the profile of one event date and surface; none of too few visitors."""

    def of(metric: str, amount: int, like: str, class_: str = ALL) -> Measured:
        base = None if metric == "page_views" else row[f"n_{like}"]
        grain = PAGE_VIEWS.name, row["event_date"], row["surface"]
        return Measured(*grain, metric, amount, base, row[f"v_{like}"], class_)

    for metric in (*_ALL_TRAFFIC, *_HUMANS):
        if row[f"v_{metric}"] >= min_visitors:
            yield of(metric, row[f"a_{metric}"], metric)
    if row[f"v_{_DWELL}"] >= min_visitors:
        bins = [row[f"b{n}"] for n in range(len(hist_edges_ms) + 1)]
        yield of(_DWELL_P90, quantile_of_bins(bins, hist_edges_ms, 0.9) or 0, _DWELL)
    if row["v_page_views"] >= min_visitors:
        for metric, names in CLASSES.items():
            counts = {name: row[f"{metric}_{n}"] for n, name in enumerate(names)}
            counts[OTHER] = row["n_page_views"] - sum(counts.values())
            yield from (of(metric, count, "page_views", name) for name, count in counts.items() if count)


def rejected(equations: Iterable[Equation]) -> Iterator[Measured]:
    """Lines refused of all lines of a landing date."""
    for equation in equations:
        if equation.quantity == "lines" and equation.left:
            refused = sum(equation.terms.get(reason, 0) for reason in REASONS)
            yield Measured(REJECTED_BEACONS.name, equation.date, ALL, "lines_rejected", refused, equation.left)
