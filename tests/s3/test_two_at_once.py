"""Two nights at once on S3: the lease by conditional put lets one of them publish. `make pair-matrix` runs 20 pairs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jobs.io import releases
from jobs.io.store import Store
from tests.night.warehouses import DATE, beacon, write_lines
from tests.s3.nights import NIGHT_S, bring, start_nightly

pytestmark = [pytest.mark.spark, pytest.mark.s3, pytest.mark.matrix]
PAIRS = range(int(os.environ.get("PAIRS", "20")))


@pytest.mark.parametrize("pair", PAIRS)
def test_of_two_started_at_once_one_publishes(pair: int, root: str, tmp_path: Path) -> None:
    write_lines(tmp_path / "raw", [beacon()])
    bring(tmp_path / "raw", f"{root}/raw")
    words = (DATE, f"{root}/raw", f"{root}/warehouse", tmp_path / "key", "--set", "min_visitors=1")

    runs = [start_nightly(*words) for _ in range(2)]
    said = [run.communicate(timeout=NIGHT_S)[1].splitlines()[-1] for run in runs]

    assert sorted(run.returncode for run in runs) == [0, 13], said
    assert releases.newest_number(Store(f"{root}/warehouse")) == 1
