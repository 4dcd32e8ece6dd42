"""Cursors of real people, who must not be taken for programs: one sign of a program is common, two are not."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from jobs.sources import import_source
from tests.sources.raw_contract import read_beacons
from tests.steps.plain_rows import agreed_rows

DATA = Path(__file__).parents[3] / "shared" / "data" / "sapimouse"


@pytest.mark.skipif(not DATA.is_dir(), reason="real data ../shared/data/sapimouse is not here")
@pytest.mark.parametrize("people", [1, pytest.param(20, marks=pytest.mark.slow)])
def test_no_person_of_sapimouse_is_a_suspected_bot(tmp_path: Path, people: int) -> None:
    """Over 10,000 px/s in some steps is common among them; no other rule ever holds. Every run looks at one person."""
    (tmp_path / "people").mkdir()
    for person in sorted(DATA.glob("user*"))[:people]:
        (tmp_path / "people" / person.name).symlink_to(person)
    import_source("sapimouse", tmp_path / "people", tmp_path / "raw", dt.date(2026, 1, 5))

    rows = agreed_rows(read_beacons(sorted((tmp_path / "raw").rglob("*.gz"))))

    assert len(rows) == 2 * people
    assert {row["traffic_class"] for row in rows} == {"human"}
    assert {reason for row in rows for reason in row["traffic_reasons"]} <= {"fast_steps"}
