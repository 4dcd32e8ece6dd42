"""What mart.reach_daily adds by looking 27 days back, which a night of one date does not show.

    python -m benchmarks.metered_reach

Prints core-seconds per million visitors and dates looked at, once for each repetition, as a JSON list: what many visitors
take beyond a few, who came on every date of the window, in the steps that grow with them.
"""

from __future__ import annotations

import datetime as dt
import json

from pyspark.sql import SparkSession

from benchmarks.metered_night import core_seconds
from jobs import reach_daily
from jobs.config import Settings
from jobs.io.session import start_session
from jobs.plan.storage import REBUILT_DATES
from jobs.steps.folding import fold
from jobs.steps.ledger import Ledger
from jobs.steps.page_views_source import PageViews

DAY = dt.date(2026, 11, 20)
FEW, MANY = 2_000, 22_000
REPETITIONS = 3


def seconds_of(spark: SparkSession, visitors: int) -> float:
    """Core-seconds of the mart's rows on the dates that a night builds, from page views that lie in memory."""
    spec = reach_daily.spec(Settings())
    rebuilt = [DAY - dt.timedelta(days=n) for n in range(REBUILT_DATES)]
    dates = REBUILT_DATES + spec.back_days
    page_views = spark.range(visitors * dates).selectExpr(
        f"date_sub(DATE'{DAY}', CAST(id % {dates} AS INT)) AS event_date",
        f"sha2(CAST(id DIV {dates} AS STRING), 256) AS visitor_key",
        "'feed' AS surface",
        "'phone' AS device_type",
        "'human' AS traffic_class",
    )
    page_views.persist().count()
    ledger = Ledger([spec], Settings().hist_edges_ms)
    before = core_seconds()
    inputs = ledger.inputs(PageViews(page_views), {spec.name: rebuilt})
    fold(inputs, ledger, min_visitors=1).published.arrow()
    taken = core_seconds() - before
    # The mart keeps its visitors, too: the next turn must not find them.
    spark.catalog.clearCache()
    return taken


def main() -> None:
    """Few and many visitors in turn; the first turn only warms up."""
    spark = start_session()
    seconds_of(spark, FEW)
    million_visitor_dates = (MANY - FEW) * (REBUILT_DATES + reach_daily.spec(Settings()).back_days) / 1e6
    turns = [seconds_of(spark, MANY) - seconds_of(spark, FEW) for _ in range(REPETITIONS)]
    print(json.dumps([turn / million_visitor_dates for turn in turns]))


if __name__ == "__main__":
    main()
