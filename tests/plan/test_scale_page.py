"""docs/SCALE.md is what the plan and the constants give, and its arithmetic can be followed."""

from __future__ import annotations

import re

import pytest

from benchmarks import scale
from jobs.cli import main
from jobs.plan.asked import Asked
from jobs.plan.plan import Plan
from tests.plan.round_costs import round_costs

PAGE = scale.PAGE.read_text(encoding="utf-8")


def test_the_page_is_fresh() -> None:
    assert scale.render() == PAGE, "run make docs"


def test_its_command_prints_the_table_below_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command, printed = re.search(r"```sh\n(.*?)```\n\n```\n(.*?)```", PAGE, re.S).groups()  # type: ignore[union-attr]
    monkeypatch.setattr("sys.argv", command.replace("\\\n", " ").split())

    with pytest.raises(SystemExit):
        main()

    assert capsys.readouterr().out == printed


def test_limits_by_hand() -> None:
    size = Asked(1_000_000, 100, executor_cores=4, night_hours=6)
    found = {part.name: part.page_views for part in scale.breaks(Plan(size, round_costs()))}

    # 2 kB of raw files for each page view, 8 core-seconds for each GB of them.
    assert found["check"] == pytest.approx(16 * 6 * 3600 / (8 * 2e-6))
    # 1.1 kB shuffled on each of four dates.
    assert found["partitions"] == pytest.approx(2 * 16 * 4e9 / (4 * 1100))
    # 64,000 page views in a raw file of 128 MB.
    assert found["paths"] == pytest.approx(100_000 * 64_000)
    assert found["manifest"] == pytest.approx(1e9 / (scale.record_bytes() * 365) * 64_000)
    assert found["log"] == pytest.approx(1_000_000 / (30 * 4) * 64_000)
    assert found["listing"] == pytest.approx(1000 * 36_000 / 10 * 64_000)
    # 12 item views on a page view.
    assert found["tail"] == pytest.approx(4e9 / (12 * 0.3 * 0.5 * scale.entry_bytes()))


def test_the_first_to_break_comes_first() -> None:
    found = [part.page_views for part in scale.breaks(Plan(scale.asked(), round_costs()))]

    assert found == sorted(found)


def test_a_stale_page_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(scale, "render", lambda: "another page")
    monkeypatch.setattr("sys.argv", ["scale", "--check"])

    assert scale.main() == 1
    assert "docs/SCALE.md is stale: run make docs." in capsys.readouterr().err
    assert scale.PAGE.read_text(encoding="utf-8") == PAGE
