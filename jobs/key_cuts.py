"""What a change of keys cuts in two: page views and tracker sessions that stand on both sides of its midnight.

A visitor has another pseudonym under the new key, and nothing in the tables says that both are one person: what began
before the midnight and went on after it is two page views, or two sessions.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.steps.marts import on_dates
from jobs.steps.profile import Measured
from warehouse_schema.clean.beacons import BEACONS
from warehouse_schema.ops.profile import ALL, PAGE_VIEWS_CUT, SESSIONS_CUT
from warehouse_schema.shared import FIRST_KEY_ID

_ONE_DAY = dt.timedelta(days=1)
_IDS = f"""inline(array(
    struct('{PAGE_VIEWS_CUT}' AS metric, page_view_id AS id), struct('{SESSIONS_CUT}' AS metric, session_id AS id)))"""


def rotations_near(
    first_dates: Iterable[dt.date | None], built: Collection[dt.date], published: Collection[dt.date]
) -> list[dt.date]:
    """First dates of keys whose cuts a run that has `built` some event dates counts, or counts again: they are among
    these, or the dates before are and an earlier run has published them."""
    dates = [date for date in first_dates if date is not None]
    return [date for date in dates if date in built or (date - _ONE_DAY in built and date in published)]


def count_cuts(beacons: DataFrame, rotations: Collection[dt.date]) -> list[Measured]:
    """Per rotation: ids of page views and of tracker sessions that stand under two keys on the date before it and its
    own; of all ids on its own."""
    if not rotations:
        return []
    literals = ", ".join(f"DATE'{date}'" for date in sorted(rotations))
    beside = f"explode(filter(array({literals}), r -> start_date IN (r, date_sub(r, 1)))) AS rotation"
    near = beacons.where(on_dates("start_date", {d for date in rotations for d in (date, date - _ONE_DAY)}))
    stood = near.selectExpr(
        "start_date", f"coalesce(key_id, '{FIRST_KEY_ID}') AS key_id", beside, "page_view_id", "session_id"
    )
    by_id = (
        stood.selectExpr("rotation", "start_date", "key_id", _IDS)
        .where("id IS NOT NULL")
        .groupBy("rotation", "metric", "id")
        .agg(F.expr("count(DISTINCT key_id) > 1 AS is_cut"), F.expr("max(start_date) = rotation AS is_after"))
    )
    counts = by_id.groupBy("rotation", "metric").agg(F.expr("count_if(is_cut)"), F.expr("count_if(is_after)"))
    return [Measured(BEACONS.name, date, ALL, metric, cut, every) for date, metric, cut, every in counts.collect()]
