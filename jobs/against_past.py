"""Is a date like its past? Each number of the profile against those of the same weekday in the weeks before.

A date is compared with earlier dates as they stood at the same age: on its first night much is still to come.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from expectations.results import Result
from expectations.rules import CRITICAL, TRACKER, WARNING
from jobs.config import Settings
from jobs.steps.past import chance_psi, population_stability_index, rare_psi, robust_z
from jobs.steps.profile import Measured
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.ops.profile import DISTRIBUTIONS, METRICS

NOT_ENOUGH = "not enough history"
#: What an unusual number may mean.
MEANINGS = {
    "page_views": "Far more or fewer page views than on such days: files are missing, doubled, or the surface is called "
    "by another name.",
    "beacons_missing": "Far more or fewer beacons never came than usual: the way from tracker to collector loses them.",
    "beacons_duplicate": "Beacons are repeated far more or less often than usual: a retry or a copy of files went wrong.",
    "beacons_conflicting": "Far more or fewer beacons share a number than usual: trackers count wrongly, or send twice.",
    "bots": "The share of programs is unusual: a flood of them, or a rule that no longer finds them.",
    "clock_suspect": "Far more or fewer device clocks run backwards than usual: sending times are misread.",
    "closed": "Page views are closed far more or less often than usual: the last beacon is lost, or sent too early.",
    "ads_purpose": "The share of page views that allow ads is unusual: consent is asked for or told in another way.",
    "lines_rejected": "Far more or fewer lines are refused than usual: trackers changed what they send.",
    "cursor_measured": "Cursors are measured on far more or fewer page views than usual: a tracker sends another set of streams.",
    "clicks_measured": "Clicks are measured on far more or fewer page views than usual: a tracker sends another set of streams.",
    "items_measured": "Items are measured on far more or fewer page views than usual: a tracker sends another set of streams.",
    "state_measured": "State is measured on far more or fewer page views than usual: visible time means something else.",
    "scrolled": "Pages are scrolled far more or less often than usual: offsets are misread, or the layout was changed.",
    "outside_viewport": "Far more or fewer samples lie outside the viewport than usual: coordinates are swapped, of the "
    "document, or in other pixels.",
    "hovered": "Cursors rest on items and zones far more or less often than usual: targets are misread.",
    "viewable": "The viewable rate is unusual: shares in view or units of time are misread, or the feed was changed.",
    "attended": "Far more or less engaged time falls on items than usual: shares of the viewport are misread.",
    "dwell_ms": "Cursors hover for far longer or shorter than usual: units of time are misread, or targets are gone.",
    "dwell_p90_ms": "Long hovers are far longer or shorter than usual: units of time are misread, or programs move the cursor.",
    "device_type": "Devices are others than usual: one of them is gone, or is called by another name.",
    "viewport_class": "Viewports are others than usual: their width is misread, or a layout sends another one.",
    "layout_bucket": "Layouts are others than usual: one is gone or new, or is called by another name.",
    "start_hour": "Page views start at other hours than usual: the collector's clock is off, or hours are missing.",
}


#: A distribution is as usual, and does not stop a night, unless chance alone makes such a difference as rarely as a normal value
#: lies so many standard deviations above its mean: a night judges some hundred of them, and few visitors differ much by chance.
WARNING_DEVIATIONS, CRITICAL_DEVIATIONS = 3, 4


@dataclass(frozen=True)
class Past:
    """A row of the profile that an earlier run published."""

    run_id: str
    lag_days: int
    measured: Measured


def against_past(
    now: Sequence[Measured], past: Iterable[Past], dates: Sequence[dt.date], landing_date: dt.date, settings: Settings
) -> list[Result]:
    """A result for each number of the profile `now` of the event `dates`, and for each surface that earlier dates had
    and these have not.

    One past date counts once: as its latest run had it when it was as old as the date is on `landing_date`.
    """
    known: dict[dt.date, list[Past]] = defaultdict(list)
    for row in past:
        known[row.measured.event_date].append(row)
    results: list[Result] = []
    for date in sorted({*dates, *(m.event_date for m in now)}):
        lag_days = (landing_date - date).days
        weeks = [date - dt.timedelta(weeks=n) for n in range(1, settings.past_weeks + 1)]
        before = [m for day in weeks for m in _as_it_stood(known[day], lag_days)]
        mine = [m for m in now if m.event_date == date]
        tables = {m.table_name for m in mine} | ({PAGE_VIEWS.name} if date in dates else set())
        results += _of_date(date, mine, [m for m in before if m.table_name in tables], settings)
    return results


def _as_it_stood(rows: Sequence[Past], lag_days: int) -> list[Measured]:
    """The rows of a date's latest runs that were no older than `lag_days`, by table."""
    latest: dict[str, str] = {}
    aged = [row for row in rows if row.lag_days <= lag_days]
    for row in aged:
        latest[row.measured.table_name] = max(row.run_id, latest.get(row.measured.table_name, ""))
    return [row.measured for row in aged if row.run_id == latest[row.measured.table_name]]


