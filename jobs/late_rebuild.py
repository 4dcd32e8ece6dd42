"""Late beacons: which event dates a run builds, and which wait until their late window closes.

With `late_rebuild = touched` every event date that new beacons touch is built. With `final` a published date that only
late beacons touch, those that land after the date, waits: the release names it, and the run that lands the last date of
its late window builds it, once. When all windows have closed, the tables are the same either way.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from jobs.config import Settings
from jobs.io.releases import Release


@dataclass(frozen=True)
class Move:
    """Page views that are published on one date, and belong to another by beacons landed since; with all their beacons."""

    published: dt.date
    event_date: dt.date
    beacon_count: int

    @property
    def dates(self) -> set[dt.date]:
        """Both dates."""
        return {self.published, self.event_date}


def latest_landing(base: Release | None, landing_date: dt.date) -> dt.date:
    """The latest landing date that is landed after a run for `landing_date`."""
    return max(landing_date, dt.date.fromisoformat(base.landing_date)) if base else landing_date


def last_closed(latest: dt.date, settings: Settings) -> dt.date:
    """The last event date whose late window has closed once the landing date `latest` is landed."""
    return latest - dt.timedelta(days=settings.late_window_days)


def waiting_dates(
    late: Collection[dt.date], base: Release | None, landing_date: dt.date, settings: Settings
) -> set[dt.date]:
    """Of dates that only late beacons touch, those that wait: published before, with an open window."""
    if base is None or settings.late_rebuild == "touched":
        return set()
    closed = last_closed(latest_landing(base, landing_date), settings)
    return {date for date in late if date > closed and str(date) in base.event_dates}


def due_dates(base: Release | None, landing_date: dt.date, settings: Settings) -> set[dt.date]:
    """Dates that wait no longer, whether anything new is landed or not."""
    awaiting = set(base.dates_awaiting_final) if base else set[dt.date]()
    return awaiting - waiting_dates(awaiting, base, landing_date, settings)


def apart(waiting: Collection[dt.date], moves: Sequence[Move]) -> set[dt.date]:
    """The dates that can wait: no page view moves between them and a date that is built.

    Built alone, that date would take in a page view which the other one still shows, or let one go that no date shows.
    """
    left = set(waiting)
    while joined := {date for move in moves if not move.dates <= left for date in move.dates & left}:
        left -= joined
    return left


def as_published(counts: Mapping[dt.date, int], moves: Sequence[Move]) -> dict[dt.date, int]:
    """Beacons by event date, where those of page views that move count on the date that shows them."""
    shown = dict(counts)
    for move in moves:
        for date, change in ((move.published, move.beacon_count), (move.event_date, -move.beacon_count)):
            if date in shown:
                shown[date] += change
    return shown
