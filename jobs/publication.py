"""Which event dates marts are published for: `publish_provisional`.

With `all` a mart is published for every date whose rows change. With `none` a date is published once, when no later night
can change its rows: who keeps two releases then has nothing to subtract. With `totals` this holds for all marts but those
whose rows are totals of a date (`Table.is_total`).

A date closes with the night that lands the last date of its late window and of the date after it, which sessions look
at. It is due then whether or not that night brings anything for it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from jobs.config import Settings
from jobs.io.releases import Release
from jobs.late_rebuild import latest_landing

if TYPE_CHECKING:
    from jobs.steps.marts import MartSpec
    from warehouse_schema.table import Table

#: The most days after a date that any mart's rows of it come from.
AHEAD_DAYS = 1


def closes_on(date: dt.date, configuration: Mapping[str, Any]) -> dt.date:
    """The landing date whose night is the last that can change the date's rows in any mart."""
    return date + dt.timedelta(days=int(configuration.get("late_window_days", 3)) + AHEAD_DAYS)


def awaited(release: Release) -> str:
    """The dates that await publication, each with the landing date whose night publishes it."""
    dates = (
        (date, closes_on(dt.date.fromisoformat(date), release.configuration)) for date in release.awaiting_publication
    )
    return ", ".join(f"{date} (with landing date {closes})" for date, closes in dates)


@dataclass(frozen=True)
class Publication:
    """What a run for `landing_date` on top of `base` publishes.

    `built` are dates whose page views it builds; of these, `asked` are built because somebody asked for it (a backfill,
    rewritten or relanded input, a date held back before): only these are published a second time. Dates `held_back` are
    published neither anew nor for the first time.
    """

    settings: Settings
    base: Release | None
    landing_date: dt.date
    built: Collection[dt.date] = ()
    asked: Collection[dt.date] = ()
    held_back: Collection[dt.date] = ()

    def dates(self, spec: MartSpec) -> list[dt.date]:
        """Dates that the mart is published for: of which clean holds all page views, and none held back."""
        back = dt.timedelta(days=spec.back_days)
        reached = self._changed(spec) if self.is_at_once(spec.table) else self._closing(spec)
        return [date for date in reached if date not in self.held_back and date - back >= self._clean_since]

    def is_told(self, date: dt.date) -> bool:
        """Whether ops may tell amounts of the date: with `none` only when marts do, or they could be subtracted."""
        return self._policy != "none" or date in self.closing

    @cached_property
    def closing(self) -> list[dt.date]:
        """Dates that every mart shows from this run on, and, where marts differ, some did not before."""
        return [] if self._policy == "all" else [d for d in self.known if self._is_due(d, d in self._before)]

    @cached_property
    def again(self) -> set[dt.date]:
        """Dates that are published for good a second time."""
        return {date for date in self.closing if date in self._before and self._was_shown_for_good(date)}

    @cached_property
    def known(self) -> list[dt.date]:
        """All dates that clean has built."""
        return sorted({*self._before, *self.built})

    @cached_property
    def is_needed(self) -> bool:
        """Whether there are dates to publish even if nothing is built."""
        return bool(self.closing or self._released or self._minutes_closing)

    @cached_property
    def awaiting(self) -> list[dt.date]:
        """Dates that clean has built and that some mart does not show after this run."""
        before = self._dates(self.base.awaiting_publication) if self.base else set()
        if self._policy == "all":
            return sorted(before & set(self.held_back))
        new = {date for date in self.built if date not in self._before}
        return sorted((before | new) - set(self.closing))

    @cached_property
    def changed_since(self) -> list[dt.date]:
        """Dates that were published for good, and whose page views have changed since."""
        if self._policy == "all":
            return []
        before = self._dates(self.base.changed_since_published) if self.base else set()
        shown_for_good = {date for date in self.built if date in self._before and self._was_shown_for_good(date)}
        return sorted((before | shown_for_good) - set(self.closing))

    @property
    def _policy(self) -> str:
        return self.settings.publish_provisional

    def is_at_once(self, table: Table) -> bool:
        """Whether the mart shows dates that have not closed."""
        return self._policy == "all" or (self._policy == "totals" and table.is_total)

    def _changed(self, spec: MartSpec) -> list[dt.date]:
        """Dates of the mart whose rows change with what is built, or that are no longer kept back."""
        dates = sorted({*self.built, *self._released})
        return spec.dates(dates, self.known) if dates else []

    def _closing(self, spec: MartSpec) -> list[dt.date]:
        """Dates of the mart that are closed by now, and were not yet published so; also dates without page views of
        their own, such as that of the minutes after midnight."""
        if not self.known:
            return []
        new = set(self.built) - self._before
        covered = set(spec.dates(sorted(self._before), self._before)) - new if self._before else set()
        return [date for date in spec.dates(self.known, self.known) if self._is_due(date, date in covered)]

    def _is_due(self, date: dt.date, is_covered: bool) -> bool:
        """Whether a date is published for good by this run; `is_covered` if the base release had to do with it."""
        is_closed = closes_on(date, self._now) <= latest_landing(self.base, self.landing_date)
        if not is_closed or date < self._clean_since or self._waits_for_held_back(date):
            return False
        return date in self.asked or not (is_covered and self._was_shown_for_good(date))

    def _waits_for_held_back(self, date: dt.date) -> bool:
        """A date whose rows still change with one held back."""
        ahead = {date + dt.timedelta(days=days) for days in range(AHEAD_DAYS + 1)}
        return date in self.known and not ahead.isdisjoint(self.held_back)

    def _was_shown_for_good(self, date: dt.date) -> bool:
        """Whether the base release shows the date as it was when it had closed."""
        assert self.base is not None  # its dates are asked for
        is_closed = closes_on(date, self.base.configuration) <= dt.date.fromisoformat(self.base.landing_date)
        return is_closed and str(date) not in self.base.awaiting_publication

    @cached_property
    def _released(self) -> set[dt.date]:
        """Dates of which the base release's policy keeps something back, also minutes after their midnight, where this
        run has a policy that does not."""
        base, kept_by = self.base, self.base.configuration.get("publish_provisional", "all") if self.base else "all"
        if base is None or kept_by in ("all", self._policy) or self._policy == "none":
            return set()
        kept = self._dates([*base.awaiting_publication, *base.changed_since_published])
        kept |= {date for date in self._before if not self._was_shown_for_good(date + dt.timedelta(days=1))}
        return {date for date in kept if date >= self._clean_since}

    @property
    def _minutes_closing(self) -> list[dt.date]:
        """Dates without page views that close now: minutes after midnight, of page views of the date before."""
        after = {date + dt.timedelta(days=1) for date in self.known} - set(self.known)
        return [] if self._policy == "all" else [date for date in after if self._is_due(date, is_covered=True)]

    @cached_property
    def _before(self) -> set[dt.date]:
        return self._dates(self.base.event_dates) if self.base else set()

    @property
    def _clean_since(self) -> dt.date:
        since = self.base.clean_since if self.base else None
        return dt.date.fromisoformat(since) if since else dt.date.min

    @cached_property
    def _now(self) -> dict[str, Any]:
        return {"late_window_days": self.settings.late_window_days}

    @staticmethod
    def _dates(texts: Collection[str]) -> set[dt.date]:
        return {dt.date.fromisoformat(text) for text in texts}
