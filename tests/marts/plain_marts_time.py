"""Minutes of the feed, sessions and reach in plain Python: what looks at several page views at once (METRICS 4, 6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from tests.marts.plain_ladder import Row, gathered, total_or_none
from tests.marts.plain_marts import exclusion
from tests.marts.plain_marts_rows import NightMart, RichEntry, two_folds

MINUTE, DAY, MS = dt.timedelta(minutes=1), dt.timedelta(days=1), dt.timedelta(milliseconds=1)
LONGEST_PAUSE = dt.timedelta(minutes=30)
ENGAGED_SESSION_MS = 10_000
WINDOWS_DAYS = {"visitors_1d": 1, "visitors_7d": 7, "visitors_28d": 28}


def _minutes(page_views: Sequence[Row]) -> list[RichEntry]:
    feeds = [view for view in page_views if view["surface"] == "feed"]
    return [entry for view in feeds for entry in _minutes_of(view)]


def _minutes_of(view: Row) -> Iterator[RichEntry]:
    """One entry for each minute in which the page view was visible at any instant."""
    shown_ms: dict[dt.datetime, int] = {}
    started: set[dt.datetime] = set()
    for interval in view["visibility"]:
        minute = interval["started_at"].replace(second=0, microsecond=0)
        while minute < interval["ended_at"]:
            within = max(minute, interval["started_at"]), min(minute + MINUTE, interval["ended_at"])
            shown_ms[minute] = shown_ms.get(minute, 0) + (within[1] - within[0]) // MS
            if within[0] == minute:
                started.add(minute)
            minute += MINUTE
    for minute, visible_ms in shown_ms.items():
        yield RichEntry(
            keys=(minute.astimezone(dt.UTC).date(), minute, view["platform"], view["device_type"]),
            visitor=view["visitor_key"],
            page_view=view["page_view_id"],
            exclusion=exclusion(view),
            amounts={"visible_ms": visible_ms, "visible_at_start_count": int(minute in started)},
            view_flags={},
        )


def sessions(page_views: Sequence[Row]) -> list[list[Row]]:
    """The page views of each session, in order. Bots, whom no mart counts, have sessions of their own.

    A session goes on over midnight, but not over a whole date without a pause: then the next date's first page view
    starts another one. So no session reaches further than the date after its own.
    """
    people = gathered(page_views, lambda view: (view["visitor_key"], exclusion(view)))
    return [session for views in people.values() for session in _sessions_of_one(views)]


def _sessions_of_one(page_views: list[Row]) -> list[list[Row]]:
    found: list[list[Row]] = []
    last_date: dt.date | None = None
    latest_end: dt.datetime | None = None
    dates_with_pause: set[dt.date] = set()
    for view in sorted(page_views, key=lambda view: (view["started_at"], view["page_view_id"])):
        start, date = view["started_at"], view["event_date"]
        is_after_pause = latest_end is None or start - latest_end > LONGEST_PAUSE
        if is_after_pause:
            dates_with_pause.add(date)
        is_cut = date != last_date and date - DAY not in dates_with_pause
        if is_after_pause or is_cut:
            found.append([])
        found[-1].append(view)
        last_date = date
        latest_end = max(latest_end or start, start + view["absolute_ms"] * MS)
    return found


def _session(views: list[Row]) -> RichEntry:
    first = views[0]
    engaged_ms = total_or_none(view["engaged_ms"] for view in views)
    rage, thrash = (total_or_none(view[name] for view in views) for name in ("rage_count", "thrash_count"))
    counts = {
        "session_count": True,
        "engaged_session_count": len(views) >= 2 or (engaged_ms or 0) > ENGAGED_SESSION_MS,
        "engaged_measured_count": engaged_ms is not None,
        "rage_measured_count": rage is not None,
        "thrash_measured_count": thrash is not None,
        "rage_session_count": (rage or 0) > 0,
        "thrash_session_count": (thrash or 0) > 0,
    }
    amounts: dict[str, Any] = {name: int(flag) for name, flag in counts.items()}
    return RichEntry(
        keys=(first["event_date"], first["device_type"], first["platform"]),
        visitor=first["visitor_key"],
        page_view=first["page_view_id"],
        exclusion=exclusion(first),
        amounts=amounts
        | {
            "page_view_count": len(views),
            "engaged_ms": engaged_ms,
            "visible_ms": sum(view["visible_ms"] for view in views),
        },
        view_flags={},
        bins={"engaged_ms_hist": [] if engaged_ms is None else [engaged_ms]},
    )


def _reached(page_views: Sequence[Row]) -> list[RichEntry]:
    """One entry per page view, which knows all whom its surface and device reached in each window."""
    came: dict[Any, set[str]] = {}
    for view in page_views:
        if exclusion(view) is None:
            came.setdefault((view["event_date"], view["surface"], view["device_type"]), set()).add(view["visitor_key"])

    def reached(date: dt.date, surface: str, device: str, days: int) -> frozenset[str]:
        dates = [date - DAY * back for back in range(days)]
        return frozenset(person for d in dates for person in came.get((d, surface, device), ()))

    return [
        RichEntry(
            keys=keys,
            visitor=view["visitor_key"],
            page_view=view["page_view_id"],
            exclusion=exclusion(view),
            amounts={},
            view_flags={},
            people={name: reached(*keys, days) for name, days in WINDOWS_DAYS.items()},
        )
        for view in page_views
        for keys in [(view["event_date"], view["surface"], view["device_type"])]
    ]


MINUTES = NightMart(
    "feed_visibility_minutes",
    ("event_date", "minute", "platform", "device_type"),
    _minutes,
    two_folds(4, lambda keys: (keys[0], None, *keys[2:])),
)
SESSIONS = NightMart(
    "session_attention_daily",
    ("event_date", "device_type", "platform"),
    lambda page_views: [_session(views) for views in sessions(page_views)],
    two_folds(3, lambda keys: (*keys[:2], None)),
)
REACH = NightMart(
    "reach_daily",
    ("event_date", "surface", "device_type"),
    _reached,
    two_folds(3, lambda keys: (*keys[:2], None)),
    people_rounded_to=10,
)
