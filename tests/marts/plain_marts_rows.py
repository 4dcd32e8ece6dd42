"""What the plain marts share beyond sums of entries: several distributions, and counts of people (METRICS 6)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from tests.marts.plain_ladder import (
    DATE,
    FINEST,
    GROUP,
    Entry,
    EntryId,
    Keys,
    Row,
    Rung,
    climb,
    plain_rows,
    published,
)
from tests.marts.plain_marts import as_it_is, nones


@dataclass(frozen=True)
class RichEntry(Entry):
    """An entry with distributions and people.

    `bins` names the values that a distribution counts; `people` the visitors of whom a row counts each one once.
    """

    bins: dict[str, list[int]] = field(default_factory=dict)
    people: dict[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class NightMart:
    """A mart whose entries come from a whole night at once; the rest is what the ladder reads of a `PlainMart`."""

    name: str
    grain: tuple[str, ...]
    entries: Callable[[Sequence[Row]], list[RichEntry]]
    rungs: Sequence[Rung]
    people_rounded_to: int = 1
    has_bins: bool = False


def each(nested: str, entry: Callable[[Row, Row], RichEntry]) -> Callable[[Sequence[Row]], list[RichEntry]]:
    """Entries of a night, one for every nested entry of every page view."""
    return lambda page_views: [entry(view, inner) for view in page_views for inner in view[nested] or []]


def two_folds(key_count: int, group: Callable[[Keys], Keys]) -> list[Rung]:
    """The ladder of most marts: the row itself, its group, its date."""
    return [
        Rung(FINEST, as_it_is, is_remainder=False),
        Rung(GROUP, group, is_remainder=True),
        Rung(DATE, lambda keys: (keys[0], *nones(key_count - 1)), is_remainder=True),
    ]


def night_rows(
    mart: NightMart, page_views: Sequence[Row], min_visitors: int, hist_edges_ms: Sequence[int]
) -> dict[Keys, Row]:
    """Published rows of the mart by their keys; with `min_visitors` 1 nothing is folded."""
    counted = [entry for entry in mart.entries(page_views) if entry.exclusion is None]
    return rich_rows(mart, counted, climb(mart, counted, min_visitors).step_of, hist_edges_ms)


def rich_rows(
    mart: NightMart, entries: list[RichEntry], step_of: dict[EntryId, str], hist_edges_ms: Sequence[int]
) -> dict[Keys, Row]:
    """Every published row with its sums, distributions and counts of people."""
    rows = plain_rows(mart, entries, step_of, hist_edges_ms)
    for keys, members in published(mart, entries, step_of).items():
        for name in members[0].bins:
            rows[keys][name] = _histogram((value for e in members for value in e.bins[name]), hist_edges_ms)
        for name in members[0].people:
            reached = frozenset().union(*(e.people[name] for e in members))
            rows[keys][name] = _rounded(len(reached), mart.people_rounded_to)
    return rows


def _histogram(values: Iterable[int], edges: Sequence[int]) -> list[int]:
    counts = [0] * (len(edges) + 1)
    for value in values:
        counts[bisect_right(edges, value)] += 1
    return counts


def _rounded(number: int, to: int) -> int:
    """The nearest multiple of `to`; halves go up."""
    return (2 * number + to) // (2 * to) * to
