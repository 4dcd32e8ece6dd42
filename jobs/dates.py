"""Dates as people give them."""

from __future__ import annotations

import datetime as dt


def iso_date(text: str) -> dt.date | None:
    """The date of YYYY-MM-DD; None for anything else.

    The weeks and the short forms of ISO 8601 (2026-W47-5, 20261120) are other names of a date, and no names of files.
    """
    try:
        date = dt.date.fromisoformat(text)
    except ValueError:
        return None
    return date if date.isoformat() == text else None
