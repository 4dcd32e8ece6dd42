from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.peers import duckdb_night
from tests.benchmarks.conftest import SmallNight


def test_duckdb_makes_of_a_night_what_the_oracle_makes_of_it(
    small_night: SmallNight, unequal: Callable[[Path], list[str]], tmp_path: Path
) -> None:
    duckdb_night.run(small_night.peer(tmp_path))

    assert unequal(tmp_path) == []


def test_polars_makes_of_a_night_what_the_oracle_makes_of_it(
    small_night: SmallNight, unequal: Callable[[Path], list[str]], tmp_path: Path
) -> None:
    pytest.importorskip("polars", reason="polars is not installed: make bench installs it")
    from benchmarks.peers import polars_night

    polars_night.run(small_night.peer(tmp_path))

    assert unequal(tmp_path) == []
