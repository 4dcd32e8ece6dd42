"""Which dates wait for the close of their late window, which are due, and that nothing is forgotten on the way."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.config import Settings, load_settings
from jobs.errors import UsageError
from jobs.io.keys import ring_of
from jobs.io.releases import EventDate, Release
from jobs.late_rebuild import Move, apart, as_published, due_dates, waiting_dates
from jobs.next_release import next_release, summary
from jobs.nightly import Input, Night
from jobs.publication import Publication
from jobs.selection import Selection

FINAL, TOUCHED = Settings(late_rebuild="final"), Settings(late_rebuild="touched")
Days = Collection[int]


def _on(base: Release | None) -> Input:
    """What a run builds on `base` without any file."""
    return Input(base, {}, Selection([]), [], ring_of([(None, bytes(32))]))


def _day(number: int) -> dt.date:
    return dt.date(2026, 11, number)


def _days(numbers: Iterable[int]) -> list[dt.date]:
    return [_day(number) for number in numbers]


def _release(landing: int, published: Days = (), awaiting: Days = (), **changes: object) -> Release:
    dates = {str(date): EventDate("provisional", "0", "0") for date in _days(published)}
    plain = Release(1, "r", "2026-11-20T03:00:00+00:00", str(_day(landing)), {}, dates, awaiting_final=_text(awaiting))
    return replace(plain, **changes)  # type: ignore[arg-type]


def _text(numbers: Days) -> list[str]:
    return [str(date) for date in _days(numbers)]


def _night(landing: int, settings: Settings = FINAL) -> Night:
    return Night(_day(landing), "raw", "w", settings)


def _waiting(late: Days, base: Release | None, landing: int, settings: Settings = FINAL) -> list[int]:
    return sorted(date.day for date in waiting_dates(_days(late), base, _day(landing), settings))


def test_a_published_date_waits_until_the_last_landing_date_of_its_window() -> None:
    base = _release(20, published=[18, 19, 20])

    assert _waiting([18, 19, 20], base, 20) == [18, 19, 20]
    assert _waiting([18, 19, 20], base, 18 + 3) == [19, 20]
    assert _waiting([18, 19, 20], base, 20 + 3) == []


def test_the_window_is_that_of_the_latest_landing_date_whatever_this_run_lands() -> None:
    assert _waiting([18], _release(18 + 3, published=[18]), 19) == []
    assert _waiting([18], _release(18 + 2, published=[18]), 19) == [18]


def test_a_date_that_was_never_published_does_not_wait() -> None:
    assert _waiting([19, 20], _release(20, published=[19]), 20) == [19]
    assert _waiting([19, 20], None, 20) == []


def test_with_the_policy_touched_no_date_waits() -> None:
    assert _waiting([19, 20], _release(20, published=[19, 20]), 20, TOUCHED) == []


def test_a_date_is_due_when_its_window_closes_or_the_policy_changes() -> None:
    base = _release(20, published=[18, 19], awaiting=[18, 19])

    assert due_dates(base, _day(20), FINAL) == set()
    assert due_dates(base, _day(18 + 3), FINAL) == {_day(18)}
    assert due_dates(base, _day(20), TOUCHED) == {_day(18), _day(19)}
    assert due_dates(None, _day(20), FINAL) == set()


def test_a_date_that_clean_no_longer_holds_whole_is_never_due() -> None:
    base = _release(20, published=[18, 19], awaiting=[18, 19], clean_since=str(_day(19)))

    assert due_dates(base, _day(28), FINAL) == {_day(19)}


@pytest.mark.parametrize(
    ("landing", "settings", "is_needed"), [(20, FINAL, False), (21, FINAL, True), (20, TOUCHED, True)]
)
def test_a_due_date_is_work_for_a_night_without_files(landing: int, settings: Settings, is_needed: bool) -> None:
    base = _release(20, published=[18], awaiting=[18])

    assert _night(landing, settings).wanted([], base).is_needed is is_needed


def _move(published: int, event_date: int, beacon_count: int = 1) -> Move:
    return Move(_day(published), _day(event_date), beacon_count)


def test_a_page_view_that_moves_takes_its_other_date_along_also_over_others() -> None:
    waiting = set(_days([17, 18, 19, 21]))

    # 20 is built: 19 shows a page view of it, 18 one of 19; 17 and 21 exchange theirs while both wait.
    moves = [_move(19, 20), _move(18, 19), _move(21, 17)]
    assert apart(waiting, moves) == set(_days([17, 21]))
    # It moves the other way, out of the date that is built.
    assert apart(waiting, [_move(20, 19)]) == set(_days([17, 18, 21]))
    assert apart(waiting, []) == waiting


def test_beacons_of_a_page_view_that_moves_count_where_it_is_published() -> None:
    counts = {_day(18): 10, _day(19): 20}

    shown = as_published(counts, [_move(18, 19, beacon_count=3), _move(19, 21, beacon_count=5)])

    assert shown == {_day(18): 10 + 3, _day(19): 20 - 3 + 5}


def test_the_policy_is_a_part_of_the_configuration() -> None:
    assert FINAL.sha256() != TOUCHED.sha256()
    assert load_settings(["late_rebuild=final"]).late_rebuild == "final"
    assert load_settings().late_rebuild == "touched"
    with pytest.raises(UsageError, match="late_rebuild"):
        load_settings(["late_rebuild=never"])


def test_the_release_and_the_last_line_name_the_dates_that_wait() -> None:
    night, base = _night(20), _release(19, published=[18, 19], awaiting=[18])

    publication = Publication(FINAL, base, night.date, [_day(20)])
    release = next_release(night, _on(base), publication, _days([19, 18]), {})

    assert release.awaiting_final == _text([18, 19])
    said = summary(night, _on(base), release, publication)
    assert said.endswith("event dates 2026-11-20; late beacons await the close of their window: 2026-11-18, 2026-11-19")


class Nights:
    """Nights of a warehouse in which a date is only how many of its beacons are landed, and how many are built."""

    def __init__(self) -> None:
        self.base: Release | None = None
        self.landed, self.built, self.builds = Counter[dt.date](), Counter[dt.date](), Counter[dt.date]()

    def run(self, landing: int, beacons: Mapping[tuple[int, int], int], settings: Settings) -> None:
        """A night for the landing date; `beacons` are counts by event day and landing day."""
        night = _night(landing, settings)
        late = {_day(event) for event, _ in beacons} | set(self.base.dates_awaiting_final if self.base else ())
        timely = {_day(event) for event, landed in beacons if landed <= event}
        for (event, _), count in beacons.items():
            self.landed[_day(event)] += count
        waiting = waiting_dates(late - timely, self.base, night.date, settings)
        dates = sorted(late - waiting)
        for date in dates:
            self.built[date] = self.landed[date]
        self.builds.update(dates)
        self.base = next_release(
            night, _on(self.base), Publication(settings, self.base, night.date, dates), waiting, {}
        )


@pytest.mark.parametrize(("policy", "builds"), [("touched", 4), ("final", 2)])
def test_where_every_night_brings_late_beacons_of_every_date_of_the_window(
    policy: Literal["touched", "final"], builds: int
) -> None:
    nights, settings = Nights(), Settings(late_rebuild=policy)

    for day in range(1, 31):
        nights.run(day, {(event, day): 1 for event in range(max(1, day - 3), day + 1)}, settings)

    # Dates whose whole window lies in the month.
    assert {nights.builds[_day(day)] for day in range(1, 28)} == {builds}


@given(st.data())
def test_once_all_windows_have_closed_every_beacon_is_built(data: st.DataObject) -> None:
    days, nights = st.integers(1, 6), Nights()
    for _ in range(data.draw(st.integers(1, 8))):
        found = data.draw(st.dictionaries(st.tuples(days, st.integers(0, 3)), st.integers(1, 3), max_size=5))
        beacons = {(event, event + lag): count for (event, lag), count in found.items()}
        landing = max([data.draw(days), *(landed for _, landed in beacons)])
        nights.run(landing, beacons, data.draw(st.sampled_from([FINAL, TOUCHED])))
        assert nights.base is not None
        awaiting = set(nights.base.dates_awaiting_final)
        assert {date for date in nights.landed if nights.landed[date] != nights.built[date]} <= awaiting

    nights.run(6 + 3 + 3, {}, FINAL)

    assert nights.base is not None
    assert (nights.built, nights.base.awaiting_final) == (nights.landed, [])
