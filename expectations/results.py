"""What an audit says: one result for each expectation and date. It carries counts, never values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from expectations.rules import CRITICAL, PIPELINE
from expectations.suites import Expectation

NOT_EVALUATED = "could not be evaluated"


@dataclass(frozen=True)
class Result:
    """One expectation on one date and what was seen.

    Counts are None where the expectation counts no rows; `success` is None where nothing could be judged.
    """

    table_name: str
    event_date: dt.date
    expectation: str
    column_name: str
    severity: str
    success: bool | None
    observed: str | None
    threshold: str | None
    unexpected_count: int | None
    row_count: int | None
    meaning: str
    owner: str = PIPELINE

    @property
    def is_failed(self) -> bool:
        """Whether it failed, critically or not."""
        return self.success is False

    @property
    def is_critical_failure(self) -> bool:
        """Whether it keeps what it is about from being published."""
        return self.is_failed and self.severity == CRITICAL

    @property
    def told(self) -> str:
        """The failure in one line: where, what, seen, expected, and what it means."""
        on = f" on {self.column_name}" if self.column_name != "*" else ""
        return (
            f"{self.table_name} {self.event_date} {self.expectation}{on}: observed {self.observed}, "
            f"expected {self.threshold or 'none broken'}. {self.meaning}"
        )


def results_of(table_name: str, dates: Sequence[dt.date], expectation: Expectation, outcome: Any) -> list[Result]:
    """What Great Expectations saw, as one result for each date, also for those without rows. What was not counted by
    date is so on all of them."""
    details = outcome.result or {}
    by_date = (details.get("details") or {}).get("dates")
    if by_date is None:
        observed = NOT_EVALUATED if _raised(outcome.exception_info or {}) else _observed(details)
        counts = details.get("unexpected_count"), details.get("element_count")
        return [_result(table_name, expectation, date, bool(outcome.success), observed, *counts) for date in dates]
    counted = {
        date["date"] and dt.date.fromisoformat(date["date"]): (date["broken"], date["row_count"]) for date in by_date
    }
    # A row without a date may be of any of them.
    dateless = counted.pop(None, (0, 0))
    found = {date: _added(counted.get(date, (0, 0)), dateless) for date in sorted({*dates, *counted})}
    return [
        _result(table_name, expectation, date, not broken, None, broken, rows) for date, (broken, rows) in found.items()
    ]


def _added(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    return a[0] + b[0], a[1] + b[1]


def _result(
    table_name: str,
    expectation: Expectation,
    date: dt.date,
    success: bool,
    observed: str | None,
    unexpected_count: int | None,
    row_count: int | None,
) -> Result:
    return Result(
        table_name=table_name,
        event_date=date,
        expectation=expectation.name,
        column_name=expectation.column_name,
        severity=expectation.severity,
        success=success,
        observed=observed if unexpected_count is None else f"{unexpected_count} of {row_count} rows",
        threshold=expectation.threshold,
        unexpected_count=unexpected_count,
        row_count=row_count,
        meaning=expectation.meaning,
        owner=expectation.owner,
    )


def _raised(exception_info: dict[str, Any]) -> bool:
    """True if the expectation raised an error, or any metric that it needs (these are listed by metric)."""
    by_metric = [info for info in exception_info.values() if isinstance(info, dict)]
    return any(info.get("raised_exception", False) for info in [exception_info, *by_metric])


def _observed(details: dict[str, Any]) -> str | None:
    return str(details["observed_value"]) if "observed_value" in details else None
