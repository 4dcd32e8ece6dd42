"""The fold ladder and the rows it leads to in plain Python, by loops over METRICS 6."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]
Keys = tuple[Any, ...]
#: Grain, visitor and page view: what makes an entry the only one of its kind.
EntryId = tuple[Keys, str, str]
FINEST, GROUP, DATE, UNPUBLISHED = "finest", "group", "date", "unpublished"


@dataclass(frozen=True)
class Entry:
    """One nested entry of a page view, as a mart sees it."""

    keys: Keys
    visitor: str
    page_view: str
    exclusion: str | None
    amounts: dict[str, int | None]
    view_flags: dict[str, bool]
    binned_ms: int | None = None
    topic: str | None = None

    @property
    def id(self) -> EntryId:
        return self.keys, self.visitor, self.page_view


@dataclass(frozen=True)
class Rung:
    """A step of the ladder: its name, what it makes of the keys of a row, whether its rows are remainders."""

    name: str
    fold: Callable[[Keys], Keys]
    is_remainder: bool


@dataclass(frozen=True)
class PlainMart:
    """A mart's grain, its entries and its ladder."""

    name: str
    nested: str
    grain: tuple[str, ...]
    entry: Callable[[Row, Row], Entry]
    rungs: Sequence[Rung]
    has_bins: bool = False

    def entries(self, page_views: Iterable[Row]) -> list[Entry]:
        return [self.entry(view, entry) for view in page_views for entry in view[self.nested] or []]


def visitors(entries: Iterable[Entry]) -> int:
    """How many people are behind the entries."""
    return len({entry.visitor for entry in entries})


def gathered(entries: Iterable[Entry], key: Callable[[Entry], Any]) -> dict[Any, list[Entry]]:
    """The entries by `key`."""
    groups = defaultdict(list)
    for entry in entries:
        groups[key(entry)].append(entry)
    return groups


@dataclass
class Ladder:
    """The step of each entry, and which published rows a short remainder took in: (step, the row's step, was a tie)."""

    step_of: dict[EntryId, str]
    taken_in: list[tuple[str, str, bool]]


def climb(mart: PlainMart, entries: list[Entry], min_visitors: int) -> Ladder:
    """Where each entry that counts is published."""
    ladder = Ladder({}, [])
    for rung in mart.rungs:
        left = [entry for entry in entries if entry.id not in ladder.step_of]
        waiting = gathered(left, lambda entry, fold=rung.fold: fold(entry.keys))
        beside = gathered_rows(mart, entries, ladder.step_of, rung.fold)
        for keys, members in waiting.items():
            if visitors(members) >= min_visitors:
                ladder.step_of |= {entry.id: rung.name for entry in members}
            elif rung.name == GROUP and keys in beside:
                _take_in(ladder, rung, members, beside[keys])
    ladder.step_of |= {entry.id: UNPUBLISHED for entry in entries if entry.id not in ladder.step_of}
    return ladder


def _take_in(ladder: Ladder, rung: Rung, members: list[Entry], rows: list[tuple[Keys, list[Entry]]]) -> None:
    """Publish `members` at the rung, together with the row of the fewest visitors; ties go by keys."""
    smallest = min(rows, key=lambda row: (visitors(row[1]), _null_first(row[0])))[1]
    is_tie = sum(visitors(row) == visitors(smallest) for _, row in rows) > 1
    ladder.taken_in.append((rung.name, ladder.step_of[smallest[0].id], is_tie))
    ladder.step_of |= {entry.id: rung.name for entry in members + smallest}


def _null_first(keys: Keys) -> list[tuple[bool, Any]]:
    return [(key is not None, key) if key is not None else (False, 0) for key in keys]


def gathered_rows(
    mart: PlainMart, entries: list[Entry], step_of: dict[EntryId, str], fold: Callable[[Keys], Keys]
) -> dict[Keys, list[tuple[Keys, list[Entry]]]]:
    """The rows published so far, each with its entries, by the group that `fold` puts them into."""
    groups = defaultdict(list)
    for keys, members in published(mart, entries, step_of).items():
        groups[fold(keys)].append((keys, members))
    return groups


def published(mart: PlainMart, entries: list[Entry], step_of: dict[EntryId, str]) -> dict[Keys, list[Entry]]:
    """The entries behind each published row, by its keys."""
    folds = {rung.name: rung.fold for rung in mart.rungs}
    placed = [entry for entry in entries if step_of.get(entry.id) in folds]
    return gathered(placed, lambda entry: folds[step_of[entry.id]](entry.keys))


def plain_rows(
    mart: PlainMart, entries: list[Entry], step_of: dict[EntryId, str], hist_edges_ms: Sequence[int]
) -> dict[Keys, Row]:
    """Every published row, added up entry by entry."""
    remainders = {rung.name for rung in mart.rungs if rung.is_remainder}
    return {
        keys: dict(zip(mart.grain, keys, strict=True))
        | {"is_remainder": step_of[members[0].id] in remainders}
        | _added_up(mart, members, hist_edges_ms)
        for keys, members in published(mart, entries, step_of).items()
    }


def _added_up(mart: PlainMart, members: list[Entry], hist_edges_ms: Sequence[int]) -> Row:
    row: Row = {"visitor_count": visitors(members), "page_view_count": len({(e.visitor, e.page_view) for e in members})}
    for name in members[0].view_flags:
        row[name] = len({(e.visitor, e.page_view) for e in members if e.view_flags[name]})
    for name in members[0].amounts:
        row[name] = total_or_none(e.amounts[name] for e in members)
    if mart.has_bins:
        bins = [0] * (len(hist_edges_ms) + 1)
        for entry in members:
            if entry.binned_ms is not None:
                bins[bisect_right(hist_edges_ms, entry.binned_ms)] += 1
        topics = {e.topic for e in members if e.topic is not None}
        row |= {"visible_ms_hist": bins, "topic": topics.pop() if len(topics) == 1 else None}
    return row


def total_or_none(amounts: Iterable[int | None]) -> int | None:
    """The sum of what is measured; NULL if nothing is."""
    measured = [amount for amount in amounts if amount is not None]
    return sum(measured) if measured else None
