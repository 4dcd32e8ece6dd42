"""Quantiles from the `_hist` columns, as macros of `hoverlake sql`.

A `_hist` column counts values in fixed bins: below the first edge, between neighbours (lower edge included), from the
last edge on. Counts add over any rows: merge them with `hist_sum` first, then read the quantile of the sum.
"""

from __future__ import annotations

from collections.abc import Sequence

from jobs.io.releases import Release

#: One value in ten lies above a p90. Further out, few values lie behind an estimate, so it needs more than these in all.
FAR_OUT, FAR_OUT_COUNT = 0.9, 1000
SIGNATURES = ("hist_edges_ms()", "hist_quantile(hist, q)", "hist_p50(hist)", "hist_p90(hist)", "hist_sum(hist)")


def macros(release: Release) -> list[str]:
    """Statements that create the macros for the edges that `release` records.

    Without edges there, and for a distribution of another length, a call is an error: a guess would be a wrong number.
    """
    edges = release.configuration.get("hist_edges_ms")
    if not edges:
        problem = f"release {release.number} records no hist_edges_ms. Publish one with this version of hoverlake."
        return [f"CREATE MACRO {signature} AS error('{problem}')" for signature in SIGNATURES]
    bodies = (_list(edges), _quantile(edges), "hist_quantile(hist, 0.5)", "hist_quantile(hist, 0.9)", _sum(edges))
    return [f"CREATE MACRO {signature} AS {body}" for signature, body in zip(SIGNATURES, bodies, strict=True)]


def _list(edges: Sequence[int]) -> str:
    return f"[{', '.join(str(int(edge)) for edge in edges)}]::BIGINT[]"


def _quantile(edges: Sequence[int]) -> str:
    """The value of rank ceil(q * n) of n, estimated within its bin, in whole ms rounded down.

    The m-th of the k values of a bin [a, b) is taken to lie at a * (b / a) ** ((m - 0.5) / k): even in the logarithm,
    as the bins are. In the first bin, from 0, it is even in ms. The last bin has no end: its start stands for all of
    it. The estimate and the true value always share a bin. NULL for no values, and far out for too few.
    """
    # Each name may be used by the next. `hist` stands outside of every lambda, for no aggregate may be in one.
    nested = f"[{{'h': hist, 'q': {_share('q::DOUBLE')}}}]"
    for name, expression in (
        ("n", f"CASE WHEN len(s.h) NOT IN (0, {len(edges) + 1}) THEN {_strange(len(edges))} ELSE list_sum(s.h) END"),
        # q * n of 0.07 * 100 is 7.000000000000001, and means 7.
        ("rank", "greatest(ceil(s.q * s.n - 1e-9), 1)"),
        ("until", "list_transform(range(1, len(s.h) + 1), lambda i: list_sum(s.h[1:i]))"),
        ("bin", "1 + len(list_filter(s.until, lambda count: count < s.rank))"),
        ("part", "(s.rank - 0.5 - (s.until[s.bin] - s.h[s.bin])) / s.h[s.bin]"),
        ("a", "CASE WHEN s.bin = 1 THEN 0 ELSE hist_edges_ms()[s.bin - 1] END"),
        ("b", "hist_edges_ms()[s.bin]"),
    ):
        nested = f"list_transform({nested}, lambda s: struct_insert(s, {name} := {expression}))"
    value = (
        f"CASE WHEN s.n = 0 OR s.q > {FAR_OUT} AND s.n <= {FAR_OUT_COUNT} THEN NULL "
        f"WHEN s.bin > {len(edges)} THEN s.a WHEN s.a <= 0 THEN floor(s.a + s.part * (s.b - s.a)) "
        "ELSE floor(s.a * pow(s.b / s.a, s.part)) END"
    )
    return f"list_transform({nested}, lambda s: CAST({value} AS BIGINT))[1]"


def _share(q: str) -> str:
    return f"CASE WHEN {q} < 0 OR {q} > 1 THEN error('hist_quantile: q must lie between 0 and 1') ELSE {q} END"


def _sum(edges: Sequence[int]) -> str:
    """The counts of all rows, bin by bin; rows of NULL count nowhere, NULL if all are."""
    bin_count = len(edges) + 1
    totals = ", ".join(f"CAST(sum(hist[{index}]) AS BIGINT)" for index in range(1, bin_count + 1))
    return (
        f"CASE WHEN coalesce(max(len(hist)), 0) = 0 THEN NULL "
        f"WHEN count_if(len(hist) NOT IN (0, {bin_count})) > 0 THEN {_strange(len(edges))} ELSE [{totals}] END"
    )


def _strange(edge_count: int) -> str:
    return (
        f"error('a distribution does not have the {edge_count + 1} bins of hist_edges_ms in this release: "
        "it was built under other edges. Rebuild its event date, or leave it out.')"
    )
