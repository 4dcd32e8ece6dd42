"""Everything that a report says, gathered from published tables, releases and ops, without Java."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jobs.config import Settings, configuration_sha256
from jobs.explain_date import steps_of
from jobs.io import releases
from jobs.io.releases import Release
from jobs.io.store import Store
from jobs.report.attention import Figure, PositionCurve, key_figures, position_curve
from jobs.report.flow import FlowStep, MartRow, flow_of, mart_rows
from jobs.report.heat import Heatmap, heatmap_of
from jobs.report.trends import SurfaceTrends, trends_of
from jobs.report.verdict import Verdict, verdict_on
from jobs.report.words import setting
from jobs.sql import connect, opened_release
from warehouse_schema import MARTS
from warehouse_schema.ops import tables as ops
from warehouse_schema.ops.profile import DQ_PROFILE

READ = [ops.RUNS.name, ops.DQ_RESULTS.name, DQ_PROFILE.name, *(mart.name for mart in MARTS)]


@dataclass(frozen=True)
class Threshold:
    """A threshold in force; `default` is None where it is the default."""

    name: str
    value: str
    default: str | None


@dataclass(frozen=True)
class Facts:
    """What the page says."""

    date: dt.date
    warehouse: str
    release: Release
    is_released: bool
    verdict: Verdict
    figures: list[Figure]
    flow: list[FlowStep]
    marts: list[MartRow]
    adds_up: bool
    surfaces: list[SurfaceTrends]
    other_surfaces: list[str]
    heatmap: Heatmap | None
    curve: PositionCurve | None
    thresholds: list[Threshold]
    #: Whether the date was built under other thresholds than the release records.
    is_of_other_thresholds: bool

    @property
    def state(self) -> str:
        """provisional, final, or not published."""
        return self.release.state_of(str(self.date))

    @property
    def is_empty(self) -> bool:
        """Whether the date is published and has no row in any mart."""
        return self.is_released and not any(mart.rows + mart.remainder_rows for mart in self.marts)

    @property
    def page_views(self) -> int | None:
        """Page views of the date, bots among them; None if that is not known."""
        return next((step.whole for step in self.flow if step.unit == "page views"), None)


def gather(warehouse: str, date: dt.date) -> Facts:
    """The facts of an event date of the newest release, or of one that was refused.

    UsageError if nothing is published, for a date that was neither, and for who may not read marts and ops.
    """
    release = opened_release(warehouse)
    assert release is not None
    last_run = releases.origin(Store(warehouse), release).run_id
    with connect(warehouse, READ) as connection:
        verdict = verdict_on(connection, date, release, last_run, warehouse)
        is_released = release.is_shown(str(date))
        steps = steps_of(warehouse, date, MARTS, release, is_for_everyone=True) if is_released else []
        surfaces, others = trends_of(connection, date, verdict.judged, last_run, verdict.checks)
        return Facts(
            date=date,
            warehouse=warehouse,
            release=release,
            is_released=is_released,
            verdict=verdict,
            figures=key_figures(connection, date) if is_released else [],
            flow=flow_of(steps),
            marts=mart_rows(connection, date, steps) if steps else [],
            adds_up=all(step.adds_up for step in steps),
            surfaces=surfaces,
            other_surfaces=others,
            heatmap=heatmap_of(connection, date) if is_released else None,
            curve=position_curve(connection, date) if is_released else None,
            thresholds=_thresholds(release.configuration),
            is_of_other_thresholds=_is_of_others(release, date),
        )


def _thresholds(configuration: Mapping[str, Any]) -> list[Threshold]:
    defaults = Settings().model_dump()
    return [
        Threshold(
            name,
            setting(value),
            setting(defaults[name]) if name in defaults and setting(defaults[name]) != setting(value) else None,
        )
        for name, value in configuration.items()
    ]


def _is_of_others(release: Release, date: dt.date) -> bool:
    state = release.event_dates.get(str(date))
    return state is not None and state.configuration_sha256 != configuration_sha256(release.configuration)
