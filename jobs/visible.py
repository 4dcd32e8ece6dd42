"""`hoverlake visible`: was the feed visible on that person's phone at that moment? (METRICS 4, feed visibility)

Yes: the moment lies in an interval of visibility of one of the person's page views of the feed (half-open). No: in none,
but within such a page view whose state was measured. Otherwise not measured. The answer is one query over
clean.page_views, the restricted layer: `hoverlake sql` gives the same for the same query.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import duckdb

from jobs.io.releases import Release
from jobs.sql import connect, opened_release, quoted
from jobs.sql_errors import explained
from jobs.sql_output import plain, printable
from warehouse_schema.clean.page_views import PAGE_VIEWS

SURFACE = "feed"
YES, NO, NOT_MEASURED = "yes", "no", "not measured"
#: A visitor key as landing makes it; anything else can be no key.
KEY = re.compile(r"[0-9a-f]{64}")


def visible(warehouse: str, visitor_key: str, at: dt.datetime, release_number: int | None = None) -> str:
    """The answer on a line of its own, then the interval, why it ended, and where the answer comes from.

    `at` has a time zone. UsageError if nothing is published, or clean.page_views may not be read.
    """
    release = _release(warehouse, release_number)
    at = at.astimezone(dt.UTC)
    with connect(warehouse, [PAGE_VIEWS.name], release.number) as connection:
        try:
            answer = _only_row(connection, _query(release, visitor_key, at))
            seen = _only_row(connection, _seen_query(visitor_key))
        except duckdb.Error as error:
            raise explained(error, warehouse) from error
    lines = [*_found(answer, at), *_why_not_measured(answer, seen, visitor_key), *_read(release, answer, seen, at)]
    # What a tracker wrote is shown here: no sign of it may steer a terminal.
    return "\n".join([answer["answer"], *(f"  {printable(line)}" for line in lines)]) + "\n"


def visible_query(warehouse: str, visitor_key: str, at: dt.datetime, release_number: int | None = None) -> str:
    """The query behind `visible`, for `hoverlake sql`: one row always."""
    return _query(_release(warehouse, release_number), visitor_key, at.astimezone(dt.UTC))


def _release(warehouse: str, number: int | None) -> Release:
    release = opened_release(warehouse, number)
    assert release is not None  # is_needed by default
    return release


def _query(release: Release, visitor_key: str, at: dt.datetime) -> str:
    """Of several page views at once, yes wins, then no; of equals, the one whose interval began last.

    `started_at`, `ended_at` and `end_reason` are of the last interval that had begun: for a yes it holds the moment,
    else it says since when and why the page was not visible.
    """
    return f"""\
with page_views as (
  select event_date, page_view_id, device_type, platform, is_state_measured, instant,
    page_views.started_at <= instant and instant < page_views.started_at + to_milliseconds(absolute_ms) as is_within,
    list_sort(list_filter(visibility, lambda i: i.started_at <= instant))[-1] as last
  from {PAGE_VIEWS.name} as page_views, (select timestamptz {quoted(at.isoformat())} as instant)
  where visitor_key = {quoted(visitor_key)} and surface = {quoted(SURFACE)}
    and event_date between date '{_first_event_date(release, at)}' and date '{at.date()}'
), answers as (
  select *, case when instant < last.ended_at then '{YES}'
    when is_within and is_state_measured then '{NO}' else '{NOT_MEASURED}' end as answer
  from page_views where is_within or instant < last.ended_at
)
select coalesce(answer, '{NOT_MEASURED}') as answer,
  last.started_at as started_at, last.ended_at as ended_at, last.end_reason as end_reason,
  event_date, page_view_id, device_type, platform, is_state_measured,
  count(page_view_id) over () as page_view_count
from (select 1) left join answers on true
order by answer = '{YES}' desc, answer = '{NO}' desc, started_at desc nulls last, event_date, page_view_id
limit 1"""


def _first_event_date(release: Release, at: dt.datetime) -> dt.date:
    """The earliest event date of a page view that can hold the moment.

    The last event lies at most max_page_view_ms after the start, the end of view at most max_gap_ms after that event.
    """
    names = ("max_page_view_ms", "max_gap_ms")
    longest_ms = sum(release.configuration.get(name, _default(name)) for name in names)
    try:
        return (at - dt.timedelta(milliseconds=longest_ms)).date()
    except OverflowError:
        return dt.date.min


def _default(name: str) -> int:
    from jobs.config import Settings

    return int(Settings.model_fields[name].default)


def _seen_query(visitor_key: str) -> str:
    return f"""
        select min(event_date) as first_date, max(event_date) as last_date,
          count_if(visitor_key = {quoted(visitor_key)}) as page_view_count
        from {PAGE_VIEWS.name}
    """


def _only_row(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, Any]:
    answer = connection.execute(query)
    names = [column[0] for column in answer.description or []]
    [row] = answer.fetchall()
    return dict(zip(names, row, strict=True))


def _found(answer: dict[str, Any], at: dt.datetime) -> Iterator[str]:
    """The interval and the page view that decide, if there is a page view at that moment."""
    yield f"moment     {plain(at)}, surface {SURFACE}"
    if answer["page_view_id"] is None:
        return
    if answer["started_at"] is None:
        yield "interval   none had begun in this page view"
    else:
        began, ended = plain(answer["started_at"]), plain(answer["ended_at"])
        word = "interval  " if answer["answer"] == YES else "last one  "
        yield f"{word} {began} to {ended} (excluded), ended by {answer['end_reason']}"
    others = answer["page_view_count"] - 1
    yield (
        f"page view  {answer['page_view_id']} on {answer['device_type']}, {answer['platform']}, "
        f"event date {answer['event_date']}" + (f"; {others} more at that moment" if others else "")
    )
    if answer["answer"] == YES and not answer["is_state_measured"]:
        yield "state      not measured on this page view: all its time counts as visible"


def _why_not_measured(answer: dict[str, Any], seen: dict[str, Any], visitor_key: str) -> Iterator[str]:
    if answer["answer"] != NOT_MEASURED:
        return
    if answer["page_view_id"] is not None:
        yield "because    the page view has no state stream, and was not looked at in this gap"
    elif seen["page_view_count"]:
        yield f"because    none of this visitor's page views of the {SURFACE} holds that moment"
    else:
        yield "because    this visitor key was never seen in this release"
        if not KEY.fullmatch(visitor_key):
            yield "           (a visitor key has 64 hex digits, 0-9 and a-f; the tracker's visitor id is none)"


def _read(release: Release, answer: dict[str, Any], seen: dict[str, Any], at: dt.datetime) -> Iterator[str]:
    """Where the answer comes from, and whether it can still change."""
    dates = f"event dates {seen['first_date']} to {seen['last_date']}" if seen["first_date"] else "empty"
    yield f"read from  {PAGE_VIEWS.name} of release {release.number} ({dates})"
    event_date = answer["event_date"] or at.date()
    state = release.event_dates.get(str(event_date))
    if state is not None and state.status != "final":
        yield f"status     {state.status}: late beacons may still change event date {event_date}"
    yield f"restricted layer {PAGE_VIEWS.layer}: this is about one person. Use it as your permission says."
