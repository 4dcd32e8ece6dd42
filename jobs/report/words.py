"""Numbers as people read them. What is not measured is said, and never a zero."""

from __future__ import annotations

import datetime as dt
from typing import Any

NOT_MEASURED = "not measured"
_SPANS = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1000, "s"))
#: Metrics of `ops.dq_profile` that are times, and those that are plain counts; all others are shares.
TIMES = frozenset({"dwell_ms", "dwell_p90_ms"})
COUNTS = frozenset({"page_views"})


def number(value: float | None) -> str:
    """A count, with thousands apart."""
    return NOT_MEASURED if value is None else f"{value:,.0f}"


def share(value: float | None) -> str:
    """A share as a percentage in two to three digits; what is there but tiny is said to be."""
    if value is None:
        return NOT_MEASURED
    if 0 < value < 0.0005:
        return "under 0.1 %"
    return f"{100 * value:.1f} %" if value < 0.9995 else f"{100 * value:.0f} %"


def percent(value: float | None) -> str:
    """A share as a whole percentage, for axes."""
    return NOT_MEASURED if value is None else f"{100 * value:.0f} %"


def duration(ms: float | None) -> str:
    """A time in the largest unit of which there is one at least, in three digits."""
    if ms is None:
        return NOT_MEASURED
    for size, unit in _SPANS:
        if ms >= size:
            return f"{ms / size:,.3g} {unit}" if ms < 1000 * size else f"{ms / size:,.0f} {unit}"
    return f"{ms:.0f} ms"


def amount(measure: str, value: float | None) -> str:
    """A sum of a mart's measure, a time if its name says so."""
    return duration(value) if measure.endswith("_ms") else number(value)


def metric(name: str, value: float | None) -> str:
    """A number of the profile."""
    return duration(value) if name in TIMES else number(value) if name in COUNTS else share(value)


def ratio(part: float | None, whole: float | None) -> float | None:
    """Part of whole; None if either is not measured or the whole is nothing."""
    return None if part is None or not whole else part / whole


def day(date: dt.date) -> str:
    """A date with its weekday, in full."""
    return f"{date:%A}, {date.day} {date:%B %Y}"


def counted(count: int, noun: str, plural: str = "") -> str:
    """A number with its noun: 1 check, 2 checks."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def setting(value: Any) -> str:
    """A threshold; a long list by its ends."""
    if isinstance(value, list | tuple):
        return f"{len(value)} from {value[0]:,} to {value[-1]:,}" if value else "none"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
