"""mart.feed_visibility_minutes: on how many screens the feed was visible, minute by minute, UTC.

A minute belongs to its own date, so that a date's minutes come from its page views and from those of the date before.
What a page view shows later than that is in no minute; the reconciliation names it.
"""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from jobs.config import Settings
from jobs.steps.clean_side import CLEAN, IN_UNIVERSE
from jobs.steps.clean_side import PAGE_VIEWS as PAGE_VIEWS_COUNT
from jobs.steps.marts import BEYOND_REACH, PAGE_VIEW_KEY, MartSpec, not_applicable, remainder_steps
from jobs.steps.traffic import HUMAN
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.mart.feed_visibility_minutes import FEED_VISIBILITY_MINUTES

READS, WRITES = PAGE_VIEWS, FEED_VISIBILITY_MINUTES

SURFACE = "feed"
_MINUTES_OF_INTERVALS = """
flatten(transform(visibility, shown -> transform(
  sequence(date_trunc('MINUTE', shown.started_at), shown.ended_at - INTERVAL 1 MILLISECOND, INTERVAL 1 MINUTE),
  minute -> named_struct(
    'minute', minute,
    'visible_ms', unix_millis(least(shown.ended_at, minute + INTERVAL 1 MINUTE))
                  - unix_millis(greatest(shown.started_at, minute)),
    'is_at_start', shown.started_at <= minute))))
"""


def spec(settings: Settings) -> MartSpec:
    """Minutes with their fold ladder: the minute away, the date."""
    return MartSpec(
        table=WRITES,
        keys={"minute": "minute_ms"},
        measures={"visible_ms": "visible_ms", "visible_at_start_count": "CAST(is_at_start AS BIGINT)"},
        visitor_flag="is_first",
        surface=SURFACE,
        ladder=remainder_steps(["minute"], ["platform", "device_type"]),
        back_days=1,
        source=_minutes,
        contributions=lambda page_views: _contributions(page_views, settings),
    )


def _minutes(page_views: DataFrame) -> DataFrame:
    """One row per page view and minute in which it was visible; a page view hidden for seconds has one there.

    The first of a visitor is marked here: page views of two dates may share the minutes after midnight.
    """
    context = [*PAGE_VIEW_KEY, "began", "platform", "device_type"]
    feed = page_views.where(f"surface = '{SURFACE}' AND traffic_class = '{HUMAN}'")
    pieces = feed.withColumnRenamed("event_date", "began").selectExpr(*context, f"inline({_MINUTES_OF_INTERVALS})")
    sums = [F.sum("visible_ms").alias("visible_ms"), F.bool_or("is_at_start").alias("is_at_start")]
    near = pieces.where("to_date(minute) <= date_add(began, 1)")
    minutes = near.groupBy(*context, "minute").agg(*sums)
    of_visitor = Window.partitionBy("visitor_key", "minute", "platform", "device_type").orderBy("page_view_id")
    marked = minutes.withColumn("is_first", F.row_number().over(of_visitor) == 1)
    own = ["visible_ms", "is_at_start", "is_first"]
    return marked.selectExpr(*context, *own, "to_date(minute) AS event_date", "unix_millis(minute) AS minute_ms")


_DATES = """
IF(size(visibility) = 0, array(event_date), array_distinct(flatten(transform(visibility, shown ->
  sequence(to_date(shown.started_at), to_date(shown.ended_at - INTERVAL 1 MILLISECOND))))))
"""
_FROM = "unix_millis(greatest(shown.started_at, CAST(seen_on AS TIMESTAMP)))"
_TO = "unix_millis(least(shown.ended_at, CAST(date_add(seen_on, 1) AS TIMESTAMP)))"
_VISIBLE_MS = f"aggregate(visibility, 0L, (total, shown) -> total + greatest(0L, {_TO} - {_FROM}))"
_MINUTE_STARTS = (
    "aggregate(visibility, 0L, (total, shown) -> "
    f"total + greatest(0L, CAST(ceil({_TO} / 60000) AS BIGINT) - CAST(ceil({_FROM} / 60000) AS BIGINT)))"
)


def _contributions(page_views: DataFrame, settings: Settings) -> DataFrame:
    """What page views give to each date they were visible on: by arithmetic on the intervals, not minute by minute."""
    mart = spec(settings)
    reason = (
        f"CASE WHEN {not_applicable(mart)} IS NOT NULL THEN {not_applicable(mart)} "
        f"WHEN seen_on > date_add(event_date, 1) THEN '{BEYOND_REACH}' "
        "WHEN size(visibility) = 0 THEN 'without_entries' END"
    )
    dated = page_views.selectExpr("*", f"explode({_DATES}) AS seen_on")
    named = {PAGE_VIEWS_COUNT: "1L", "visible_ms": _VISIBLE_MS, "visible_at_start_count": _MINUTE_STARTS}
    parts = [
        f"named_struct('quantity', '{quantity}', 'reason', {why}, 'amount', {amount})"
        for quantity, amount in named.items()
        for why in (f"'{CLEAN}'", reason)
    ]
    long = dated.selectExpr("seen_on AS event_date", f"inline(array({', '.join(parts)}))")
    seen = _minutes(page_views).select("event_date", *PAGE_VIEW_KEY, "began").distinct()
    in_universe = [f"'{PAGE_VIEWS_COUNT}' AS quantity", f"'{IN_UNIVERSE}' AS reason", "1L AS amount"]
    return long.unionByName(seen.selectExpr("event_date", *in_universe))
