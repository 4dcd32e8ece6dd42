"""Common SQL: who is a program (METRICS 5), from `views`, `events`, `runs` and `bot_agents`."""

from __future__ import annotations

from benchmarks.peers.dialect import Step
from benchmarks.peers.sql_cursor import CLICK, EDGE, SAMPLE
from jobs.config import Settings


def traffic_steps(settings: Settings) -> list[Step]:
    """`traffic` (page view, is_human) from five reasons; those that need windows are asked only of page views that
    could reach bot_reasons with them. `bot_agents` holds the user agents that say that they are programs."""
    return [
        ("cheap_reasons", _cheap_reasons(settings)),
        ("busy_visitors", _busy_visitors(settings)),
        ("rhythms", _rhythms(settings)),
        ("lines_drawn", _lines(settings)),
        ("traffic", _traffic(settings)),
    ]


def _cheap_reasons(settings: Settings) -> str:
    reach = f"({settings.bot_speed_px_per_s} * CAST(dt_ms AS DOUBLE) / 1000)"
    fast = f"dt_ms > 0 AND dx_px * dx_px + dy_px * dy_px > {reach} * {reach}"
    first = f"SELECT pv, min(IF(kind = {SAMPLE} AND is_sampled = 1, t_ms, NULL)) AS first_ms, count(IF({fast}, 1, NULL)) AS fast_steps FROM runs GROUP BY pv"
    clicks = f"""SELECT r.pv, count(*) AS unled FROM runs r JOIN ({first}) f ON r.pv = f.pv JOIN views v ON r.pv = v.pv
        WHERE kind = {CLICK} AND (x_px <> 0 OR y_px <> 0) AND (first_ms IS NULL OR t_ms <= first_ms)
            AND pointer_type = 'mouse' AND has_pointer = 1 GROUP BY r.pv"""
    return f"""SELECT f.pv, IF(fast_steps >= {settings.bot_fast_steps}, 1, 0)
            + IF(coalesce(unled, 0) >= {settings.bot_clicks}, 1, 0) AS reasons
        FROM ({first}) f LEFT JOIN ({clicks}) c ON f.pv = c.pv"""


def _busy_visitors(settings: Settings) -> str:
    """Visitors whose inputs touch bot_input_hours hours of a date; looked into only where page views last that long."""
    hour = 3_600_000
    spans = f"sum(CAST(floor((start_ms + end_ms) / {hour}) AS BIGINT) - CAST(floor(start_ms / {hour}) AS BIGINT) + 1)"
    possible = f"SELECT visitor_id, event_day FROM views GROUP BY visitor_id, event_day HAVING {spans} >= {settings.bot_input_hours}"
    at = f"CAST(floor((start_ms + t_ms) / {hour}) AS BIGINT) - v.event_day * 24"
    hours = f"""SELECT v.visitor_id, v.event_day, {at} AS hour FROM views v
        JOIN ({possible}) p ON v.visitor_id = p.visitor_id AND v.event_day = p.event_day
        JOIN events e ON v.pv = e.pv WHERE e.kind > {EDGE} AND e.is_known = 1"""
    return f"""SELECT visitor_id, event_day FROM ({hours}) WHERE hour < 24 GROUP BY visitor_id, event_day
        HAVING count(DISTINCT hour) >= {settings.bot_input_hours}"""


def _rhythms(settings: Settings) -> str:
    """Page views with bot_interval_samples samples in a row at one interval."""
    steps = settings.bot_interval_samples - 1
    often = f"SELECT pv FROM (SELECT pv, dt_ms, count(*) AS n FROM runs WHERE dt_ms > 0 GROUP BY pv, dt_ms) WHERE n >= {steps} GROUP BY pv"
    samples = f"""SELECT r.* FROM runs r JOIN ({often}) o ON r.pv = o.pv WHERE kind = {SAMPLE}"""
    same = f"IF(dt_ms = (lag(dt_ms) OVER w), 0, 1) AS differs FROM ({samples}) WINDOW w AS (PARTITION BY pv ORDER BY t_ms, seq, pos)"
    numbered = f"SELECT pv, dt_ms, sum(differs) OVER (PARTITION BY pv ORDER BY t_ms, seq, pos) AS run FROM (SELECT pv, t_ms, seq, pos, dt_ms, {same})"
    runs = f"SELECT pv FROM ({numbered}) WHERE dt_ms > 0 GROUP BY pv, run HAVING count(*) >= {steps}"
    return f"SELECT DISTINCT pv FROM ({runs})"


def _lines(settings: Settings) -> str:
    """Page views with bot_line_steps equal steps in a row, standing still passed over; asked of those under suspicion."""
    slack = settings.bot_line_slack_px
    suspects = """SELECT pv FROM cheap_reasons WHERE reasons > 0 UNION SELECT pv FROM rhythms
        UNION SELECT pv FROM views v JOIN busy_visitors b ON v.visitor_id = b.visitor_id AND v.event_day = b.event_day"""
    # A record without a position ends a line; of standing still only that is kept.
    moves = f"""SELECT r.* FROM runs r JOIN ({suspects}) s ON r.pv = s.pv
        WHERE kind = {SAMPLE} AND (dt_ms IS NULL OR dx_px <> 0 OR dy_px <> 0)"""
    same = f"abs(dx_px - (lag(dx_px) OVER w)) <= {slack} AND abs(dy_px - (lag(dy_px) OVER w)) <= {slack}"
    marked = f"SELECT pv, t_ms, seq, pos, dt_ms, IF({same}, 0, 1) AS differs FROM ({moves}) WINDOW w AS (PARTITION BY pv ORDER BY t_ms, seq, pos)"
    numbered = f"SELECT pv, dt_ms, sum(differs) OVER (PARTITION BY pv ORDER BY t_ms, seq, pos) AS run FROM ({marked})"
    runs = f"SELECT pv FROM ({numbered}) WHERE dt_ms IS NOT NULL GROUP BY pv, run HAVING count(*) >= {settings.bot_line_steps}"
    return f"SELECT DISTINCT pv FROM ({runs})"


def _traffic(settings: Settings) -> str:
    reasons = """coalesce(c.reasons, 0) + IF(r.pv IS NOT NULL, 1, 0) + IF(l.pv IS NOT NULL, 1, 0)
        + IF(b.visitor_id IS NOT NULL, 1, 0)"""
    return f"""SELECT v.pv, CASE WHEN a.user_agent IS NOT NULL THEN 'declared_bot'
            WHEN {reasons} >= {settings.bot_reasons} THEN 'suspected_bot' ELSE 'human' END AS traffic_class
        FROM views v LEFT JOIN cheap_reasons c ON v.pv = c.pv LEFT JOIN rhythms r ON v.pv = r.pv
        LEFT JOIN lines_drawn l ON v.pv = l.pv LEFT JOIN bot_agents a ON v.user_agent = a.user_agent
        LEFT JOIN busy_visitors b ON v.visitor_id = b.visitor_id AND v.event_day = b.event_day"""