def _of_date(
    date: dt.date, now: Sequence[Measured], before: Sequence[Measured], settings: Settings
) -> Iterator[Result]:
    grouped, past = _grouped(now), _grouped(before)
    gone = {key for key in past if key not in grouped and key[2] == "page_views"}
    for key in sorted({*grouped, *gone}):
        table, surface, metric = key
        mine = grouped.get(key) or [Measured(table, date, surface, metric, 0)]
        by_date: dict[dt.date, list[Measured]] = defaultdict(list)
        for m in past.get(key, []):
            by_date[m.event_date].append(m)
        compared = _distribution if metric in DISTRIBUTIONS else _number
        yield compared(mine, [*by_date.values()], settings)


def _grouped(rows: Iterable[Measured]) -> Mapping[tuple[str, str, str], list[Measured]]:
    found: dict[tuple[str, str, str], list[Measured]] = defaultdict(list)
    for m in rows:
        found[m.table_name, m.surface, m.metric].append(m)
    return found


def _number(mine: Sequence[Measured], past: Sequence[Sequence[Measured]], settings: Settings) -> Result:
    """One number, by its robust z."""
    (m,) = mine
    value, values = value_of(m), [value_of(before) for (before,) in past]
    limits = settings.past_warning_z, settings.past_critical_z
    if len(values) < settings.past_min_weeks:
        return _result(m, f"{value:.6g}", None, limits, len(values), settings)
    least = max(settings.past_floor_share * abs(median(values)), _chance(m, median(values)))
    z = robust_z(value, values, least)
    seen = f"{value:.6g}, z {z:+.1f} from a median of {median(values):.6g} over {len(values)} weeks"
    return _result(m, seen, abs(z), limits, len(values), settings)


def _distribution(mine: Sequence[Measured], past: Sequence[Sequence[Measured]], settings: Settings) -> Result:
    """A distribution, by the population stability index beyond what chance makes of samples so small; 0 while chance may be
    all of it, and not critical while it may yet be."""
    limits = settings.past_warning_psi, settings.past_critical_psi
    if len(past) < settings.past_min_weeks:
        return _result(mine[0], f"{len(mine)} classes", None, limits, len(past), settings)
    now, before = _drawn(mine), Counter[str]()
    for date in past:
        before.update(_drawn(date))
    classes, sizes = len({*now, *before}), (sum(now.values()), sum(before.values()))
    found = population_stability_index(now, before)
    may_warn, may_stop = (
        found > rare_psi(classes, *sizes, deviations=deviations)
        for deviations in (WARNING_DEVIATIONS, CRITICAL_DEVIATIONS)
    )
    index = found - chance_psi(classes, *sizes) if may_warn else 0.0
    judged = index if may_stop else min(index, limits[1])
    return _result(mine[0], f"stability index {index:.3f} over {len(past)} weeks", judged, limits, len(past), settings)


def _drawn(classes: Sequence[Measured]) -> dict[str, float]:
    """The classes of a date as parts of its visitors: page views of one are alike, and not drawn one by one."""
    page_views = sum(m.amount for m in classes)
    visitors = classes[0].visitor_count or page_views
    return {m.class_: m.amount * visitors / max(page_views, 1) for m in classes}


def value_of(m: Measured) -> float:
    """The number itself: a count, a quantile, or a share or mean."""
    is_ratio = m.base is not None and m.metric != "dwell_p90_ms"
    return m.amount / m.base if is_ratio and m.base else float(m.amount)


def _chance(m: Measured, usual: float) -> float:
    """Standard deviation that chance alone gives the number, if `usual` is the truth behind it.

    Page views of one visitor are alike: what is drawn at random is visitors.
    """
    drawn = max(m.visitor_count or m.base or usual, 1)
    if m.base is None or m.metric in ("dwell_ms", "dwell_p90_ms"):
        # Page views per visitor and times of hovers are about exponential: their deviation is their mean, and more.
        return 1.5 * usual / math.sqrt(drawn)
    share = (usual * drawn + 1) / (drawn + 2)
    return math.sqrt(share * max(1 - share, 1 / drawn) / drawn)


def _result(
    m: Measured, seen: str, distance: float | None, limits: tuple[float, float], weeks: int, settings: Settings
) -> Result:
    """The verdict: `distance` beyond the first limit is a warning, beyond the second critical; None is not judged."""
    warning, critical = limits
    name, unit = ("psi", "stability index") if m.metric in DISTRIBUTIONS else ("z", "|z|")
    if distance is None:
        seen = f"{seen}; {NOT_ENOUGH}: {weeks} of {settings.past_min_weeks} weeks"
    return Result(
        table_name=m.table_name,
        event_date=m.event_date,
        expectation=f"past_{m.metric}_{name}",
        column_name=m.surface,
        severity=CRITICAL if distance is not None and distance > critical else WARNING,
        success=None if distance is None else distance <= warning,
        observed=seen,
        threshold=f"{unit} at most {warning:g}, critical above {critical:g}: {(METRICS | DISTRIBUTIONS)[m.metric]}",
        unexpected_count=None,
        row_count=None,
        meaning=MEANINGS[m.metric],
        owner=TRACKER,
    )
