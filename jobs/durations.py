"""Spans of time in words: `26h`, `90m`, `2d`."""

from __future__ import annotations

import datetime as dt
import re

from jobs.errors import UsageError

_WORDS = re.compile(r"([1-9]\d{0,5})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def duration_of(option: str, text: str) -> dt.timedelta:
    """The span that an option gives; UsageError if it is none."""
    match = _WORDS.fullmatch(text)
    if match is None:
        raise UsageError(f"{option} {text}: not a duration. Give minutes, hours or days, for example 90m, 26h or 2d.")
    return dt.timedelta(**{_UNITS[match[2]]: int(match[1])})


def in_words(span: dt.timedelta) -> str:
    """The span as people say it, in its two largest units: `1d 2h`, `3m 5s`, `0.4s`."""
    seconds = span.total_seconds()
    if seconds < 60:
        return f"{seconds:.1f}s"
    parts: list[str] = []
    rest = int(seconds)
    for name, size in (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        if count or parts:
            parts.append(f"{count}{name}")
    return " ".join(part for part in parts[:2] if not part.startswith("0"))
