"""`hoverlake plot dwell-distribution`: how long hovers over zones, or items in view, are, from the `_hist` columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import duckdb

from jobs.errors import UsageError
from jobs.heatmap_groups import named
from jobs.io.releases import Release
from jobs.plots.asked import CURSOR, SCREEN, Question, Rows, Stand, keys_in_words, rows_of
from jobs.plots.chart import MAX_SERIES, Axis, Chart, Mark, Panel, Series, highest, share_axis
from jobs.report.words import duration, number, share
from warehouse_schema.mart.feed_attention_daily import FEED_ATTENTION_DAILY
from warehouse_schema.mart.zone_attention_daily import ZONE_ATTENTION_DAILY

MEASURES = ("dwell_ms", "visible_ms")
#: Edges of bins that get a tick: every fourth, a factor of four where edges lie a factor of the square root of two apart.
TICK_EVERY = 4


@dataclass(frozen=True)
class Distribution:
    """Counts per bin of one zone, device or item type, with quantiles; NULL for too few values."""

    name: str
    counts: tuple[int, ...]
    p50_ms: int | None
    p90_ms: int | None
    visitors: int

    @property
    def n(self) -> int:
        """All values."""
        return sum(self.counts)


@dataclass(frozen=True)
class Distributions:
    """Distributions over the same bins, the largest first; `edges_ms` lie between the bins."""

    title: str
    of: str
    edges_ms: tuple[int, ...]
    distributions: tuple[Distribution, ...]
    stand: Stand


def dwell_distribution(connection: duckdb.DuckDBPyConnection, release: Release, question: Question) -> Distributions:
    """`dwell_ms`: hovers by zone of one layout and device; `visible_ms`: impressions by device, or of one by item type.

    UsageError for what is not there, and where nothing is published or measured.
    """
    if question.measured(*MEASURES) == "dwell_ms":
        return _of_zones(connection, release, question)
    return _of_items(connection, release, question)


def _of_zones(connection: duckdb.DuckDBPyConnection, release: Release, question: Question) -> Distributions:
    table, amount = ZONE_ATTENTION_DAILY.name, "hover_count"
    question = question.only("surface", "device", "layout", of=table)
    rows = rows_of(connection, release, table, question, "surface", "layout", "device")
    # Zones lie where the layout puts them: those of two layouts must not be pooled.
    for column in ("surface", "layout_id", "device_type"):
        if column not in rows.keys:
            rows = rows.but(**{column: _first(rows.largest(column, amount, "not is_remainder"), table)})
    names = _first_of(rows.largest("target", amount, "not is_remainder"), table)
    return _made(
        release,
        rows,
        "target",
        names,
        ("dwell_ms_hist", amount, "hovers", "dwell of hovers of at least 150 ms"),
        CURSOR,
    )


def _of_items(connection: duckdb.DuckDBPyConnection, release: Release, question: Question) -> Distributions:
    table, amount, drawn = FEED_ATTENTION_DAILY.name, "impressions", "not is_remainder"
    question = question.only("surface", "device", "item_type", of=table)
    rows = rows_of(connection, release, table, question, "surface", "device", "item_type")
    if "surface" not in rows.keys:
        rows = rows.but(surface=_first(rows.largest("surface", amount, drawn), table))
    if question.device is None and question.item_type is None:
        rows = rows.but(item_type=_first(rows.largest("item_type", amount, drawn), table))
    by = "device_type" if question.device is None else "item_type"
    names = _first_of(rows.largest(by, amount, drawn), table)
    return _made(
        release, rows, by, names, ("visible_ms_hist", amount, "impressions", "time at least half in view"), SCREEN
    )


def _first(values: Sequence[str], table: str) -> str:
    return _first_of(values, table)[0]


def _first_of(values: Sequence[str], table: str) -> Sequence[str]:
    if not values:
        raise UsageError(
            f"no distribution is published for this question in {table}: nothing was measured (touch has no hover), or every "
            "group was too small. Ask for more dates, another --device or --measure."
        )
    return values


def _made(
    release: Release, rows: Rows, by: str, names: Sequence[str], what: tuple[str, str, str, str], caution: str
) -> Distributions:
    hist, amount, nouns, of = what
    distributions = []
    for name in names[:MAX_SERIES]:
        counts, p50, p90, visitors = rows.but(**{by: name}).one(
            f"hist_sum({hist}), hist_p50(hist_sum({hist})), hist_p90(hist_sum({hist})), max(visitor_count)",
            "not is_remainder",
        )
        distributions.append(Distribution(name, tuple(map(int, counts or ())), p50, p90, int(visitors)))
    distributions = [one for one in distributions if one.n]
    _first_of([one.name for one in distributions], rows.table)
    left_out = names[MAX_SERIES:]
    more = [f"Not drawn, of fewer {nouns}: {', '.join(map(named, left_out))}."] if left_out else []
    edges = rows.one("any_value(hist_edges_ms())")[0]
    more.append(
        f"Bins are a factor of about {edges[1] / edges[0]:.2g} wide: equal widths are equal ratios. The first holds all below "
        f"{duration(edges[0])}, the last all from {duration(edges[-1])} on."
    )
    stand = Stand(
        release=release,
        rows=rows,
        n=f"{number(sum(one.n for one in distributions))} {nouns}",
        visitors=max(one.visitors for one in distributions),
        unit=f"share of a line's own {nouns} per bin",
        folded=rows.folded_share(amount),
        folded_of=nouns,
        caution=caution,
        more=tuple(more),
    )
    title = f"{of[0].upper()}{of[1:]} · {keys_in_words(rows)}"
    return Distributions(title, nouns, tuple(edges), tuple(distributions), stand)


def chart_of(made: Distributions) -> Chart:
    """Shares per bin as steps; bins that nobody fills at both ends are left out."""
    used = [n for one in made.distributions for n, count in enumerate(one.counts) if count]
    first, last = min(used), max(used)
    words = _bins(made.edges_ms)
    series = []
    for one in made.distributions:
        marks = [
            Mark(
                float(n),
                one.counts[n] / one.n,
                f"{share(one.counts[n] / one.n)}, {number(one.counts[n])} of {number(one.n)}",
            )
            for n in range(first, last + 1)
        ]
        p90 = f", p90 {duration(one.p90_ms)}" if one.p90_ms is not None else ""
        detail = f"median {duration(one.p50_ms)}{p90}, n {number(one.n)}"
        series.append(Series(named(one.name), tuple(marks), detail))
    ticks = [
        (float(n), duration(made.edges_ms[n - 1]))
        for n in range(1, len(made.edges_ms) + 1)
        if (n - 1) % TICK_EVERY == 0 and first <= n <= last + 1
    ]
    x = Axis("time (logarithmic: bins of equal ratio)", float(first), float(last + 1), tuple(ticks))
    y = share_axis(f"share of {made.of} per bin", highest(series))
    headings = {float(n): words[n] for n in range(first, last + 1)}
    panel = Panel(f"{made.of} by time".capitalize(), "steps", x, y, tuple(series), headings)
    return Chart(made.title, made.stand.subtitle, (panel,), made.stand.notes)


def _bins(edges_ms: Sequence[int]) -> list[str]:
    """Each bin in words."""
    between = [f"{duration(low)} to {duration(high)}" for low, high in pairwise(edges_ms)]
    return [f"below {duration(edges_ms[0])}", *between, f"{duration(edges_ms[-1])} or more"]
