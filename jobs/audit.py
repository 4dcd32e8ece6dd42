"""The audit of a night, before it publishes: expectations of every table it wrote, and its dates beside the weeks before.

Page views are read once for all of it (`jobs.steps.questions`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from expectations.auditing import Audited, audit
from expectations.nested_rules import rules_question
from expectations.results import Result
from jobs.against_past import against_past
from jobs.build import read_dates
from jobs.config import Settings
from jobs.io.delta import DeltaTables
from jobs.profiles import past_profiles
from jobs.steps.profile import Measured, profile, profile_question, rejected, with_layout_buckets
from jobs.steps.questions import ask
from jobs.steps.reconcile import Equation, Staged
from warehouse_schema.clean.beacons import BEACONS
from warehouse_schema.clean.page_views import PAGE_VIEWS

if TYPE_CHECKING:
    from jobs.nightly import Night


@dataclass(frozen=True)
class Written:
    """What a run wrote: beacons of raw files, with their equations; page views of event dates; staged marts."""

    raw_files: Sequence[str]
    landed: Sequence[Equation]
    dates: Sequence[dt.date]
    staged: Sequence[Staged]


@dataclass(frozen=True)
class PageViewsLook:
    """One read of page views: what their expectations and their profile are made of."""

    audited: Audited
    lines: DataFrame
    settings: Settings

    def profile(self) -> list[Measured]:
        """The profile of their dates."""
        return profile(self.lines, self.settings)


def look_at_page_views(page_views: DataFrame, dates: Sequence[dt.date], settings: Settings) -> PageViewsLook:
    """Ask page views of `dates` all that an audit asks of them; the answers are kept until they are unpersisted."""
    questions = rules_question(PAGE_VIEWS, settings.model_dump()), profile_question(settings)
    lines = ask(with_layout_buckets(page_views), *questions).persist()
    return PageViewsLook(Audited(page_views, PAGE_VIEWS, dates, lines=lines), lines, settings)


def audit_night(night: Night, tables: DeltaTables, written: Written) -> tuple[list[Result], list[Measured]]:
    """Hold what is written against the expectations and against the weeks before; its profile comes along."""
    look = look_at_page_views(read_dates(tables, written.dates), written.dates, night.settings)
    # Much of both is planning and waiting.
    with ThreadPoolExecutor(1) as beside:
        measuring = beside.submit(_measured, night, look, written)
        results = audit(_audited(tables, look.audited, written), night.settings.model_dump())
        measured, compared = measuring.result()
    look.lines.unpersist()
    return [*results, *compared], measured


def _audited(tables: DeltaTables, page_views: Audited, written: Written) -> list[Audited]:
    audited = [page_views]
    if written.raw_files:
        beacons = tables.read(BEACONS).where(F.col("raw_file").isin(list(written.raw_files)))
        audited.insert(0, Audited(beacons, BEACONS, written.dates, date="start_date"))
    for part in written.staged:
        for spec in part.ledger.specs:
            audited.append(Audited(part.ledger.rows_of(spec, part.rows), spec.table, part.dates[spec.name]))
    return audited


def _measured(night: Night, look: PageViewsLook, written: Written) -> tuple[list[Measured], list[Result]]:
    """The profile of the rebuilt dates, and it beside those of the weeks before."""
    now, settings = [*look.profile(), *rejected(written.landed)], night.settings
    dates = {*written.dates, *(m.event_date for m in now)}
    past = past_profiles(night.warehouse, dates, settings.past_weeks)
    return now, against_past(now, past, written.dates, night.date, settings)
