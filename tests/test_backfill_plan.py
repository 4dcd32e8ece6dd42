"""Why a backfill builds a date, read from facts alone."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from jobs import backfill
from jobs.backfill import Backfill, plan_backfill
from jobs.backfill_facts import Facts
from jobs.config import Settings
from jobs.io.releases import EventDate

DATES = [dt.date(2026, 11, day) for day in (19, 20)]


def test_a_date_with_late_beacons_is_built_without_new_input_and_one_without_them_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = Facts(
        event_dates={str(date): EventDate("provisional", "0", "0") for date in DATES},
        clean_dates=frozenset(DATES),
        clean_since=None,
        unlanded=[],
        too_late={},
        taken_late=[],
        failed_dates=frozenset(),
        awaiting_final=frozenset(DATES[1:]),
        changed_since_published=frozenset(),
        late_window=dt.timedelta(days=3),
    )
    monkeypatch.setattr(backfill, "gather", lambda *_: facts)
    (tmp_path / "warehouse").mkdir()

    plan = plan_backfill(Backfill(*DATES, str(tmp_path / "raw"), str(tmp_path / "warehouse"), Settings()))

    assert [(date.date, date.is_built, date.why, date.is_in_clean) for date in plan.dates] == [
        (DATES[0], False, "has no new input", False),
        (DATES[1], True, "late beacons await its final build", True),
    ]
