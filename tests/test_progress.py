"""What a run says about the time of its stages."""

from __future__ import annotations

import pytest

from jobs import progress
from jobs.progress import Progress


def test_the_cost_of_a_stage_is_all_that_it_took_and_its_share_of_the_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = iter([0.0, 10.0, 14.0, 14.0, 20.0, 22.0, 22.0, 40.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(now))
    run = Progress()

    for _ in range(2):
        with run.stage("audit") as facts:
            facts.append("9 results")

    # 4 + 2 of 40 seconds.
    assert run.cost_of("audit") == "6.0 s of 40.0 s (15 %)"
    assert "audit: 9 results (4.0 s)" in capsys.readouterr().err


def test_a_stage_that_did_not_take_place_has_no_cost() -> None:
    assert Progress().cost_of("audit") is None
