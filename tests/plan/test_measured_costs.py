"""The stored constants: each has a unit, a meaning and a range, and follows from the nights that are stored beside it."""

from __future__ import annotations

import json
import re

import pytest

from benchmarks.cost_constants import SPLIT, WHOLE, constants, split
from jobs.plan.constants import FILE, load
from warehouse_schema import MARTS

STORED = json.loads(FILE.read_text(encoding="utf-8"))
PARTS = ("fixed", "per_page_view", "per_million_samples")
NEEDED = [
    *(f"{name}_{part}" for name in SPLIT for part in PARTS),
    *WHOLE,
    *("layouts", "stories", "ads", "reach_core_seconds"),
    *(f"{mart.name}_{what}" for mart in MARTS for what in ("rows", "row_bytes")),
]
#: amount/what it is counted by, in words.
UNIT = re.compile(r"[a-z -]+/[A-Za-z ]+")


@pytest.mark.parametrize("name", NEEDED)
def test_a_constant_has_unit_meaning_number_and_range(name: str) -> None:
    constant = STORED["constants"][name]

    assert UNIT.fullmatch(constant["unit"]), constant["unit"]
    assert constant["meaning"].endswith(".")
    assert constant["n"] >= 1
    assert 0 <= constant["min"] <= constant["median"] <= constant["max"]


def test_there_are_no_others() -> None:
    assert sorted(STORED["constants"]) == sorted(NEEDED)
    assert set(load().spans) == set(NEEDED)


def test_machine_and_versions_are_told() -> None:
    assert set(STORED["machine"]) == {"architecture", "cores", "memory_gb"}
    assert {"hoverlake", "java", "python", "pyspark", "delta-spark"} <= set(STORED["versions"])


def test_constants_follow_from_the_stored_nights() -> None:
    assert constants(STORED["nights"], STORED["reach"]) == STORED["constants"]


def test_nights_tell_page_views_and_samples_apart() -> None:
    sizes = {(night["page_views"], night["samples"]) for night in STORED["nights"]}

    assert len({views for views, _ in sizes}) >= 2
    assert max(samples / views for views, samples in sizes) > 2 * min(samples / views for views, samples in sizes)


NIGHTS = [
    {"page_views": views, "samples": samples}
    for views, samples in ((1000, 800_000), (4000, 3_200_000), (4000, 800_000))
]


def test_a_sum_is_split_into_its_parts() -> None:
    found = split(NIGHTS, lambda night: 50 + 0.002 * night["page_views"] + 3 * night["samples"] / 1e6)

    assert found == {
        "fixed": pytest.approx(50),
        "per_page_view": pytest.approx(0.002),
        "per_million_samples": pytest.approx(3),
    }


def test_no_part_is_below_zero() -> None:
    # The night of fewer samples took longer: what samples add is nothing, not less than nothing.
    took = {800_000: 60.0, 3_200_000: 55.0}

    found = split(NIGHTS, lambda night: took[night["samples"]])

    assert found["per_million_samples"] == 0
    assert min(found.values()) >= 0
