"""Which keys may go, and what an operator is told: on releases and rings of a few lines."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from jobs.errors import LeaseHeld, UsageError
from jobs.io import releases
from jobs.io.journal import stories
from jobs.io.keys import KeyRing, key_file, load_ring, ring_of, write_ring
from jobs.io.lease import held_lease
from jobs.io.releases import EventDate, Release
from jobs.io.store import Store
from jobs.key_commands import destroy, list_keys, needs, rotate
from tests.reading.small_warehouse import release, write_table
from warehouse_schema import TABLES
from warehouse_schema.derive import rows

A, B, C, D = (bytes([n]) * 32 for n in (0xA1, 0xB2, 0xC3, 0xD4))
DAY = dt.timedelta(days=1)
#: Last dates of key 1 and 2 are Jan 20 and Apr 21; key 3 is in use, key 4 is the next.
JAN, APR, JUL = dt.date(2027, 1, 21), dt.date(2027, 4, 22), dt.date(2027, 7, 22)
RING = ring_of([(None, A), (JAN, B), (APR, C), (JUL, D)])
NOW = dt.datetime(2027, 6, 1, 12, tzinfo=dt.UTC)
TODAY = NOW.date()


def _release(number: int, *dates: dt.date, clean_since: dt.date | None = None, age_days: float = 0) -> Release:
    states = {str(date): EventDate("final", "0.1.0", "0" * 64) for date in dates}
    created_at = (NOW - dt.timedelta(days=age_days)).isoformat(timespec="seconds")
    since = str(clean_since) if clean_since else None
    return replace(release(number, {}), created_at=created_at, event_dates=states, clean_since=since)


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Published, with page views of key 2 and 3 in the marts, and of key 3 in clean."""
    for name in ("HOVERLAKE_KEY_FILE", "HOVERLAKE_KEY_RING"):
        monkeypatch.delenv(name, raising=False)
    warehouse = str(tmp_path / "warehouse")
    _publish(warehouse, _release(1, JAN, TODAY, clean_since=APR, age_days=1))
    write_ring(key_file(warehouse), RING)
    return warehouse


def _publish(warehouse: str, record: Release) -> None:
    assert releases.publish(Store(warehouse, create=True), record, {})


def _ids(ring: KeyRing, served: list[Release], today: dt.date = TODAY) -> list[str]:
    return [key.id for key in ring.keys if key.id not in needs(ring, served, today)]


@pytest.mark.parametrize(
    ("served", "expected"),
    [
        ([_release(1)], ["1", "2"]),  # no release has dates of them
        ([_release(1, JAN - DAY)], ["2"]),  # nothing was ever removed: clean has the last date of key 1
        ([_release(1, JAN)], ["1"]),  # or the first of key 2
        ([_release(1, APR - DAY)], ["1"]),
        ([_release(1, APR)], ["1", "2"]),
        ([_release(1, JAN - DAY, JAN, clean_since=JAN)], ["1"]),  # the marts alone have what is before
        ([_release(1, JAN - DAY, JAN, clean_since=JAN + DAY)], ["1", "2"]),
        ([_release(2, JAN, clean_since=APR), _release(1, JAN)], ["1"]),  # who rolls back has them again
        ([replace(_release(1), held_back=[str(JAN)])], ["1"]),  # landed, and not published
    ],
)
def test_key_may_go_when_no_release_has_its_page_views_in_clean(served: list[Release], expected: list[str]) -> None:
    assert _ids(RING, served) == expected


@pytest.mark.parametrize(("today", "expected"), [(APR + 29 * DAY, ["1"]), (APR + 30 * DAY, ["1", "2"])])
def test_key_stays_for_the_thirty_days_of_clean_after_its_last_date(today: dt.date, expected: list[str]) -> None:
    assert _ids(RING, [], today) == expected


def test_key_in_use_and_the_next_one_stay_for_ever() -> None:
    reasons = needs(RING, [], TODAY)

    assert {key_id: reason for key_id, reason in reasons.items() if key_id in ("3", "4")} == {
        "3": "it is in use, or will be",
        "4": "it is in use, or will be",
    }


def test_keys_are_listed_with_their_dates_and_no_secret(warehouse: str) -> None:
    destroy(warehouse, ["1"], NOW)

    lines = [line.split() for line in list_keys(warehouse, TODAY).splitlines()]

    assert lines == [
        ["id", "from", "to", "state"],
        ["1", "the", "beginning", "2027-01-20", "destroyed"],
        ["2", "2027-01-21", "2027-04-21", "past"],
        ["3", "2027-04-22", "2027-07-21", "in", "use"],
        ["4", "2027-07-22", "no", "end", "next"],
    ]


