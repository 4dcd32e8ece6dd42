"""ops.dq_profile: what each event date and surface looks like, by one question asked of its page views.

Visitors first, then surfaces: so that how many people stand behind each number is known, and numbers of fewer than
min_visitors are left out. DuckDB adds up the page views of a visitor in each batch, then over all batches.

Page views and beacons are counted, as ops may. Of samples, item views and times only ratios are kept, rounded: a total of
a surface, less what marts show of it, would be of the few people whom they leave out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from jobs.config import Settings
from jobs.steps.marts import inside
from jobs.steps.page_views_source import PageViews
from jobs.steps.past import quantile_of_bins
from jobs.steps.questions import GROUP, Question, answers
from jobs.steps.reconcile import Equation
from jobs.steps.traffic import HUMAN
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.clean.rejected_beacons import REASONS, REJECTED_BEACONS
from warehouse_schema.ops.profile import ALL, DQ_PROFILE, LAYOUT_BUCKETS, OTHER
from warehouse_schema.purposes import ADS, allows, counts
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
    "start_hour": "lpad(CAST(epoch_ms(started_at) // 3600000 % 24 AS VARCHAR), 2, '0')",
    "layout_bucket": "layout_bucket",
}
_DWELL, _DWELL_P90 = "dwell_ms", "dwell_p90_ms"
_IS_HUMAN = f"traffic_class = '{HUMAN}'"
_ITEMS_MEASURED = "coalesce(len(list_filter(item_views, lambda entry: entry.visible_ms IS NOT NULL)) > 0, FALSE)"
#: As in every mart, an ad counts only from page views with the purpose ads.
_IS_COUNTED = counts(DQ_PROFILE.name, "entry.ad_id")
_MEASURABLE = f"entry.is_measurable AND {_IS_COUNTED}"
_X_PX, _Y_PX = "CAST(entry.cell_x AS BIGINT) * {cell_px}", "CAST(entry.cell_y AS BIGINT) * {cell_px}"
_IS_OUTSIDE = f"({_X_PX} < 0 OR {_Y_PX} < 0 OR {_X_PX} >= viewport_w_px OR {_Y_PX} >= viewport_h_px)"
QUESTION = "profile"


def _sum(nested: str, amount: str) -> str:
    amounts = f"list_transform({nested}, lambda entry: CAST({amount} AS BIGINT))"
    return f"coalesce(list_sum({amounts}), 0)"


def _samples(condition: str) -> str:
    return _sum("heat_cells", f"if(entry.space = 'viewport' AND {condition}, entry.sample_count, 0)")


def _one(condition: str) -> str:
    return f"CAST(coalesce({condition}, FALSE) AS BIGINT)"


#: Per metric, as SQL over a page view: the amount and what it is of.
_ALL_TRAFFIC = {
    "page_views": ("1", "1"),
    "beacons_missing": ("beacons_missing", "beacons_missing + beacons_received"),
    "beacons_duplicate": ("beacons_duplicate", "beacons_received"),
    "beacons_conflicting": ("beacons_conflicting", "beacons_received"),
    "bots": (_one(f"NOT {_IS_HUMAN}"), "1"),
    "clock_suspect": (_one("is_clock_suspect"), "1"),
    "closed": (_one("is_closed"), "1"),
    "ads_purpose": (_one(allows("purposes", ADS)), "1"),
}
_HUMANS = {
    "cursor_measured": (_one("hovers IS NOT NULL"), _one("pointer_type <> 'touch'")),
    "clicks_measured": (_one("rage_count IS NOT NULL"), "1"),
    "items_measured": (_one(_ITEMS_MEASURED), "1"),
    "state_measured": (_one("is_state_measured"), "1"),
    "scrolled": (_one("scroll_depth_px > viewport_h_px"), _one("scroll_depth_px IS NOT NULL")),
    "outside_viewport": (_samples(_IS_OUTSIDE), _samples("TRUE")),
    "hovered": (_one("len(hovers) > 0"), _one("hovers IS NOT NULL")),
    "viewable": (
        _sum("item_views", f"if({_MEASURABLE} AND entry.is_viewable, 1, 0)"),
        _sum("item_views", f"if({_MEASURABLE}, 1, 0)"),
    ),
    # Ads that somebody refused left in, what marts show would leave just these.
    "attended": (
        _sum("item_views", f"if({_IS_COUNTED}, entry.attended_ms, 0)"),
        f"if({_ITEMS_MEASURED}, coalesce(engaged_ms, 0), 0)",
    ),
    _DWELL: (_sum("hovers", "entry.dwell_ms"), _one("hovers IS NOT NULL")),
}
#: Their totals are of samples, item views or times, not of page views.
_RATIOS_OF_AMOUNTS = ("outside_viewport", "viewable", "attended", _DWELL)
#: Per metric, over a page view: the amount and what it is of.
_METRICS = {
    **_ALL_TRAFFIC,
    **{name: (f"if({_IS_HUMAN}, {a}, 0)", f"if({_IS_HUMAN}, {base}, 0)") for name, (a, base) in _HUMANS.items()},
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


def profile(lines: pa.Table, settings: Settings) -> list[Measured]:
    """The profile of some event dates, of lines that answer `profile_question`."""
    edges, least = settings.hist_edges_ms, settings.min_visitors
    return [m for row in totals(lines, settings) for m in measured(row, edges, least)]


def layout_buckets(page_views: PageViews) -> pa.Table:
    """The bucket of each layout; the hash is Spark's own."""
    bucket = f"pmod(xxhash64(layout_id), {LAYOUT_BUCKETS}) AS layout_bucket"
    return page_views.distinct("layout_id").selectExpr("layout_id AS bucketed", bucket).toArrow()


