"""Profiles of a night's dates: rows of ops.dq_profile, and those that earlier runs published."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence

from jobs.against_past import Past
from jobs.sql import connect
from jobs.steps.marts import on_dates
from jobs.steps.profile import Measured
from warehouse_schema.ops.profile import DQ_PROFILE


def past_profiles(warehouse: str, dates: Iterable[dt.date], weeks: int) -> list[Past]:
    """Published rows of the same weekdays in the `weeks` before each of `dates`; read without Java."""
    wanted = {date - dt.timedelta(weeks=n) for date in dates for n in range(1, weeks + 1)}
    if not wanted:
        return []
    with connect(warehouse, [DQ_PROFILE.name]) as connection:
        rows = connection.execute(
            "select run_id, lag_days, table_name, event_date, surface, metric, amount, base, visitor_count, class "
            f"from {DQ_PROFILE.name} where is_published and {on_dates('event_date', wanted)}"
        ).fetchall()
    return [Past(run_id, lag_days, Measured(*measured)) for run_id, lag_days, *measured in rows]


def profile_rows(
    run_id: str, measured: Sequence[Measured], landing_date: dt.date, published: Collection[dt.date]
) -> list[dict[str, object]]:
    """Rows of ops.dq_profile; `published` are the event and landing dates that readers see."""
    return [
        {
            "run_id": run_id,
            "table_name": m.table_name,
            "event_date": m.event_date,
            "surface": m.surface,
            "metric": m.metric,
            "class": m.class_,
            "amount": m.amount,
            "base": m.base,
            "visitor_count": m.visitor_count,
            "lag_days": (landing_date - m.event_date).days,
            "is_published": m.event_date in published,
        }
        for m in measured
    ]
