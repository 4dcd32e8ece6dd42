"""mart.reach_daily: how many visitors came on a date, and in the 7 and 28 dates that end with it (METRICS 6)."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.config import Settings
from jobs.steps.clean_side import CLEAN, IN_UNIVERSE
from jobs.steps.clean_side import PAGE_VIEWS as PAGE_VIEWS_COUNT
from jobs.steps.marts import BOTS, MartSpec, remainder_steps
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
        keys={},
        measures={},
        visitor_flag="age_days = 0",
        page_views="views",
        is_present="age_days = 0",
        visitor_counts={name: (f"age_days < {days}", f"age_days < {days}") for name, days in windows.items()},
        rounded_to=dict.fromkeys(windows, settings.reach_rounding),
        ladder=remainder_steps(["device_type"], ["surface"]),
        back_days=_LONGEST - 1,
        source=_visitors_in_windows,
        contributions=_contributions,
    )


def _visitors_in_windows(page_views: DataFrame) -> DataFrame:
    """One row per date, surface, device and visitor of the window that ends with the date, with the days since the
    visitor last came; only for surfaces and devices that had a visitor on the date itself."""
    humans = page_views.where(f"traffic_class = '{HUMAN}'")
    came = humans.groupBy(*_GRAIN, "visitor_key").agg(F.count(F.lit(1)).alias("views"))
    later = came.selectExpr("*", f"explode(sequence(0, {_LONGEST - 1})) AS age_days").selectExpr(
        *["date_add(event_date, age_days) AS event_date", *_GRAIN[1:], "visitor_key", "age_days"],
        "IF(age_days = 0, views, 0L) AS views",
    )
    of_known_grains = later.join(came.select(*_GRAIN).distinct(), on=_GRAIN, how="left_semi")
    return of_known_grains.groupBy(*_GRAIN, "visitor_key").agg(
        F.min("age_days").alias("age_days"), F.sum("views").alias("views")
    )


def _contributions(page_views: DataFrame) -> DataFrame:
    """Page views by traffic class: nothing else of this mart adds up."""
    reasons = f"array('{CLEAN}', IF(traffic_class = '{HUMAN}', '{IN_UNIVERSE}', '{BOTS}'))"
    return page_views.selectExpr(
        "event_date", f"'{PAGE_VIEWS_COUNT}' AS quantity", f"explode({reasons}) AS reason", "1L AS amount"
    )