def profile_question(settings: Settings, layout_buckets: pa.Table) -> Question:
    """Numbers of each visitor's page views, by event date and surface."""
    amounts = {f"{part}_{name}": both[n] for n, part in enumerate("an") for name, both in _METRICS.items()}
    columns = ["event_date", f"coalesce(surface, '{MISSING}') AS surface", "visitor_key"]
    columns += [f"{sql.replace('{cell_px}', str(settings.cell_px))} AS {name}" for name, sql in amounts.items()]
    columns += [f"{sql} AS {name}_class" for name, sql in _CLASS_OF.items()]
    views = "batch LEFT JOIN layout_buckets ON layout_id IS NOT DISTINCT FROM bucketed"
    rows, beside = f"(SELECT {', '.join(columns)} FROM {views})", {"layout_buckets": layout_buckets}
    return Question(QUESTION, [*_sums(settings).values()], rows, GROUP, _of_surfaces(settings), beside=beside)


def _sums(settings: Settings) -> dict[str, str]:
    """Each number by its name, as SQL over page views with their amounts: amounts `a_` and bases `n_` of metrics, bins
    `b` of dwell times, classes."""
    sums = {f"{part}_{name}": f"sum({part}_{name})" for part in "an" for name in _METRICS}
    bins = inside(f"a_{_DWELL}", settings.hist_edges_ms)
    sums |= {f"b{n}": f"count(*) FILTER (WHERE n_{_DWELL} > 0 AND {condition})" for n, condition in enumerate(bins)}
    return sums | {
        f"{name}_{n}": f"count(*) FILTER (WHERE {name}_class = '{class_}')"
        for name, classes in CLASSES.items()
        for n, class_ in enumerate(classes)
    }


def _of_surfaces(settings: Settings) -> str:
    """SQL over `lines` that hold all of a visitor: numbers added up, then visitors with a base counted, by surface."""
    places = {name: place for place, name in enumerate(_sums(settings), 1)}
    visitors = [f"sum(numbers[{place}]) AS {name}" for name, place in places.items()]
    numbers = [f"sum({name})" for name in places] + [f"count(*) FILTER (WHERE n_{name} > 0)" for name in _METRICS]
    rows = f"(SELECT {', '.join([*GROUP, *visitors])} FROM lines GROUP BY ALL)"
    return Question(QUESTION, numbers, rows, GROUP[:2]).query


def totals(lines: pa.Table, settings: Settings) -> list[dict[str, Any]]:
    """One row per event date and surface: per metric its amount `a_`, its base `n_` and the visitors `v_` behind it."""
    names = [*_sums(settings), *(f"v_{name}" for name in _METRICS)]
    added: dict[tuple[dt.date, str], list[int]] = {}
    for line in answers(lines, QUESTION).to_pylist():
        key = line["event_date"], line["surface"]
        before = added.get(key, [0] * len(names))
        added[key] = [a + (b or 0) for a, b in zip(before, line["numbers"], strict=True)]
    return [
        {"event_date": date, "surface": surface, **dict(zip(names, numbers, strict=True))}
        for (date, surface), numbers in sorted(added.items())
    ]


def measured(row: Mapping[str, Any], hist_edges_ms: Sequence[int], min_visitors: int) -> Iterator[Measured]:
    """Rows of the profile of one event date and surface; none of too few visitors."""

    def of(metric: str, amount: int, like: str, class_: str = ALL) -> Measured:
        base = None if metric == "page_views" else row[f"n_{like}"]
        if metric in _RATIOS_OF_AMOUNTS:
            amount, base = rounded_ratio(metric, amount, base or 1)
        grain = PAGE_VIEWS.name, row["event_date"], row["surface"]
        return Measured(*grain, metric, amount, base, row[f"v_{like}"], class_)

    for metric in _METRICS:
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


def rounded_ratio(metric: str, amount: int, base: int) -> tuple[int, int]:
    """A share in whole thousandths, a mean in two digits; halves upwards."""
    if metric != _DWELL:
        return (2000 * amount + base) // (2 * base), 1000
    unit = 10 ** max(len(str(amount // base)) - 2, 0)
    return (2 * amount + unit * base) // (2 * unit * base) * unit, 1


def rejected(equations: Iterable[Equation]) -> Iterator[Measured]:
    """Lines refused of all lines of a landing date."""
    for equation in equations:
        if equation.quantity == "lines" and equation.left:
            refused = sum(equation.terms.get(reason, 0) for reason in REASONS)
            yield Measured(REJECTED_BEACONS.name, equation.date, ALL, "lines_rejected", refused, equation.left)
