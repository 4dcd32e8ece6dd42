"""A warehouse whose report has something of everything: eight weeks, a warning, small groups, names that are no names."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from jobs.config import Settings
from jobs.io import releases
from jobs.io.releases import EventDate
from jobs.io.store import Store
from jobs.report.trends import SHOWN
from tests.reading.small_warehouse import release, write_table
from warehouse_schema import PINNED, TABLES
from warehouse_schema.derive import rows
from warehouse_schema.ops.profile import ALL
from warehouse_schema.shared import FEED_RANK_BUCKETS

DATE = dt.date(2026, 11, 20)
RUN, LATER = "20261121T030000000Z-1", "20261122T030000000Z-2"
EVIL = "<script>alert(1)</script>\"'&"
#: A visitor's pseudonym: none may ever stand in a report.
PSEUDONYM = "5e" * 32
SETTINGS = Settings(min_visitors=20)
CHECK = {
    "run_id": RUN,
    "table_name": "clean.page_views",
    "event_date": DATE,
    "expectation": "engaged_within_visible",
    "column_name": "*",
    "severity": "critical",
    "success": True,
    "observed": "0 of 400 rows",
    "threshold": "engaged_ms <= visible_ms",
    "meaning": "Pages were engaged with for longer than they were visible.",
    "owner": "pipeline",
}
UNUSUAL = CHECK | {
    "expectation": "past_bots_z",
    "column_name": "feed",
    "severity": "warning",
    "success": False,
    "observed": "0.31, z +5.2 from a median of 0.07 over 8 weeks",
    "threshold": "|z| at most 4, critical above 8: page views of bots, of all",
    "meaning": "The share of programs is unusual: a flood of them, or a rule that no longer finds them.",
    "owner": "tracker",
}


def report_warehouse(
    root: str,
    *,
    weeks: int = 8,
    last_run: str = RUN,
    surface: str = EVIL,
    layout: str = EVIL,
    **more: list[dict[str, Any]],
) -> str:
    """Write the warehouse below `root` and publish it as of `last_run`, with a third `surface` and a `layout` of these
    names; `more` adds rows, by table name with `_` for the dot."""
    pins: dict[str, int] = {}
    for name, entries in {**_ops(weeks, surface), **_marts(layout)}.items():
        pins[name] = write_table(root, name, rows(TABLES[name], *entries, *more.pop(name.replace(".", "_"), [])))
    assert not more, f"no rows of {[*more]}"
    state = EventDate("provisional", "0.1.0", SETTINGS.sha256())
    published = replace(
        release(7, {name: version for name, version in pins.items() if TABLES[name] in PINNED}),
        run_id=last_run,
        event_dates={str(DATE): state},
        configuration=SETTINGS.model_dump(),
    )
    assert releases.publish(Store(root, create=True), published, {})
    return root


def run_row(run_id: str, exit_code: int = 0, event_dates: str = str(DATE)) -> dict[str, Any]:
    """A row of ops.runs."""
    ended = dt.datetime(2026, 11, 21, 3, tzinfo=dt.UTC)
    dates = {"landing_date": DATE, "started_at": ended, "ended_at": ended, "event_dates": event_dates}
    return {"run_id": run_id, "exit_code": exit_code, "message": "done", **dates}


def equation(table: str, quantity: str, **parts: int) -> list[dict[str, Any]]:
    """Rows of ops.reconciliation."""
    shared = {"run_id": RUN, "table_name": table, "quantity": quantity, "date": DATE, "adds_up": True}
    return [shared | {"reason": reason, "row_count": count} for reason, count in parts.items()]


def _ops(weeks: int, surface: str) -> dict[str, list[dict[str, Any]]]:
    counted = {"input": 2208, "in_universe": 2057, "bots": 151}
    return {
        "ops.runs": [run_row(RUN)],
        "ops.input_files": [{"run_id": RUN, "landing_date": DATE, "raw_file": "a", "outcome": "landed"}],
        "ops.reconciliation": [
            *equation("clean.beacons", "lines", input=19_108, accepted=17_385, withheld=1536, malformed_json=187),
            *equation("clean.page_views", "beacons", input=17_385, used=16_814, duplicate=533, conflicting=38),
            *(row for mart in _MARTS for row in equation(mart, "page_views", **counted)),
        ],
        "ops.dq_results": [CHECK, *_compared(surface)],
        "ops.dq_profile": [*_profile(weeks, surface)],
    }


def _compared(third: str) -> Iterator[dict[str, Any]]:
    """Every number of every surface beside its past: bots of the feed are unusual, its viewable rate has no past yet."""
    for surface in ("feed", "profile", third):
        for metric in SHOWN:
            usual = UNUSUAL | {"expectation": f"past_{metric}_z", "column_name": surface, "success": True}
            if (surface, metric) == ("feed", "bots"):
                yield UNUSUAL
            elif (surface, metric) == ("feed", "viewable"):
                yield usual | {"success": None, "observed": "0.5; not enough history: 2 of 4 weeks"}
            else:
                yield usual | {"observed": "as ever"}


def _profile(weeks: int, third: str) -> Iterator[dict[str, Any]]:
    """A weekly rhythm with a little noise that is always the same, and bots that come in flood on the last date."""
    for days_ago in range(7 * weeks, -1, -1):
        date = DATE - dt.timedelta(days=days_ago)
        if days_ago == 24:  # a date without a night
            continue
        ripple = 1 + 0.05 * math.sin(days_ago * 12.9898)
        views = round(1800 * ripple * (1 if date.weekday() < 5 else 0.7))
        bots = 0.31 if days_ago == 0 else 0.07 * ripple
        shared = {"run_id": RUN if not days_ago else f"{date:%Y%m%d}T990000000Z-1", "event_date": date}
        shared |= {"table_name": "clean.page_views", "class": ALL, "lag_days": 0, "is_published": True}
        for surface, share in (("feed", 1.0), ("profile", 0.2), (third, 0.05)):
            base = round(views * share)
            for metric, amount, of in (
                ("page_views", base, None),
                ("beacons_missing", round(base * 0.012 * ripple), base),
                ("bots", round(base * bots), base),
                ("scrolled", round(base * 0.91 * ripple), base),
                ("hovered", round(base * 0.55 * ripple), base),
                ("viewable", round(base * 0.52 * ripple), base),
                ("dwell_ms", round(base * 43_800 * ripple), base),
                ("dwell_p90_ms", round(96_652 * ripple), base),
            ):
                yield shared | {"surface": surface, "metric": metric, "amount": amount, "base": of}
        lines = {"table_name": "clean.rejected_beacons", "surface": ALL, "metric": "lines_rejected"}
        yield shared | lines | {"amount": round(190 * ripple), "base": 19_108}


_MARTS = [name for name in TABLES if name.startswith("mart.")]


def _marts(layout: str) -> dict[str, list[dict[str, Any]]]:
    date = {"event_date": DATE, "is_remainder": False}
    empty: dict[str, list[dict[str, Any]]] = {name: [] for name in _MARTS}
    return empty | {
        "mart.hover_heatmap_daily": [*_cells(date, layout)],
        "mart.feed_attention_daily": [*_places(date)],
        "mart.story_attention_daily": [
            date | {"impressions": 9000, "measurable_count": 8000, "measurable_viewable_count": 4200},
            date
            | {"is_remainder": True, "item_id": None, "impressions": 1000, "measurable_count": 900}
            | {"measurable_viewable_count": 36},
        ],
        "mart.session_attention_daily": [
            date | {"session_count": 1270, "engaged_session_count": 1131, "engaged_ms": 84_240_000}
        ],
        "mart.reach_daily": [date],
    }


def _cells(date: dict[str, Any], layout: str) -> Iterator[dict[str, Any]]:
    """A page whose middle is warm, of a layout with a name that is none, in both spaces."""
    for space in ("document", "viewport"):
        for x in range(8, 32):
            for y in range(60 if space == "document" else 20):
                dwell = round(9e4 * math.exp(-(((x - 19) / 6) ** 2) - ((y - 12) / 22) ** 2)) + 20
                place = {"space": space, "cell_px": 32, "cell_x": x, "cell_y": y, "dwell_ms": dwell}
                yield date | {"layout_id": layout, "viewport_class": "<1440", "visitor_count": 60, **place}


def _places(date: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for device, factor in (("desktop", 1.0), ("phone", 0.93), ("tablet", 0.9)):
        for place, bucket in enumerate(FEED_RANK_BUCKETS):
            hist = [0] * (len(SETTINGS.hist_edges_ms) + 1)
            hist[round((13 - place / 3) * factor)] = 30
            seen = round(900 * factor)
            counts = {"item_count": seen, "impressions": seen, "measurable_count": seen, "visitor_count": 376 - place}
            viewable = {"measurable_viewable_count": round(seen * (0.97 - 0.09 * place) * factor)}
            keys = {"device_type": device, "item_type": "story", "feed_rank_bucket": bucket}
            yield date | keys | counts | viewable | {"visible_ms_hist": hist}
    folded = {"is_remainder": True, "feed_rank_bucket": None, "item_type": "story"}
    yield date | folded | {"item_count": 1200, "impressions": 1200}
