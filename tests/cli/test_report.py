"""`hoverlake report` as a command: what it prints, and how it ends."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import DAY, Command
from tests.report.warehouse import report_warehouse


def test_a_report_says_its_verdict_in_one_line(hoverlake: Command, tmp_path: Path) -> None:
    report_warehouse(str(hoverlake.warehouse))
    page = tmp_path / "r.html"

    said = hoverlake("report", "--date", DAY, "-o", str(page), "--warehouse", str(hoverlake.warehouse))

    assert (said.exit_code, said.out) == (0, f"{page}: event date {DAY}, release 7. Published, with 1 warning.\n")
    assert page.read_text().startswith("<!doctype html>")


def test_a_report_on_a_date_that_is_not_there_is_an_error_of_use(hoverlake: Command) -> None:
    report_warehouse(str(hoverlake.warehouse))

    said = hoverlake("report", "--date", "2026-11-19", "-o", "r.html", "--warehouse", str(hoverlake.warehouse))

    assert said.exit_code == 2
    assert said.last.endswith(f"Published: {DAY}.")
