"""A release and date opened for one question: what there is to choose from, and what the question comes to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import duckdb

from jobs.io import releases
from jobs.io.releases import Release
from jobs.io.store import Store
from jobs.report.attention import DEVICES
from jobs.report.verdict import refused_dates
from jobs.serve.questions import Offer, Question, Refused, told
from jobs.serve.snapshots import Snapshots
from warehouse_schema.mart.feed_attention_daily import FEED_ATTENTION_DAILY as FEED
from warehouse_schema.mart.hover_heatmap_daily import HOVER_HEATMAP_DAILY as HEATMAP
from warehouse_schema.mart.viewport_exposure_daily import VIEWPORT_EXPOSURE_DAILY as EXPOSURE
from warehouse_schema.shared import VIEWPORT_CLASSES

#: No list of a refusal is longer.
MAX_OFFERS = 40


class Group(NamedTuple):
    """What a surface has rows of; without a layout only in the feed."""

    surface: str
    layout: str | None
    device: str
    width: str | None


@dataclass
class Desk:
    """A release, a connection to its rows of one date, and what it holds."""

    release: Release
    #: Numbers of all releases, the newest first.
    numbers: list[int]
    last_run: str
    #: The date that is asked for, known or not.
    date: dt.date
    snapshot: duckdb.DuckDBPyConnection

    @cached_property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """A connection of this question's own: others may be answered at the same time."""
        return self.snapshot.cursor()

    @property
    def is_newest(self) -> bool:
        """Whether this is what readers see now."""
        return self.release.number == self.numbers[0]

    @cached_property
    def dates(self) -> dict[dt.date, bool]:
        """Dates of which there is something to say, the newest first, and whether any mart shows them."""
        refused = refused_dates(self.connection, self.last_run, is_newest=self.is_newest)
        known = {dt.date.fromisoformat(d) for d in (*self.release.event_dates, *self.release.awaiting_publication)}
        return {date: self.release.is_shown(str(date)) for date in sorted({*known, *refused}, reverse=True)}

    def groups(self, date: dt.date) -> list[Group]:
        """What the date has rows of, surfaces with the most time on screen first."""
        rows = self.connection.execute(
            f"""
            with shown as (select surface, sum(visible_ms) as ms from {EXPOSURE.name} where event_date = ? group by 1),
            found as (
                select surface, layout_id, device_type, viewport_class from {HEATMAP.name} where event_date = ?
                union select surface, layout_id, device_type, viewport_class from {EXPOSURE.name} where event_date = ?
                union select surface, null, device_type, null from {FEED.name} where event_date = ?
            )
            select found.* from found left join shown using (surface)
            where surface is not null and device_type is not null
            order by ms desc nulls last, 1, 2, 3, 4
            """,
            [date] * 4,
        ).fetchall()
        return [Group(*row) for row in rows]

    def item_types(self, date: dt.date, surface: str) -> list[str]:
        """Item types that the surface's feed has rows of."""
        rows = self.connection.execute(
            f"select distinct item_type from {FEED.name} where event_date = ? and surface = ? and item_type is not null order by 1",
            [date, surface],
        ).fetchall()
        return [item_type for (item_type,) in rows]


def opened(warehouse: str, snapshots: Snapshots, question: Question) -> Desk:
    """The desk of the release that is asked for, or of the newest one at this moment; Refused (404) if there is none such."""
    store = Store(warehouse)
    numbers = releases.numbers(store)
    if not numbers:
        raise Refused(503, "Nothing is published yet", "Run hoverlake nightly, then ask again.")
    number = question.release or numbers[0]
    release = releases.read(store, number) if number in numbers else None
    if release is None:
        known = [Offer(f"release {n}", Question(release=n).query) for n in numbers[:MAX_OFFERS]]
        raise Refused(404, f"There is no release {number}", f"The newest is {numbers[0]}.", offers=known)
    date = question.date or _newest_date(release)
    return Desk(release, numbers, releases.origin(store, release).run_id, date, snapshots.of(release, date))


def _newest_date(release: Release) -> dt.date:
    """The newest date that marts show, or else the newest that awaits publication."""
    shown = [date for date in release.event_dates if release.is_shown(date)]
    dates = shown or [*release.event_dates, *release.awaiting_publication]
    if not dates:
        raise Refused(404, "There is no date yet", f"Release {release.number} has none.")
    return dt.date.fromisoformat(max(dates))


@dataclass(frozen=True)
class Choices:
    """What can be chosen for a date, and the question as it is answered: with a date, and a surface if there is any."""

    question: Question
    date: dt.date
    surface: str | None
    groups: Sequence[Group]
    item_types: Sequence[str]

    @property
    def surfaces(self) -> list[str]:
        """Surfaces of the date."""
        return list(dict.fromkeys(group.surface for group in self.groups))

    @property
    def layouts(self) -> dict[str, list[str]]:
        """Layouts by surface, those of the chosen one first."""
        order = sorted(self.surfaces, key=lambda surface: surface != self.surface)
        found = {s: sorted({g.layout for g in self.groups if g.surface == s and g.layout}) for s in order}
        return {surface: layouts for surface, layouts in found.items() if layouts}

    @property
    def devices(self) -> list[str]:
        """Devices of the date, common ones first."""
        found = {group.device for group in self.groups}
        return sorted(found, key=lambda device: (DEVICES.index(device) if device in DEVICES else len(DEVICES), device))

    @property
    def widths(self) -> list[str]:
        """Viewport classes of the date, narrow ones first."""
        found = {group.width for group in self.groups}
        return [width for width in VIEWPORT_CLASSES if width in found]


def choices_of(desk: Desk, question: Question) -> Choices:
    """What the question can choose from; Refused (404) for what the release does not have, with what it has."""
    date = desk.date
    if date not in desk.dates:
        raise _unknown(
            "date", str(date), [str(known) for known in desk.dates], question, f"release {desk.release.number}"
        )
    question = question.but(date=date)
    choices = Choices(question, date, None, desk.groups(date) if desk.dates[date] else (), ())
    if not choices.groups:
        return choices
    surface = question.surface or choices.surfaces[0]
    _check("surface", surface, choices.surfaces, question)
    _check("layout", question.layout, [name for names in choices.layouts.values() for name in names], question)
    _check("device", question.device, choices.devices, question)
    _check("width", question.width, choices.widths, question)
    item_types = desk.item_types(date, surface)
    every_type = [*item_types, *(t for other in choices.surfaces for t in desk.item_types(date, other))]
    _check("items", question.items, list(dict.fromkeys(every_type)), question)
    return Choices(question, date, surface, choices.groups, item_types)


def _check(name: str, value: str | None, known: Sequence[str], question: Question) -> None:
    if value is not None and value not in known:
        raise _unknown(name, value, known, question, str(question.date))


def _unknown(name: str, value: str, known: Sequence[str], question: Question, where: str) -> Refused:
    rest = f" Of {len(known)}, {MAX_OFFERS} are shown." if len(known) > MAX_OFFERS else ""
    offers = [Offer(other, question.but(**{name: other}).query) for other in known[:MAX_OFFERS]]
    said = "What there is:" if offers else "There is none."
    return Refused(404, f"{where} has no {NAMES.get(name, name)} {told(value)}", said + rest, offers=offers)


#: Parameters whose name is not the word for what they choose.
NAMES = {"width": "viewport width", "items": "item type"}
