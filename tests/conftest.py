"""One Spark session and one demo warehouse for the whole run: a session costs ten seconds, a night many more."""

from __future__ import annotations

import datetime as dt
import gc
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

from jobs.config import Settings
from jobs.nightly import Night, run_night
from jobs.simulator import simulate
from tests.java_options import JAVA_OPTIONS

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# Most objects of a test run live to its end: looking through them again and again is a tenth of `make quick`.
gc.set_threshold(100_000, 50, 50)

# Absolute times say nothing on a machine that is shared.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

DEMO_DATE = dt.date(2026, 11, 20)
LAST_LANDING = dt.date(2026, 11, 23)


@dataclass(frozen=True)
class Demo:
    """A simulated date, landed over four dates, and its warehouse."""

    raw: Path
    warehouse: Path
    truth: Path
    message: str


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    os.environ.setdefault("HOVERLAKE_JAVA_OPTIONS", JAVA_OPTIONS)
    # One session holds what a hundred nights' worth of plans and caches leave behind.
    os.environ.setdefault("HOVERLAKE_DRIVER_MEMORY", "5g")
    from jobs.io.session import start_session

    session = start_session("hoverlake tests")
    yield session
    session.stop()


@pytest.fixture(scope="session")
def demo_warehouse(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    root = tmp_path_factory.mktemp("demo")
    raw, warehouse, truth = root / "raw", root / "warehouse", root / "truth"
    simulate(DEMO_DATE, 800, 7, raw, truth, processes=2)
    message = run_night(Night(LAST_LANDING, str(raw), str(warehouse), Settings(min_visitors=20)))
    return Demo(raw, warehouse, truth, message)
