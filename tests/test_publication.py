"""Which dates marts are published for: at once, or once, and that in the end nothing is missing or told twice."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.build import LEDGERS
from jobs.config import Settings, configuration_sha256, load_settings
from jobs.errors import UsageError
from jobs.io.keys import ring_of
from jobs.io.releases import EventDate, Release
from jobs.late_rebuild import waiting_dates
from jobs.next_release import next_release, summary
from jobs.nightly import Input, Night
from jobs.publication import AHEAD_DAYS, Publication, closes_on
from jobs.selection import Selection
from jobs.steps.marts import MartSpec

Policy = Literal["all", "totals", "none"]
ALL, TOTALS, NONE = (Settings(publish_provisional=policy) for policy in ("all", "totals", "none"))
SPECS = {spec.name.removeprefix("mart."): spec for jobs in LEDGERS for job in jobs for spec in [job.spec(NONE)]}
TOTAL_MARTS = {"session_attention_daily", "reach_daily"}
Days = Collection[int]


def _on(base: Release | None) -> Input:
    """What a run builds on `base` without any file."""
    return Input(base, {}, Selection([]), [], ring_of([(None, bytes(32))]))


def _day(number: int) -> dt.date:
    return dt.date(2026, 11, number)


def _days(numbers: Iterable[int]) -> list[dt.date]:
    return [_day(number) for number in numbers]


def _release(landing: int, built: Days, settings: Settings = NONE, **changes: Any) -> Release:
    dates = {str(date): EventDate("provisional", "0", "0") for date in _days(built)}
    plain = Release(1, "r", "2026-11-20T03:00:00+00:00", str(_day(landing)), {}, dates, settings.model_dump())
    days = {name: [str(_day(day)) for day in value] for name, value in changes.items() if not isinstance(value, str)}
    return replace(plain, **{**changes, **days})


def _published(publication: Publication, mart: str = "story_attention_daily") -> list[int]:
    return [date.day for date in publication.dates(SPECS[mart])]


def test_no_mart_looks_further_ahead_than_a_date_waits() -> None:
    assert max(spec.ahead_days for spec in SPECS.values()) == AHEAD_DAYS


def test_totals_are_two_marts() -> None:
    assert {name for name, spec in SPECS.items() if spec.table.is_total} == TOTAL_MARTS


def test_a_date_closes_when_the_window_of_the_date_after_it_has_closed() -> None:
    assert closes_on(_day(16), {"late_window_days": 3}) == _day(16 + 3 + 1)
    assert closes_on(_day(16), {"late_window_days": 0}) == _day(16 + 0 + 1)


@pytest.mark.parametrize(
    ("settings", "stories", "reach"),
    [(ALL, [19, 20], [19, 20, 21]), (TOTALS, [16], [19, 20, 21]), (NONE, [16], [16])],
)
def test_what_a_night_publishes_under_each_policy(settings: Settings, stories: Days, reach: Days) -> None:
    awaiting = [16, 17, 18, 19] if settings is not ALL else []
    base = _release(19, [15, 16, 17, 18, 19], settings, awaiting_publication=awaiting)

    night = Publication(settings, base, _day(20), built=_days([19, 20]))

    assert _published(night) == stories
    assert _published(night, "reach_daily") == reach
    assert [date.day for date in night.awaiting] == ([] if settings is ALL else [17, 18, 19, 20])


def test_a_date_is_due_in_a_night_without_files() -> None:
    base = _release(19, [15, 16, 17], awaiting_publication=[16, 17])

    def needed(landing: int) -> bool:
        return Night(_day(landing), "raw", "w", NONE).wanted([], base).is_needed

    assert [needed(landing) for landing in (19, 20, 21)] == [False, True, True]
    assert _published(Publication(NONE, base, _day(21))) == [16, 17]


def test_a_first_night_of_many_landing_dates_publishes_what_has_closed() -> None:
    night = Publication(NONE, None, _day(20), built=_days(range(10, 21)))

    assert _published(night) == list(range(10, 17))
    assert [date.day for date in night.awaiting] == [17, 18, 19, 20]


def test_a_date_without_page_views_of_its_own_closes_too() -> None:
    base = _release(20, [16], awaiting_publication=[])

    # Minutes after midnight of page views of the 16th.
    night = Publication(NONE, base, _day(21))
    assert _published(night, "feed_visibility_minutes") == [17]
    assert (night.is_needed, night.closing, night.awaiting) == (True, [], [])
    assert not Publication(NONE, replace(base, landing_date=str(_day(21))), _day(22)).is_needed


def test_reach_alone_publishes_no_date_a_second_time() -> None:
    base = _release(22, [15, 16, 17, 18], awaiting_publication=[])

    # A file that was missing: the 16th is published for good, and the 15th and 17th look at it.
    night = Publication(NONE, base, _day(23), built=_days([16, 19]))

    assert {mart: _published(night, mart) for mart in SPECS if _published(night, mart) != [19]} == {}
    assert [date.day for date in night.changed_since] == [16]


def test_who_asks_for_a_date_gets_it_a_second_time_and_the_run_says_so() -> None:
    base = _release(23, [15, 16, 20], awaiting_publication=[20], changed_since_published=[16])
    night = Night(_day(23), "raw", "w", NONE)

    asked = Publication(NONE, base, _day(23), built=_days([16, 20]), asked=_days([16, 20]))

    assert _published(asked) == [16]
    assert ([date.day for date in asked.awaiting], asked.changed_since) == ([20], [])
    said = summary(night, _on(base), next_release(night, _on(base), asked, [], {}), asked)
    assert (
        "; published again, as asked: 2026-11-16; await publication: 2026-11-20 (with landing date 2026-11-24)" in said
    )


def test_a_date_shown_before_it_closed_is_published_once_more_under_none() -> None:
    base = _release(19, [15, 16, 17], ALL)

    assert _published(Publication(NONE, base, _day(19), built=_days([17]))) == []
    assert _published(Publication(NONE, base, _day(20), built=_days([17]))) == [16]
    assert Publication(NONE, base, _day(20)).awaiting == []


def test_back_to_all_every_date_is_shown_with_the_next_night() -> None:
    base = _release(20, [15, 18, 19], NONE, awaiting_publication=[18, 19], changed_since_published=[15])

    night = Publication(ALL, base, _day(20))

    assert night.is_needed
    assert _published(night) == [15, 18, 19]
    assert (night.awaiting, night.changed_since) == ([], [])
    totals = Publication(TOTALS, base, _day(20))
    assert _published(totals) == []
    assert _published(totals, "reach_daily") == [15, 16, 17, 18, 19, 20]
    assert [date.day for date in totals.awaiting] == [18, 19]


def test_a_date_held_back_and_the_one_before_it_are_not_published() -> None:
    base = _release(20, [16, 17, 18], awaiting_publication=[16, 17, 18])

    night = Publication(NONE, base, _day(22), held_back=_days([17]))

    assert _published(night) == [18]
    assert [date.day for date in night.awaiting] == [16, 17]


def test_a_date_that_clean_has_let_go_of_is_never_due() -> None:
    base = _release(20, [16, 17], awaiting_publication=[16, 17], clean_since=str(_day(17)))

    assert _published(Publication(NONE, base, _day(25))) == [17]
    # Minutes of the 17th look at the 16th.
    assert _published(Publication(NONE, base, _day(25)), "feed_visibility_minutes") == [18]


def test_ops_tell_amounts_of_a_date_when_marts_do() -> None:
    base = _release(19, [16, 17], awaiting_publication=[16, 17])

    told = [[d.day for d in _days([16, 17]) if Publication(s, base, _day(20)).is_told(d)] for s in (NONE, TOTALS)]

    assert told == [[16], [16, 17]]


def test_the_policy_decides_no_number() -> None:
    assert NONE.sha256() == ALL.sha256() == configuration_sha256(Settings().model_dump(exclude={"publish_provisional"}))
    assert load_settings(["publish_provisional=none"]).publish_provisional == "none"
    with pytest.raises(UsageError, match="publish_provisional"):
        load_settings(["publish_provisional=never"])


class Nights:
    """Nights of a warehouse in which page views of a date are a number, and a mart's row of a date is made of the numbers
    of all dates that it looks at."""

    def __init__(self) -> None:
        self.base: Release | None = None
        self.landed, self.clean = Counter[dt.date](), Counter[dt.date]()
        self.shown: dict[tuple[str, dt.date], tuple[int, ...]] = {}
        self.changes: Counter[tuple[str, dt.date]] = Counter()

    def run(self, landing: int, beacons: Mapping[tuple[int, int], int], settings: Settings) -> None:
        """A night for the landing date; `beacons` are counts by event day and landing day."""
        night, base = Night(_day(landing), "raw", "w", settings), self.base
        if not beacons and not night.wanted([], base).is_needed:
            return
        for (event, _), count in beacons.items():
            self.landed[_day(event)] += count
        late = {_day(event) for event, _ in beacons} | set(base.dates_awaiting_final if base else ())
        timely = {_day(event) for event, landed in beacons if landed <= event}
        waiting = waiting_dates(late - timely, base, night.date, settings)
        built = sorted(late - waiting)
        for date in built:
            self.clean[date] = self.landed[date]
        publication = Publication(settings, base, night.date, built)
        for spec in SPECS.values():
            self._publish(spec, publication.dates(spec))
        self.base = next_release(night, _on(base), publication, waiting, {})

    def _publish(self, spec: MartSpec, dates: Iterable[dt.date]) -> None:
        for date in dates:
            before, now = self.shown.get((spec.name, date)), self.row(spec, date)
            if now is not None:
                self.shown[spec.name, date] = now
            self.changes[spec.name, date] += before != now

    def row(self, spec: MartSpec, date: dt.date) -> tuple[int, ...] | None:
        """What the mart would show of the date now; only minutes have rows of dates without page views."""
        days = range(-spec.back_days, spec.ahead_days + 1)
        row = tuple(self.clean[date + dt.timedelta(days=day)] for day in days)
        has_row = any(row) if spec.name.endswith("minutes") else self.clean[date] > 0
        return row if has_row else None


def _schedule(data: st.DataObject) -> list[tuple[int, dict[tuple[int, int], int]]]:
    """Nights by landing day, each with all that landed since the one before; a last one when all dates have closed."""
    landings = sorted(data.draw(st.sets(st.integers(1, 10), min_size=1)))
    lines = st.dictionaries(st.tuples(st.integers(1, 6), st.integers(0, 3)), st.integers(1, 3), max_size=9)
    landed = {(event, event + lag): count for (event, lag), count in data.draw(lines).items()}
    nights = [
        (landing, {at: count for at, count in landed.items() if before < at[1] <= landing})
        for before, landing in pairwise([0, *landings])
    ]
    return [*nights, (15, {at: count for at, count in landed.items() if at[1] > landings[-1]})]


def _settings(policy: Policy, late_rebuild: Literal["touched", "final"]) -> Settings:
    return Settings(publish_provisional=policy, late_rebuild=late_rebuild)


@given(st.data(), st.sampled_from(["touched", "final"]))
def test_under_none_every_row_of_a_date_changes_in_one_release_and_ends_as_under_all(
    data: st.DataObject, late_rebuild: Literal["touched", "final"]
) -> None:
    plain, once = Nights(), Nights()

    for landing, beacons in _schedule(data):
        plain.run(landing, beacons, _settings("all", late_rebuild))
        once.run(landing, beacons, _settings("none", late_rebuild))
        # As a reader says it: a date is there once its own landing dates and those of the next have come.
        assert all(date + dt.timedelta(days=3 + 1) <= _day(landing) for _, date in once.shown)

    assert once.shown == plain.shown
    assert set(once.changes.values()) <= {0, 1}
    assert once.base is None or (once.base.awaiting_publication, once.base.changed_since_published) == ([], [])


@given(st.data())
def test_whatever_the_policies_on_the_way_all_dates_end_as_under_all(data: st.DataObject) -> None:
    plain, mixed = Nights(), Nights()
    policies: st.SearchStrategy[Policy] = st.sampled_from(["all", "totals", "none"])

    for landing, beacons in _schedule(data):
        plain.run(landing, beacons, ALL)
        mixed.run(landing, beacons, _settings(data.draw(policies), data.draw(st.sampled_from(["touched", "final"]))))

    assert mixed.shown == plain.shown


def test_under_all_rows_of_a_date_change_in_several_releases() -> None:
    nights = Nights()

    for day in range(1, 5):
        nights.run(day, {(1, day): 1}, ALL)

    assert nights.changes["mart.story_attention_daily", _day(1)] == 4
