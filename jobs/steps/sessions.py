"""Page views of one visitor put together to sessions (METRICS 4).

A session starts at a pause of over 30 min after the running maximum end, or at a date's first page view if the date
before had no such pause, not even before its first page view: so a session goes on over one midnight, never over two.
A date's sessions therefore come from the page views of two dates before it to one after it. For that, a page view
counts as ended half an hour before the end of the date after its own, however long it was left open.
"""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from jobs.steps.traffic import HUMAN

BACK_DAYS, AHEAD_DAYS = 2, 1


def with_sessions(page_views: DataFrame, pause_ms: int) -> DataFrame:
    """Page views of humans with `session` (number within the visitor) and `session_date`."""
    order = ["started_at", "page_view_id"]
    visitor = Window.partitionBy("visitor_key").orderBy(*order)
    before = visitor.rowsBetween(Window.unboundedPreceding, -1)
    date = Window.partitionBy("visitor_key", "event_date")
    day_before = Window.partitionBy("visitor_key").orderBy(F.expr("unix_date(event_date)")).rangeBetween(-1, -1)
    ends = (
        "least(unix_millis(started_at) + absolute_ms, "
        f"unix_millis(CAST(date_add(event_date, 2) AS TIMESTAMP)) - {pause_ms})"
    )
    humans = page_views.where(f"traffic_class = '{HUMAN}'").selectExpr("*", f"{ends} AS end_ms")
    after = humans.withColumn("latest_end_ms", F.max("end_ms").over(before)).selectExpr(
        "*", f"coalesce(unix_millis(started_at) - latest_end_ms > {pause_ms}, TRUE) AS is_after_pause"
    )
    dated = after.withColumns(
        {
            "place_on_date": F.row_number().over(date.orderBy(*order)),
            "had_pause_before": F.coalesce(F.max("is_after_pause").over(day_before), F.lit(False)),
        }
    )
    starts = dated.withColumn("is_start", F.expr("is_after_pause OR (place_on_date = 1 AND NOT had_pause_before)"))
    numbered = starts.withColumn("session", F.count_if("is_start").over(visitor))
    session = Window.partitionBy("visitor_key", "session")
    return numbered.withColumn("session_date", F.min("event_date").over(session))
