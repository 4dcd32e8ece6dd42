"""The audit of a night, before it publishes: expectations of every table it wrote, and its dates beside the weeks before.

Page views are read once for all of it (`jobs.steps.questions`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from expectations.auditing import Audited, audit
from expectations.nested_rules import rules_question
from expectations.results import Result
from jobs.against_past import against_past
from jobs.build import open_page_views
from jobs.config import Settings
from jobs.io.delta import DeltaTables
from jobs.profiles import past_profiles
from jobs.steps.page_views_source import PageViews
from jobs.steps.profile import Measured, layout_buckets, profile, profile_question, rejected
from jobs.steps.questions import ask
from jobs.steps.reconcile import Equation, Staged
from warehouse_schema.clean.beacons import BEACONS
from warehouse_schema.clean.page_views import PAGE_VIEWS

if TYPE_CHECKING:
    from jobs.nightly import Night


@dataclass(frozen=True)
class Written:
    """What a run wrote: beacons of raw files, with their equations, also those of dates `waiting` to be built; page views
    of event dates, also those that are published now and were built before; staged marts."""

    raw_files: Sequence[str]
    landed: Sequence[Equation]
    dates: Sequence[dt.date]
    waiting: Collection[dt.date]
    staged: Sequence[Staged]


@dataclass(frozen=True)
class PageViewsLook:
    """One read of page views: what their expectations and their profile are made of."""

    audited: Audited
    measured: list[Measured]


def look_at_page_views(page_views: PageViews, dates: Sequence[dt.date], settings: Settings) -> PageViewsLook:
    """Ask page views of `dates` all that an audit asks of them."""
    rules = rules_question(PAGE_VIEWS, settings.model_dump())
    lines = ask(page_views, rules, profile_question(settings, layout_buckets(page_views)))
    return PageViewsLook(Audited(page_views.frame, PAGE_VIEWS, dates, lines=lines), profile(lines, settings))


def audit_night(night: Night, tables: DeltaTables, written: Written) -> tuple[list[Result], list[Measured]]:
    """Hold what is written against the expectations and against the weeks before; its profile comes along."""
    thresholds = night.settings.model_dump()
    if not written.dates:
        measured = list(rejected(written.landed))
        others = audit([*_beacons(tables, written), *_marts(written)], thresholds)
        return [*others, *_against_past(night, measured, [])], measured
    page_views = open_page_views(tables, written.dates)
    # Much of either is planning and waiting.
    with ThreadPoolExecutor(1) as beside:
        looking = beside.submit(look_at_page_views, page_views, written.dates, night.settings)
        others = audit([*_beacons(tables, written), *_marts(written)], thresholds)
        look = looking.result()
    measured = [*look.measured, *rejected(written.landed)]
    # Told first is what may be the cause of the rest: landing, page views, marts.
    results = sorted(
        [*others, *audit([look.audited], thresholds)], key=lambda result: result.table_name.startswith("mart.")
    )
    return [*results, *_against_past(night, measured, written.dates)], measured


def _beacons(tables: DeltaTables, written: Written) -> list[Audited]:
    if not written.raw_files:
        return []
    beacons = tables.read(BEACONS).where(F.col("raw_file").isin(list(written.raw_files)))
    return [Audited(beacons, BEACONS, sorted({*written.dates, *written.waiting}), date="start_date")]


def _marts(written: Written) -> list[Audited]:
    return [
        Audited(part.ledger.rows_of(spec, part.rows), spec.table, part.dates[spec.name])
        for part in written.staged
        for spec in part.ledger.specs
    ]


def _against_past(night: Night, measured: Sequence[Measured], dates: Sequence[dt.date]) -> list[Result]:
    """The profile of the rebuilt dates beside those of the weeks before."""
    settings = night.settings
    past = past_profiles(night.warehouse, {*dates, *(m.event_date for m in measured)}, settings.past_weeks)
    return against_past(measured, past, dates, night.date, settings)
