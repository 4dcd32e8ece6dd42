"""mart.reach_daily: how many visitors came on a date, and in the 7 and 28 dates that end with it (METRICS 6)."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.config import Settings
from jobs.steps.marts import MartSpec, remainder_steps
from jobs.steps.traffic import HUMAN
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.mart.reach_daily import REACH_DAILY, WINDOWS_DAYS

READS, WRITES = PAGE_VIEWS, REACH_DAILY

_GRAIN = ["event_date", "surface", "device_type"]
_LONGEST = max(WINDOWS_DAYS)


def spec(settings: Settings) -> MartSpec:
    """Surfaces and devices with their fold ladder: the device away, the date."""
    windows = {f"visitors_{days}d": days for days in WINDOWS_DAYS}
    return MartSpec(
        table=WRITES,
        entries="array(named_struct('person', person, 'age_days', age_days))",
        keys={},
        measures={},
        visitor_counts={n: (f"IF(entry.age_days < {days}, entry.person, NULL)", "NULL") for n, days in windows.items()},
        rounded_to=dict.fromkeys(windows, settings.reach_rounding),
        ladder=remainder_steps(WRITES, ["device_type"], ["surface"]),
        back_days=_LONGEST - 1,
        source=_visitors_in_windows,
    )


def _visitors_in_windows(page_views: DataFrame) -> DataFrame:
    """The date's own page views; and, without page view, who came on the dates before to a grain that the date has."""
    keep = ["traffic_class", "page_view_id"]
    own = page_views.select(*_GRAIN, "visitor_key", *keep).selectExpr("*", "visitor_key AS person", "0 AS age_days")
    humans = own.where(f"traffic_class = '{HUMAN}'")
    came = humans.select(*_GRAIN, "person").distinct()
    before = came.selectExpr("*", f"explode(sequence(1, {_LONGEST - 1})) AS age_days").withColumn(
        "event_date", F.expr("date_add(event_date, age_days)")
    )
    of_known_grains = before.join(humans.select(*_GRAIN).distinct(), on=_GRAIN, how="left_semi")
    nobody = {"visitor_key": F.lit(None).cast("string"), "page_view_id": F.lit(None).cast("string")}
    return own.unionByName(of_known_grains.withColumns({**nobody, "traffic_class": F.lit(HUMAN)}))
