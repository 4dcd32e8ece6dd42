"""Minutes, sessions and reach of the plain marts on nights small enough to add up by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tests.marts.plain_marts_rows import night_rows
from tests.marts.plain_marts_time import MINUTES, REACH, SESSIONS, sessions
from tests.marts.plain_marts_views import DAY, EDGES, HOUR, MINUTE, NOON, Row, at, at_one, picked, shown, view


def test_minutes_hold_the_part_of_each_interval_that_lies_in_them() -> None:
    """From 30.5 s to 60 s, from 61 s to 62 s, and from 90 s to 181 s: four minutes, the third is full."""
    found = at_one(MINUTES, view(visibility=shown((30.5, 60), (61, 62), (90, 181))))

    assert {keys[1]: picked(row, "visible_ms", "visible_at_start_count") for keys, row in found.items()} == {
        NOON: [29_500, 0],
        NOON + MINUTE: [1000 + 30_000, 0],
        NOON + 2 * MINUTE: [60_000, 1],
        NOON + 3 * MINUTE: [1000, 1],
    }


def test_minute_belongs_to_its_own_date_and_only_feeds_count() -> None:
    late = [{"started_at": NOON + 12 * HOUR - MINUTE, "ended_at": NOON + 12 * HOUR + MINUTE, "end_reason": "closed"}]

    found = at_one(MINUTES, view(visibility=late), view("bob", surface="profile", visibility=late))

    assert [keys[0] for keys in found] == [DAY, DAY + dt.timedelta(days=1)]
    assert [row["visitor_count"] for row in found.values()] == [1, 1]


def test_quiet_minutes_fold_into_the_rest_of_their_date() -> None:
    """Minute 0 has both visitors; minutes 1 and 2 have one each and fold together."""
    ann, bob = view("ann", visibility=shown((0, 120))), view("bob", visibility=shown((30, 60), (120, 180)))

    found = night_rows(MINUTES, [ann, bob], 2, EDGES)

    first, rest = found[DAY, NOON, "web", "desktop"], found[DAY, None, "web", "desktop"]
    assert len(found) == 2
    assert picked(first, "visible_ms", "visible_at_start_count", "page_view_count") == [60_000 + 30_000, 1, 2]
    assert picked(rest, "visible_ms", "visible_at_start_count", "page_view_count") == [60_000 + 60_000, 2, 2]


def lengths(*views: Row) -> list[int]:
    """How many page views each session has."""
    return [len(session) for session in sessions(views)]


def test_session_ends_after_more_than_half_an_hour() -> None:
    first, half_hour = at(NOON, minutes=10), NOON + 40 * MINUTE

    assert lengths(first, at(half_hour)) == [2]
    assert lengths(first, at(half_hour + dt.timedelta(milliseconds=1))) == [1, 1]


def test_pause_is_measured_from_the_latest_end_of_all_page_views_before() -> None:
    long_one, short_one = at(NOON, minutes=60), at(NOON + 5 * MINUTE, minutes=1)

    assert lengths(long_one, short_one, at(NOON + 90 * MINUTE)) == [3]


def test_order_of_page_views_does_not_matter_and_bots_and_others_are_apart() -> None:
    ann = [at(NOON), at(NOON + MINUTE), at(NOON + 2 * HOUR)]
    bob, bot = at(NOON, visitor_key="bob"), at(NOON, traffic_class="declared_bot")

    assert lengths(*reversed(ann)) == [2, 1]
    assert sorted(lengths(*ann, bob, bot)) == [1, 1, 1, 2]


def test_session_goes_on_over_midnight_and_belongs_to_its_first_date() -> None:
    views = [at(NOON + 12 * HOUR - MINUTE, visible_ms=600), at(NOON + 12 * HOUR + MINUTE, visible_ms=700)]

    [(keys, row)] = at_one(SESSIONS, *views).items()

    assert keys == (DAY, "desktop", "web")
    assert picked(row, "session_count", "page_view_count", "visible_ms") == [1, 2, 600 + 700]


def test_session_is_cut_at_midnight_after_a_whole_date_without_a_pause() -> None:
    """A page view every 20 minutes from noon of the first date to noon of the third.

    The first date has a pause, the one before the very first page view: its session goes on through the second date.
    The second date has none: the third date's first page view, the 109th, starts a session.
    """
    views = [at(NOON + 20 * MINUTE * number) for number in range(2 * 72 + 1)]

    assert lengths(*views) == [36 + 72, 36 + 1]


def test_forever_awake_is_one_session_a_date_from_the_third_on() -> None:
    views = [at(NOON + 20 * MINUTE * number) for number in range(4 * 72)]

    assert lengths(*views) == [36 + 72, 72, 72, 36]


def test_pause_within_a_date_keeps_the_next_midnight_open() -> None:
    """The same, but on the second date nothing between 06:00 and 07:00: the session from 07:00 goes on to the end."""
    second_day = NOON + 12 * HOUR
    views = [at(NOON + 20 * MINUTE * number) for number in range(2 * 72 + 1)]
    views = [v for v in views if not second_day + 6 * HOUR < v["started_at"] < second_day + 7 * HOUR]

    assert lengths(*views) == [36 + 18 + 1, 51 + 37]


def test_date_without_page_views_has_no_pause() -> None:
    """A tab left open from the first date, with an event every half hour, until after midnight of the third."""
    tab, last = at(NOON, minutes=37 * 60), at(NOON + 36 * HOUR + 5 * MINUTE)

    assert lengths(tab, last) == [1, 1]


def test_engaged_session_has_two_page_views_or_over_ten_seconds() -> None:
    def row(*views: Row) -> list[Any]:
        [found] = at_one(SESSIONS, *views).values()
        return picked(found, "engaged_session_count", "engaged_measured_count", "engaged_ms", "engaged_ms_hist")

    assert row(at(NOON, engaged_ms=10_000)) == [0, 1, 10_000, [0, 0, 1]]
    assert row(at(NOON, engaged_ms=10_001)) == [1, 1, 10_001, [0, 0, 1]]
    assert row(at(NOON), at(NOON + MINUTE)) == [1, 0, None, [0, 0, 0]]
    assert row(at(NOON, engaged_ms=60), at(NOON + MINUTE, engaged_ms=39)) == [1, 1, 60 + 39, [1, 0, 0]]
    assert row(at(NOON, engaged_ms=0), at(NOON + HOUR, engaged_ms=200)) == [0, 2, 200, [1, 1, 0]]


def test_sessions_with_rage_are_counted_among_those_that_measured_clicks() -> None:
    """One session with rage on its second page view, one without, one on which clicks were not measured."""
    views = [at(NOON, rage_count=0, thrash_count=0), at(NOON + MINUTE, rage_count=2)]
    views += [at(NOON + 2 * HOUR, rage_count=0), at(NOON + 4 * HOUR, thrash_count=1)]

    [row] = at_one(SESSIONS, *views).values()

    assert picked(row, "rage_session_count", "rage_measured_count") == [1, 2]
    assert picked(row, "thrash_session_count", "thrash_measured_count") == [1, 2]
    assert picked(row, "session_count", "visitor_count", "page_view_count") == [3, 1, 4]


def test_session_has_the_device_of_its_first_page_view_and_ties_go_by_name() -> None:
    phone = at(NOON, page_view_id="a", device_type="phone", platform="ios")
    desktop = at(NOON, page_view_id="b")

    assert set(at_one(SESSIONS, desktop, phone)) == {(DAY, "phone", "ios")}


def test_platforms_of_a_device_fold_together() -> None:
    views = [at(NOON, visitor_key=name, device_type="phone", platform=name) for name in ("android", "ios")]

    [(keys, row)] = night_rows(SESSIONS, views, 2, EDGES).items()

    assert keys == (DAY, "phone", None)
    assert picked(row, "is_remainder", "session_count", "page_view_count") == [True, 2, 2]


def on(days_before: int, visitor: str, **changes: Any) -> Row:
    return view(visitor, event_date=DAY - dt.timedelta(days=days_before)) | changes


def test_windows_of_reach_hold_1_7_and_28_dates_and_round_halves_up() -> None:
    """5 visitors on the date, 14 more 6 days and 6 more 27 days before; those of 7 and 28 days before are too old."""
    crowds = {0: 5, 6: 14, 7: 5, 27: 1, 28: 30}
    views = [on(days, f"{days}-{n}") for days, count in crowds.items() for n in range(count)]
    views += [
        on(6, "0-0"),
        *(on(1, f"robot-{n}", traffic_class="declared_bot") for n in range(9)),
        on(0, "other", surface="profile"),
    ]

    row = at_one(REACH, *views)[DAY, "feed", "desktop"]

    # 5, 5 + 14 = 19, 19 + 5 + 1 = 25, each to the nearest ten
    assert picked(row, "visitors_1d", "visitors_7d", "visitors_28d") == [10, 20, 30]
    assert picked(row, "visitor_count", "page_view_count") == [5, 5]


def test_who_did_not_come_on_the_date_has_no_row() -> None:
    found = at_one(REACH, on(1, "ann", device_type="phone"), on(0, "bob"))

    assert {keys for keys in found if keys[0] == DAY} == {(DAY, "feed", "desktop")}


def test_folded_reach_holds_the_devices_that_are_folded_on_that_date() -> None:
    """On the date two devices of one visitor each fold together; the third, without visitors, brings nobody."""
    views = [on(0, "p", device_type="phone"), on(0, "t", device_type="tablet")]
    views += [on(1, f"{device}-{n}", device_type=device) for device in ("phone", "tablet", "desktop") for n in range(4)]
    views += [on(1, "t", device_type="phone")]

    row = night_rows(REACH, views, 2, EDGES)[DAY, "feed", None]

    assert picked(row, "visitor_count", "visitors_1d", "visitors_7d") == [2, 0, 10]  # 2; 2 + 4 + 4 = 10
