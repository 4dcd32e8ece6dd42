"""Landing under a ring: the key of each line's start date, lines whose key is destroyed, and what a plan tells and does."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jobs import beacons
from jobs.config import Settings
from jobs.io.delta import conformed
from jobs.io.keys import ring_of
from jobs.land import LandingRules, read_lines
from jobs.steps.pseudonym import visitor_key
from tests.night.warehouses import DATE, START_MS, beacon, write_lines

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

DAY_MS = 86_400_000
FIRST, SECOND, THIRD = (b"first of three secrets, 32 bytes", b"second of three secrets 32 bytes", b"x" * 32)
#: Key 2 held on the day before DATE only.
RING = [(None, FIRST), (DATE - dt.timedelta(days=1), SECOND), (DATE, THIRD)]


def _lines(raw: Path) -> None:
    starts = {"v-0": START_MS - 2 * DAY_MS, "v-1": START_MS - DAY_MS, "v-2": START_MS, "v-3": START_MS}
    write_lines(
        raw,
        [
            beacon(visitor_id=visitor, started_at_ms=at, sent_at_ms=at + 5000, received_at_ms=at + 5000)
            for visitor, at in starts.items()
        ],
    )


@pytest.mark.parametrize("destroyed", [(), ("1",), ("1", "2")])
def test_line_of_a_destroyed_key_is_too_late(spark: SparkSession, tmp_path: Path, destroyed: tuple[str, ...]) -> None:
    _lines(tmp_path)
    ring = ring_of([(date, None if str(n) in destroyed else secret) for n, (date, secret) in enumerate(RING, 1)])
    taken = [(DATE - dt.timedelta(days=2), DATE)]
    rules = LandingRules(Settings(), ring, taken)

    judged = rules.judge(read_lines(spark, str(tmp_path), [f"landing_date={DATE}/a.ndjson.gz"])).cache()
    outcomes = [row["outcome"] for row in judged.select("outcome").collect()]
    landed = {
        (row["key_id"], row["visitor_key"])
        for row in beacons.transform(rules.with_visitor_keys(judged), rules.settings).collect()
    }
    judged.unpersist()

    of_visitors = [("v-0", "1", FIRST), ("v-1", "2", SECOND), ("v-2", "3", THIRD), ("v-3", "3", THIRD)]
    assert outcomes == ["too_late" if key_id in destroyed else "accepted" for _, key_id, _ in of_visitors]
    assert landed == {
        (key_id, visitor_key(visitor, secret)) for visitor, key_id, secret in of_visitors if key_id not in destroyed
    }


def test_plan_tells_dates_and_ids_of_keys_and_no_secret(
    spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _lines(tmp_path)
    rules = LandingRules(Settings(), ring_of(RING))
    lines = read_lines(spark, str(tmp_path), [f"landing_date={DATE}/a.ndjson.gz"])

    for mode in ("extended", "codegen", "cost", "formatted"):
        rules.with_visitor_keys(rules.judge(lines)).explain(mode)
    plan = capsys.readouterr().out

    assert "pseudonym(" in plan and str(DATE) in plan
    for secret in (FIRST, SECOND, THIRD):
        assert secret.decode() not in plan and secret.hex() not in plan.lower()


def test_plan_goes_to_python_once_and_leaves_arrays_as_they_are(
    spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _lines(tmp_path)
    rules = LandingRules(Settings(), ring_of(RING))
    keyed = rules.with_visitor_keys(rules.judge(read_lines(spark, str(tmp_path), [f"landing_date={DATE}/a.ndjson.gz"])))
    rows = beacons.transform(keyed, rules.settings)

    conformed(rows, beacons.WRITES).explain("formatted")
    landing = capsys.readouterr().out
    rows.to(conformed(rows, beacons.WRITES).schema).explain("formatted")
    remade = capsys.readouterr().out

    assert landing.count("ArrowEvalPython (") == remade.count("ArrowEvalPython (") == 1
    assert ".x_px, lambdafunction(" not in landing
    assert ".x_px, lambdafunction(" in remade, "what the line above looks for"