def test_all_that_may_go_goes_and_what_is_said_has_no_secret(warehouse: str) -> None:
    planned = destroy(warehouse, [], NOW, is_dry_run=True)
    before = load_ring(warehouse)
    said = destroy(warehouse, [], NOW)

    assert before == RING and planned == "destroy key 1\ndestroy key 2"
    assert load_ring(warehouse).secrets == {"3": C, "4": D}
    assert said.startswith("destroyed key 1, 2 of ") and "every copy" in said
    assert destroy(warehouse, [], NOW).startswith("no key can be destroyed")
    told = said + "".join(story.message for story in stories(Store(warehouse)))
    assert not any(secret.hex()[:8] in told for secret in (A, B, C, D))


@pytest.mark.parametrize(
    ("ids", "reason"),
    [
        (["1", "3"], "key 3 cannot be destroyed: it is in use"),
        (["4"], "key 4 cannot be destroyed: it is in use, or will be"),
        (["9"], "key 9: key file .* has no such key"),
    ],
)
def test_key_that_is_needed_is_refused_and_nothing_is_changed(warehouse: str, ids: list[str], reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        destroy(warehouse, ids, NOW)

    assert load_ring(warehouse) == RING and stories(Store(warehouse)) == []


def test_key_of_a_release_that_can_be_rolled_back_to_is_refused(warehouse: str) -> None:
    """Release 2 has page views of key 2 in clean, and was followed by the third six days ago."""
    _publish(warehouse, _release(2, JAN, clean_since=JAN, age_days=9))
    _publish(warehouse, _release(3, TODAY, clean_since=APR, age_days=6))

    with pytest.raises(UsageError, match="key 2 cannot be destroyed: clean of release 2 still has"):
        destroy(warehouse, ["2"], NOW)
    later = destroy(warehouse, ["2"], NOW + 2 * DAY, is_dry_run=True)

    assert later == "destroy key 2" and load_ring(warehouse) == RING


def test_new_key_starts_tomorrow(warehouse: str) -> None:
    said = rotate(warehouse, TODAY + DAY, NOW)

    ring = load_ring(warehouse)
    assert ring.keys[:3] == RING.keys[:3]
    assert [key.first_date for key in ring.keys] == [None, JAN, APR, TODAY + DAY]
    assert said.startswith(f"key 4 holds from {TODAY + DAY} on.")
    assert ring.keys[3].secret != D and ring.keys[3].secret is not None
    assert ring.keys[3].secret.hex()[:8] not in said
    assert [story.command for story in stories(Store(warehouse))] == ["keys rotate"]


@pytest.mark.parametrize("first_date", [TODAY, TODAY - DAY])
def test_key_cannot_start_today_or_before(warehouse: str, first_date: dt.date) -> None:
    with pytest.raises(UsageError, match=f"--from {first_date}: page views of {TODAY} may be landed"):
        rotate(warehouse, first_date, NOW)

    assert load_ring(warehouse) == RING


def test_key_cannot_start_on_a_date_that_has_beacons(warehouse: str) -> None:
    landed = TODAY + 2 * DAY
    beacon = {"start_date": landed, "landing_date": landed, "visitor_key": "a" * 64}
    version = write_table(warehouse, "clean.beacons", rows(TABLES["clean.beacons"], beacon))
    _publish(warehouse, replace(_release(2, TODAY), tables={"clean.beacons": version}))

    with pytest.raises(UsageError, match=f"has beacons of {landed} under the present key"):
        rotate(warehouse, landed, NOW)
    rotate(warehouse, landed + DAY, NOW)

    assert load_ring(warehouse).of(landed).id == "3" and load_ring(warehouse).of(landed + DAY).id == "4"


@pytest.mark.parametrize("command", [lambda w: rotate(w, JUL, NOW), lambda w: destroy(w, ["1"], NOW)])
def test_ring_of_the_environment_is_changed_where_it_comes_from(
    warehouse: str, monkeypatch: pytest.MonkeyPatch, command: Callable[[str], str]
) -> None:
    monkeypatch.setenv("HOVERLAKE_KEY_RING", f"{A.hex()}\n{B.hex()} {JAN}")

    with pytest.raises(UsageError, match="Change the secret that it comes from") as refused:
        command(warehouse)

    assert A.hex()[:8] not in str(refused.value) and load_ring(warehouse).of(JAN).secret == B


def test_ring_is_not_changed_while_a_night_works_or_may_come_back(
    warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with held_lease(Store(warehouse), "another-run"), pytest.raises(LeaseHeld, match="another-run"):
        rotate(warehouse, JUL, NOW)
    monkeypatch.setattr("jobs.io.lease._is_alive", lambda holder, expiry_s: False)
    monkeypatch.setattr("jobs.io.lease._may_wake", lambda holder: True)
    with pytest.raises(LeaseHeld, match="may come back"):
        rotate(warehouse, JUL, NOW + dt.timedelta(seconds=1))

    assert load_ring(warehouse) == RING
