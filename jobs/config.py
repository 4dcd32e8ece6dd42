"""Every threshold of the project: name, unit in the name, default.

Strength: file (TOML) < environment `HOVERLAKE_<NAME>` < `--set name=value`. A release records what was in force.
Sources of the defaults are in docs/METRICS (and GLOSSARY.md).
"""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from jobs.errors import UsageError

Ms = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Px = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]

#: 100 ms to 27 min in steps of the square root of two: a quantile read from the bins is off by less than that factor.
HIST_EDGES_MS = tuple(round(100 * 2 ** (i / 2)) for i in range(29))

#: Longer than the longest reach, 28 days, with the late window: no row of reach looks over two rotations.
MIN_ROTATION_DAYS = 32

#: Settings that no number depends on: how runs wait for each other, what of a night is noted or held back, and when a
#: date is shown. A date built under other values of them is not built anew by a backfill.
OPERATION = {
    "lease_expiry_s",
    "key_rotation_days",
    "publish_provisional",
    "depth_rise_share",
    "past_weeks",
    "past_min_weeks",
    "past_floor_share",
    "past_warning_z",
    "past_critical_z",
    "past_warning_psi",
    "past_critical_psi",
}


class Settings(BaseModel):
    """Thresholds of one run; frozen, so that it can travel into Spark tasks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # landing
    max_beacon_bytes: Annotated[int, Field(gt=0)] = 4 * 1024 * 1024
    max_page_view_ms: Ms = 7 * 24 * 3_600_000
    late_window_days: Annotated[int, Field(ge=0)] = 3
    #: When late beacons rebuild their event date: `touched`, with every night that lands some; `final`, once, with the
    #: night that lands the last date of its late window (jobs/late_rebuild.py).
    late_rebuild: Literal["touched", "final"] = "touched"
    future_tolerance_ms: Ms = 3_600_000
    clock_suspect_ms: Ms = 1000
    max_unreadable_share: Share = 0.10
    #: Parameters of a page's address that are kept, by name as sent; its other ones and its fragment never are.
    url_query_allowed: tuple[str, ...] = ()
    #: Targets and item ids that are longer are free text, and hashed.
    max_target_chars: Count = 128

    # page views: whoever sends more beacons of page views of one UTC date is no person, and would not fit into one task
    max_visitor_beacons: Count = 20_000

    # time base and cursor
    max_gap_ms: Ms = 30 * 60_000
    rest_ms: Ms = 5000
    active_ms: Ms = 1000
    max_coordinate_px: Annotated[float, Field(gt=0)] = 100_000
    cell_px: Annotated[int, Field(gt=0)] = 32
    stay_ms: Ms = 150
    hover_ms: Ms = 150
    long_hover_ms: Ms = 500
    hover_click_ms: Ms = 1000

    # feed
    share_slack: Share = 0.001
    visible_share: Share = 0.5
    large_share: Share = 0.3
    viewable_ms: Ms = 1000
    viewable_video_ms: Ms = 2000
    large_px2: Annotated[float, Field(gt=0)] = 242_500
    tall_viewports: Annotated[float, Field(gt=0)] = 2
    subsecond_ms: Ms = 500
    skip_ms: Ms = 1000

    # engagement
    engaged_ms: Ms = 5000

    # gestures
    rage_clicks: Count = 3
    rage_px: Px = 30
    rage_ms: Ms = 1000
    thrash_reversals: Count = 10
    thrash_ms: Ms = 2000

    # traffic class
    bot_speed_px_per_s: Px = 10_000
    bot_fast_steps: Count = 3
    bot_interval_samples: Annotated[int, Field(ge=2)] = 200
    bot_line_steps: Count = 20
    #: Positions computed along a line are off by rounding; those of a hand differ by far more.
    bot_line_slack_px: Px = 1e-6
    bot_clicks: Count = 3
    bot_input_hours: Annotated[int, Field(ge=1, le=24)] = 24
    bot_reasons: Count = 2

    # sessions and reach
    session_pause_ms: Ms = 30 * 60_000
    engaged_session_ms: Ms = 10_000
    engaged_session_page_views: Count = 2
    reach_rounding: Count = 10

    # marts
    min_visitors: Annotated[int, Field(ge=1)] = 50
    hist_edges_ms: tuple[int, ...] = HIST_EDGES_MS

    # audit: decides nothing about any number, but whether a date is published
    #: By how much more page views may show a document row than the row above it, before it is noted.
    depth_rise_share: Annotated[float, Field(ge=0)] = 0.2
    past_weeks: Count = 8
    past_min_weeks: Count = 4
    #: Deviation of a number from one week to the next that is taken for granted, as a share of it.
    past_floor_share: Share = 0.1
    past_warning_z: Annotated[float, Field(gt=0)] = 4
    past_critical_z: Annotated[float, Field(gt=0)] = 8
    past_warning_psi: Annotated[float, Field(gt=0)] = 0.25
    past_critical_psi: Annotated[float, Field(gt=0)] = 1

    # operation: decides nothing about any number
    #: Which marts show a date before its late window closes: `all`, only `totals`, or `none` (jobs/publication.py).
    publish_provisional: Literal["all", "totals", "none"] = "all"
    lease_expiry_s: Annotated[float, Field(gt=0)] = 600
    #: Days between new keys of pseudonyms; 0: never. Over a rotation a person counts twice, in reach for as long as it
    #: looks over both sides, 28 days: hence a quarter, not a month, and never less than 32 days.
    key_rotation_days: Annotated[int, Field(ge=0)] = 91

    @field_validator("hist_edges_ms")
    @classmethod
    def _edges_rise(cls, edges: tuple[int, ...]) -> tuple[int, ...]:
        if not edges or any(a >= b for a, b in pairwise(edges)):
            raise ValueError("edges must rise strictly")
        return edges

    @field_validator("key_rotation_days")
    @classmethod
    def _rotation_is_rare(cls, days: int) -> int:
        if 0 < days < MIN_ROTATION_DAYS:
            raise ValueError(f"at least {MIN_ROTATION_DAYS}, or 0 for no rotation")
        return days

    @field_validator("url_query_allowed")
    @classmethod
    def _names_stand_alone(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if any(not name or set(name) & set("&=#?") for name in names):
            raise ValueError("each is the name of one parameter, without & = # ?")
        return names

    def sha256(self) -> str:
        """Hash of all values that decide numbers: equal hashes mean equal thresholds."""
        return configuration_sha256(self.model_dump())


def configuration_sha256(values: Mapping[str, Any]) -> str:
    """The same hash of the values that a release records."""
    deciding = {name: value for name, value in values.items() if name not in OPERATION}
    return hashlib.sha256(json.dumps(deciding, sort_keys=True).encode()).hexdigest()


def _from_environment() -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in Settings.model_fields:
        text = os.environ.get(f"HOVERLAKE_{name.upper()}")
        if text is not None:
            values[name] = _parsed(text)
    return values


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _from_words(words: Sequence[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for word in words:
        name, separator, text = word.partition("=")
        if not separator:
            raise UsageError(f"--set {word}: expected name=value, for example --set min_visitors=20.")
        values[name.strip()] = _parsed(text.strip())
    return values


def load_settings(words: Sequence[str] = (), file: Path | None = None) -> Settings:
    """Settings from defaults, `file`, environment and `--set` words; UsageError names what cannot be used."""
    values: dict[str, Any] = {}
    if file is not None:
        try:
            values |= tomllib.loads(file.read_text())
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise UsageError(
                f"configuration {file} cannot be read: {error}. Give a TOML file of name = value."
            ) from error
    values |= _from_environment()
    values |= _from_words(words)
    try:
        return Settings(**values)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise UsageError(f"configuration refused: {problems}. Names and units are in jobs/config.py.") from error
