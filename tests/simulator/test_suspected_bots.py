"""Programs that hide behind a browser's name are seen by the oracle, and people are not taken for them."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from jobs.errors import UsageError
from jobs.simulator import SimulationOptions, simulate
from jobs.simulator.people import HABITS

DAY = dt.date(2026, 11, 20)
#: Without the flaws of the way, which may take a beacon and with it a reason.
WHOLE = {"duplicate_share": 0.0, "conflicting_share": 0.0, "late_share": 0.0, "malformed_share": 0.0}


def truth_of(folder: Path, page_views: int, **shares: float) -> tuple[list[dict[str, Any]], dict[str, int]]:
    options = SimulationOptions(**WHOLE, **shares)
    simulate(DAY, page_views, 7, folder / "raw", folder / "truth", options=options)
    rows: list[dict[str, Any]] = pq.read_table(
        folder / "truth/page_views.parquet", columns=["visitor_id", "traffic_class", "traffic_reasons"]
    ).to_pylist()
    return rows, json.loads((folder / "truth/planted.json").read_text())["planted"]


def test_programs_that_hide_are_suspected_for_each_of_their_habits(tmp_path: Path) -> None:
    rows, planted = truth_of(tmp_path, 40, bot_share=0, suspected_bot_share=1, without_consent_share=0)

    classes = Counter(row["traffic_class"] for row in rows)
    reasons = Counter(reason for row in rows for reason in row["traffic_reasons"])
    assert planted["suspected_bot_visitors"] == len({row["visitor_id"] for row in rows})
    assert classes["suspected_bot"] >= 0.95 * len(rows)
    assert set(classes) <= {"suspected_bot", "human"}
    assert set(reasons) == set(HABITS)
    assert min(reasons.values()) >= 10


@pytest.mark.slow
def test_people_give_no_reason_to_suspect_them(tmp_path: Path) -> None:
    """On desktops, where there is a cursor that could."""
    rows, planted = truth_of(tmp_path, 50, bot_share=0, suspected_bot_share=0, phone_share=0, tablet_share=0)

    assert "suspected_bot_visitors" not in planted
    assert {row["traffic_class"] for row in rows} == {"human"}
    assert sum(bool(row["traffic_reasons"]) for row in rows) <= 0.02 * len(rows)


def test_programs_that_hide_and_programs_that_do_not_are_different_visitors() -> None:
    with pytest.raises(UsageError, match="suspected_bot_share"):
        SimulationOptions(bot_share=0.6, suspected_bot_share=0.5)
