"""`hoverlake visible`: each rule of METRICS 4 on a small warehouse."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jobs.cli_options import instant_of
from jobs.errors import UsageError
from jobs.io import releases
from jobs.io.releases import EventDate, Release
from jobs.io.store import Store
from jobs.sql import connect, run_sql
from jobs.visible import visible, visible_query
from tests.reading.small_warehouse import write_table
from warehouse_schema import TABLES
from warehouse_schema.derive import rows

PAGE_VIEWS = "clean.page_views"
ANN, BOB = "a" * 64, "b" * 64
NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
MINUTE = 60_000
HOUR = 60 * MINUTE


def ms(amount: int) -> dt.timedelta:
    return dt.timedelta(milliseconds=amount)


def view(
    start: dt.datetime, absolute_ms: int, *spells: tuple[int, int, str], key: str = ANN, **values: Any
) -> dict[str, Any]:
    """A page view of the feed, visible during `spells` of (from ms, to ms, end reason) since its start."""
    visibility = [{"started_at": start + ms(a), "ended_at": start + ms(b), "end_reason": why} for a, b, why in spells]
    return {
        "event_date": start.date(),
        "visitor_key": key,
        "page_view_id": "pv-1",
        "started_at": start,
        "absolute_ms": absolute_ms,
        "is_state_measured": True,
        "device_type": "phone",
        "platform": "ios",
        "visibility": visibility,
        **values,
    }


def publish(root: Path, *views: dict[str, Any], number: int = 1, status: str = "final") -> str:
    """Release `number` of a warehouse that holds `views` and those published in it before."""
    warehouse = str(root / "warehouse")
    version = write_table(warehouse, PAGE_VIEWS, rows(TABLES[PAGE_VIEWS], *views))
    dates = {str(NOON.date()): EventDate(status, "0.1.0", "0" * 64)}
    release = Release(number, f"run-{number}", "2026-11-21T03:00:00Z", "2026-11-20", {PAGE_VIEWS: version}, dates, {})
    assert releases.publish(Store(warehouse, create=True), release, {})
    return warehouse


def answer_of(connection: duckdb.DuckDBPyConnection, warehouse: str, key: str, at: dt.datetime) -> tuple[str, int]:
    """Of the query's one row: the answer, and how many page views of the feed it rests on."""
    [row] = connection.execute(visible_query(warehouse, key, at)).fetchall()
    return row[0], row[-1]


def test_within_an_interval_the_feed_was_visible_and_the_answer_says_why_it_ended(tmp_path: Path) -> None:
    warehouse = publish(tmp_path, view(NOON, 9000, (0, 4000, "background"), (5000, 9000, "last_seen")))

    assert visible(warehouse, ANN, NOON + ms(3999)).splitlines() == [
        "yes",
        "  moment     2026-11-20T12:00:03.999Z, surface feed",
        "  interval   2026-11-20T12:00:00Z to 2026-11-20T12:00:04Z (excluded), ended by background",
        "  page view  pv-1 on phone, ios, event date 2026-11-20",
        "  read from  clean.page_views of release 1 (event dates 2026-11-20 to 2026-11-20)",
        "  restricted layer clean: this is about one person. Use it as your permission says.",
    ]


def test_intervals_and_page_views_are_half_open(tmp_path: Path) -> None:
    warehouse = publish(tmp_path, view(NOON, 9000, (1000, 4000, "hidden")))
    expected = {
        -1: "not measured",  # before the page view
        0: "no",  # the page view starts hidden
        999: "no",
        1000: "yes",  # the start of an interval belongs to it
        3999: "yes",
        4000: "no",  # its end does not
        8999: "no",
        9000: "not measured",  # the end of view: 9000 of [0, 9000) is outside
    }

    with connect(warehouse, [PAGE_VIEWS]) as connection:
        found = {at: answer_of(connection, warehouse, ANN, NOON + ms(at))[0] for at in expected}

    assert found == expected


def test_a_no_says_since_when_and_why(tmp_path: Path) -> None:
    warehouse = publish(tmp_path, view(NOON, 9000, (1000, 4000, "screen_off"), (8000, 9000, "closed")))

    later, before = visible(warehouse, ANN, NOON + ms(5000)), visible(warehouse, ANN, NOON + ms(500))

    assert "last one   2026-11-20T12:00:01Z to 2026-11-20T12:00:04Z (excluded), ended by screen_off" in later
    assert before.startswith("no\n") and "interval   none had begun in this page view" in before


def test_without_a_state_stream_all_time_is_visible_and_the_answer_says_so(tmp_path: Path) -> None:
    views = view(NOON, 3 * HOUR, (0, 1000, "gap"), (2 * HOUR, 3 * HOUR, "last_seen"), is_state_measured=False)
    warehouse = publish(tmp_path, views)

    inside, in_gap = visible(warehouse, ANN, NOON), visible(warehouse, ANN, NOON + ms(HOUR))

    assert inside.startswith("yes\n") and "state      not measured on this page view" in inside
    assert in_gap.startswith("not measured\n") and "has no state stream, and was not looked at in this gap" in in_gap
    assert "ended by gap" in in_gap


def test_not_measured_says_what_is_missing(tmp_path: Path) -> None:
    profile = view(NOON, HOUR, (0, HOUR, "closed"), surface="profile")
    warehouse = publish(tmp_path, profile, view(NOON, 1000, (0, 1000, "closed"), key=BOB))

    other_surface = visible(warehouse, ANN, NOON)
    never = visible(warehouse, "c" * 64, NOON)
    no_key = visible(warehouse, "it's a visitor id", NOON)

    assert [said.splitlines()[0] for said in (other_surface, never, no_key)] == ["not measured"] * 3
    assert "none of this visitor's page views of the feed holds that moment" in other_surface
    assert "this visitor key was never seen in this release" in never and "64 hex digits" not in never
    assert "never seen" in no_key and "a visitor key has 64 hex digits" in no_key


