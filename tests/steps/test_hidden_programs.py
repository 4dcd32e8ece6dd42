"""The simulator's hidden programs and the people beside them, by the kernel and by the plain implementation."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from collections import Counter
from pathlib import Path

import pytest

from jobs.simulator import SimulationOptions, simulate
from tests.steps.plain_rows import agreed_rows
from tests.steps.strategies import RawBeacon

OPTIONS = SimulationOptions(
    late_share=0, malformed_share=0, bot_share=0, suspected_bot_share=0.5, without_consent_share=0, phone_share=0
)


def _accepted_beacons(raw: Path) -> list[RawBeacon]:
    lines = [line for file in sorted(raw.rglob("*.gz")) for line in gzip.decompress(file.read_bytes()).splitlines()]
    beacons: list[RawBeacon] = [json.loads(line) for line in lines]
    return [beacon for beacon in beacons if "product_development" in beacon["consent"]["purposes"]]


@pytest.mark.slow
def test_kernel_and_oracle_suspect_the_same_page_views_of_a_simulated_night(tmp_path: Path) -> None:
    simulate(dt.date(2026, 11, 20), 40, 3, tmp_path, options=OPTIONS)

    rows = agreed_rows(_accepted_beacons(tmp_path))

    classes = Counter(row["traffic_class"] for row in rows)
    assert classes.keys() == {"human", "suspected_bot"}
    assert min(classes.values()) >= 10
