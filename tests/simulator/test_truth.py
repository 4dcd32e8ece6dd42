from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pyarrow.parquet as pq

from jobs.simulator import SimulationOptions, simulate
from jobs.simulator.truth import truth_schema

DAY = dt.date(2026, 11, 20)
CLEAN = SimulationOptions(
    duplicate_share=0,
    conflicting_share=0,
    late_share=0,
    malformed_share=0,
    bot_share=0,
    suspected_bot_share=0,
    without_consent_share=0,
    clock_error_share=0,
)
DIRTY = SimulationOptions(
    duplicate_share=0.2,
    conflicting_share=0.05,
    late_share=0.2,
    malformed_share=0.2,
    bot_share=0.3,
    suspected_bot_share=0.1,
    without_consent_share=0.3,
)


def test_truth_holds_every_accepted_line_once(tmp_path: Path) -> None:
    summary = simulate(DAY, 20, 11, tmp_path / "raw", tmp_path / "truth", options=DIRTY)

    truth = pq.read_table(tmp_path / "truth/page_views.parquet")

    accepted = sum(outcomes["accepted"] for outcomes in summary.outcomes.values())
    counted = [truth[f"beacons_{name}"].to_pylist() for name in ("received", "duplicate", "conflicting")]
    assert truth.schema == truth_schema()
    assert accepted == sum(map(sum, counted))
    assert 0 < len(truth) == len(set(truth["page_view_id"].to_pylist())) <= 20
    assert "visitor_key" not in truth.column_names
    planted = json.loads((tmp_path / "truth/planted.json").read_text())
    assert planted["outcomes"] == {date: dict(counts) for date, counts in summary.outcomes.items()}


def test_truth_adds_up_within_each_page_view(tmp_path: Path) -> None:
    simulate(DAY, 10, 2, tmp_path / "raw", tmp_path / "truth", options=CLEAN)

    rows = pq.read_table(tmp_path / "truth/page_views.parquet").to_pylist()

    for row in rows:
        seen = sum((v["ended_at"] - v["started_at"]) / dt.timedelta(milliseconds=1) for v in row["visibility"])
        assert seen == row["visible_ms"] <= row["absolute_ms"] - row["gap_ms"]
        if row["hovers"] is not None:
            by_space = {
                space: sum(c["dwell_ms"] for c in row["heat_cells"] if c["space"] == space)
                for space in ("document", "viewport")
            }
            assert by_space["document"] == by_space["viewport"] >= sum(h["dwell_ms"] for h in row["hovers"])
        for entry in (row["heat_cells"] or []) + (row["hovers"] or []):
            assert entry.get("dwell_ms") is None or 0 <= entry["active_ms"] <= entry["dwell_ms"]
        attended = [i["attended_ms"] for i in row["item_views"] or [] if i["attended_ms"] is not None]
        assert sum(attended) <= (row["engaged_ms"] or 0)
    assert any(row["hovers"] for row in rows) and any(row["hovers"] is None for row in rows)


def test_one_page_view_is_enough(tmp_path: Path) -> None:
    summary = simulate(DAY, 1, 0, tmp_path / "raw", tmp_path / "truth", options=CLEAN)

    assert (summary.page_views, summary.visitors) == (1, 1)
    assert pq.read_table(tmp_path / "truth/page_views.parquet").num_rows == 1
