"""mart.session_attention_daily: how long visits were and how engaged, one UTC day (METRICS 4 and 6)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from jobs.config import Settings
from jobs.steps.clean_side import CLEAN, IN_UNIVERSE
from jobs.steps.clean_side import PAGE_VIEWS as PAGE_VIEWS_COUNT
from jobs.steps.item_measures import one_if
from jobs.steps.marts import BOTS, Distribution, MartSpec, remainder_steps
from jobs.steps.sessions import AHEAD_DAYS, BACK_DAYS, with_sessions
from jobs.steps.traffic import HUMAN
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.mart.session_attention_daily import SESSION_ATTENTION_DAILY

READS, WRITES = PAGE_VIEWS, SESSION_ATTENTION_DAILY

#: Amounts of a session that are sums over its page views, as SQL over a page view.
_SUMS = {"page_view_count": "1L", "engaged_ms": "engaged_ms", "visible_ms": "visible_ms"}


def spec(settings: Settings) -> MartSpec:
    """Sessions with their fold ladder: the platform away, the date."""
    return MartSpec(
        table=WRITES,
        keys={},
        measures={
            "session_count": "1",
            "engaged_session_count": one_if(
                f"page_view_count >= {settings.engaged_session_page_views} "
                f"OR engaged_ms > {settings.engaged_session_ms}"
            ),
            "engaged_measured_count": one_if("engaged_ms IS NOT NULL"),
            "rage_measured_count": one_if("rage_count IS NOT NULL"),
            "thrash_measured_count": one_if("thrash_count IS NOT NULL"),
            "rage_session_count": one_if("rage_count > 0"),
            "thrash_session_count": one_if("thrash_count > 0"),
            "engaged_ms": "engaged_ms",
            "visible_ms": "visible_ms",
        },
        visitor_flag="is_first",
        page_views="page_view_count",
        distribution=Distribution("engaged_ms_hist", "engaged_ms"),
        ladder=remainder_steps(["platform"], ["device_type"]),
        back_days=BACK_DAYS,
        ahead_days=AHEAD_DAYS,
        source=lambda page_views: _sessions(page_views, settings),
        reconciled=list(_SUMS),
        contributions=lambda page_views: _contributions(page_views, settings),
    )


def _sessions(page_views: DataFrame, settings: Settings) -> DataFrame:
    """One row per session, with the context of its first page view."""
    sums = {**_SUMS, "rage_count": "rage_count", "thrash_count": "thrash_count"}
    first = ("device_type", "platform", "page_view_id")
    views = with_sessions(page_views, settings.session_pause_ms)
    grouped = views.groupBy("visitor_key", "session", "session_date")
    totals = [f"CAST(sum({sql}) AS BIGINT) AS {name}" for name, sql in sums.items()]
    of_first = [f"min_by({name}, struct(started_at, page_view_id)) AS {name}" for name in first]
    sessions = grouped.agg(*[F.expr(sql) for sql in [*of_first, *totals]])
    of_visitor = Window.partitionBy("visitor_key", "session_date", "device_type", "platform").orderBy("session")
    marked = sessions.withColumn("is_first", F.row_number().over(of_visitor) == 1)
    return marked.withColumnRenamed("session_date", "event_date").drop("session")


def _contributions(page_views: DataFrame, settings: Settings) -> DataFrame:
    """Clean's side: sums over page views on their own dates. What a session takes over midnight goes from the one
    date to the other."""
    bots = page_views.where(f"traffic_class <> '{HUMAN}'")
    views = with_sessions(page_views, settings.session_pause_ms)
    moved = views.where("session_date <> event_date")
    other = "session_of_other_date"
    parts = [
        _long(page_views, "event_date", CLEAN),
        _long(bots, "event_date", BOTS),
        _long(moved, "event_date", other),
        _long(moved, "session_date", other, sign=-1),
        _long(views, "event_date", IN_UNIVERSE, {PAGE_VIEWS_COUNT: "1L"}),
        *[
            _long(rows, "event_date", why, {PAGE_VIEWS_COUNT: "1L"})
            for rows, why in ((page_views, CLEAN), (bots, BOTS))
        ],
    ]
    return reduce(DataFrame.unionByName, parts)


def _long(rows: DataFrame, date: str, reason: str, amounts: Mapping[str, str] = _SUMS, sign: int = 1) -> DataFrame:
    parts = ", ".join(
        f"named_struct('quantity', '{name}', 'reason', '{reason}', 'amount', {sign} * coalesce({sql}, 0L))"
        for name, sql in amounts.items()
    )
    return rows.selectExpr(f"{date} AS event_date", f"inline(array({parts}))")