def test_a_page_view_over_midnight_is_found_under_its_first_day(tmp_path: Path) -> None:
    evening = dt.datetime(2026, 11, 20, 23, 59, 59, tzinfo=dt.UTC)
    warehouse = publish(tmp_path, view(evening, 2000, (0, 2000, "closed")))

    said = visible(warehouse, ANN, evening + ms(1500))

    assert said.startswith("yes\n") and "moment     2026-11-21T00:00:00.500Z" in said
    assert "event date 2026-11-20" in said


def test_the_longest_page_view_that_can_be_is_found(tmp_path: Path) -> None:
    longest = 7 * 24 * HOUR + 30 * MINUTE  # max_page_view_ms, and max_gap_ms until the last sign of life
    # Its last half hour lies on the eighth day after its event date.
    start = dt.datetime(2026, 11, 10, 23, 45, tzinfo=dt.UTC)
    warehouse = publish(tmp_path, view(start, longest, (longest - 1000, longest, "last_seen")))

    assert visible(warehouse, ANN, start + ms(longest - 1)).startswith("yes\n")
    assert visible(warehouse, ANN, start + ms(longest)).startswith("not measured\n")


def test_of_page_views_at_once_yes_wins_then_no(tmp_path: Path) -> None:
    seen = view(NOON, 1000, (0, 1000, "closed"), page_view_id="seen")
    hidden = view(NOON, 2000, page_view_id="hidden")
    gap = view(NOON - ms(HOUR), 2 * HOUR, (0, 1, "gap"), page_view_id="gap", is_state_measured=False)
    warehouse = publish(tmp_path, gap, hidden, seen)

    said = [visible(warehouse, ANN, NOON + ms(at_ms)) for at_ms in (500, 1500, 2500)]

    assert [text.splitlines()[0] for text in said] == ["yes", "no", "not measured"]
    assert "page view  seen on phone, ios, event date 2026-11-20; 2 more at that moment" in said[0]
    assert "page view  hidden on" in said[1] and "page view  gap on" in said[2]


def test_an_older_release_answers_as_it_did_and_a_missing_one_is_refused(tmp_path: Path) -> None:
    publish(tmp_path, view(NOON, 1000), number=1)
    warehouse = publish(tmp_path, view(NOON, 1000, (0, 1000, "closed"), page_view_id="late"), number=2)

    assert visible(warehouse, ANN, NOON).startswith("yes\n")
    assert visible(warehouse, ANN, NOON, 1).startswith("no\n")
    with pytest.raises(UsageError, match=r"there is no release 3 in .*; the newest is 2"):
        visible(warehouse, ANN, NOON, 3)


def test_a_day_that_late_beacons_may_change_is_called_provisional(tmp_path: Path) -> None:
    warehouse = publish(tmp_path, view(NOON, 1000), status="provisional")

    status = "status     provisional: late beacons may still change event date 2026-11-20"
    assert status in visible(warehouse, ANN, NOON)
    assert status in visible(warehouse, ANN, NOON + ms(5000))  # in no page view: one may come late


def test_signs_that_steer_a_terminal_are_escaped(tmp_path: Path) -> None:
    warehouse = publish(tmp_path, view(NOON, 1000, platform="\x1b[31mios"))

    assert "\x1b" not in visible(warehouse, ANN, NOON) and "\\x1b[31mios" in visible(warehouse, ANN, NOON)


def test_nothing_published_is_told(tmp_path: Path) -> None:
    for ask in (visible, visible_query):
        with pytest.raises(UsageError, match="nothing published"):
            ask(str(tmp_path), ANN, NOON)


def test_hoverlake_sql_gives_the_same_answer_for_the_printed_query(tmp_path: Path) -> None:
    warehouse = publish(tmp_path, view(NOON, 2000, (0, 1000, "hidden")))

    for at_ms, end_reason in ((500, "hidden"), (1500, "hidden"), (9000, None)):
        at = NOON + ms(at_ms)
        [row] = json.loads(run_sql(warehouse, visible_query(warehouse, ANN, at), "json") or "")
        said = visible(warehouse, ANN, at)

        assert (row["answer"], row["end_reason"]) == (said.splitlines()[0], end_reason)
        interval = f"{row['started_at']} to {row['ended_at']} (excluded), ended by {end_reason}"
        assert (interval in said) == (end_reason is not None)


@pytest.mark.parametrize("text", ["2026-11-20T13:37:05Z", "2026-11-20T14:37:05+01:00", "2026-11-20 08:37:05-05:00"])
def test_a_moment_may_be_given_in_any_zone(text: str) -> None:
    assert instant_of(text) == dt.datetime(2026, 11, 20, 13, 37, 5, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("2026-11-20T13:37:05", "no time zone"),
        ("2026-11-20", "no time zone"),
        ("noon", "not a time"),
        ("2026-11-31T00:00:00Z", "not a time"),
        ("", "not a time"),
        ("0001-01-01T00:00:00+05:00", "not a time"),
    ],
)
def test_a_moment_without_zone_or_sense_is_refused(text: str, problem: str) -> None:
    with pytest.raises(UsageError, match=re.escape(f"--at {text}: {problem}. Give a time and its zone")):
        instant_of(text)


def test_the_earliest_moment_there_is_has_an_answer(tmp_path: Path) -> None:
    warehouse = publish(tmp_path, view(NOON, 1000))

    assert visible(warehouse, ANN, instant_of("0001-01-01T00:00:00Z")).startswith("not measured\n")
